"""The pattern language of the lexicons.

    带[人|弟兄]…{6}你家        plain characters, one of several, a gap of at most 6
    我(们)是<police>的          (x) may be missing, <class> is any word of a word class
    ^你好…再见$                 start and end of the utterance
    上门闹|去你家闹             one of two whole patterns

A gap without a number is at most 6 characters; no gap crosses 。！？. Everything else in a
pattern is folded to content characters just as the spoken text is, so punctuation inside a
pattern means nothing (sentence ends excepted).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from qc_pipeline.detect.anchors import anchors_of
from qc_pipeline.detect.content import SENTENCE_ENDS, fold
from qc_pipeline.detect.pattern_parts import (
    Choice,
    Element,
    Gap,
    Maybe,
    Sequence,
    Text,
    most_sounded,
    words_of,
)
from qc_pipeline.detect.phonetic import sound_of
from qc_pipeline.errors import RuleError

__all__ = ["Pattern", "WordClasses", "parse_pattern", "words_of"]

DEFAULT_GAP = 6
MAX_GAP = 40
MAX_CLASS_WORDS = 20_000
MIN_SOUNDED = 4
_LOOKALIKES = {"（": "(", "）": ")", "［": "[", "］": "]", "｜": "|", "＜": "<", "＞": ">"}
_PLAIN = re.compile(r"[^<>\[\]()|…^$（）［］｜＜＞]+")
# What most patterns are made of, read at one go: a choice of plain words.
_PLAIN_CHOICE = re.compile(rf"((?:{_PLAIN.pattern}\|)*{_PLAIN.pattern})\]")

WordClasses = Mapping[str, tuple[str, ...]]
"""Name -> every word of the class, folded to content characters, longest first."""


@dataclass(frozen=True)
class Pattern:
    """A parsed pattern. `lead` and `tail`: how many characters may stand between it and the
    start and end of the utterance, where it is tied to them (`^…{4}A`, `A…{2}$`).
    """

    source: str
    sequence: Sequence
    at_start: bool = False
    at_end: bool = False
    lead: int = 0
    tail: int = 0

    @cached_property
    def regex(self) -> str:
        """An equivalent regular expression over content characters."""
        return self._with_ends(_regex(self.sequence, sounded=False))

    @cached_property
    def sound_regex(self) -> str:
        """The same over sound codes."""
        return self._with_ends(_regex(self.sequence, sounded=True))

    @cached_property
    def ways(self) -> float:
        """In how many ways it can be read at most from one place of a text; the options of a
        choice of plain words, tried one after the other, count as one.
        """
        return _ways(self.sequence)

    @cached_property
    def sounded(self) -> bool:
        """Whether it has enough characters to be matched by sound."""
        return most_sounded(self.sequence) >= MIN_SOUNDED

    @cached_property
    def anchors(self) -> tuple[frozenset[str], ...]:
        """One to three sets of strings; every match contains at least one string of each."""
        return anchors_of(self.sequence)

    @cached_property
    def sound_anchors(self) -> tuple[frozenset[str], ...]:
        """The same in sound codes."""
        return tuple(frozenset(map(sound_of, group)) for group in self.anchors)

    def _with_ends(self, regex: str) -> str:
        before = f"^[{SENTENCE_ENDS}]*{_gap_regex(self.lead)}" if self.at_start else ""
        after = f"{_gap_regex(self.tail)}[{SENTENCE_ENDS}]*$" if self.at_end else ""
        return f"{before}({regex}){after}" if before or after else regex


def parse_pattern(source: str, *, classes: WordClasses) -> Pattern:
    """Parse one pattern. Raises RuleError saying what is wrong at which character."""
    body = source.strip()
    at_start, at_end = body.startswith("^"), body.endswith("$")
    body = body[1 if at_start else 0 : len(body) - 1 if at_end else len(body)]
    parser = _Parser(source, body, classes, tied=(at_start, at_end))
    sequence = parser.parse()
    pattern = Pattern(source, sequence, at_start, at_end, lead=parser.lead, tail=parser.tail)
    if not pattern.anchors:
        raise RuleError(
            f"pattern {source!r} can match without any particular word",
            remedy="at least one part must not be optional",
        )
    return pattern


class _Parser:
    """Recursive descent over one pattern."""

    def __init__(
        self, source: str, body: str, classes: WordClasses, *, tied: tuple[bool, bool]
    ) -> None:
        self.lead = self.tail = 0
        self._tied = tied
        self._source = source
        self._body = body
        self._classes = classes
        self._at = 0

    def parse(self) -> Sequence:
        options = self._options(closing="")
        whole = [_split_outer_gaps(option) for option in options]
        self.lead = self._outer_gap([lead for lead, _, _ in whole], tied=self._tied[0], sign="^")
        self.tail = self._outer_gap([tail for _, _, tail in whole], tied=self._tied[1], sign="$")
        sequences = tuple(sequence for _, sequence, _ in whole)
        return sequences[0] if len(sequences) == 1 else (Choice(sequences),)

    def _outer_gap(self, gaps: list[int], *, tied: bool, sign: str) -> int:
        if not tied:
            return 0
        if len(set(gaps)) > 1:
            raise self._error(
                f"after {sign} all alternatives need the same gap; write two patterns"
            )
        return gaps[0]

    def _sequence(self, *, until: str) -> Sequence:
        elements: list[Element] = []
        while self._at < len(self._body) and self._body[self._at] not in until:
            element = self._element()
            match elements[-1:], element:
                case [_, Text("")]:
                    pass
                case [[Gap(first)], Gap(second)]:
                    elements[-1] = Gap(min(first + second, MAX_GAP))
                case [[Text(before)], Text(text)]:
                    elements[-1] = Text(before + text)
                case _:
                    elements.append(element)
        return tuple(element for element in elements if element != Text(""))

    def _element(self) -> Element:
        plain = _PLAIN.match(self._body, self._at)
        if plain is not None:
            self._at = plain.end()
            return Text(fold(plain.group()))
        character = self._body[self._at]
        if character in _LOOKALIKES:
            raise self._error(f"full-width {character}: write {_LOOKALIKES[character]}")
        self._at += 1
        if character == "<":
            return self._class()
        if character == "[":
            return self._plain_choice() or Choice(self._options(closing="]"))
        if character == "(":
            options = self._options(closing=")")
            return Maybe(options[0] if len(options) == 1 else (Choice(options),))
        if character == "…":
            return Gap(self._gap_size())
        raise self._error(f"unexpected {character!r}")

    def _plain_choice(self) -> Choice | None:
        found = _PLAIN_CHOICE.match(self._body, self._at)
        words = tuple(map(fold, found[1].split("|"))) if found else ()
        if found is None or not all(words):
            return None
        self._at = found.end()
        return _any_of(words)

    def _class(self) -> Choice:
        end = self._body.find(">", self._at)
        if end < 0:
            raise self._error("'<' without '>'")
        name = self._body[self._at : end].strip()
        self._at = end + 1
        if name not in self._classes:
            raise RuleError(
                f"pattern {self._source!r}: unknown word class <{name}>",
                remedy="define it in classes/*.yaml or correct the name",
            )
        return _any_of(self._classes[name])

    def _options(self, *, closing: str) -> tuple[Sequence, ...]:
        options: list[Sequence] = []
        while True:
            option = self._sequence(until="|" + closing)
            if not (option if closing else _split_outer_gaps(option)[1]):
                raise self._error("nothing to match here; (x) is what may be missing")
            options.append(option)
            if self._at >= len(self._body):
                if closing:
                    raise self._error(f"{closing!r} is missing")
                return tuple(options)
            self._at += 1
            if self._body[self._at - 1] == closing:
                return tuple(options)

    def _gap_size(self) -> int:
        if not self._body.startswith("{", self._at):
            return DEFAULT_GAP
        end = self._body.find("}", self._at)
        digits = self._body[self._at + 1 : max(end, 0)]
        if not digits.isdecimal() or not 0 < int(digits) <= MAX_GAP:
            raise self._error(f"a gap is written …{{n}} with n from 1 to {MAX_GAP}")
        self._at = end + 1
        return int(digits)

    def _error(self, what: str) -> RuleError:
        return RuleError(f"pattern {self._source!r}, character {self._at + 1}: {what}")


@lru_cache(maxsize=4096)
def _any_of(words: tuple[str, ...]) -> Choice:
    """One object for all uses of a class, so that what it works out is worked out once."""
    return Choice(tuple((Text(word),) for word in words))


def _split_outer_gaps(sequence: Sequence) -> tuple[int, Sequence, int]:
    """The gap before a pattern, the pattern, the gap after it. Such a gap asks for nothing
    unless the pattern is tied to that end of the utterance.
    """
    match sequence:
        case (Gap(lead), *rest):
            pass
        case _:
            lead, rest = 0, list(sequence)
    match rest:
        case [*middle, Gap(tail)]:
            return lead, tuple(middle), tail
        case _:
            return lead, tuple(rest), 0


def _gap_regex(most: int) -> str:
    return f"[^{SENTENCE_ENDS}]{{0,{most}}}?" if most else ""


def _regex(sequence: Sequence, *, sounded: bool) -> str:
    parts: list[str] = []
    for element in sequence:
        match element:
            case Text(text):  # content characters need no escaping
                parts.append(sound_of(text) if sounded else text)
            case Gap(most):
                parts.append(_gap_regex(most))
            case Maybe(option):
                parts.append(f"(?:{_regex(option, sounded=sounded)})?")
            case Choice(options):
                alternatives = dict.fromkeys(_regex(o, sounded=sounded) for o in options)
                longest_first = sorted(alternatives, key=len, reverse=True)
                parts.append(f"(?:{'|'.join(longest_first)})")
    return "".join(parts)


def _ways(sequence: Sequence) -> float:
    total = 1.0
    for element in sequence:
        match element:
            case Gap(most):
                total *= most + 1
            case Maybe(option):
                total *= 1 + _ways(option)
            case Choice():
                total *= bool(element.plain) + sum(map(_ways, element.compound))
            case Text():
                pass
    return total
