"""What a pattern is made of, and the strings it stands for."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from qc_pipeline.detect.phonetic import has_sound, sound_of


@dataclass(frozen=True, slots=True)
class Text:
    """These content characters in a row."""

    text: str


@dataclass(frozen=True, slots=True)
class Gap:
    """At most `most` characters, none of them a sentence end."""

    most: int


@dataclass(frozen=True)
class Choice:
    """One of several sequences."""

    options: tuple[Sequence, ...]

    @cached_property
    def words(self) -> Mapping[str, tuple[str, ...]]:
        """The options that are plain words, by their first character."""
        return _by_first(self.plain, key=lambda word: word[0])

    @cached_property
    def words_by_sound(self) -> Mapping[str, tuple[str, ...]]:
        """The options that are plain words, by the sound of their first character."""
        return _by_first(self.plain, key=lambda word: sound_of(word[0]))

    @cached_property
    def count(self) -> float:
        """How many strings it stands for, alike ones counted each; infinite with a gap."""
        return len(self.plain) + sum(map(count_words, self.compound))

    @cached_property
    def most_sounded(self) -> int:
        """How many characters with a sound its longest option has."""
        return max(map(most_sounded, self.options))

    @cached_property
    def plain(self) -> tuple[str, ...]:
        """The options that are plain words."""
        return tuple(o[0].text for o in self.options if len(o) == 1 and isinstance(o[0], Text))

    @cached_property
    def compound(self) -> tuple[Sequence, ...]:
        """The options that are not plain words."""
        return tuple(o for o in self.options if len(o) > 1 or not isinstance(o[0], Text))


def _by_first(
    words: tuple[str, ...], *, key: Callable[[str], str]
) -> Mapping[str, tuple[str, ...]]:
    held: dict[str, tuple[str, ...]] = {}
    for word in words:
        held[key(word)] = (*held.get(key(word), ()), word)
    return held


@dataclass(frozen=True, slots=True)
class Maybe:
    """A sequence that may be missing."""

    option: Sequence


Element = Text | Gap | Choice | Maybe
Sequence = tuple[Element, ...]


def words_of(sequence: Sequence, *, most: int) -> list[str] | None:
    """Every string a gap-free sequence stands for; None when there are more than `most`."""
    if count_words(sequence) > most:
        return None
    words = [""]
    for element in sequence:
        endings = _element_words(element, most=most)
        if endings is None or len(words) * len(endings) > most:
            return None
        words = [word + ending for word in words for ending in endings]
    return list(dict.fromkeys(words))


def _element_words(element: Element, *, most: int) -> list[str] | None:
    match element:
        case Text(text):
            return [text]
        case Gap():
            return None
        case Maybe(option):
            words = words_of(option, most=most)
            return None if words is None else ["", *words]
        case Choice():
            found = dict.fromkeys(element.plain)
            for option in element.compound:
                words = words_of(option, most=most)
                if words is None:
                    return None
                found.update(dict.fromkeys(words))
            return list(found)


def count_words(sequence: Sequence) -> float:
    """How many strings a sequence stands for, alike ones counted each; infinite with a gap."""
    total: float = 1
    for element in sequence:
        match element:
            case Gap():
                return math.inf
            case Maybe(option):
                total *= 1 + count_words(option)
            case Choice():
                total *= element.count
    return total


def most_sounded(sequence: Sequence) -> int:
    """How many characters with a sound a match can have at most, gaps not counted."""
    total = 0
    for element in sequence:
        match element:
            case Text(text):
                total += sum(map(has_sound, text))
            case Maybe(option):
                total += most_sounded(option)
            case Choice():
                total += element.most_sounded
            case Gap():
                pass
    return total
