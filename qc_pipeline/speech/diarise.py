"""Who speaks when on one channel: the seam, and the default that groups windows by voice.

The default embeds a window of 1.6 s every 0.4 s, parts the windows into two voices, and finds
the likeliest course of turns between them. It knows nothing of words: which voice is the
collector's is told by what is said (`roles.py`). Where two voices can't be kept apart surely
enough, it says so, and every speaker stays unknown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qc_pipeline.errors import ModelError
from qc_pipeline.settings import packaged_dir
from qc_pipeline.speech.segment import Samples, Span
from qc_pipeline.speech.voiceprint import (
    HOP,
    SAMPLE_RATE,
    SIZE,
    WINDOW_FRAMES,
    Floats,
    VoiceEncoder,
    load_encoder,
    spectrogram,
)
from qc_pipeline.speech.voices import (
    change_of_voice,
    course_of_turns,
    split_voices,
    third_voice_from,
)

WEIGHTS = "voice-encoder.npz"

_REVISION = 1  # raise it when a change here or in `voices.py` changes who is told from whom
_STEP_FRAMES = 40
_MANY_WINDOWS = 6000  # a longer recording is looked at less often, but without a hole
_SHORTEST_FRAMES = 20
_POOLED = 4  # windows
_SPARSE_STEP_FRAMES = 400
_LONG_ENOUGH_S = 1.2
_WINDOWS_FOR_CHANGE = 14
_FRAMES_PER_S = SAMPLE_RATE // HOP
_OVERLAP_S = 0.2  # either side of a change of voice without a pause, both may speak


@dataclass(frozen=True, slots=True)
class Voiced:
    """`start_s..end_s` is said by `voice`; `margin` says how surely, from 0 (either) to 1."""

    start_s: float
    end_s: float
    voice: int
    margin: float


@dataclass(frozen=True, slots=True)
class Diarisation:
    """Who speaks when. Without two tellable voices there is one, `confidence` says how far off.

    `stretches` follow one another in time, inside the stretches of speech that were given.
    `overlaps` are where one voice takes over without a pause: both may be speaking.
    `third_voice_s` is when a further person seems to join, if one does.
    """

    stretches: tuple[Voiced, ...]
    confidence: float
    overlaps: tuple[tuple[float, float], ...] = ()
    third_voice_s: float | None = None

    @property
    def told_apart(self) -> bool:
        """Whether there are two voices and only two."""
        return {stretch.voice for stretch in self.stretches} == {0, 1}


class Diarizer(Protocol):
    """Tells voices apart. It must survive pickling: worker processes load their own model."""

    @property
    def fingerprint(self) -> str:
        """What tells this diarizer from any other: part of the configuration's hash."""

    def diarise(self, samples: Samples, spans: Sequence[Span]) -> Diarisation:
        """Who speaks in which part of `spans`; `samples` is one channel at 16 kHz."""

    def new_voice(self, samples: Samples, spans: Sequence[Span]) -> float | None:
        """When another person takes over for good on a channel that should hold one voice."""


@dataclass
class VoiceDiarizer:
    """The default diarizer; its weights are loaded at first use, and never pickled."""

    folder: Path = field(default_factory=lambda: packaged_dir("models") / "speakers")
    _encoder: VoiceEncoder | None = field(default=None, init=False, repr=False, compare=False)

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_encoder": None}

    @property
    def fingerprint(self) -> str:
        """See `Diarizer`: the weights' content and this code's revision."""
        return f"{_REVISION}-{hashlib.sha256(self._weights().read_bytes()).hexdigest()[:16]}"

    def diarise(self, samples: Samples, spans: Sequence[Span]) -> Diarisation:
        """See `Diarizer`."""
        windows = _windows(spans)
        vectors = self._vectors(samples, windows)
        split = split_voices(*_pooled(vectors, windows))
        if split is None:
            return Diarisation(tuple(Voiced(s.start_s, s.end_s, 0, 0.0) for s in spans), 0.0)
        stretches = _stretches(spans, windows, split.scores_of(vectors))
        return Diarisation(
            stretches,
            split.confidence,
            overlaps=_overlaps(stretches),
            third_voice_s=third_voice_from(
                vectors, [w.middle_s for w in windows], [w.length_s for w in windows], split
            ),
        )

    def new_voice(self, samples: Samples, spans: Sequence[Span]) -> float | None:
        """See `Diarizer`. A window every few seconds is enough, and cheap."""
        windows = _windows(spans, step_frames=_SPARSE_STEP_FRAMES)
        windows = [window for window in windows if window.length_s >= _LONG_ENOUGH_S]
        if len(windows) < _WINDOWS_FOR_CHANGE:
            return None
        return change_of_voice(
            self._vectors(samples, windows),
            [window.middle_s for window in windows],
            [window.length_s for window in windows],
        )

    def _weights(self) -> Path:
        path = self.folder / WEIGHTS
        if not path.is_file():
            raise ModelError(
                f"区分说话人的模型文件不在：{path}",
                remedy="重新安装 qc-pipeline，或设置 speech.diarizer: none",
            )
        return path

    def _vectors(self, samples: Samples, windows: Sequence[_Window]) -> Floats:
        if self._encoder is None:
            self._encoder = load_encoder(self._weights())
        bands = spectrogram(samples)
        by_length: dict[int, list[int]] = {}
        for index, window in enumerate(windows):
            by_length.setdefault(window.frames_heard, []).append(index)
        vectors = np.zeros((len(windows), SIZE), np.float32)
        for length, indexes in by_length.items():
            heard = np.zeros((len(indexes), length, bands.shape[1]), np.float32)
            for row, index in enumerate(indexes):
                part = bands[windows[index].first : windows[index].first + length]
                heard[row, : len(part)] = part
            vectors[indexes] = self._encoder.embed(heard)
        return vectors


@dataclass(frozen=True, slots=True)
class _Window:
    """Frames `first..last` (10 ms each) of the recording, inside the `span`-th span."""

    span: int
    first: int
    last: int

    @property
    def frames_heard(self) -> int:
        """How many frames the network sees: few different lengths, so that they share batches."""
        return max(_SHORTEST_FRAMES, (self.last - self.first) // 10 * 10)

    @property
    def length_s(self) -> float:
        """Seconds."""
        return (self.last - self.first) / _FRAMES_PER_S

    @property
    def middle_s(self) -> float:
        """Seconds from the recording's start."""
        return (self.first + self.last) / 2 / _FRAMES_PER_S


def _windows(spans: Sequence[Span], *, step_frames: int | None = None) -> list[_Window]:
    """Windows inside the spans, `step_frames` apart; by default so that none is left out."""
    speech = sum(span.length_s for span in spans) * _FRAMES_PER_S
    step = step_frames or min(WINDOW_FRAMES, max(_STEP_FRAMES, speech / _MANY_WINDOWS))
    windows: list[_Window] = []
    for number, span in enumerate(spans):
        first, last = (int(t * _FRAMES_PER_S) for t in (span.start_s, span.end_s))
        spare = last - first - WINDOW_FRAMES
        if spare <= 0:
            windows.append(_Window(number, first, last))
            continue
        steps = int(np.ceil(spare / step))
        for index in range(steps + 1):
            at = first + round(index * spare / steps)
            windows.append(_Window(number, at, at + WINDOW_FRAMES))
    return windows


def _pooled(vectors: Floats, windows: Sequence[_Window]) -> tuple[Floats, list[float]]:
    """Neighbouring windows of one span averaged, and the seconds each average stands for: what a
    voice is shows better over three seconds than over one and a half.
    """
    means: list[Floats] = []
    lengths_s: list[float] = []
    for _, group in groupby(range(len(windows)), key=lambda index: windows[index].span):
        indexes = list(group)
        for first in range(0, len(indexes), _POOLED):
            part = indexes[first : first + _POOLED]
            mean = vectors[part].mean(axis=0)
            means.append(mean / max(float(np.linalg.norm(mean)), 1e-9))
            lengths_s.append((windows[part[-1]].last - windows[part[0]].first) / _FRAMES_PER_S)
    pooled = np.stack(means) if means else np.zeros((0, SIZE), np.float32)
    return pooled.astype(np.float32), lengths_s


_Scores = NDArray[np.float64]
_TENTH_S = 0.1
_TENTH = _FRAMES_PER_S // 10
_SPREAD = 5.0  # tenths: how far from its middle a window speaks for


def _stretches(
    spans: Sequence[Span], windows: Sequence[_Window], of_windows: _Scores
) -> tuple[Voiced, ...]:
    scores, pauses = _scores(spans, windows, of_windows)
    voices = course_of_turns(np.concatenate(scores), np.concatenate(pauses))
    stretches: list[Voiced] = []
    done = 0
    for span, own in zip(spans, scores, strict=True):
        course = voices[done : done + len(own)]
        done += len(own)
        cuts = [0, *(np.flatnonzero(np.diff(course)) + 1).tolist(), len(own)]
        for first, last in pairwise(cuts):
            voice = int(course[first])
            towards = float(np.mean(own[first:last])) * (1 if voice else -1)
            stretches.append(
                Voiced(
                    start_s=span.start_s + first * _TENTH_S,
                    end_s=span.end_s if last == len(own) else span.start_s + last * _TENTH_S,
                    voice=voice,
                    margin=min(1.0, max(0.0, 2 * towards)),
                )
            )
    return tuple(stretches)


def _scores(
    spans: Sequence[Span], windows: Sequence[_Window], of_windows: _Scores
) -> tuple[list[_Scores], list[NDArray[np.bool_]]]:
    """For each span: a score for each tenth of a second, and where a pause comes before it."""
    sums = [np.zeros(max(1, round(span.length_s / _TENTH_S))) for span in spans]
    weights = [np.zeros(len(own)) for own in sums]
    for window, score in zip(windows, of_windows, strict=True):
        start = spans[window.span].start_s * _FRAMES_PER_S
        tenths = np.arange(len(sums[window.span])) + 0.5
        low, high = (window.first - start) / _TENTH, (window.last - start) / _TENTH
        weight = np.exp(-0.5 * ((tenths - (low + high) / 2) / _SPREAD) ** 2)
        weight *= (tenths >= low - 1) & (tenths <= high + 1)
        sums[window.span] += weight * score
        weights[window.span] += weight
    scores = [own / np.maximum(w, 1e-9) for own, w in zip(sums, weights, strict=True)]
    pauses = [np.arange(len(own)) == 0 for own in sums]
    return scores, pauses


def _overlaps(stretches: Sequence[Voiced]) -> tuple[tuple[float, float], ...]:
    return tuple(
        (
            max(before.start_s, after.start_s - _OVERLAP_S),
            min(after.end_s, after.start_s + _OVERLAP_S),
        )
        for before, after in pairwise(stretches)
        if before.voice != after.voice and after.start_s - before.end_s < 1e-6
    )
