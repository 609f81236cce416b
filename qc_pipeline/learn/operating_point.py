"""Calibration, and the thresholds at which a probability counts.

Chosen on the validation voices only: they write neither rules nor training lines, and the test
voices are not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qc_pipeline.detect.learned.artefact import Band, Weights
from qc_pipeline.learn.corpus import CODES, CorpusLine

Floats = NDArray[np.float64]
STANDINGS = ("open", "phonetic", "quarantined")
_GRID = np.round(
    np.concatenate(
        [np.arange(0.01, 0.1, 0.01), np.arange(0.1, 0.96, 0.025), [0.97, 0.98, 0.99, 0.995, 0.999]]
    ),
    3,
)
_DISMISS_GRID = np.round(np.arange(0.02, 1.0, 0.04), 3)
_WEIGHT_BOUND = 4.0
_NEIGHBOURHOOD = 6  # grid steps a code's threshold may lie from the common one
_ROUNDS = 3
_SURE_PRECISION = 0.95


@dataclass(frozen=True, slots=True)
class RuleHits:
    """What rules say of some lines: for each, code -> how its best hit stands."""

    by_line: tuple[Mapping[str, str], ...]

    def standing(self, name: str) -> NDArray[np.bool_]:
        """[lines, codes]: where a rule's hit stands so."""
        return np.array([[hits.get(code) == name for code in CODES] for hits in self.by_line])


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """When a probability counts, and what that gave on the validation voices (shares 0..1)."""

    weights: Weights
    found: float
    flagged: float
    plain: float


def calibration(odds: Floats, lines: Sequence[CorpusLine]) -> tuple[float, float]:
    """Slope and shift that turn raw log-odds [lines, codes] into calibrated ones (Platt 1999),
    one pair for all codes, since a code alone has few examples.
    """
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=100.0).fit(odds.reshape(-1, 1), truth(lines).ravel())
    return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])


def truth(lines: Sequence[CorpusLine]) -> NDArray[np.bool_]:
    """[lines, codes]: whether the code applies."""
    return np.array([[code in line.labels for code in CODES] for line in lines])


def choose(
    odds: Floats,
    hits: RuleHits,
    lines: Sequence[CorpusLine],
    *,
    most_flagged: float,
    most_plain: float,
) -> OperatingPoint:
    """The point that finds most violations under their main code while at most `most_flagged`
    of the near-misses, and at most `most_plain` of the lines of plain talk, get any finding.
    `odds` [lines, codes] are calibrated log-odds.
    """
    bounds = Bounds(most_flagged, most_plain)
    weights = _rule_weights(odds, hits, lines)
    with_rule = np.zeros(odds.shape, bool)
    joint = odds.copy()
    for name in STANDINGS:
        here = hits.standing(name)
        with_rule |= here
        joint = joint + here * weights[name]
    view = _View(_chance(odds), _chance(joint), with_rule, *_sides(lines))
    points = []
    for dismissed in _DISMISS_GRID:
        thresholds = view.search(float(dismissed), bounds)
        found, flagged, plain = view.rates(thresholds, float(dismissed))
        within = bounds.hold(flagged, plain)
        # Where nothing is within bounds, what flags fewest.
        points.append(
            (within, found if within else -flagged, -float(dismissed), found, flagged, plain)
        )
    _, _, negative, found, flagged, plain = max(points)
    dismissed = -negative
    thresholds = view.search(dismissed, bounds)
    sure = _sure_from(_chance(odds), lines)
    return OperatingPoint(
        Weights(
            bands={
                code: Band(quarantined=float(t), open=float(max(t, sure)))
                for code, t in zip(CODES, thresholds, strict=True)
            },
            rule_weights=weights,
            dismissed_below=dismissed,
        ),
        found=found,
        flagged=flagged,
        plain=plain,
    )


@dataclass(frozen=True, slots=True)
class Bounds:
    """Largest shares 0..1 of near-misses and of plain talk that may get a finding."""

    flagged: float
    plain: float

    def hold(self, flagged: float, plain: float) -> bool:
        """Whether shares are within."""
        return flagged <= self.flagged and plain <= self.plain


@dataclass(frozen=True, slots=True)
class _View:
    chances: Floats
    joint: Floats
    with_rule: NDArray[np.bool_]
    main: NDArray[np.int64]
    near: NDArray[np.bool_]
    plain: NDArray[np.bool_]

    def rates(self, thresholds: Floats, dismissed: float) -> tuple[float, float, float]:
        """Share of violations found under their main code, of near-misses and of plain talk
        flagged.
        """
        by_rule = self.with_rule & (self.joint >= dismissed)
        by_model = ~self.with_rule & (self.chances >= thresholds)
        hit: NDArray[np.bool_] = np.asarray(by_rule | by_model)
        guilty = self.main >= 0
        found = hit[guilty, self.main[guilty]].mean()
        flagged: NDArray[np.bool_] = np.asarray(hit.any(axis=1))
        plain = flagged[self.plain].mean() if self.plain.any() else 0.0
        return float(found), float(flagged[self.near].mean()), float(plain)

    def search(self, dismissed: float, bounds: Bounds) -> Floats:
        """Thresholds per code, from the lowest common one that flags few enough."""
        common = len(_GRID) - 1
        while common > 0:
            _, flagged, plain = self.rates(np.full(len(CODES), _GRID[common - 1]), dismissed)
            if not bounds.hold(flagged, plain):
                break
            common -= 1
        steps = np.full(len(CODES), common)
        for _ in range(_ROUNDS):
            for code in range(len(CODES)):
                steps[code] = self._best_step(steps, code, common, dismissed, bounds)
        return np.asarray(_GRID[steps], np.float64)

    def _best_step(
        self, steps: NDArray[np.int64], code: int, common: int, dismissed: float, bounds: Bounds
    ) -> int:
        best = (-1.0, 1.0, int(steps[code]))
        low, high = max(0, common - _NEIGHBOURHOOD), min(len(_GRID), common + _NEIGHBOURHOOD + 1)
        for step in range(low, high):
            tried = steps.copy()
            tried[code] = step
            found, flagged, plain = self.rates(_GRID[tried], dismissed)
            if bounds.hold(flagged, plain) and (found, -flagged) > (best[0], -best[1]):
                best = found, flagged, step
        return best[2]


def _sides(
    lines: Sequence[CorpusLine],
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
    """The main code of each line (-1: innocent), which are near-misses, which plain talk."""
    main = np.array([CODES.index(line.labels[0]) if line.labels else -1 for line in lines])
    near = np.array([line.near_miss_of is not None for line in lines])
    return main, near, (main < 0) & ~near


def _rule_weights(odds: Floats, hits: RuleHits, lines: Sequence[CorpusLine]) -> dict[str, float]:
    """How much a rule's hit adds to the log-odds, by its standing (never less than nothing)."""
    from sklearn.linear_model import LogisticRegression

    columns = [odds.ravel(), *(hits.standing(name).ravel() for name in STANDINGS)]
    fitted = LogisticRegression(C=10.0).fit(np.stack(columns, axis=1), truth(lines).ravel())
    slope, *added = (float(value) for value in fitted.coef_[0])
    return {
        name: round(min(max(value / max(slope, 0.1), 0.0), _WEIGHT_BOUND), 3)
        for name, value in zip(STANDINGS, added, strict=True)
    }


def _sure_from(chances: Floats, lines: Sequence[CorpusLine]) -> float:
    """The lowest probability from which at least 95 % of the model's judgements are right."""
    right = truth(lines)
    for threshold in _GRID[_GRID >= 0.5]:
        judged = chances >= threshold
        if judged.any() and right[judged].mean() >= _SURE_PRECISION:
            return float(threshold)
    return float(_GRID[-1])


def _chance(odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-odds)), np.float64)
