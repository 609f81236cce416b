"""Real recognition of short excerpts of the sample calls (synthetic voices)."""

from __future__ import annotations

import multiprocessing
import pickle
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from pypinyin import lazy_pinyin
from rapidfuzz.distance import Levenshtein

from qc_pipeline.intake.decode import Audio
from qc_pipeline.records import Transcript
from qc_pipeline.reports.truth import read_truths
from qc_pipeline.settings import SpeechSettings
from qc_pipeline.speech.recognise import load_transcriber, recognise
from qc_pipeline.speech.segment import Span, Turn, Window, pack
from qc_pipeline.speech.transcriber import Recognised, Transcriber
from tests.speech.builders import RATE, noise
from tests.speech.conftest import SAMPLES

pytestmark = pytest.mark.slow

Cut = Callable[[str, float, float], Audio]


def transcript_of(
    audio: Audio, transcriber: Transcriber, channels: str | None = "agent,customer"
) -> Transcript:
    return recognise(
        audio, recording_sha256="ab" * 32, channels=channels, transcriber=transcriber,
        settings=SpeechSettings(),
    )  # fmt: skip


def as_said(text: str) -> list[str]:
    """Syllables without tones: base-size models err among characters that sound alike."""
    return lazy_pinyin("".join(char for char in text if char.isalnum()))


@pytest.mark.parametrize(
    ("call", "start_s", "end_s"), [("s01", 18.9, 36.0), ("s02", 69.9, 84.2), ("s09", 30.3, 45.5)]
)
def test_both_sides_of_sample_calls_are_understood(
    transcriber: Transcriber, excerpt: Cut, call: str, start_s: float, end_s: float
) -> None:
    transcript = transcript_of(excerpt(call, start_s, end_s), transcriber)
    truth = next(t for t in read_truths(SAMPLES / "truth") if t.call_id == call)
    for speaker in ("agent", "customer"):
        reference = as_said("".join(
            turn.text for turn in truth.turns
            if turn.speaker == speaker and start_s <= turn.start_s and turn.end_s <= end_s
        ))  # fmt: skip
        recognised = as_said("".join(u.text for u in transcript.utterances if u.speaker == speaker))
        assert len(reference) > 10
        assert Levenshtein.normalized_distance(reference, recognised) < 0.3
    for utterance in transcript.utterances:
        assert utterance.suspect is None
        assert 0.3 < utterance.confidence <= 1
        assert 0 <= utterance.start_s < utterance.end_s <= transcript.duration_s
        assert "".join(utterance.text[w.start : w.end] for w in utterance.words) == utterance.text
        for before, after in pairwise(utterance.words):
            assert before.start_s <= after.start_s + 0.3


def test_the_leak_of_the_collector_puts_no_words_in_the_customers_mouth(
    transcriber: Transcriber, excerpt: Cut
) -> None:
    transcript = transcript_of(excerpt("s03", 0.0, 6.6), transcriber)
    assert {utterance.speaker for utterance in transcript.utterances} == {"agent"}


def test_a_window_yields_the_same_alone_and_in_company(
    transcriber: Transcriber, excerpt: Cut
) -> None:
    def window(start_s: float, end_s: float) -> Window:
        audio = excerpt("s01", start_s, end_s)
        turn = Turn(0, (Span(0, 0.3, audio.duration_s - 0.3),))
        return pack(audio.samples[0], [turn], sample_rate=RATE, target_s=20, max_s=28,
                    context_s=0.25)[0]  # fmt: skip

    first, second = window(29.5, 35.5), window(39.0, 45.0)
    alone = transcriber.transcribe([first])[0].text
    assert [alone, alone] == [transcriber.transcribe([second, first])[1].text,
                              transcriber.transcribe([first, first])[0].text]  # fmt: skip
    assert alone


def test_the_recogniser_travels_to_a_spawned_process_without_its_weights(
    transcriber: Transcriber, excerpt: Cut
) -> None:
    audio = excerpt("s01", 19.0, 25.0)
    turn = Turn(0, (Span(0, 0.1, 5.8),))
    windows = pack(audio.samples[0], [turn], sample_rate=RATE, target_s=20, max_s=28,
                   context_s=0.25)  # fmt: skip
    here: list[Recognised] = transcriber.transcribe(windows)
    assert len(pickle.dumps(transcriber)) < 10_000
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        there = pool.submit(transcriber.transcribe, windows).result(timeout=120)
    # Not bit by bit: the last digits hang on where the processor finds the numbers in memory.
    for far, near in zip(there, here, strict=True):
        assert near.text
        assert Levenshtein.normalized_similarity(far.text, near.text) >= 0.7


def test_without_a_channel_map_the_collector_is_found_by_what_he_says(
    transcriber: Transcriber, excerpt: Cut
) -> None:
    audio = excerpt("s09", 0.0, 22.0)
    swapped = Audio(np.ascontiguousarray(audio.samples[::-1]), audio.sample_rate)
    transcript = transcript_of(swapped, transcriber, None)
    assert transcript.role_source == "content"
    assert transcript.role_confidence >= 0.9
    assert all((u.channel == 1) == (u.speaker == "agent") for u in transcript.utterances)


def test_noise_that_gets_through_is_doubted_or_nothing(transcriber: Transcriber) -> None:
    rumble = np.cumsum(noise(4, level=0.01)).astype(np.float32)
    rumble -= np.convolve(rumble, np.ones(400, np.float32) / 400, mode="same")
    transcript = transcript_of(Audio(np.stack([rumble, rumble[::-1]]), RATE), transcriber)
    assert all(utterance.suspect for utterance in transcript.utterances)


def test_settings_choose_the_decoder(transcriber: Transcriber) -> None:
    quick = load_transcriber(SpeechSettings(beam_size=1, threads=2))
    assert quick.fingerprint == transcriber.fingerprint
    assert quick != transcriber
