"""How each thing was said: level, pace, pauses, overlaps, interruptions.

Measured on the utterances' own times and the sound beneath them. Who overlaps whom can only be
told on channels of their own; on one channel overlap and interruption stay unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from qc_pipeline.records import Utterance, UtteranceSound
from qc_pipeline.speech.acoustics import SILENCE_DBFS, level_between
from qc_pipeline.speech.hallucination import squeezed
from qc_pipeline.speech.segment import Samples

INTERRUPTION_S = 0.8  # talking over somebody for longer isn't a slip
_GIVES_WAY_S = 2.0  # who falls silent within this time has given way
_SHORTEST_S = 0.2


def with_sound(
    utterances: Sequence[Utterance], samples: Samples, *, sample_rate: int
) -> list[Utterance]:
    """`utterances`, in order of time, with `sound`; `samples` is [channels, frames]."""
    levels = [
        level_between(
            samples[min(u.channel, samples.shape[0] - 1)], u.start_s, u.end_s,
            sample_rate=sample_rate,
        )
        for u in utterances
    ]  # fmt: skip
    usual = _usual_levels(utterances, levels)
    heard: list[Utterance] = []
    last_word_s = 0.0
    for utterance, level in zip(utterances, levels, strict=True):
        overlap, interrupts = None, None
        if samples.shape[0] > 1:
            others = [u for u in utterances if u.channel != utterance.channel]
            overlap = round(sum(_shared_s(utterance, other) for other in others), 3)
            interrupts = any(_cuts_off(utterance, other) for other in others)
        length_s = max(utterance.end_s - utterance.start_s, _SHORTEST_S)
        sound = UtteranceSound(
            level_dbfs=round(level, 1),
            louder_db=round(level - usual[_side(utterance)], 1),
            pace=round(len(squeezed(utterance.text)) / length_s, 2),
            pause_before_s=round(max(0.0, utterance.start_s - last_word_s), 3),
            overlap_s=overlap,
            interrupts=interrupts,
        )
        heard.append(replace(utterance, sound=sound))
        last_word_s = max(last_word_s, utterance.end_s)
    return heard


def _side(utterance: Utterance) -> tuple[int, str]:
    return utterance.channel, utterance.speaker


def _usual_levels(
    utterances: Sequence[Utterance], levels: Sequence[float]
) -> dict[tuple[int, str], float]:
    """The median level of each side, every second of speech counting once."""
    usual: dict[tuple[int, str], float] = {}
    for side in {_side(u) for u in utterances}:
        own = sorted(
            (level, u.end_s - u.start_s)
            for u, level in zip(utterances, levels, strict=True)
            if _side(u) == side and level > SILENCE_DBFS
        )
        if not own:
            usual[side] = SILENCE_DBFS
            continue
        spoken = np.cumsum([length for _, length in own])
        usual[side] = own[int(np.searchsorted(spoken, spoken[-1] / 2))][0]
    return usual


def _shared_s(one: Utterance, other: Utterance) -> float:
    return max(0.0, min(one.end_s, other.end_s) - max(one.start_s, other.start_s))


def _cuts_off(one: Utterance, other: Utterance) -> bool:
    """Whether `one` begins over `other`, goes on, and `other` falls silent."""
    begins_over = other.start_s < one.start_s < other.end_s
    gives_way = other.end_s < one.end_s and other.end_s - one.start_s <= _GIVES_WAY_S
    return begins_over and gives_way and _shared_s(one, other) > INTERRUPTION_S
