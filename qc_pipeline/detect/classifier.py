"""Where a learned classifier joins detection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from qc_pipeline.records import Role


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What a classifier reads: a collector's utterance, what the other side said before it,
    to whom it was said.
    """

    text: str
    previous: str
    listener: Role


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a classifier makes of an excerpt: code -> probability 0..1 (empty for no words).

    `point`: where the utterance lies among the training examples, if the classifier can say.
    """

    chances: Mapping[str, float]
    point: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A training example that explains a judgement; `likeness` is 0..1."""

    text: str
    likeness: float


class Standing(Protocol):
    """From which probability a judgement is quarantined, and from which it is open."""

    @property
    def quarantined(self) -> float: ...

    @property
    def open(self) -> float: ...


class Weighing(Protocol):
    """How a classifier's probabilities and rules' hits are weighed against each other."""

    @property
    def bands(self) -> Mapping[str, Standing]:
        """For each code it judges, when a probability counts."""

    @property
    def rule_weights(self) -> Mapping[str, float]:
        """Log-odds that a rule's hit on the same words adds, by the hit's standing."""

    @property
    def dismissed_below(self) -> float:
        """A rule's hit whose joint probability is lower is suppressed."""


class Classifier(Protocol):
    """Judges utterances per code. Implementations load their model when made, not when asked."""

    @property
    def version(self) -> str:
        """Names the model's exact content; part of a detection's key."""

    @property
    def written(self) -> Weighing:
        """For words that are certain."""

    @property
    def heard(self) -> Weighing:
        """For words that a recogniser made out, some of them wrong."""

    def judge(self, excerpts: Sequence[Excerpt]) -> Sequence[Meaning]:
        """One judgement for each excerpt, in order."""

    def nearest(self, meaning: Meaning, code: str) -> Neighbour | None:
        """The training example of `code` closest to `meaning`."""
