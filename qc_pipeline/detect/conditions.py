"""The operators of a rule's `when`, as small objects that look at one utterance of a scene.

A condition answers with *proofs*. A proof is a conjunction of groups of hits: one hit of
every group must hold for the proof to hold, so that guards can knock out single hits. A
proof without groups rests on the whole utterance; no proof means the condition is false.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Literal

from qc_pipeline.detect.matching import Hit, find_regex
from qc_pipeline.detect.scene import Scene, Turn, other_side
from qc_pipeline.records import EventKind, Role, Speaker

Proof = tuple[tuple[Hit, ...], ...]
WHOLE_UTTERANCE: Proof = ()
Barred = tuple[Hit, Hit]
_MOST_PROOFS = 24


class Condition(ABC):
    """Something that holds, or doesn't, for utterance number `place` of a scene."""

    @abstractmethod
    def proofs(self, scene: Scene, place: int) -> tuple[Proof, ...]:
        """Why it holds; empty when it doesn't."""

    def outcome(self, scene: Scene, place: int) -> tuple[tuple[Proof, ...], Barred | None]:
        """Its proofs; and, when only its exceptions (`none`) keep it from holding, the words it
        would rest on and those of the exception.
        """
        return self.proofs(scene, place), None

    def needs(self) -> tuple[frozenset[int], ...]:
        """Sets of patterns of which one each must be in the judged utterance for the condition,
        its exceptions included, to have anything to say. Empty: it can do without any.
        """
        return ()


def _when(true: bool) -> tuple[Proof, ...]:
    return (WHOLE_UTTERANCE,) if true else ()


@dataclass(frozen=True, slots=True)
class Says(Condition):
    """One of the patterns is in the utterance."""

    patterns: tuple[int, ...]
    _any: frozenset[int] = field(init=False, repr=False, compare=False)
    _place: Mapping[int, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_any", frozenset(self.patterns))
        places = {number: place for place, number in enumerate(dict.fromkeys(self.patterns))}
        object.__setattr__(self, "_place", places)

    def hits(self, turn: Turn) -> tuple[Hit, ...]:
        scanned = turn.scanned
        common = self._any & scanned.woken
        if not common:
            return ()
        if len(common) == 1:
            return scanned.find(*common)
        ordered = sorted(common, key=self._place.__getitem__)
        return tuple([hit for number in ordered for hit in scanned.find(number)])

    def proofs(self, scene: Scene, place: int) -> tuple[Proof, ...]:
        hits = self.hits(scene.turns[place])
        return ((hits,),) if hits else ()

    def needs(self) -> tuple[frozenset[int], ...]:
        return (self._any,)


@dataclass(frozen=True, slots=True)
class Regex(Condition):
    """A regular expression, run by RE2 over content characters."""

    compiled: Any

    def proofs(self, scene: Scene, place: int) -> tuple[Proof, ...]:
        content = scene.turns[place].content
        hits = find_regex(self.compiled, content.text, content.encoded)
        return ((hits,),) if hits else ()


@dataclass(frozen=True, slots=True)
class Near(Condition):
    """Both in the utterance with at most `within` characters between, and in one sentence or
    several; `ordered`: the first before the second.
    """

    first: Says
    second: Says
    within: int
    ordered: bool

    def proofs(self, scene: Scene, place: int) -> tuple[Proof, ...]:
        turn = scene.turns[place]
        pairs = tuple(
            _united(one, two)
            for one in self.first.hits(turn)
            for two in self.second.hits(turn)
            if self._fit(one, two)
        )
        return ((pairs,),) if pairs else ()

    def _fit(self, one: Hit, two: Hit) -> bool:
        if one.end <= two.start:
            return two.start - one.end <= self.within
        return not self.ordered and two.end <= one.start and one.start - two.end <= self.within

    def needs(self) -> tuple[frozenset[int], ...]:
        return self.first.needs() + self.second.needs()


def _united(one: Hit, two: Hit) -> Hit:
    return Hit(
        start=min(one.start, two.start),
        end=max(one.end, two.end),
        channel="phonetic" if "phonetic" in (one.channel, two.channel) else "lexicon",
        likeness=min(one.likeness, two.likeness),
        parts=(one, two),
    )


@dataclass(frozen=True, slots=True)
class Elsewhere(Condition):
    """One of the last (`later`: next) `within` utterances of a speaker has one of the
    patterns. `speaker` None: the other side.
    """

    says: Says
    speaker: Speaker | Literal["any"] | None
    within: int
    later: bool

    def proofs(self, scene: Scene, place: int) -> tuple[Proof, ...]:
        if place == (len(scene.turns) - 1 if self.later else 0):
            return ()
        who = other_side(scene.turns[place].speaker) if self.speaker is None else self.speaker
        wanted = None if who == "any" else who
        turns = scene.after(place, wanted) if self.later else scene.before(place, wanted)
        return _when(any(self.says.hits(turn) for turn in turns[: self.within]))


@dataclass(frozen=True, slots=True)
class Around(Condition):
    """One of the patterns is said within `seconds` of the utterance, itself included. In a
    text-only line, where no times are known, in the line or the one before.
    """

    says: Says
    speaker: Speaker | Literal["any"]
    seconds: float

    def proofs(self, scene: Scene, place: int) -> tuple[Proof, ...]:
        here = scene.turns[place].utterance
        return _when(
            any(
                self.says.hits(turn)
                for turn in scene.turns
                if self.speaker in ("any", turn.speaker)
                and turn.utterance.end_s >= here.start_s - self.seconds
                and turn.utterance.start_s <= here.end_s + self.seconds
            )
        )


@dataclass(frozen=True, slots=True)
class Count(Condition):
    """The utterance in which a speaker reaches the N-th hit."""

    says: Says
    at_least: int

    def proofs(self, scene: Scene, place: int) -> tuple[Proof, ...]:
        turn = scene.turns[place]
        hits = self.says.hits(turn)
        before = sum(len(self.says.hits(each)) for each in scene.before(place, turn.speaker))
        return ((hits,),) if hits and before < self.at_least <= before + len(hits) else ()

    def needs(self) -> tuple[frozenset[int], ...]:
        return self.says.needs()


@dataclass(frozen=True, slots=True)
class Position(Condition):
    """Where in the call. Turns are counted per speaker, utterances in a row as one. Never
    true for a text-only line, whose place is not known.
    """

    where: Literal["first_turns", "last_turns", "first_seconds", "last_seconds"]
    amount: float

    def proofs(self, scene: Scene, place: int) -> tuple[Proof, ...]:
        turn = scene.turns[place]
        match self.where:
            case "first_turns":
                here = turn.number <= self.amount
            case "last_turns":
                here = scene.last_number(turn.speaker) - turn.number < self.amount
            case "first_seconds":
                here = turn.utterance.start_s < self.amount
            case "last_seconds":
                here = turn.utterance.end_s > scene.end_s - self.amount
        return _when(here and not scene.text_only)


@dataclass(frozen=True, slots=True)
class Listener(Condition):
    """The collector talks to one of these roles."""

    roles: tuple[Role, ...]

    def proofs(self, scene: Scene, place: int) -> tuple[Proof, ...]:
        return _when(scene.turns[place].listener in self.roles)


@dataclass(frozen=True, slots=True)
class Established(Condition):
    """An event of one of these kinds happened earlier in the call."""

    kinds: tuple[EventKind, ...]

    def proofs(self, scene: Scene, place: int) -> tuple[Proof, ...]:
        index = scene.turns[place].utterance.index
        return _when(any(e.kind in self.kinds and e.utterance_index < index for e in scene.events))


@dataclass(frozen=True, slots=True)
class Fact(Condition):
    """A fact of the case or of the call record is one of these; an unknown one is "unknown"."""

    of: Literal["case", "call"]
    allowed: Mapping[str, tuple[str | bool, ...]]

    def proofs(self, scene: Scene, place: int) -> tuple[Proof, ...]:
        source: object = scene.context.case if self.of == "case" else scene.context.call
        for name, allowed in self.allowed.items():
            value = getattr(source, name) if source is not None else None
            if ("unknown" if value is None else value) not in allowed:
                return ()
        return _when(True)


@dataclass(frozen=True, slots=True)
class NotMeasured(Condition):
    """Never holds."""

    def proofs(self, scene: Scene, place: int) -> tuple[Proof, ...]:
        return ()


Measure = Literal["loudness", "pace", "interruptions", "silence"]


@dataclass(frozen=True, slots=True)
class Sounds(Condition):
    """An acoustic measure of the utterance lies within bounds. False where it wasn't measured."""

    measure: Measure
    at_least: float | None
    at_most: float | None

    def proofs(self, scene: Scene, place: int) -> tuple[Proof, ...]:
        value = _measured(self.measure, scene, place)
        return _when(
            value is not None
            and (self.at_least is None or value >= self.at_least)
            and (self.at_most is None or value <= self.at_most)
        )


def _measured(measure: Measure, scene: Scene, place: int) -> float | None:
    turn = scene.turns[place]
    sound = turn.utterance.sound
    if sound is None:
        return None
    if measure == "loudness":
        return sound.louder_db
    if measure == "pace":
        return sound.pace
    if measure == "silence":
        return sound.pause_before_s
    if sound.interrupts is None:
        return None
    own = (t.utterance.sound for t in scene.turns[: place + 1] if t.speaker == turn.speaker)
    return float(sum(1 for each in own if each is not None and each.interrupts))


@dataclass(frozen=True, slots=True)
class Meant(Condition):
    """The classifier gives the utterance at least this probability for a code. False without
    a classifier.
    """

    code: str
    at_least: float

    def proofs(self, scene: Scene, place: int) -> tuple[Proof, ...]:
        meaning = scene.meanings[place] if scene.meanings else None
        return _when(meaning is not None and meaning.chances.get(self.code, 0.0) >= self.at_least)


@dataclass(frozen=True, slots=True)
class AnyOf(Condition):
    """One of the items holds."""

    items: tuple[Condition, ...]

    def proofs(self, scene: Scene, place: int) -> tuple[Proof, ...]:
        return self.outcome(scene, place)[0]

    def outcome(self, scene: Scene, place: int) -> tuple[tuple[Proof, ...], Barred | None]:
        alone: dict[Hit, None] = {}
        found: list[Proof] = []
        barred: Barred | None = None
        for item in self.items:
            proofs, bar = item.outcome(scene, place)
            barred = barred or bar
            for proof in proofs:
                if len(proof) == 1:
                    alone.update(dict.fromkeys(proof[0]))
                elif proof not in found:
                    found.append(proof)
        if alone:
            return ((tuple(alone),), *found), None
        return tuple(found), None if found else barred

    def needs(self) -> tuple[frozenset[int], ...]:
        each = [item.needs() for item in self.items]
        if not all(each):
            return ()
        return (frozenset().union(*(min(needs, key=len) for needs in each)),)


_WITHOUT_WORDS = (Listener, Position, Fact, Established, Meant, NotMeasured, Elsewhere)


@dataclass(frozen=True, slots=True)
class AllOf(Condition):
    """Every item holds. The finding spans the words of the first item that has words."""

    items: tuple[Condition, ...]
    _exceptions: tuple[NoneOf, ...] = field(init=False, repr=False, compare=False)
    _rest: tuple[Condition, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        exceptions = tuple(item for item in self.items if isinstance(item, NoneOf))
        rest = [item for item in self.items if not isinstance(item, NoneOf)]
        # What needs no search is asked first; it has no words, so the proofs stay the same.
        rest.sort(key=lambda item: not isinstance(item, _WITHOUT_WORDS))
        object.__setattr__(self, "_exceptions", exceptions)
        object.__setattr__(self, "_rest", tuple(rest))

    def proofs(self, scene: Scene, place: int) -> tuple[Proof, ...]:
        return self.outcome(scene, place)[0]

    def outcome(self, scene: Scene, place: int) -> tuple[tuple[Proof, ...], Barred | None]:
        proofs = _joined(self._rest, scene, place) if self._rest else (WHOLE_UTTERANCE,)
        if not proofs:
            return (), None
        if all(item.proofs(scene, place) for item in self._exceptions):
            return proofs, None
        each = (hit for item in self._exceptions for hit in item.hits(scene, place))
        exception = next(each, None)
        hit = next((group[0] for proof in proofs for group in proof if group), None)
        return (), None if hit is None or exception is None else (hit, exception)

    def needs(self) -> tuple[frozenset[int], ...]:
        return tuple(needs for item in self._rest for needs in item.needs())


def _joined(items: tuple[Condition, ...], scene: Scene, place: int) -> tuple[Proof, ...]:
    """Proofs of all items at once; empty when one of them doesn't hold."""
    each: list[tuple[Proof, ...]] = []
    for item in items:
        proofs = item.proofs(scene, place)
        if not proofs:
            return ()
        each.append(proofs)
    if len(each) == 1:
        return each[0]
    joined: dict[Proof, None] = {}
    for combination in product(*each):
        joined[tuple(group for proof in combination for group in proof)] = None
        if len(joined) == _MOST_PROOFS:
            break
    return tuple(joined)


@dataclass(frozen=True, slots=True)
class NoneOf(Condition):
    """No item holds."""

    items: tuple[Condition, ...]

    def proofs(self, scene: Scene, place: int) -> tuple[Proof, ...]:
        return _when(not any(item.proofs(scene, place) for item in self.items))

    def hits(self, scene: Scene, place: int) -> tuple[Hit, ...]:
        """The words that hold in spite of it."""
        proofs = (proof for item in self.items for proof in item.proofs(scene, place))
        return tuple(hit for proof in proofs for group in proof for hit in group)
