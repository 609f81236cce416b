"""The classifier at work: probabilities per code, and the training examples that explain them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qc_pipeline.detect.classifier import Excerpt, Meaning, Neighbour
from qc_pipeline.detect.learned.artefact import Artefact, Weights, open_artefact
from qc_pipeline.detect.learned.encoder import SentenceEncoder
from qc_pipeline.detect.learned.encoding import Encoded, encode
from qc_pipeline.detect.learned.grams import Grams
from qc_pipeline.errors import ModelError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_REMEMBERED = 20_000
_NEAREST_LEAST = 0.5

Floats = NDArray[np.float32]


class LearnedClassifier:
    """A `Classifier` over the files of `artefact`. Runs on one thread of the processor."""

    def __init__(self, artefact: Artefact) -> None:
        self._card = artefact.card
        folder = artefact.folder
        try:
            from tokenizers import Tokenizer

            self._encoder = SentenceEncoder(folder / "encoder")
        except ImportError as error:
            raise ModelError(
                f"分类模型要用的 {error.name} 没有安装",
                remedy="运行 pip install 'qc-pipeline[classifier]'；否则只用规则",
            ) from None
        self._tokenizer: Tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        with np.load(folder / "head.npz") as head:
            self._mean: Floats = head["mean"]
            self._spread: Floats = head["spread"]
            self._weight: Floats = head["weight"]
            self._bias: Floats = head["bias"]
            self._examples: Floats = head["examples"].astype(np.float32)
            self._example_codes: NDArray[np.int64] = head["example_codes"].astype(np.int64)
            self._example_texts: list[str] = head["example_texts"].tolist()
        self._grams = Grams(folder / "grams.npz")
        self._known: OrderedDict[Excerpt, Meaning] = OrderedDict()

    @property
    def version(self) -> str:
        """Names the model's exact content."""
        return self._card.version

    @property
    def name(self) -> str:
        """What the model is called."""
        return self._card.name

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes it judges."""
        return self._card.codes

    @property
    def written(self) -> Weights:
        """How it is weighed on words that are certain."""
        return self._card.written

    @property
    def heard(self) -> Weights:
        """How it is weighed on recognised words."""
        return self._card.heard

    def judge(self, excerpts: Sequence[Excerpt]) -> list[Meaning]:
        """See `Classifier`. What was judged before is remembered by its words."""
        new = [each for each in dict.fromkeys(excerpts) if each not in self._known]
        for excerpt, meaning in zip(new, self._judge(new), strict=True):
            self._known[excerpt] = meaning
        found = [self._known[each] for each in excerpts]
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return found

    def nearest(self, meaning: Meaning, code: str) -> Neighbour | None:
        """The training example of `code` closest in meaning; None when nothing is close."""
        own = np.flatnonzero(self._example_codes == self._card.codes.index(code))
        if meaning.point is None or not len(own):
            return None
        likeness = self._examples[own] @ np.asarray(meaning.point, np.float32)
        best = int(likeness.argmax())
        closeness = float(likeness[best]) / max(float(np.linalg.norm(self._examples[own[best]])), 1)
        if closeness < _NEAREST_LEAST:
            return None
        return Neighbour(self._example_texts[own[best]], round(closeness, 2))

    def _judge(self, excerpts: Sequence[Excerpt]) -> list[Meaning]:
        windows = [(index, window) for index, excerpt in enumerate(excerpts)
                   for window in encode(excerpt, self._tokenizer)]  # fmt: skip
        features = self._features([window for _, window in windows])
        by_meaning = features @ self._weight.T + self._bias
        by_grams = self._grams.odds(excerpts)
        chances = np.array(
            [joined(by_meaning[row], by_grams[index]) for row, (index, _) in enumerate(windows)]
        )
        rows: dict[int, list[int]] = {}
        for row, (index, _) in enumerate(windows):
            rows.setdefault(index, []).append(row)
        return [self._meaning(features, chances, rows.get(i, [])) for i in range(len(excerpts))]

    def _meaning(self, features: Floats, chances: Floats, rows: list[int]) -> Meaning:
        """Of a long utterance the window counts that speaks most for the code."""
        if not rows:
            return Meaning({}, None)
        worst = max(rows, key=lambda row: float(chances[row].max()))
        best = chances[rows].max(axis=0)
        point = features[worst] / max(float(np.linalg.norm(features[worst])), 1e-6)
        return Meaning(
            {code: float(best[k]) for k, code in enumerate(self._card.codes)},
            tuple(point.tolist()),
        )

    def _features(self, windows: Sequence[Encoded]) -> Floats:
        """Standardised, as the output layer takes them."""
        if not windows:
            return np.zeros((0, len(self._mean)), np.float32)
        found = self._encoder.features(windows)
        return np.asarray((found - self._mean) / self._spread, np.float32)


def joined(by_meaning: Floats, by_grams: Floats) -> Floats:
    """Probabilities per code from log-odds [codes] of the encoder and [codes + 1] of the grams,
    whose last says that the words are plain talk: what is plain talk is nothing else.
    """
    chances = 1 / (1 + np.exp(-(by_meaning + by_grams[..., :-1])))
    not_plain = 1 / (1 + np.exp(by_grams[..., -1:]))
    return np.asarray(chances * not_plain, np.float32)


def load_classifier(folder: Path) -> LearnedClassifier:
    """The classifier in `folder`. Raises ModelError: missing, altered, of another version, or
    a library it needs isn't installed.
    """
    return LearnedClassifier(open_artefact(folder))
