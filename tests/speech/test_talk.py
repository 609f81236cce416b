"""How things were said: measured on sound made for it."""

from __future__ import annotations

import numpy as np
import pytest

from qc_pipeline.records import Utterance
from qc_pipeline.speech.talk import with_sound
from tests.speech.builders import RATE


def said(
    start_s: float, end_s: float, *, channel: int = 0, text: str = "今天能还多少"
) -> Utterance:
    return Utterance(
        index=0, speaker="agent" if channel == 0 else "customer", start_s=start_s, end_s=end_s,
        text=text, raw_text=text, confidence=0.9, channel=channel,
    )  # fmt: skip


def sound(seconds: float = 30, channels: int = 2, level: float = 0.05) -> np.ndarray:
    return (
        np.random.default_rng(2)
        .normal(0, level, (channels, int(seconds * RATE)))
        .astype(np.float32)
    )


def measured(*utterances: Utterance, samples: np.ndarray | None = None) -> list[Utterance]:
    given = sound() if samples is None else samples
    return with_sound(utterances, given, sample_rate=RATE)


def test_shouting_stands_out_against_the_same_sides_usual_level() -> None:
    samples = sound()
    samples[0, 10 * RATE : 12 * RATE] *= 4
    calm, loud, other = measured(said(0, 8), said(10, 12), said(14, 20, channel=1), samples=samples)
    assert calm.sound.louder_db == pytest.approx(0, abs=0.3)
    assert loud.sound.louder_db == pytest.approx(12, abs=0.5)
    assert other.sound.louder_db == 0
    assert calm.sound.level_dbfs == pytest.approx(-26, abs=0.3)


def test_pace_counts_characters_and_not_punctuation() -> None:
    (spoken,) = measured(said(1, 3, text="您好，请问是本人吗？"))
    assert spoken.sound.pace == pytest.approx(8 / 2)


def test_a_pause_is_when_nobody_speaks() -> None:
    first, second, third = measured(said(1, 3), said(2, 9, channel=1), said(15, 16))
    assert [u.sound.pause_before_s for u in (first, second, third)] == [1, 0, 6]


@pytest.mark.parametrize(
    ("start_s", "end_s", "interrupts"),
    [
        (4.0, 9.0, True),    # over the last second of the other, who falls silent
        (4.5, 9.0, False),   # half a second is a slip
        (4.0, 4.9, False),   # gives way itself
        (2.0, 9.0, False),   # the other talks on for three seconds: nobody gave way
        (5.5, 9.0, False),   # waits for his turn
    ],
)  # fmt: skip
def test_an_interruption_begins_over_the_other_and_makes_him_stop(
    start_s: float, end_s: float, interrupts: bool
) -> None:
    other, own = measured(said(1, 5, channel=1), said(start_s, end_s))
    assert own.sound.interrupts is interrupts
    assert other.sound.interrupts is False
    assert own.sound.overlap_s == other.sound.overlap_s
    assert own.sound.overlap_s == pytest.approx(max(0, min(5, end_s) - start_s))


def test_on_one_channel_overlap_is_unknown_and_not_nought() -> None:
    first, second = measured(said(1, 5), said(4, 9), samples=sound(channels=1))
    assert (first.sound.overlap_s, second.sound.interrupts) == (None, None)
    assert second.sound.pause_before_s == 0


def test_nothing_said_nothing_measured() -> None:
    assert measured() == []
