"""Where a learned classifier joins detection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from qc_pipeline.records import Role, Speaker


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What a classifier reads: an utterance, what the other side said before, the listener."""

    text: str
    speaker: Speaker
    previous: str
    listener: Role


class Classifier(Protocol):
    """Scores utterances per code. Implementations load their model when made, not when asked."""

    @property
    def version(self) -> str:
        """Names the model's exact content; part of a detection's key."""
        ...

    def scores(self, excerpts: Sequence[Excerpt]) -> Sequence[Mapping[str, float]]:
        """For each excerpt, code -> probability 0..1; codes it doesn't know are left out."""
        ...
