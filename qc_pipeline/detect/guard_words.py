"""The words by which guards tell that a hit is innocent: data in `lexicons/guards/*.yaml`.

    guard: advice                  # the guard that reads this file
    says: 在劝阻或提醒防骗            # what a reviewer reads
    classes: {g_dont: [别, 莫, 甭]}  # word classes of the guards' own
    groups:
      dont_borrow:
        about: 劝对方不要借           # one kind of such words
        excuses: [induce_borrowing] # the codes it excuses; `all`: any
        forward: true               # also what is said in later clauses; default: not
        says: ["<g_dont>…{5}借"]     # patterns (see `patterns`)
        unless: ["别借口"]            # a place that one of these also covers doesn't count
        hits: [可别借网贷还卡]         # sentences in which it must be found
        misses: [别家信用卡先套出来]    # and must not

Unlike in rules, pauses count: a phrase lies between two pauses, unless its pattern has a "，"
(outside brackets), where the talk may pause; at either end of a pattern it must. RE2 runs all
patterns of a group at once, and only for utterances in which a rule has hit.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from qc_pipeline.detect.content import SENTENCE_ENDS, content_of
from qc_pipeline.detect.matching import compile_regex, find_regex
from qc_pipeline.detect.patterns import DEFAULT_GAP, WordClasses, parse_pattern
from qc_pipeline.detect.word_classes import expand_classes
from qc_pipeline.errors import RuleError

WordedGuard = Literal[
    "advice", "denial", "rule_quoted", "referral", "refusal", "retraction", "inquiry", "care",
    "sting",
]  # fmt: skip
PAUSE = "，"
CLAUSE_ENDS = PAUSE + SENTENCE_ENDS
_READINGS_KEPT = 512
_FIRST_GAP = re.compile(r"^…(?:\{(?P<most>\d+)\})?")
_LAST_GAP = re.compile(r"…(?:\{(?P<most>\d+)\})?$")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _GroupModel(_Model):
    about: str
    excuses: tuple[str, ...] | Literal["all"] = "all"
    forward: bool = False
    says: tuple[str, ...]
    unless: tuple[str, ...] = ()
    hits: tuple[str, ...] = ()
    misses: tuple[str, ...] = ()


class _FileModel(_Model):
    guard: WordedGuard
    says: str
    classes: dict[str, tuple[str, ...]] = {}
    groups: dict[str, _GroupModel]


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words found: characters `start:end` of what is spoken (`Content.spoken`)."""

    start: int
    end: int
    text: str


class PhraseGroup:
    """One kind of words. `excuses`: codes; None for any."""

    def __init__(self, name: str, model: _GroupModel, *, classes: WordClasses) -> None:
        self.name = name
        self.about = model.about
        self.excuses = None if model.excuses == "all" else frozenset(model.excuses)
        self.forward = model.forward
        self._model = model
        self._says = [_spoken_regex(source, classes) for source in model.says]
        self._unless = [_spoken_regex(source, classes) for source in model.unless]
        self._readings: dict[str, tuple[Phrase, ...]] = {}

    @cached_property
    def _compiled(self) -> tuple[Any, Any]:
        return _any_of(self._says), _any_of(self._unless) if self._unless else None

    def find(self, spoken: str) -> tuple[Phrase, ...]:
        """Where words of this kind stand in `spoken`, in order."""
        found = self._readings.get(spoken)
        if found is None:
            if len(self._readings) >= _READINGS_KEPT:
                self._readings.clear()
            found = self._readings[spoken] = self._search(spoken)
        return found

    def _search(self, spoken: str) -> tuple[Phrase, ...]:
        says, unless = self._compiled
        encoded = spoken.encode()
        hits = find_regex(says, spoken, encoded)
        barred = find_regex(unless, spoken, encoded) if hits and unless is not None else ()
        return tuple(
            _without_pauses(spoken, hit.start, hit.end)
            for hit in hits
            if not any(bar.start < hit.end and hit.start < bar.end for bar in barred)
        )

    @property
    def has_examples(self) -> bool:
        """Whether it comes with sentences both ways."""
        return bool(self._model.hits and self._model.misses)

    def failing_examples(self) -> Iterable[str]:
        """The `hits` not found and the `misses` found, one line each."""
        for text in self._model.hits:
            if not self.find(content_of(text).spoken):
                yield f"{self.name}: not found: {text}"
        for text in self._model.misses:
            found = self.find(content_of(text).spoken)
            if found:
                yield f"{self.name}: found {found[0].text!r}: {text}"


def _without_pauses(spoken: str, start: int, end: int) -> Phrase:
    text = spoken[start:end]
    start += len(text) - len(text.lstrip(CLAUSE_ENDS))
    text = text.strip(CLAUSE_ENDS)
    return Phrase(start, start + len(text), text)


class GuardWords:
    """Every guard's words. Make one with `load_guard_words`."""

    def __init__(
        self, groups: dict[WordedGuard, tuple[PhraseGroup, ...]], says: dict[WordedGuard, str]
    ) -> None:
        self._groups = groups
        self._says = says

    @property
    def guards(self) -> tuple[WordedGuard, ...]:
        """The guards that have words."""
        return tuple(self._groups)

    def groups(self, guard: WordedGuard) -> tuple[PhraseGroup, ...]:
        """The kinds of words a guard knows."""
        return self._groups.get(guard, ())

    def says(self, guard: WordedGuard) -> str:
        """What a guard says of a hit that it excuses, in Chinese."""
        return self._says[guard]

    def failing_examples(self) -> tuple[str, ...]:
        """The examples of all groups that don't come out as written, one line each."""
        every = (group for groups in self._groups.values() for group in groups)
        return tuple(line for group in every for line in group.failing_examples())


def load_guard_words(folder: Path, *, codes: Collection[str]) -> GuardWords:
    """The guards' words in `folder` (`lexicons/guards`).

    Raises RuleError naming the file for what doesn't parse, an unknown guard, code or class,
    a bad pattern, a group or class named twice.
    """
    files = {path: _read_file(path) for path in sorted(folder.glob("*.yaml"))}
    written: dict[str, tuple[str, ...]] = {}
    for path, file in files.items():
        for name in file.classes.keys() & written.keys():
            raise RuleError(f"{path}: word class <{name}> is defined twice")
        written |= file.classes
    classes = expand_classes(written)
    groups: dict[WordedGuard, tuple[PhraseGroup, ...]] = {}
    says: dict[WordedGuard, str] = {}
    named: set[str] = set()
    for path, file in files.items():
        if file.guard in groups:
            raise RuleError(f"{path}: guard {file.guard} has two files")
        for name, model in file.groups.items():
            unknown = {*model.excuses} - {*codes} if model.excuses != "all" else set()
            if name in named or unknown:
                what = f"excuses unknown {', '.join(sorted(unknown))}" if unknown else "named twice"
                raise RuleError(f"{path}: {name}: {what}")
            named.add(name)
        try:
            groups[file.guard] = tuple(
                PhraseGroup(name, model, classes=classes) for name, model in file.groups.items()
            )
        except RuleError as error:
            raise RuleError(f"{path}: {error.what}", remedy=error.remedy) from None
        says[file.guard] = file.says
    return GuardWords(groups, says)


def _read_file(path: Path) -> _FileModel:
    try:
        return _FileModel.model_validate(
            yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
        )
    except yaml.YAMLError as error:
        raise RuleError(f"{path}: not valid YAML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RuleError(f"{path}: {where}: {first['msg']}") from None


def _spoken_regex(source: str, classes: WordClasses) -> str:
    """The pattern over spoken text, in which pauses stand as "，"."""
    written = source.strip()
    at_start, at_end = written.startswith("^"), written.endswith("$")
    body = written.strip("^$")
    parts = [_part(part, classes) for part in _pause_split(body.strip(PAUSE))]
    before = f"^[{CLAUSE_ENDS}]*" if at_start else ""
    after = f"[{CLAUSE_ENDS}]*$" if at_end else ""
    if body.startswith(PAUSE):
        before += f"(?:^|[{CLAUSE_ENDS}])"
    if body.endswith(PAUSE):
        after = f"(?:[{CLAUSE_ENDS}]|$)" + after
    return before + f"{PAUSE}?".join(parts) + after


def _pause_split(written: str) -> list[str]:
    """The pattern in parts, split where it allows a pause."""
    parts, depth = [""], 0
    for character in written:
        depth += (character in "[(") - (character in "])")
        if character == PAUSE and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _part(source: str, classes: WordClasses) -> str:
    regex = parse_pattern(source, classes=classes).regex
    regex = regex.replace(f"[^{SENTENCE_ENDS}]", f"[^{CLAUSE_ENDS}]")
    # A pattern drops the gaps at its ends; next to a pause they are meant.
    return _gap(_FIRST_GAP.search(source)) + regex + _gap(_LAST_GAP.search(source))


def _gap(written: re.Match[str] | None) -> str:
    return f"[^{CLAUSE_ENDS}]{{0,{written['most'] or DEFAULT_GAP}}}?" if written else ""


def _any_of(regexes: Iterable[str]) -> Any:
    return compile_regex("|".join(f"(?:{regex})" for regex in regexes))
