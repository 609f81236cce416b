from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from qc_pipeline.errors import SettingsError
from qc_pipeline.intake.decode import Audio
from qc_pipeline.records import Transcript
from qc_pipeline.reports.truth import read_truths
from qc_pipeline.settings import SpeechSettings
from qc_pipeline.speech.diarise import Diarisation, Voiced, VoiceDiarizer
from qc_pipeline.speech.models import get_model
from qc_pipeline.speech.recognise import config_hash, load_transcriber, recognise
from qc_pipeline.speech.segment import Span, Window
from qc_pipeline.speech.transcriber import Recognised
from tests.speech.builders import RATE, ScriptedTranscriber, noise, says
from tests.speech.diarisation import SAMPLES, role_times

SETTINGS = SpeechSettings()


def transcribed(
    audio: Audio, transcriber: ScriptedTranscriber, channels: str | None = "agent,customer"
) -> Transcript:
    return recognise(
        audio, recording_sha256="ab" * 32, channels=channels, transcriber=transcriber,
        settings=SETTINGS,
    )  # fmt: skip


def at_speaking_rate(window: Window) -> Recognised:
    return (
        says("我们说话的时候每秒大约四个字" * 20)(window)
        if window.duration_s > 90
        else says(
            ("甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥天地玄黄宇宙洪荒日月盈昃寒来暑往" * 4)[
                : max(1, int(window.duration_s * 4))
            ]
        )(window)
    )


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros((2, 20 * RATE), np.float32),
        np.stack([noise(5, level=0.001), noise(5, level=0.001, seed=1)]),
        np.zeros((1, 0), np.float32),
    ],
    ids=["digital silence", "line noise", "no frames"],
)
def test_silence_gives_no_utterances_and_wakes_no_model(samples: np.ndarray) -> None:
    recogniser = ScriptedTranscriber(says("字幕由Amara.org社区提供"))
    result = transcribed(Audio(samples, RATE), recogniser)
    assert result.utterances == ()
    assert result.speech_s < 0.05
    assert recogniser.given == []


def test_utterances_are_the_turns_of_both_channels_by_time(excerpt) -> None:
    recogniser = ScriptedTranscriber(at_speaking_rate)
    result = transcribed(excerpt("s01", 0.0, 30.0), recogniser)
    assert [u.index for u in result.utterances] == list(range(len(result.utterances)))
    assert [u.start_s for u in result.utterances] == sorted(u.start_s for u in result.utterances)
    assert [u.speaker for u in result.utterances] == ["agent", "customer"] * 3
    assert all((u.channel == 0) == (u.speaker == "agent") for u in result.utterances)
    assert (result.role_source, result.role_confidence) == ("channel_map", 1.0)


def test_silence_is_never_encoded_and_channels_never_share_a_window(excerpt) -> None:
    audio = excerpt("s01", 0.0, 30.0)
    recogniser = ScriptedTranscriber(at_speaking_rate)
    transcribed(audio, recogniser)
    assert {window.channel for window in recogniser.given} == {0, 1}
    given_s = sum(window.duration_s for window in recogniser.given)
    assert given_s < 0.6 * audio.channels * audio.duration_s
    for window in recogniser.given:
        for piece in window.pieces:
            first, last = (round(t * RATE) for t in (piece.start_s, piece.end_s))
            at = round(piece.at_s * RATE)
            own = audio.samples[window.channel, first:last]
            assert np.array_equal(window.samples[at : at + len(own)], own)


def test_a_turn_that_came_back_empty_is_tried_alone(excerpt) -> None:
    def deaf_at_first(window: Window) -> Recognised:
        return says("")(window) if len(window.pieces) > 6 else at_speaking_rate(window)

    recogniser = ScriptedTranscriber(deaf_at_first)
    result = transcribed(excerpt("s01", 0.0, 30.0), recogniser)
    assert {u.speaker for u in result.utterances} == {"agent", "customer"}
    assert any(len(window.pieces) > 6 for window in recogniser.given)
    assert "" in {u.other_text for u in result.utterances}, "the first hearing, which had nothing"


def test_speech_nobody_understood_is_said_to_be_there(excerpt) -> None:
    result = transcribed(excerpt("s01", 0.0, 30.0), ScriptedTranscriber(says("")))
    assert {u.text for u in result.utterances} == {""}
    assert all((u.suspect or "").startswith("no_text: ") for u in result.utterances)
    assert all(u.confidence == 0 and u.words == () for u in result.utterances)
    assert result.speech_s > 10


def test_of_two_doubtful_hearings_the_uncertain_one_beats_the_loop(excerpt) -> None:
    class LoopsAtFirst(ScriptedTranscriber):
        def transcribe_again(self, windows: Sequence[Window]) -> list[Recognised]:
            return [says("听不太清楚", probability=0.2)(window) for window in windows]

    result = transcribed(excerpt("s01", 4.6, 7.6), LoopsAtFirst(says("说一句话" * 6)))
    assert [u.text for u in result.utterances] == ["听不太清楚"]
    assert (result.utterances[0].suspect or "").startswith("word_probability: ")
    assert result.utterances[0].other_text == "说一句话" * 6, (
        "what wasn't believed stands beside it"
    )


def test_invented_text_is_kept_but_marked(excerpt) -> None:
    result = transcribed(excerpt("s01", 4.6, 7.6), ScriptedTranscriber(says("请不吝点赞订阅转发")))
    assert result.utterances
    assert all((u.suspect or "").startswith("phantom: ") for u in result.utterances)


def test_the_same_sound_on_both_channels_is_one_channel(excerpt) -> None:
    one = excerpt("s01", 0.0, 12.0).samples.mean(axis=0)
    result = transcribed(Audio(np.stack([one, one]), RATE), ScriptedTranscriber(at_speaking_rate))
    assert {u.channel for u in result.utterances} == {0}
    assert {u.speaker for u in result.utterances} == {"unknown"}
    assert result.role_source == "single"
    assert result.channels == 2


def test_a_mono_map_joins_the_channels(excerpt) -> None:
    recogniser = ScriptedTranscriber(at_speaking_rate)
    result = transcribed(excerpt("s01", 0.0, 12.0), recogniser, "mono")
    assert {window.channel for window in recogniser.given} == {0}
    assert {u.speaker for u in result.utterances} == {"unknown"}


def test_sound_at_another_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="16000"):
        transcribed(Audio(np.zeros((1, 8000), np.float32), 8000), ScriptedTranscriber(says("")))


def test_the_configuration_hash_names_what_changes_the_transcript() -> None:
    def of(channels: str | None = None, fingerprint: str = "m", **changes: object) -> str:
        return config_hash(
            SpeechSettings(**changes), channels=channels, model_fingerprint=fingerprint
        )

    same = [
        {}, {"jobs": 5}, {"threads": 4}, {"batch_size": 2}, {"calls_per_worker": 3},
        {"model": "/elsewhere/the/same"},
    ]  # fmt: skip
    assert len({of(**changes) for changes in same}) == 1
    different = {
        of(), of(beam_size=2), of(prompt=""), of(hotwords=("逾期",)), of(language="en"),
        of(window_s=10), of(turn_gap_s=0.5), of(compute_type="float32"), of(fingerprint="n"),
        of(channels="mono"), of(channels="agent,customer"),
    }  # fmt: skip
    assert len(different) == 11


def test_a_language_the_model_lacks_is_a_settings_error() -> None:
    get_model("base")
    with pytest.raises(SettingsError, match="xx"):
        load_transcriber(SpeechSettings(language="xx"))


def test_on_one_channel_the_speakers_are_told_by_voice_and_by_what_they_say(
    excerpt, transcriber
) -> None:
    both = excerpt("s05", 0, 45)
    mixed = Audio(both.samples.sum(axis=0, keepdims=True).clip(-1, 1), RATE)
    result = recognise(
        mixed, recording_sha256="ab" * 32, channels="mono", transcriber=transcriber,
        settings=SETTINGS, diarizer=VoiceDiarizer(),
    )  # fmt: skip
    (truth,) = (t for t in read_truths(SAMPLES / "truth") if t.call_id == "s05")
    assert result.role_source == "voices"
    assert {u.channel for u in result.utterances} == {0}
    times = role_times(truth, result)
    assert times.right > 30
    assert times.wrong < 0.05 * times.right


def test_without_a_diarizer_one_channel_names_nobody(excerpt) -> None:
    sound = Audio(excerpt("s05", 0, 10).samples[:1], RATE)
    result = transcribed(sound, ScriptedTranscriber(at_speaking_rate), "mono")
    assert {u.speaker for u in result.utterances} == {"unknown"}
    assert (result.role_source, result.voices_confidence) == ("single", None)


class _Voices:
    """One voice for ten seconds, then another, as surely as a test wants it."""

    fingerprint = "scripted"

    def __init__(self, confidence: float, *, margin: float = 1.0, third: float | None = None):
        self.confidence, self.margin, self.third = confidence, margin, third

    def diarise(self, samples: np.ndarray, spans: Sequence[Span]) -> Diarisation:
        stretches = tuple(
            Voiced(span.start_s, span.end_s, int(span.start_s > 10), self.margin) for span in spans
        )
        return Diarisation(stretches, self.confidence, third_voice_s=self.third)

    def new_voice(self, samples: np.ndarray, spans: Sequence[Span]) -> float | None:
        return self.third


@pytest.mark.parametrize(
    ("voices", "named"),
    [
        (_Voices(0.9), True),
        (_Voices(0.3), False),
        (_Voices(0.9, margin=0.01), False),
        (_Voices(0.9, third=12.0), False),
    ],
    ids=["sure", "voices alike", "turns between the voices", "a third person"],
)
def test_doubtful_voices_name_nobody(excerpt, voices: _Voices, named: bool) -> None:
    both = excerpt("s05", 0, 20)
    mixed = Audio(both.samples.sum(axis=0, keepdims=True), RATE)

    def says_its_part(window: Window) -> Recognised:
        return says(
            "您好我是星澜公司的工号八一二请报一下身份证后四位您信用卡逾期三十天了您今天能还多少"
            "我没有钱我现在没工作我下个月再说吧我发了工资我就还我真的没办法我也不想这样"
        )(window)

    result = recognise(
        mixed, recording_sha256="ab" * 32, channels=None, settings=SETTINGS, diarizer=voices,
        transcriber=ScriptedTranscriber(says_its_part),
    )  # fmt: skip
    assert ({u.speaker for u in result.utterances} != {"unknown"}) == named
    assert result.third_voice_s == voices.third


def test_who_joins_later_on_one_of_two_channels_is_noted(excerpt) -> None:
    result = recognise(
        excerpt("s05", 0, 20), recording_sha256="ab" * 32, channels="agent,customer",
        settings=SETTINGS, diarizer=_Voices(0.9, third=7.5),
        transcriber=ScriptedTranscriber(at_speaking_rate),
    )  # fmt: skip
    assert result.third_voice_s == 7.5
    assert {u.speaker for u in result.utterances} == {"agent", "customer"}
