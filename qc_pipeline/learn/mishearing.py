"""Written lines as a recogniser might have heard them, so that every training line has such a
form and not only the few that were spoken.

Counted on pairs of a written line and what was recognised of it: how many characters of a line
go wrong, which become which, how many are lost or made up. A character never seen to go wrong
becomes another of the same sound. Drawn from seeds: the same seed gives the same text.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from rapidfuzz.distance import Levenshtein

from qc_pipeline.detect.phonetic import has_sound, sound_of
from qc_pipeline.learn.corpus import CorpusLine, spoken

_SEEN_AS_OFTEN = 4  # a character seen so often to go wrong errs as seen every other time
_AS_AVERAGE = 10  # a character errs as the average does until it was met about so often
_WORST_RATE = 0.6  # of lines recognised worse than this nothing can be learned


@dataclass(frozen=True, slots=True)
class Mishearing:
    """What goes wrong in recognition. `rates`: errors per character of the lines counted;
    `shaky`: how much more often than the average a character goes wrong (1: as often);
    `lost`, `made_up`: shares of the errors; `marks_kept`: share of punctuation that comes back.
    """

    rates: tuple[float, ...]
    shaky: Mapping[str, float]
    lost: float
    made_up: float
    marks_kept: float
    taken_for: Mapping[str, Mapping[str, int]]
    alike: Mapping[str, Mapping[str, int]]

    def mishear(self, text: str, chance: random.Random) -> str:
        """`text` with as many errors as a line drawn from those counted had."""
        rate = chance.choice(self.rates)
        heard: list[str] = []
        for character in text:
            if not has_sound(character):
                if spoken(character) or chance.random() < self.marks_kept:
                    heard.append(character)
            elif chance.random() >= rate * self.shaky.get(character, 1.0):
                heard.append(character)
            else:
                heard += self._instead(character, chance)
        return "".join(heard) if spoken("".join(heard)) else text

    def _instead(self, character: str, chance: random.Random) -> list[str]:
        kind = chance.random()
        if kind < self.lost:
            return []
        other = self._other(character, chance)
        return [character, other] if kind < self.lost + self.made_up else [other]

    def _other(self, character: str, chance: random.Random) -> str:
        seen = self.taken_for.get(character, {})
        alike = self.alike.get(sound_of(character), {})
        often = sum(seen.values())
        if chance.random() * (often + _SEEN_AS_OFTEN) < often:
            return _drawn(seen, chance)
        others = {each: count for each, count in alike.items() if each != character}
        return _drawn(others or seen, chance) if others or seen else character


def count_mishearing(pairs: Iterable[tuple[str, str]], *, vocabulary: Iterable[str]) -> Mishearing:
    """Count errors on pairs (written, recognised); `vocabulary` is text whose characters may be
    heard instead of others of their sound, the frequent ones more often.
    """
    rates: list[float] = []
    kinds: Counter[str] = Counter()
    taken_for: dict[str, Counter[str]] = {}
    met: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    marks, marks_back = 0, 0
    for written, recognised in pairs:
        said, heard = spoken(written), spoken(recognised)
        edits = Levenshtein.editops(said, heard)
        rate = len(edits) / max(1, len(said))
        if rate > _WORST_RATE:
            continue
        rates.append(rate)
        marks += len(written) - len(said)
        marks_back += len(recognised) - len(heard)
        met.update(said)
        for edit in edits:
            kinds[edit.tag] += 1
            if edit.tag != "insert":
                wrong[said[edit.src_pos]] += 1
            if edit.tag == "replace":
                was, became = said[edit.src_pos], heard[edit.dest_pos]
                taken_for.setdefault(was, Counter())[became] += 1
    total = max(1, kinds.total())
    average = max(1, wrong.total()) / max(1, met.total())
    return Mishearing(
        rates=tuple(rates) or (0.0,),
        shaky={
            each: (wrong[each] + _AS_AVERAGE * average) / (count + _AS_AVERAGE) / average
            for each, count in met.items()
        },
        lost=kinds["delete"] / total,
        made_up=kinds["insert"] / total,
        marks_kept=min(1.0, marks_back / max(1, marks)),
        taken_for=taken_for,
        alike=_by_sound(vocabulary),
    )


def mishearing_of(written: Sequence[CorpusLine], recognised: Sequence[CorpusLine]) -> Mishearing:
    """Counted on recognised copies of `written`; copies of other lines are left out."""
    by_id = {line.id: line for line in written}
    pairs = [
        (by_id[own].text, copy.text)
        for copy in recognised if (own := copy.id.removesuffix("~")) in by_id
    ]  # fmt: skip
    return count_mishearing(pairs, vocabulary=[line.text for line in (*written, *recognised)])


def misheard(line: CorpusLine, mishearing: Mishearing, *, seed: int, form: int = 0) -> CorpusLine:
    """A line as it might have been recognised, what the other side said included."""
    chance = random.Random(f"{seed} {form} {line.id}")  # noqa: S311 - noise, nothing secret
    return replace(
        line,
        id=f"{line.id}≈{form}",
        text=line.text if line.heard else mishearing.mishear(line.text, chance),
        previous=mishearing.mishear(line.previous, chance) if line.previous else "",
        heard=True,
    )


def _by_sound(texts: Iterable[str]) -> dict[str, Counter[str]]:
    alike: dict[str, Counter[str]] = {}
    for character, count in Counter("".join(texts)).items():
        if has_sound(character) and not character.isdigit():
            alike.setdefault(sound_of(character), Counter())[character] += count
    return alike


def _drawn(counts: Mapping[str, int], chance: random.Random) -> str:
    return chance.choices(list(counts), weights=list(counts.values()))[0]


def forms_of(
    written: Sequence[CorpusLine], recognised: Sequence[CorpusLine], *, seed: int
) -> list[list[CorpusLine]]:
    """Per written line the forms it may be read in: as written, as if misheard, and as it was
    recognised where it was spoken. Without recognised lines to count on: as written only.
    """
    copies: dict[str, list[CorpusLine]] = {}
    for copy in recognised:
        copies.setdefault(copy.id.removesuffix("~"), []).append(copy)
    if not copies:
        return [[line] for line in written]
    mishearing = mishearing_of(written, recognised)
    return [
        [
            line,
            misheard(line, mishearing, seed=seed),
            *(misheard(copy, mishearing, seed=seed) for copy in copies.get(line.id, ())),
        ]
        for line in written
    ]
