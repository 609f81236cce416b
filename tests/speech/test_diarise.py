"""Who speaks when on one channel; on calls mixed down and on real voices where they are at hand."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from qc_pipeline.errors import ModelError
from qc_pipeline.intake.decode import Audio, decode_audio
from qc_pipeline.reports.truth import read_truths
from qc_pipeline.speech.diarise import VoiceDiarizer
from qc_pipeline.speech.segment import Span, find_speech
from tests.speech.builders import RATE, noise
from tests.speech.diarisation import (
    SAMPLES,
    SHARED,
    as_stretches,
    diarisation_errors,
    diarised,
    read_rttm,
)

Excerpt = Callable[[str, float, float], Audio]


def mixed(audio: Audio) -> Audio:
    return Audio(audio.samples.sum(axis=0, keepdims=True).clip(-1, 1), audio.sample_rate)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([(0, 4, "x"), (4, 8, "y")], (0, 0, 0)),
        ([(0, 8, "x")], (0, 0, 0.5)),
        ([(0, 4, "x")], (0.5, 0, 0)),
        ([(0, 4, "x"), (4, 8, "y"), (9, 13, "y")], (0, 0.5, 0)),
        ([(0, 4, "x"), (0, 4, "z"), (4, 8, "y")], (0, 0.5, 0)),
    ],
)
def test_the_error_rate_counts_what_it_says(
    found: list[tuple[float, float, str]], expected: tuple[float, float, float]
) -> None:
    reference = [(0.0, 4.0, "a"), (4.0, 8.0, "b")]
    errors = diarisation_errors(reference, found, collar_s=0)
    assert (errors.missed, errors.invented, errors.confused) == pytest.approx(expected, abs=0.01)


def test_the_two_sides_of_a_call_mixed_down_are_told_apart(excerpt: Excerpt) -> None:
    found = diarised(mixed(excerpt("s05", 0, 45)))
    (truth,) = (t for t in read_truths(SAMPLES / "truth") if t.call_id == "s05")
    turns = [(t.start_s, t.end_s, t.speaker) for t in truth.turns if t.end_s <= 45]
    errors = diarisation_errors(turns, [s for s in as_stretches(found) if s[1] <= 45])
    assert found.told_apart
    assert found.third_voice_s is None
    assert errors.confused < 0.03


def test_two_real_voices_by_telephone_are_told_apart() -> None:
    path = SHARED / "speech" / "mix1_8k_mono_alaw.wav"
    if not path.is_file():
        pytest.skip("the two-speaker recording isn't here")
    found = diarised(decode_audio(path))
    errors = diarisation_errors(read_rttm(path.with_name("mix1.rttm")), as_stretches(found))
    assert errors.total <= 0.15
    assert found.confidence > 0.45
    assert found.third_voice_s is None


def test_one_voice_is_not_surely_two(excerpt: Excerpt) -> None:
    agent = Audio(excerpt("s01", 0, 60).samples[:1], RATE)
    assert diarised(agent).confidence < 0.45


def test_stretches_cover_exactly_the_speech_that_was_given(excerpt: Excerpt) -> None:
    samples = mixed(excerpt("s01", 0, 15)).samples[0]
    spans = find_speech(samples, sample_rate=RATE, channel=0, max_s=28)
    found = VoiceDiarizer().diarise(samples, spans)
    edges = [(s.start_s, s.end_s) for s in found.stretches]
    assert edges == sorted(edges)
    assert sum(b - a for a, b in edges) == pytest.approx(sum(s.length_s for s in spans))
    assert all(0 <= s.margin <= 1 for s in found.stretches)
    assert all(0.05 < b - a <= 0.4 + 1e-6 for a, b in found.overlaps)


@pytest.mark.parametrize("seconds", [0.05, 0.5, 1.7])
def test_very_little_speech_is_one_voice(seconds: float) -> None:
    found = VoiceDiarizer().diarise(noise(2), [Span(0, 0.1, 0.1 + seconds)])
    assert not found.told_apart
    assert VoiceDiarizer().new_voice(noise(2), [Span(0, 0.1, 0.1 + seconds)]) is None


def test_no_speech_no_voices() -> None:
    assert VoiceDiarizer().diarise(noise(1), []).stretches == ()


def test_a_call_passed_on_to_somebody_else_is_noticed() -> None:
    clips = SHARED / "speech" / "clips"
    if not clips.is_dir():
        pytest.skip("the real clips aren't here")

    def spoken(*names: str) -> np.ndarray:
        clips_ = [decode_audio(clips / f"{name}.flac").samples.mean(axis=0) for name in names]
        return np.concatenate([0.1 * c / np.sqrt(np.mean(c**2)) for c in clips_])

    first = spoken(*(f"aishell1_{n:02}" for n in range(1, 12)))
    second = spoken(*("aishell3_06", "aishell3_13") * 3)  # one person as far as can be told
    for sound, expected in (
        (np.concatenate([first, second]), len(first) / RATE),
        (first, None),
    ):
        spans = find_speech(sound, sample_rate=RATE, channel=0, max_s=28)
        found = VoiceDiarizer().new_voice(sound, spans)
        assert found == (expected if expected is None else pytest.approx(expected, abs=4))


def test_it_travels_to_a_worker_without_its_weights() -> None:
    diarizer = VoiceDiarizer()
    diarizer.diarise(noise(2), [Span(0, 0.0, 2.0)])
    assert len(pickle.dumps(diarizer)) < 2_000
    assert pickle.loads(pickle.dumps(diarizer)).fingerprint == diarizer.fingerprint


def test_missing_weights_are_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"speech\.diarizer"):
        _ = VoiceDiarizer(tmp_path).fingerprint
