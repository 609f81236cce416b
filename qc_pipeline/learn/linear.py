"""The linear part of the classifier: logistic regressions over grams of characters and sounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qc_pipeline.detect.classifier import Excerpt
from qc_pipeline.detect.learned.grams import BUCKETS, gram_row
from qc_pipeline.learn.corpus import CODES, CorpusLine

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_SMOOTHING = 0.3  # inverse strength of the penalty, for codes
_PLAIN_SMOOTHING = 1.0
_VIOLATION_WEIGHT = 3.0
_PLAIN_WEIGHT = 3.0
_LEAST_LINES = 2
_STEP = 127


@dataclass(frozen=True, slots=True)
class GramWeights:
    """`weights` [buckets, codes + 1] and `bias`: log-odds per code, last of plain talk."""

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]

    def write(self, path: Path, *, slope: float) -> None:
        """As detection reads them, eight bits a weight, the codes' log-odds times `slope`."""
        weights, bias = self.weights.copy(), self.bias.copy()
        weights[:, :-1] *= slope
        bias[:-1] *= slope
        scales = np.maximum(np.abs(weights).max(axis=0), 1e-9) / _STEP
        np.savez_compressed(
            path,
            weights=np.rint(weights / scales).astype(np.int8),
            scales=scales.astype(np.float32),
            bias=bias.astype(np.float32),
        )


def fit_grams(forms: Sequence[Sequence[CorpusLine]]) -> GramWeights:
    """Fitted on lines, each in one or more forms, which share the line's weight.

    Plain talk is told from violations only: near-misses are made of a violation's words, and to
    take them for plain would cost what they resemble.
    """
    from sklearn.linear_model import LogisticRegression

    lines = [form for line in forms for form in line]
    rows = gram_matrix(lines)
    shown = np.asarray((rows > 0).sum(axis=0)).ravel()
    rarity = np.log((1 + len(lines)) / (1 + shown)) + 1
    rarity[shown < _LEAST_LINES] = 0
    rows = rows.multiply(rarity).tocsr()
    codes = np.array([[code in line.labels for code in CODES] for line in lines])
    plain = np.array([not line.labels and line.near_miss_of is None for line in lines])
    share = np.array([2 / len(line) for line in forms for _ in line])
    weights = np.zeros((BUCKETS, len(CODES) + 1))
    bias = np.zeros(len(CODES) + 1)
    for place in range(len(CODES)):
        fitted = LogisticRegression(
            C=_SMOOTHING, solver="liblinear", class_weight={0: 1, 1: _VIOLATION_WEIGHT}
        ).fit(rows, codes[:, place], sample_weight=share * np.where(plain, _PLAIN_WEIGHT, 1))
        weights[:, place], bias[place] = fitted.coef_[0] * rarity, fitted.intercept_[0]
    if plain.any():
        told = np.flatnonzero(plain | codes.any(axis=1))
        fitted = LogisticRegression(C=_PLAIN_SMOOTHING, solver="liblinear").fit(
            rows[told], plain[told], sample_weight=share[told]
        )
        weights[:, -1], bias[-1] = fitted.coef_[0] * rarity, fitted.intercept_[0]
    else:
        bias[-1] = -10.0
    return GramWeights(weights, bias)


def gram_matrix(lines: Sequence[CorpusLine]) -> csr_matrix:
    """Sparse [lines, buckets]."""
    from scipy.sparse import csr_matrix

    rows = [gram_row(Excerpt(line.text, line.previous, line.callee)) for line in lines]
    ends = np.cumsum([0, *(len(buckets) for buckets, _ in rows)])
    return csr_matrix(
        (np.concatenate([values for _, values in rows]),
         np.concatenate([buckets for buckets, _ in rows]), ends),
        shape=(len(rows), BUCKETS),
    )  # fmt: skip
