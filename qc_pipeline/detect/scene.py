"""A call (or a single line with the one before it) as rules and guards see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from qc_pipeline.detect.classifier import Classifier, Excerpt, Meaning
from qc_pipeline.detect.content import Content
from qc_pipeline.detect.matching import PatternBank, Scanned
from qc_pipeline.records import CallContext, CallEvent, ListenerSpan, Role, Speaker, Utterance


@dataclass(frozen=True, slots=True)
class Turn:
    """One utterance with what the bank found in it.

    `listener`: to whom the collector talks at this point. `number`: which stretch of talk
    of this speaker it belongs to, from 1; utterances in a row count as one.
    """

    utterance: Utterance
    scanned: Scanned
    listener: Role
    number: int

    @property
    def speaker(self) -> Speaker:
        return self.utterance.speaker

    @property
    def content(self) -> Content:
        return self.scanned.content


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything a rule may look at. `text_only`: a line without a call around it, of which
    neither the place in a call nor times are known. `meanings`: what a classifier makes of each
    turn (None: not asked), empty without one.
    """

    context: CallContext
    turns: tuple[Turn, ...]
    events: tuple[CallEvent, ...] = ()
    text_only: bool = False
    meanings: tuple[Meaning | None, ...] = ()

    @property
    def end_s(self) -> float:
        """When the last utterance ends, seconds."""
        return max((turn.utterance.end_s for turn in self.turns), default=0.0)

    def last_number(self, speaker: Speaker) -> int:
        """How many stretches of talk a speaker has."""
        return max((turn.number for turn in self.turns if turn.speaker == speaker), default=0)

    def before(self, place: int, speaker: Speaker | None) -> list[Turn]:
        """Earlier turns of a speaker (None: anyone), nearest first."""
        return [t for t in reversed(self.turns[:place]) if speaker in (None, t.speaker)]

    def after(self, place: int, speaker: Speaker | None) -> list[Turn]:
        """Later turns of a speaker (None: anyone), nearest first."""
        return [t for t in self.turns[place + 1 :] if speaker in (None, t.speaker)]


def build_scene(
    context: CallContext,
    utterances: Sequence[Utterance],
    *,
    bank: PatternBank,
    listeners: Sequence[ListenerSpan] = (),
    events: Sequence[CallEvent] = (),
    text_only: bool = False,
) -> Scene:
    """The scene of one call, utterances in order of time."""
    turns: list[Turn] = []
    numbers: dict[Speaker, int] = {}
    previous: Speaker | None = None
    for utterance in utterances:
        if utterance.speaker != previous:
            numbers[utterance.speaker] = numbers.get(utterance.speaker, 0) + 1
            previous = utterance.speaker
        turns.append(
            Turn(
                utterance=utterance,
                scanned=bank.scan(utterance.text),
                listener=listener_at(utterance.index, context=context, listeners=listeners),
                number=numbers[utterance.speaker],
            )
        )
    return Scene(context=context, turns=tuple(turns), events=tuple(events), text_only=text_only)


def judged_by(scene: Scene, classifier: Classifier, *, places: Sequence[int]) -> Scene:
    """The scene with what the classifier makes of the collector's words at `places`."""
    asked = [place for place in places if _may_be_agent(scene.turns[place])]
    excerpts = [
        Excerpt(
            text=scene.turns[place].utterance.text,
            previous=_previous(scene, place),
            listener=scene.turns[place].listener,
        )
        for place in asked
    ]
    meanings: list[Meaning | None] = [None] * len(scene.turns)
    for place, meaning in zip(asked, classifier.judge(excerpts), strict=True):
        meanings[place] = meaning
    return replace(scene, meanings=tuple(meanings))


def _may_be_agent(turn: Turn) -> bool:
    return turn.speaker in ("agent", "unknown") and bool(turn.content.text)


def _previous(scene: Scene, place: int) -> str:
    """What the other side said last before an utterance; empty when it said nothing."""
    others = scene.before(place, other_side(scene.turns[place].speaker))
    return others[0].utterance.text if others else ""


def listener_at(index: int, *, context: CallContext, listeners: Sequence[ListenerSpan]) -> Role:
    """To whom the collector talks at utterance `index`."""
    if context.settled_listener is not None:
        return context.settled_listener
    role: Role = "unknown"
    for span in listeners:
        if span.from_utterance > index:
            break
        role = span.role
    return role


def other_side(speaker: Speaker) -> Speaker | None:
    """Who answers this speaker; None (anyone) when the speaker is unknown."""
    return {"agent": "customer", "customer": "agent"}.get(speaker)  # type: ignore[return-value]
