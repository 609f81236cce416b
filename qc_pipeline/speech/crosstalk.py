"""One voice on two channels counts once.

Telephone sets and recorders leak one side into the other, tens of decibels down. Voice
activity hears the leak where its own side is silent; recognised, it would put the collector's
words into the customer's mouth.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

import numpy as np

from qc_pipeline.speech.acoustics import level_between
from qc_pipeline.speech.hallucination import squeezed
from qc_pipeline.speech.heard import Heard
from qc_pipeline.speech.segment import Samples, Span

_QUIETER_DB = 12.0  # a leak is at least this much below its source
_SURELY_QUIETER_DB = 30.0  # so far below that no correlation is needed: a whisper over shouting
_SIMILAR = 0.25  # correlation of the waveforms at the best lag, plus what chance may give:
_CHANCE_S = 0.15  # over this many seconds two voices may look alike
_LAG_S = 0.4  # how late an echo may come
_SAME = 0.98  # correlation at lag 0 of two channels that hold the same sound
_CHUNK_S = 30.0
_ECHO_CHARACTERS = 4  # shorter answers may repeat the question by themselves
_ECHO_SHARE = 0.6


def without_crosstalk(samples: Samples, spans: Sequence[Span], *, sample_rate: int) -> list[Span]:
    """`spans` without those that merely echo another channel; `samples` is [channels, frames]."""
    return [
        span
        for span in spans
        if not any(
            _echoes(samples, span, other, sample_rate)
            for other in range(samples.shape[0])
            if other != span.channel
        )
    ]


def same_sound(samples: Samples, *, sample_rate: int) -> bool:
    """Whether all channels hold the same sound: a mono recording in a two-channel file."""
    if samples.shape[0] < 2 or not samples.any():
        return False
    first = samples[0]
    chunk = int(_CHUNK_S * sample_rate)
    for other in samples[1:]:
        for start in range(0, len(first), chunk):
            a, b = first[start : start + chunk], other[start : start + chunk]
            if _level(a) == _level(b) == 0:
                continue
            if _similarity(a, b, lag=0) < _SAME:
                return False
    return True


def _echoes(samples: Samples, span: Span, other: int, sample_rate: int) -> bool:
    first, last = round(span.start_s * sample_rate), round(span.end_s * sample_rate)
    lag = int(_LAG_S * sample_rate)
    own = samples[span.channel, first:last]
    source = samples[other, max(0, first - lag) : last]
    loud = _level(samples[other, first:last])
    if loud <= 0:
        return False
    below_db = 20 * float(np.log10(loud / max(_level(own), 1e-9)))
    if below_db >= _SURELY_QUIETER_DB:
        return True
    similar = _SIMILAR + _CHANCE_S / span.length_s
    return below_db >= _QUIETER_DB and _similarity(own, source, lag=lag) >= similar


def _level(samples: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if samples.size else 0.0


def _similarity(echo: Samples, source: Samples, *, lag: int) -> float:
    """The highest normalised correlation of `echo` with `source`, which begins up to `lag`
    frames earlier.
    """
    if lag == 0:
        product = float(np.dot(echo, source))
        scale = float(np.linalg.norm(echo) * np.linalg.norm(source))
        return product / scale if scale else 0.0
    size = 1 << (len(echo) + len(source)).bit_length()
    spectrum = np.fft.rfft(source, size) * np.conj(np.fft.rfft(echo, size))
    reach = max(1, len(source) - len(echo) + 1)
    products = np.fft.irfft(spectrum, size)[:reach]
    energy = np.concatenate([[0.0], np.cumsum(np.square(source, dtype=np.float64))])
    ends = np.minimum(np.arange(reach) + len(echo), len(source))
    scale = np.sqrt(energy[ends] - energy[:reach]) * float(np.linalg.norm(echo))
    return float(np.max(np.abs(products) / np.maximum(scale, 1e-9)))


def without_echoed_text(
    samples: Samples, heard: Sequence[Heard], *, sample_rate: int
) -> list[Heard]:
    """`heard` without quiet turns that say at the same time what a louder channel says.

    An echo too late or too distorted for its waveform to be recognised still has the words.
    """

    def level(item: Heard) -> float:
        turn = item.turn
        return level_between(
            samples[turn.channel], turn.start_s, turn.end_s, sample_rate=sample_rate
        )

    def echoes(quiet: Heard, loud: Heard) -> bool:
        shared = min(quiet.turn.end_s, loud.turn.end_s) - max(quiet.turn.start_s, loud.turn.start_s)
        if quiet.turn.channel == loud.turn.channel or 2 * shared < (
            quiet.turn.end_s - quiet.turn.start_s
        ):
            return False
        words, source = squeezed(quiet.text), squeezed(loud.text)
        return (
            len(words) >= _ECHO_CHARACTERS
            and level(loud) - level(quiet) >= _QUIETER_DB
            and _contained(words, source) >= _ECHO_SHARE
        )

    return [item for item in heard if not any(echoes(item, other) for other in heard)]


def _contained(words: str, source: str) -> float:
    """The share of `words` that stands in `source`, in order."""
    blocks = SequenceMatcher(None, words, source, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) / len(words)
