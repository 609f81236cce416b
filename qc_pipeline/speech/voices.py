"""Vectors of voices parted into two, and the likeliest course of turns between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qc_pipeline.speech.voiceprint import Floats

Scores = NDArray[np.float64]
Sides = NDArray[np.bool_]

ONE_PERSON = 0.4  # no more confidence than one person's own voice gives

_ROUNDS = 30
_SHARE_OF_A_SIDE = 0.15
_FEWEST_SHARE = 0.03  # of the speech: less isn't a second voice
_FEWEST_WINDOWS = 4
_LONGEST_S = 1.6
_HEARD_FOR_THREE_S = 60.0  # windows overlap: about a quarter of it is speech
_SURE_OF_THREE = 0.55
_BETTER_BY = 0.03
_SURE_OF_CHANGE = 0.55
_WINDOWS_ON_EITHER_SIDE = 4
_ORDERLY = 0.95  # of the windows lie on their side of the change
_FEWEST_AFTER_CHANGE = 0.1
# What a change of voice costs, against a tenth of a second of doubtful evidence.
_CHANGE_IN_SPEECH = 0.3
_CHANGE_AT_PAUSE = 0.03


@dataclass(frozen=True, slots=True, eq=False)
class VoiceSplit:
    """Two voices. `scores` of the windows lie about -0.5 for voice 0 and 0.5 for voice 1.

    `confidence` (0..1) is how much nearer a window lies to its own voice than to the other,
    averaged over the voice for which that is less. A voice with little of the speech may be one
    person's short answers: then it is at most `ONE_PERSON`.
    """

    centres: Floats
    scores: Scores
    confidence: float

    def scores_of(self, vectors: Floats) -> Scores:
        """The same measure for other windows of the recording."""
        return _scores(vectors, self.centres)


def split_voices(vectors: Floats, lengths_s: Sequence[float]) -> VoiceSplit | None:
    """The best way to part unit vectors [windows, size] into two voices; None for too few."""
    if len(vectors) < _FEWEST_WINDOWS:
        return None
    weights = _weights(lengths_s)
    best: tuple[float, Floats] | None = None
    for start in _beginnings(vectors, weights):
        sides = _settled(vectors, weights, start)
        if sides is None:
            continue
        centres = _centres(vectors, weights, sides)
        found = parted(vectors, weights, centres)
        if best is None or found > best[0]:
            best = (found, centres)
    if best is None:
        return None
    confidence, centres = best
    scores = _scores(vectors, centres)
    share = float(weights[scores > 0].sum() / weights.sum())
    if min(share, 1 - share) < _SHARE_OF_A_SIDE:
        confidence = min(confidence, ONE_PERSON)
    return VoiceSplit(centres, scores, max(0.0, confidence))


def _scores(vectors: Floats, centres: Floats) -> Scores:
    apart = max(1e-6, 1 - float(centres[0] @ centres[1]))
    towards: Scores = ((vectors @ centres[1] - vectors @ centres[0]) / apart).astype(np.float64)
    return towards


def parted(vectors: Floats, weights: Scores, centres: Floats) -> float:
    """How well `centres` part the vectors: the mean silhouette of the worst of the voices."""
    likeness = vectors @ centres.T
    own = likeness.argmax(axis=1)
    best = likeness.max(axis=1)
    likeness[np.arange(len(own)), own] = -1
    second = likeness.max(axis=1)
    silhouettes = (best - second) / (1 - second + 1e-3)
    return min(
        float(np.average(silhouettes[own == voice], weights=weights[own == voice]))
        if (own == voice).any()
        else 0.0
        for voice in range(len(centres))
    )


def course_of_turns(scores: Scores, after_pause: Sides) -> NDArray[np.int8]:
    """The likeliest voice (0 or 1) at each tenth of a second.

    `scores` speak for voice 1 above zero; a change costs less after a pause.
    """
    costs = np.where(after_pause, _CHANGE_AT_PAUSE, _CHANGE_IN_SPEECH)
    came_from = np.zeros((len(scores), 2), np.int8)
    zero = one = 0.0
    for index, (score, cost) in enumerate(
        zip((scores * 0.1).tolist(), costs.tolist(), strict=True)
    ):
        to_zero, to_one = one - cost > zero, zero - cost > one
        came_from[index] = (to_zero, not to_one)
        zero, one = (
            (one - cost if to_zero else zero) - score,
            (zero - cost if to_one else one) + score,
        )
    course = np.zeros(len(scores), np.int8)
    voice = int(one > zero)
    for index in range(len(scores) - 1, -1, -1):
        course[index] = voice
        voice = int(came_from[index, voice])
    return course


def third_voice_from(
    vectors: Floats, times_s: Sequence[float], lengths_s: Sequence[float], split: VoiceSplit
) -> float | None:
    """When a third person begins to speak, or None when two voices explain everything.

    Three voices must part the windows better than two do.
    """
    weights, times = _weights(lengths_s), np.asarray(times_s)
    if sum(lengths_s) < _HEARD_FOR_THREE_S:
        return None
    best: tuple[float, NDArray[np.intp]] | None = None
    for start in _three_beginnings(vectors, times, (split.scores_of(vectors) > 0).astype(np.intp)):
        voices, found = _settled_among_three(vectors, weights, start)
        if best is None or found > best[0]:
            best = (found, voices)
    two = parted(vectors, weights, split.centres)
    if best is None or best[0] < max(_SURE_OF_THREE, two + _BETTER_BY):
        return None
    begins = [float(times[best[1] == voice].min()) for voice in range(3)]
    return max(begins)


def change_of_voice(
    vectors: Floats, times_s: Sequence[float], lengths_s: Sequence[float]
) -> float | None:
    """When one person takes over from another for good; None where one voice goes on."""
    split = split_voices(vectors, lengths_s)
    if split is None or split.confidence < _SURE_OF_CHANGE:
        return None
    later = split.scores > 0
    if later[0]:
        later = ~later
    # The moment that agrees with the most windows: the first voice before it, the second after.
    agreeing = np.cumsum(~later) + later.sum() - np.cumsum(later)
    last = int(agreeing.argmax())
    weights = _weights(lengths_s)
    fewest = min(weights[: last + 1].sum(), weights[last + 1 :].sum())
    if min(last + 1, len(later) - last - 1) < _WINDOWS_ON_EITHER_SIDE:
        return None
    if agreeing[last] < _ORDERLY * len(later) or fewest < _FEWEST_AFTER_CHANGE * weights.sum():
        return None
    return float(times_s[last + 1])


def _weights(lengths_s: Sequence[float]) -> Scores:
    # A short window says little about a voice.
    weights: Scores = np.minimum(np.asarray(lengths_s, np.float64), _LONGEST_S) ** 2
    return weights


def _beginnings(vectors: Floats, weights: Scores) -> Iterator[Sides]:
    """Cuts across the directions in which the vectors differ most: halves, fifths, tenths."""
    centred = vectors - np.average(vectors, axis=0, weights=weights)
    spread = (centred * weights[:, None]).T @ centred
    _, directions = np.linalg.eigh(spread)
    for direction in directions.T[::-1][:3]:
        along = centred @ direction
        yield along > 0
        order = np.argsort(along)
        for part in (5, 10):
            few = max(1, len(order) // part)
            for end in (order[:few], order[-few:]):
                sides = np.zeros(len(order), bool)
                sides[end] = True
                yield sides


def _three_beginnings(
    vectors: Floats, times: Scores, voices: NDArray[np.intp]
) -> Iterator[NDArray[np.intp]]:
    """One of two voices cut once more: by time, or where its windows differ most."""
    for voice in (0, 1):
        own = np.flatnonzero(voices == voice)
        if len(own) < _FEWEST_WINDOWS:
            continue
        centred = vectors[own] - vectors[own].mean(axis=0)
        _, directions = np.linalg.eigh(centred.T @ centred)
        for order in (times[own], centred @ directions[:, -1], centred @ directions[:, -2]):
            for share in (0.25, 0.5, 0.75):
                cut = voices.copy()
                cut[own[order > np.quantile(order, share)]] = 2
                yield cut


def _settled_among_three(
    vectors: Floats, weights: Scores, voices: NDArray[np.intp]
) -> tuple[NDArray[np.intp], float]:
    """Voices after each window has gone to the nearest centre, and how well that parts them."""
    heavy = vectors * weights[:, None]
    for _ in range(_ROUNDS):
        shares = [weights[voices == voice].sum() / weights.sum() for voice in range(3)]
        if min(shares) < _FEWEST_SHARE:
            return voices, 0.0
        sums = np.stack([heavy[voices == voice].sum(axis=0) for voice in range(3)])
        centres = (sums / np.linalg.norm(sums, axis=1, keepdims=True)).astype(np.float32)
        moved = (vectors @ centres.T).argmax(axis=1)
        if (moved == voices).all():
            break
        voices = moved
    return voices, parted(vectors, weights, centres)


def _settled(vectors: Floats, weights: Scores, sides: Sides) -> Sides | None:
    """Sides after each window has gone to the nearer centre; None when one voice is left."""
    for _ in range(_ROUNDS):
        if not _two(sides, weights):
            return None
        centres = _centres(vectors, weights, sides)
        moved = vectors @ centres[1] > vectors @ centres[0]
        if (moved == sides).all():
            return sides
        sides = moved
    return sides if _two(sides, weights) else None


def _two(sides: Sides, weights: Scores) -> bool:
    share = float(weights[sides].sum() / weights.sum())
    return _FEWEST_SHARE <= share <= 1 - _FEWEST_SHARE


def _centres(vectors: Floats, weights: Scores, sides: Sides) -> Floats:
    heavy = vectors * weights[:, None]
    sums = np.stack([heavy[~sides].sum(axis=0), heavy[sides].sum(axis=0)])
    centres: Floats = (sums / np.linalg.norm(sums, axis=1, keepdims=True)).astype(np.float32)
    return centres
