"""Where is speech, who holds the turn, and how is it cut into windows for recognition.

Silence is left out: a window joins stretches of speech of one channel of one call, each with
a little of the sound around it, and keeps the map back to the recording's own clock.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from qc_pipeline.speech.extra import require_asr

Samples = NDArray[np.float32]

WHISPER_WINDOW_S = 30.0
_MIN_SILENCE_MS = 160  # a shorter pause doesn't end a stretch of speech
_SECONDS_PER_BLOCK = 600  # voice activity is looked for in blocks: memory stays flat
_LONGEST_TURN_S = 20.0  # what a reviewer reads at one glance
_LATE_S = 0.1  # a word may end this much after its stretch of speech
_CUT_INSIDE_TURN = 0.5  # what cutting a turn in two costs, against an even length of windows


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of speech on one channel, in seconds of the recording."""

    channel: int
    start_s: float
    end_s: float

    @property
    def length_s(self) -> float:
        """Seconds of speech."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class Turn:
    """Spans of one channel that belong together: short pauses, nobody else in between."""

    channel: int
    spans: tuple[Span, ...]

    @property
    def start_s(self) -> float:
        """Where its first word may begin."""
        return self.spans[0].start_s

    @property
    def end_s(self) -> float:
        """Where its last word ends."""
        return self.spans[-1].end_s

    @property
    def speech_s(self) -> float:
        """Seconds of speech in it, pauses left out."""
        return sum(span.length_s for span in self.spans)


@dataclass(frozen=True, slots=True)
class Piece:
    """`start_s..end_s` of the recording stands at `at_s` of its window; it holds `span` and a
    little of what is around it.
    """

    at_s: float
    start_s: float
    end_s: float
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Sound for the recogniser: float32 samples [frames], and where each piece came from.

    The pieces follow one another without a hole, in the window and in time.
    """

    channel: int
    samples: Samples
    sample_rate: int
    pieces: tuple[Piece, ...]

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate

    def piece_at(self, window_s: float) -> Piece:
        """The piece that stands at `window_s`; the first or last one beyond the ends."""
        index = bisect_right(self.pieces, window_s, key=lambda piece: piece.at_s) - 1
        return self.pieces[max(index, 0)]

    def span_at(self, window_s: float) -> Span:
        """The stretch of speech that a word at `window_s` belongs to. Voice activity notices
        beginnings late, not ends: what comes after an end opens the next stretch.
        """
        piece = self.piece_at(window_s)
        after = piece.start_s + window_s - piece.at_s - piece.span.end_s
        following = self.pieces.index(piece) + 1
        if after > _LATE_S and following < len(self.pieces):
            return self.pieces[following].span
        return piece.span

    def original_times(self, start_s: float, end_s: float) -> tuple[float, float]:
        """A word's window times as times of the recording.

        Both ends go to the piece its middle lies in, so that no word spans what was left out.
        """
        piece = self.piece_at((start_s + end_s) / 2)
        shift = piece.start_s - piece.at_s

        def inside(time_s: float) -> float:
            return min(max(time_s + shift, piece.start_s), piece.end_s)

        return inside(start_s), inside(end_s)


def find_speech(samples: Samples, *, sample_rate: int, channel: int, max_s: float) -> list[Span]:
    """Stretches of speech on one channel (float32 [frames]), each at most `max_s` long.

    Raises ModelError when the speech extra isn't installed.
    """
    require_asr()
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(
        min_silence_duration_ms=_MIN_SILENCE_MS, speech_pad_ms=0, max_speech_duration_s=max_s
    )
    spans: list[Span] = []
    block = _SECONDS_PER_BLOCK * sample_rate
    for first in range(0, len(samples), block):
        part = samples[first : first + block]
        if not part.any():
            continue
        for found in get_speech_timestamps(part, options, sampling_rate=sample_rate):
            start, end = found["start"] + first, min(found["end"], len(part)) + first
            if end > start:
                spans.append(Span(channel, start / sample_rate, end / sample_rate))
    return spans


def group_turns(spans: Sequence[Span], *, gap_s: float) -> list[Turn]:
    """Turns of all channels by time: a pause over `gap_s`, or another channel speaking in
    the pause, ends one. A monologue is cut at its longest pauses.
    """
    turns: list[Turn] = []
    for channel in sorted({span.channel for span in spans}):
        own = sorted((s for s in spans if s.channel == channel), key=lambda s: s.start_s)
        others = sorted((s for s in spans if s.channel != channel), key=lambda s: s.start_s)
        current = [own[0]]
        for before, span in pairwise(own):
            if span.start_s - before.end_s > gap_s or _somebody_speaks(
                others, before.end_s, span.start_s
            ):
                turns += _cut_long(channel, current)
                current = []
            current.append(span)
        turns += _cut_long(channel, current)
    return sorted(turns, key=lambda turn: (turn.start_s, turn.channel))


def _cut_long(channel: int, spans: Sequence[Span]) -> list[Turn]:
    if len(spans) == 1 or spans[-1].end_s - spans[0].start_s <= _LONGEST_TURN_S:
        return [Turn(channel, tuple(spans))]
    pauses = [after.start_s - before.end_s for before, after in pairwise(spans)]
    cut = 1 + max(range(len(pauses)), key=lambda index: pauses[index])
    return [*_cut_long(channel, spans[:cut]), *_cut_long(channel, spans[cut:])]


def _somebody_speaks(others: Sequence[Span], start_s: float, end_s: float) -> bool:
    """Whether most of a span of `others` lies in the pause: then the floor changed hands."""
    first = bisect_right(others, start_s - WHISPER_WINDOW_S, key=lambda span: span.start_s)
    for other in others[first:]:
        if other.start_s >= end_s:
            return False
        if (other.start_s + other.end_s) / 2 > start_s and other.end_s <= end_s:
            return True
    return False


def pack(
    samples: Samples,
    turns: Sequence[Turn],
    *,
    sample_rate: int,
    target_s: float,
    max_s: float,
    context_s: float,
) -> list[Window]:
    """Windows of about `target_s` and at most `max_s` seconds over the turns of one channel,
    whose spans may belong to several voices.

    Around each span up to `context_s` of the recording is kept on either side; what lies
    between is left out. Windows end between turns where that is possible.
    """
    spans = sorted((s for turn in turns for s in turn.spans), key=lambda span: span.start_s)
    turn_ends = {turn.spans[-1] for turn in turns}
    padded = _padded(spans, context_s, len(samples) / sample_rate)
    cuts = _cuts(
        [end - start for start, end in padded],
        [span in turn_ends for span in spans],
        target_s=target_s,
        max_s=max_s,
    )
    return [
        _window(samples, spans[first:last], padded[first:last], sample_rate)
        for first, last in pairwise(cuts)
    ]


def _padded(
    spans: Sequence[Span], context_s: float, duration_s: float
) -> list[tuple[float, float]]:
    stretches: list[tuple[float, float]] = []
    for index, span in enumerate(spans):
        before = spans[index - 1].end_s if index else -span.start_s
        after = spans[index + 1].start_s if index + 1 < len(spans) else 2 * duration_s - span.end_s
        stretches.append((
            span.start_s - min(context_s, (span.start_s - before) / 2),
            span.end_s + min(context_s, (after - span.end_s) / 2),
        ))  # fmt: skip
    return stretches


def _cuts(
    lengths: Sequence[float], ends_turn: Sequence[bool], *, target_s: float, max_s: float
) -> list[int]:
    """Where windows begin, and the end: the cheapest way through, window by window."""
    cheapest: list[tuple[float, int]] = [(0.0, 0)]
    for last in range(1, len(lengths) + 1):
        cut = 0.0 if ends_turn[last - 1] else _CUT_INSIDE_TURN
        total = 0.0
        options: list[tuple[float, int]] = []
        for first in range(last - 1, -1, -1):
            total += lengths[first]
            if total > max_s and first < last - 1:
                break
            uneven = ((total - target_s) / target_s) ** 2
            options.append((cheapest[first][0] + uneven + cut, first))
        cheapest.append(min(options))
    cuts = [len(lengths)]
    while cuts[-1] > 0:
        cuts.append(cheapest[cuts[-1]][1])
    return cuts[::-1]


def _window(
    samples: Samples,
    spans: Sequence[Span],
    stretches: Sequence[tuple[float, float]],
    sample_rate: int,
) -> Window:
    parts: list[Samples] = []
    pieces: list[Piece] = []
    at = 0
    for span, (start_s, end_s) in zip(spans, stretches, strict=True):
        first, last = round(start_s * sample_rate), round(end_s * sample_rate)
        part = samples[first:last]
        end = first + len(part)
        pieces.append(Piece(at / sample_rate, first / sample_rate, end / sample_rate, span))
        parts.append(part)
        at += len(part)
    return Window(spans[0].channel, np.concatenate(parts), sample_rate, tuple(pieces))
