"""A classifier that can be told what it made of a call before, and tells what it makes of it now.

Whatever the rules, the same words said to the same listener mean the same: who judges a call
again by other rules needs no model for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from qc_pipeline.detect.classifier import Classifier, Excerpt, Meaning, Neighbour, Weighing
from qc_pipeline.records import LineJudgements

# What is kept in the detection of every call is kept short: some 150 bytes a line.
_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class _Recalled(Meaning):
    """A meaning known from before, with what was read: its point is worked out when needed."""

    excerpt: Excerpt | None = None


class RememberingClassifier:
    """`classifier`, one call at a time: `recall` begins a call, `told` ends it.

    Probabilities are rounded before anybody sees them, so that what is recalled is exactly what
    was said.
    """

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self._known: dict[str, Mapping[str, float]] = {}
        self._told: dict[str, Mapping[str, float]] = {}

    @property
    def version(self) -> str:
        """Names the model's exact content."""
        return self._classifier.version

    @property
    def written(self) -> Weighing:
        """As the classifier has it."""
        return self._classifier.written

    @property
    def heard(self) -> Weighing:
        """As the classifier has it."""
        return self._classifier.heard

    def recall(self, earlier: LineJudgements | None) -> None:
        """A call begins. What `earlier` says of its lines is known, if this very model said it."""
        self._told = {}
        self._known = {}
        if earlier is not None and earlier.classifier == self.version:
            self._known = {
                name: dict(zip(earlier.codes, chances, strict=True)) if chances else {}
                for name, chances in earlier.lines
            }

    def told(self) -> LineJudgements:
        """What was said of the call's lines since it began."""
        codes = next((tuple(chances) for chances in self._told.values() if chances), ())
        return LineJudgements(
            classifier=self.version,
            codes=codes,
            lines=tuple((name, tuple(self._told[name].values())) for name in sorted(self._told)),
        )

    def judge(self, excerpts: Sequence[Excerpt]) -> list[Meaning]:
        """See `Classifier`. Only what isn't known is put to the model."""
        names = [_name_of(excerpt) for excerpt in excerpts]
        new = [e for e, name in zip(excerpts, names, strict=True) if name not in self._known]
        fresh = iter(self._classifier.judge(new))
        meanings: list[Meaning] = []
        for excerpt, name in zip(excerpts, names, strict=True):
            known = self._known.get(name)
            meanings.append(
                _Recalled(known, excerpt=excerpt) if known is not None else _rounded(next(fresh))
            )
            self._told[name] = meanings[-1].chances
        return meanings

    def nearest(self, meaning: Meaning, code: str) -> Neighbour | None:
        """See `Classifier`."""
        if isinstance(meaning, _Recalled) and meaning.excerpt is not None:
            meaning = self._classifier.judge([meaning.excerpt])[0]
        return self._classifier.nearest(meaning, code)


def _rounded(meaning: Meaning) -> Meaning:
    return replace(meaning, chances={c: round(p, _DECIMALS) for c, p in meaning.chances.items()})


def _name_of(excerpt: Excerpt) -> str:
    read = "\x1f".join((excerpt.text, excerpt.previous, excerpt.listener))
    return hashlib.sha256(read.encode("utf-8", "surrogatepass")).hexdigest()[:20]
