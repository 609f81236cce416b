"""What a guard looks at, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from qc_pipeline.detect.content import SENTENCE_ENDS, Content
from qc_pipeline.detect.matching import Hit
from qc_pipeline.detect.rules import Rule
from qc_pipeline.detect.scene import Scene, Turn, other_side
from qc_pipeline.policy.load import DetectionLimits

Outcome = Literal["pass", "suppress", "quarantine", "lower"]

# How far around a hit guards read, characters.
_REACH = 80


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` is `guard: 中文说明`. "pass" only explains why a hit stays."""

    outcome: Outcome
    reason: str


@dataclass(frozen=True)
class Judged:
    """A hit of a rule in utterance number `place` of a scene."""

    rule: Rule
    scene: Scene
    place: int
    hit: Hit
    limits: DetectionLimits

    @property
    def turn(self) -> Turn:
        return self.scene.turns[self.place]

    @property
    def content(self) -> Content:
        return self.turn.content

    @cached_property
    def matched(self) -> str:
        """The words of the hit as they stand in the text."""
        start, end = self.content.span(self.hit.start, self.hit.end)
        return self.content.original[start:end]

    @cached_property
    def left(self) -> str:
        """What is said before the hit in its sentence, pauses as "，"."""
        return self.before(self.hit.start)

    @cached_property
    def middle(self) -> str:
        """The hit itself, pauses as "，"."""
        content = self.content
        return content.spoken[content.spoken_at(self.hit.start) : self._spoken_end].lstrip("，")

    @cached_property
    def right(self) -> str:
        """What is said after the hit, to the end of its sentence, which is included."""
        text = self.content.spoken[self._spoken_end : self._spoken_end + _REACH]
        ends = [place for end in SENTENCE_ENDS if (place := text.find(end)) >= 0]
        return text[: min(ends) + 1] if ends else text

    @cached_property
    def sentence(self) -> str:
        """The sentence (or sentences) the hit stands in."""
        return self.left + self.middle + self.right

    @cached_property
    def span(self) -> tuple[int, int]:
        """Where the hit stands in `content.spoken`, half-open."""
        return self.content.spoken_at(self.hit.start), self._spoken_end

    @property
    def _spoken_end(self) -> int:
        return self.content.spoken_at(self.hit.end - 1) + 1

    def before(self, place: int) -> str:
        """What is said before content character `place` in its sentence, pauses as "，"."""
        end = self.content.spoken_at(place)
        text = self.content.spoken[max(0, end - _REACH) : end]
        return text[1 + max(text.rfind(mark) for mark in SENTENCE_ENDS) :]

    def between(self, start: int, end: int) -> str:
        """Content characters `start:end`, pauses as "，"."""
        content = self.content
        return content.spoken[content.spoken_at(start) : content.spoken_at(end)]

    @cached_property
    def previous_text(self) -> str:
        """What the other side said last, pauses as "，"; empty when nothing."""
        others = self.scene.before(self.place, other_side(self.turn.speaker))
        return others[0].content.spoken if others else ""


Guard = Callable[[Judged], Verdict | None]
