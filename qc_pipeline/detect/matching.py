"""Every pattern of a rule set at once: which of them an utterance contains, and where.

An Aho-Corasick pass over the utterance's characters, and one over its sound, wake the few
patterns whose anchors are all there; only those are run, by RE2, in linear time.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import ahocorasick
import re2

from qc_pipeline.detect.alignment import align_by_sound, align_known
from qc_pipeline.detect.content import Content, content_of
from qc_pipeline.detect.patterns import MIN_SOUNDED, Pattern
from qc_pipeline.detect.phonetic import sound_of
from qc_pipeline.errors import RuleError

Channel = Literal["lexicon", "phonetic"]

# RE2 memory for one compiled pattern, bytes; a pattern that needs more is refused.
_MAX_MEMORY = 32 << 20
# In texts up to so many characters a pattern that can be read in at most so many ways from one
# place is run by Python's own engine: the answer comes sooner than RE2's call and is the same.
_SHORT_TEXT = 400
_FEW_WAYS = 400


@dataclass(frozen=True, slots=True)
class Hit:
    """Content characters `start:end` of an utterance. `likeness` is the share of the
    pattern's characters that were found as written: 1.0 unless matched by sound. `pattern` is
    its number in the bank; a hit made of two has the two as `parts` instead.
    """

    start: int
    end: int
    channel: Channel = "lexicon"
    likeness: float = 1.0
    pattern: int | None = None
    parts: tuple[Hit, ...] = ()


class Matcher:
    """One pattern or regular expression, ready to run."""

    def __init__(self, pattern: Pattern, *, sound_alike: bool) -> None:
        self.pattern = pattern
        self.sound_alike = sound_alike and pattern.sounded

    @cached_property
    def _characters(self) -> _Expression:
        return _Expression(self.pattern.regex, ways=self.pattern.ways)

    @cached_property
    def _sounds(self) -> _Expression:
        return _Expression(self.pattern.sound_regex, ways=self.pattern.ways)

    def by_characters(self, content: Content, *, number: int | None = None) -> tuple[Hit, ...]:
        """Where the pattern, which has this number in a bank, stands as written."""
        spans = self._characters.spans(content.text)
        return tuple([Hit(start, end, pattern=number) for start, end in spans]) if spans else ()

    def by_sound(
        self, content: Content, sound: str, *, number: int | None = None
    ) -> tuple[Hit, ...]:
        """Where it stands by sound, near enough in wording (see `alignment`)."""
        found: list[Hit] = []
        for first, last in self._sounds.spans(sound):
            if last - first < MIN_SOUNDED:
                continue
            for start in range(first, last):
                way = align_by_sound(
                    self.pattern, content.text, sound, start=start, pauses=content.pauses
                )
                if way is not None:
                    found.append(Hit(way.start, way.end, "phonetic", way.likeness, number))
                    break
        return tuple(found)

    def words(self, hit: Hit, *, text: str, sound: str) -> tuple[tuple[int, int], ...]:
        """The stretches of a hit of this pattern that the pattern names; the rest is gap."""
        heard = sound if hit.channel == "phonetic" else None
        return align_known(self.pattern, text, heard, start=hit.start, end=hit.end).words


class _Expression:
    """A regular expression in linear time, whichever engine runs it."""

    def __init__(self, regex: str, *, ways: float) -> None:
        self._regex = regex
        self._longest = _SHORT_TEXT if ways <= _FEW_WAYS else -1  # for Python's own engine

    @cached_property
    def _own(self) -> tuple[Callable[[str], Iterator[re.Match[str]]], int]:
        compiled = re.compile(self._regex)
        return compiled.finditer, 1 if compiled.groups else 0

    @cached_property
    def _linear(self) -> Any:
        return compile_regex(self._regex)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Every match (its first group, if it has one) as characters `start, end`."""
        if len(text) <= self._longest:
            matches, group = self._own
            return [match.span(group) for match in matches(text)]
        found = find_regex(self._linear, text, text.encode())
        return [(hit.start, hit.end) for hit in found]


def compile_regex(regex: str) -> Any:
    """Compile for RE2, over UTF-8. Raises RuleError when RE2 refuses it."""
    options = re2.Options()
    options.max_mem = _MAX_MEMORY
    options.log_errors = False
    try:
        return re2.compile(regex.encode(), options)  # type: ignore[no-untyped-call]
    except re2.error as error:
        reason = error.args[0]
        reason = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
        raise RuleError(f"not a regular expression RE2 can run: {reason}") from None


def find_regex(compiled: Any, text: str, encoded: bytes) -> tuple[Hit, ...]:
    """Every non-empty match of a compiled expression (its first group, if it has one), in
    characters of `text`, whose UTF-8 form is `encoded`.
    """
    hits: list[Hit] = []
    done_bytes = done = 0
    for match in compiled.finditer(encoded):
        first, last = match.span(1 if compiled.groups else 0)
        start = done + len(encoded[done_bytes:first].decode())
        end = start + len(encoded[first:last].decode())
        if end > start:
            hits.append(Hit(start, end))
        done_bytes, done = last, end
    return tuple(hits)


class PatternBank:
    """Every pattern of a rule set, each once; patterns are known by their number in it."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, bool], int] = {}
        self.matchers: list[Matcher] = []
        self._woken_by_characters: _Alarm | None = None
        self._woken_by_sound: _Alarm | None = None

    def add(self, pattern: Pattern, *, sound_alike: bool) -> int:
        """The number of this pattern; equal patterns share one."""
        key = (pattern.source, sound_alike)
        if key not in self._numbers:
            self._numbers[key] = len(self.matchers)
            self.matchers.append(Matcher(pattern, sound_alike=sound_alike))
            self._woken_by_characters = self._woken_by_sound = None
        return self._numbers[key]

    def scan(self, text: str) -> Scanned:
        """What of the bank may be in `text`."""
        content = content_of(text)
        sound = sound_of(content.text)
        if self._woken_by_characters is None or self._woken_by_sound is None:
            self._woken_by_characters = _Alarm(
                {number: matcher.pattern.anchors for number, matcher in enumerate(self.matchers)}
            )
            self._woken_by_sound = _Alarm(
                {
                    number: matcher.pattern.sound_anchors
                    for number, matcher in enumerate(self.matchers)
                    if matcher.sound_alike
                }
            )
        return Scanned(
            bank=self,
            content=content,
            sound=sound,
            by_characters=self._woken_by_characters.woken(content.text),
            by_sound=self._woken_by_sound.woken(sound),
        )


class Scanned:
    """One utterance against a bank; matches are worked out when asked for, and kept."""

    def __init__(
        self,
        *,
        bank: PatternBank,
        content: Content,
        sound: str,
        by_characters: frozenset[int],
        by_sound: frozenset[int],
    ) -> None:
        self.content = content
        self.woken = by_characters | by_sound
        self._bank = bank
        self._sound = sound
        self._by_characters = by_characters
        self._by_sound = by_sound
        self._found: dict[int, tuple[Hit, ...]] = {}

    def find(self, number: int) -> tuple[Hit, ...]:
        """Where pattern `number` stands: as written, or else by sound."""
        found = self._found.get(number)
        if found is not None:
            return found
        matcher = self._bank.matchers[number]
        hits: tuple[Hit, ...] = ()
        if number in self._by_characters:
            hits = matcher.by_characters(self.content, number=number)
        if not hits and number in self._by_sound:
            hits = matcher.by_sound(self.content, self._sound, number=number)
        self._found[number] = hits
        return hits

    def words(self, hit: Hit) -> tuple[tuple[int, int], ...]:
        """The stretches of a hit that its patterns name, in order; the rest is gap."""
        if hit.parts:
            return tuple(sorted({word for part in hit.parts for word in self.words(part)}))
        if hit.pattern is None:
            return ((hit.start, hit.end),)
        matcher = self._bank.matchers[hit.pattern]
        return matcher.words(hit, text=self.content.text, sound=self._sound)


class _Alarm:
    """Aho-Corasick over anchors: wakes the patterns all of whose anchor groups are there.

    Most patterns have one group: its anchors name them. Those with more are bits of a whole
    number, one for each group; they are awake when all their bits were seen.
    """

    def __init__(self, anchored: Mapping[int, tuple[frozenset[str], ...]]) -> None:
        alone: dict[str, set[int]] = defaultdict(set)
        held: dict[str, int] = defaultdict(int)
        several = [number for number, groups in anchored.items() if len(groups) > 1]
        self._planes = max((len(anchored[number]) for number in several), default=0)
        self._several = several
        self._granted = 0  # bits of groups that a pattern doesn't have
        for place, number in enumerate(several):
            for plane in range(self._planes):
                bit = 1 << (plane * len(several) + place)
                if plane >= len(anchored[number]):
                    self._granted |= bit
                    continue
                for anchor in anchored[number][plane]:
                    held[anchor] |= bit
        for number, groups in anchored.items():
            if len(groups) == 1:
                for anchor in groups[0]:
                    alone[anchor].add(number)
        self._automaton = ahocorasick.Automaton()
        for anchor in {*alone, *held}:
            self._automaton.add_word(anchor, (frozenset(alone[anchor]), held[anchor]))
        self._empty = not alone and not held
        if not self._empty:
            self._automaton.make_automaton()

    def woken(self, text: str) -> frozenset[int]:
        if self._empty or not text:
            return frozenset()
        seen = self._granted
        woken: set[int] = set()
        for _, (numbers, bits) in self._automaton.iter(text):
            woken |= numbers
            seen |= bits
        width = len(self._several)
        full = (1 << width) - 1
        for plane in range(self._planes):
            full &= seen >> (plane * width)
        while full:
            lowest = full & -full
            woken.add(self._several[lowest.bit_length() - 1])
            full ^= lowest
        return frozenset(woken)
