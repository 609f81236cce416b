"""Whether words that sound like a pattern are near enough to it to be worth a look.

Sound alone is weak evidence: Mandarin has some four hundred toneless syllables. So a match
by sound needs at least four characters that the pattern names; in a stretch of five or more
at most half may be misheard, in one of three or four a single one, in one of two a single one
only when the pattern names five and all others are as written. One-syllable alternatives
(去|上|到) must be those very characters, and no words are misheard over a pause.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from qc_pipeline.detect.content import SENTENCE_ENDS
from qc_pipeline.detect.pattern_parts import Choice, Element, Gap, Maybe, Sequence, Text
from qc_pipeline.detect.patterns import MIN_SOUNDED, Pattern
from qc_pipeline.detect.phonetic import sound_of

MOST_DIFFERENT = 0.5
LONG_STRETCH = 5


@dataclass(frozen=True, slots=True)
class Alignment:
    """Content characters `start:end`; `words` are the stretches that the pattern names (the
    rest is gap), `different` the places in them that only sound like the pattern.
    """

    start: int
    end: int
    words: tuple[tuple[int, int], ...]
    different: tuple[int, ...] = ()

    @property
    def named(self) -> int:
        """How many characters the pattern names."""
        return sum(end - start for start, end in self.words)

    @property
    def likeness(self) -> float:
        """Share of the named characters that are as written, 0..1."""
        return 1 - len(self.different) / self.named

    @property
    def acceptable(self) -> bool:
        """Near enough in sound and wording to propose a finding."""
        return self.named >= MIN_SOUNDED and all(
            self._near_enough(end - start, sum(start <= at < end for at in self.different))
            for start, end in self.words
        )

    def _near_enough(self, length: int, different: int) -> bool:
        """Whether a stretch of `length` may have so many misheard characters."""
        if different > 1:
            return length >= LONG_STRETCH and different <= length * MOST_DIFFERENT
        if different == 1 and length == 2:  # weak, so everything else must be as written
            return len(self.different) == 1 and self.named >= LONG_STRETCH
        return different == 0 or length > 2

    def misheard_over(self, pauses: AbstractSet[int]) -> bool:
        """Whether words found by sound only run over a pause."""
        return any(
            start < pause < end and any(start <= place < end for place in self.different)
            for pause in pauses
            for start, end in self.words
        )


def align_by_sound(
    pattern: Pattern, text: str, sound: str, *, start: int, pauses: AbstractSet[int] = frozenset()
) -> Alignment | None:
    """The nearest acceptable way to read `pattern` into `text` from content character
    `start`, if there is one. `sound` is the sound of `text`; `pauses` are the places before
    which the speaker pauses, over which no words are misheard.
    """
    ways = _ways(pattern, text, sound, start)
    found = [way for way in ways if way.acceptable and not way.misheard_over(pauses)]
    if pattern.at_end:
        found = [way for way in found if _ends_at(text[way.end :], tail=pattern.tail)]
    return min(found, key=lambda way: (-way.likeness, -way.named, way.end), default=None)


def _ends_at(after: str, *, tail: int) -> bool:
    rest = after.rstrip(SENTENCE_ENDS)
    return len(rest) <= tail and not any(end in rest for end in SENTENCE_ENDS)


def align_known(
    pattern: Pattern, text: str, sound: str | None, *, start: int, end: int
) -> Alignment:
    """How `pattern`, known to stand at `start:end` of `text`, is made up there; by sound when
    `sound` is given.
    """
    found = [way for way in _ways(pattern, text, sound, start) if way.end == end]
    return found[0] if found else Alignment(start, end, ((start, end),))


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to read elements up to a place."""

    words: tuple[tuple[int, int], ...] = ()
    different: tuple[int, ...] = ()

    def then(self, other: _Way) -> _Way:
        return _Way(self.words + other.words, self.different + other.different)

    @property
    def nearness(self) -> tuple[int, int]:
        return -len(self.different), sum(end - start for start, end in self.words)


def _ways(pattern: Pattern, text: str, sound: str | None, start: int) -> list[Alignment]:
    ways = _Aligner(text, sound).sequence(pattern.sequence, start)
    return [
        Alignment(start, end, _joined(way.words), way.different)
        for end, way in ways.items()
        if way.words
    ]


def _joined(words: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    joined: list[tuple[int, int]] = []
    for start, end in words:
        if joined and joined[-1][1] == start:
            start = joined.pop()[0]  # noqa: PLW2901
        joined.append((start, end))
    return tuple(joined)


class _Aligner:
    """Dynamic programming over (element, place): for each end that can be reached, the way
    with the fewest differing characters. Without `sound`, only characters as written count.
    """

    def __init__(self, text: str, sound: str | None) -> None:
        self._text = text
        self._sound = sound

    def sequence(self, sequence: Sequence, start: int) -> dict[int, _Way]:
        """End -> best way, for every end `sequence` can reach from `start`."""
        reached = {start: _Way()}
        for element in sequence:
            after: dict[int, _Way] = {}
            for place, way in reached.items():
                for end, more in self._element(element, place):
                    longer = way.then(more)
                    if end not in after or longer.nearness > after[end].nearness:
                        after[end] = longer
            reached = after
        return reached

    def _element(self, element: Element, place: int) -> Iterator[tuple[int, _Way]]:
        match element:
            case Text(text):
                yield from self._characters(text, place)
            case Gap(most):
                for end in range(place, min(place + most, len(self._text)) + 1):
                    if end > place and self._text[end - 1] in SENTENCE_ENDS:
                        break
                    yield end, _Way()
            case Maybe(option):
                yield place, _Way()
                yield from self.sequence(option, place).items()
            case Choice():
                yield from self._words(element, place)
                for option in element.compound:
                    yield from self.sequence(option, place).items()

    def _words(self, choice: Choice, place: int) -> Iterator[tuple[int, _Way]]:
        if place >= len(self._text):
            return
        if self._sound is None:
            likely = choice.words.get(self._text[place], ())
        else:
            likely = choice.words_by_sound.get(self._sound[place], ())
        for word in likely:
            if len(word) > 1 or word == self._text[place]:  # one syllable is too little to go by
                yield from self._characters(word, place)

    def _characters(self, wanted: str, place: int) -> Iterator[tuple[int, _Way]]:
        end = place + len(wanted)
        if self._text.startswith(wanted, place):
            yield end, _Way(((place, end),))
        elif self._sound is not None and self._sound.startswith(sound_of(wanted), place):
            pairs = zip(range(place, end), wanted, strict=True)
            other = tuple(at for at, character in pairs if self._text[at] != character)
            yield end, _Way(((place, end),), other)
