from __future__ import annotations

import numpy as np
import pytest

from qc_pipeline.speech.crosstalk import same_sound, without_crosstalk, without_echoed_text
from qc_pipeline.speech.segment import Span
from tests.speech.builders import RATE, heard, noise


def voice(seconds: float, *, level: float, seed: int) -> np.ndarray:
    """Something with a voice's rhythm: noise that swells and fades."""
    time = np.arange(round(seconds * RATE)) / RATE
    return noise(seconds, level=level, seed=seed) * np.abs(np.sin(7 * time + seed)).astype(
        np.float32
    )


@pytest.mark.parametrize("delay_s", [0.0, 0.02, 0.25])
@pytest.mark.parametrize("gain", [0.01, 0.05, 0.2])
def test_a_leak_of_the_other_side_is_no_speech(gain: float, delay_s: float) -> None:
    loud = voice(3, level=0.2, seed=1)
    leak = gain * np.concatenate([np.zeros(round(delay_s * RATE), np.float32), loud])[: len(loud)]
    samples = np.stack([loud, leak + noise(3, level=gain * 0.05, seed=2)])
    spans = [Span(0, 0.2, 2.5), Span(1, 0.4, 2.7)]
    assert without_crosstalk(samples, spans, sample_rate=RATE) == [Span(0, 0.2, 2.5)]


def test_a_quieter_voice_of_its_own_stays() -> None:
    samples = np.stack([voice(3, level=0.2, seed=1), voice(3, level=0.04, seed=5)])
    spans = [Span(0, 0.2, 2.5), Span(1, 0.4, 2.7)]
    assert without_crosstalk(samples, spans, sample_rate=RATE) == spans


def test_a_leak_does_not_silence_its_source() -> None:
    loud = voice(3, level=0.2, seed=1)
    samples = np.stack([loud, 0.1 * loud])
    spans = [Span(0, 0.2, 2.5)]
    assert without_crosstalk(samples, spans, sample_rate=RATE) == spans


def test_sample_calls_lose_only_the_leaks(excerpt) -> None:
    audio = excerpt("s03", 0.0, 20.0)  # the collector leaks into the silent customer's channel
    spans = [Span(0, 1.7, 6.4), Span(1, 1.76, 4.93), Span(1, 5.15, 6.46)]
    assert without_crosstalk(audio.samples, spans, sample_rate=RATE) == spans[:1]


def test_two_channels_with_one_sound_are_known() -> None:
    sound = voice(2, level=0.2, seed=1)
    assert same_sound(np.stack([sound, sound]), sample_rate=RATE)
    assert same_sound(np.stack([sound, 0.5 * sound]), sample_rate=RATE)
    other = voice(2, level=0.2, seed=2)
    assert not same_sound(np.stack([sound, other]), sample_rate=RATE)
    assert not same_sound(np.stack([sound, np.zeros_like(sound)]), sample_rate=RATE)
    assert not same_sound(np.zeros((2, RATE), np.float32), sample_rate=RATE)
    assert not same_sound(sound[np.newaxis], sample_rate=RATE)


def test_quiet_words_that_repeat_the_loud_side_are_an_echo() -> None:
    samples = np.stack([voice(5, level=0.2, seed=1), voice(5, level=0.01, seed=2)])
    loud = heard("您的信用卡逾期了", channel=0, start_s=1.0)
    echo = heard("的信用卡与期了", channel=1, start_s=1.2)
    answer = heard("我知道我明天还钱", channel=1, start_s=1.2)
    assert without_echoed_text(samples, [loud, echo], sample_rate=RATE) == [loud]
    assert without_echoed_text(samples, [loud, answer], sample_rate=RATE) == [loud, answer]


def test_repeating_each_other_at_the_same_level_is_talk() -> None:
    samples = np.stack([voice(5, level=0.2, seed=1), voice(5, level=0.2, seed=2)])
    both = [
        heard("二零七幺五九行", channel=0, start_s=1.0),
        heard("二零七幺五九行", channel=1, start_s=1.1),
    ]
    assert without_echoed_text(samples, both, sample_rate=RATE) == both
