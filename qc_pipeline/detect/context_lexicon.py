"""The phrases by which the course of a call is understood: who answers, what is promised,
what a customer complains of. Data in `lexicons/context/*.yaml`:

    phrases:
      complaint:                     # a group; the names are fixed, see `PhraseGroup`
        about: 客户投诉
        sound_alike: true            # default: longer patterns are matched by sound too
        heard_as: [...]              # patterns matched by sound alone, however short
        says: [...]                  # patterns (see `patterns`)
        unless: [...]                # a place that one of these also covers doesn't count
        hits: [...]                  # sentences that must be found
        misses: [...]                # and must not
    tokens:                          # the same over words: spaCy Matcher patterns
      pays: {about: ..., patterns: [...], hits: [...], misses: [...]}
    words: [...]                     # words the segmenter must know; may use <class>
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from qc_pipeline.detect.matching import PatternBank, Scanned, compile_regex, find_regex
from qc_pipeline.detect.patterns import Pattern, WordClasses, parse_pattern, words_of
from qc_pipeline.detect.phonetic import sound_of
from qc_pipeline.detect.segmentation import ContextualRules, Segmenter, TokenPattern
from qc_pipeline.errors import RuleError

PhraseGroup = Literal[
    # identity.yaml
    "name_asked", "identity_checked", "relation_asked", "guarantor_asked", "self_confirmed",
    "answers_yes", "says_go_on", "other_person", "not_the_person", "person_absent",
    "handed_over", "guarantor_self", "reply_evades",
    # opening.yaml
    "company_like", "self_named", "self_named_unclear", "entrusting_bank", "debt_word",
    # events.yaml
    "complaint", "dispute", "emergency", "refusal", "refusal_offered", "accepts_offer",
    "objection", "asks_message",
    # promise.yaml, dates.yaml
    "promise_made", "no_promise", "assents", "payment_offered", "payment_asked", "promise_accepted", "payment_declined",
    "whole_amount", "part_amount", "vague_time",
    # field_visit.yaml
    "recording_begins", "recording_ends", "visit_place", "visit_officer",
    # notes.yaml
    "note_identity_verified", "note_introduced", "note_no_complaint", "note_no_dispute",
    "note_promised", "note_tells_complaint", "note_tells_dispute", "note_tells_promise",
    "note_tells_emergency", "note_tells_waiver", "note_subjective", "waiver_given",
]  # fmt: skip
TokenRule = Literal["self_name", "pays"]

_MOST_WORDS = 20_000
_READINGS_KEPT = 4096


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Phrases(_Model):
    about: str
    says: tuple[str, ...]
    unless: tuple[str, ...] = ()
    heard_as: tuple[str, ...] = ()
    sound_alike: bool = True
    hits: tuple[str, ...] = ()
    misses: tuple[str, ...] = ()


class _Tokens(_Model):
    about: str
    patterns: tuple[tuple[dict[str, Any], ...], ...]
    hits: tuple[str, ...] = ()
    misses: tuple[str, ...] = ()


class _ContextFile(_Model):
    phrases: dict[str, _Phrases] = {}
    tokens: dict[str, _Tokens] = {}
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """A phrase found: characters `start:end` of the text, and those words."""

    start: int
    end: int
    text: str
    by_sound: bool = False


class ContextLexicon:
    """Every context phrase, ready to be looked for. Make one with `load_context_lexicon`."""

    def __init__(
        self,
        *,
        phrases: dict[str, _Phrases],
        tokens: dict[str, _Tokens],
        words: tuple[str, ...],
        classes: WordClasses,
    ) -> None:
        self._phrases = phrases
        self._tokens = tokens
        self._bank = PatternBank()
        self._numbers = {
            name: (self._add(name, group.says, classes), self._add(name, group.unless, classes))
            for name, group in phrases.items()
        }
        self._by_ear = {
            name: [compile_regex(p.sound_regex) for p in _parsed(name, group.heard_as, classes)]
            for name, group in phrases.items()
        }
        self._rules: dict[str, list[TokenPattern]] = {
            name: [_with_classes(pattern, classes) for pattern in rule.patterns]
            for name, rule in tokens.items()
        }
        self._words = words
        self._readings: dict[str, Scanned] = {}

    def _add(self, name: str, patterns: Iterable[str], classes: WordClasses) -> tuple[int, ...]:
        alike = self._phrases[name].sound_alike
        parsed = _parsed(name, patterns, classes)
        return tuple(self._bank.add(pattern, sound_alike=alike) for pattern in parsed)

    @cached_property
    def segmenter(self) -> Segmenter:
        """Words as the lexicons know them."""
        return Segmenter(self._words)

    @cached_property
    def _contextual(self) -> ContextualRules:
        return ContextualRules(self._rules, segmenter=self.segmenter)

    def find(self, group: PhraseGroup, text: str) -> tuple[Said, ...]:
        """Where phrases of `group` stand in `text`, in order, without overlaps."""
        scanned = self._read(text)
        says, unless = self._numbers[group]
        barred = [(hit.start, hit.end) for number in unless for hit in scanned.find(number)]
        hits = [hit for number in says for hit in scanned.find(number)]
        if self._by_ear[group]:
            sound = sound_of(scanned.content.text)
            for regex in self._by_ear[group]:
                heard = find_regex(regex, sound, sound.encode())
                hits += (replace(hit, channel="phonetic") for hit in heard)
        found = sorted(hits, key=lambda hit: (hit.start, hit.channel, -hit.end))
        kept: list[Said] = []
        reached = 0
        for hit in found:
            if hit.start < reached or any(a < hit.end and hit.start < b for a, b in barred):
                continue
            start, end = scanned.content.span(hit.start, hit.end)
            kept.append(Said(start, end, text[start:end], hit.channel == "phonetic"))
            reached = hit.end
        return tuple(kept)

    def first(self, group: PhraseGroup, text: str) -> Said | None:
        """The first phrase of `group` in `text`."""
        return next(iter(self.find(group, text)), None)

    def says(self, group: PhraseGroup, text: str) -> bool:
        """Whether `text` says anything of `group`."""
        return bool(self.find(group, text))

    def spans(self, rule: TokenRule, text: str) -> tuple[Said, ...]:
        """Where the token rule `rule` holds in `text`, in order."""
        return tuple(
            Said(span.start, span.end, text[span.start : span.end])
            for span in self._contextual.find(text)
            if span.label == rule
        )

    def failing_examples(self) -> tuple[str, ...]:
        """The `hits` not found and the `misses` found, one line each."""
        failing: list[str] = []
        for name, group in self._phrases.items():
            found = {text: self.find(name, text) for text in (*group.hits, *group.misses)}  # type: ignore[arg-type]
            failing += _failures(name, found, group.hits)
        for name, rule in self._tokens.items():
            spans = {text: self.spans(name, text) for text in (*rule.hits, *rule.misses)}  # type: ignore[arg-type]
            failing += _failures(name, spans, rule.hits)
        return tuple(failing)

    def _read(self, text: str) -> Scanned:
        reading = self._readings.get(text)
        if reading is None:
            if len(self._readings) >= _READINGS_KEPT:
                self._readings.clear()
            reading = self._readings[text] = self._bank.scan(text)
        return reading


def load_context_lexicon(folder: Path, *, classes: WordClasses) -> ContextLexicon:
    """The context phrases in `folder` (`lexicons/context`).

    Raises RuleError naming the file for what doesn't parse, an unknown class, a name used
    twice, unknown or missing.
    """
    phrases: dict[str, _Phrases] = {}
    tokens: dict[str, _Tokens] = {}
    words: list[str] = []
    for path in sorted(folder.glob("*.yaml")):
        file = _read_file(path)
        for name in (*file.phrases, *file.tokens):
            if name in phrases or name in tokens:
                raise RuleError(f"{path}: {name} is defined twice")
            if name not in (*get_args(PhraseGroup), *get_args(TokenRule)):
                raise RuleError(f"{path}: nothing uses {name}", remedy="correct the name")
        phrases |= file.phrases
        tokens |= file.tokens
        words += _spelled_out(path, file.words, classes)
    missing = {*get_args(PhraseGroup)} - phrases.keys() | {*get_args(TokenRule)} - tokens.keys()
    if missing:
        raise RuleError(
            f"{folder}: without {', '.join(sorted(missing))}",
            remedy="restore the context files that came with the project",
        )
    try:
        return ContextLexicon(phrases=phrases, tokens=tokens, words=tuple(words), classes=classes)
    except RuleError as error:
        raise RuleError(f"{folder}: {error.what}", remedy=error.remedy) from None


def _read_file(path: Path) -> _ContextFile:
    try:
        return _ContextFile.model_validate(yaml.safe_load(path.read_text("utf-8")) or {})
    except yaml.YAMLError as error:
        raise RuleError(f"{path}: not valid YAML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RuleError(f"{path}: {where}: {first['msg']}") from None


def _parsed(name: str, patterns: Iterable[str], classes: WordClasses) -> list[Pattern]:
    try:
        return [parse_pattern(source, classes=classes) for source in patterns]
    except RuleError as error:
        raise RuleError(f"context phrases {name}: {error.what}") from None


def _spelled_out(path: Path, words: Iterable[str], classes: WordClasses) -> list[str]:
    spelled: list[str] = []
    for word in words:
        try:
            found = words_of(parse_pattern(word, classes=classes).sequence, most=_MOST_WORDS)
        except RuleError as error:
            raise RuleError(f"{path}: words: {error.what}", remedy=error.remedy) from None
        if found is None:
            raise RuleError(f"{path}: words: {word!r} is not a word", remedy="use no gaps")
        spelled += found
    return spelled


def _with_classes(pattern: tuple[dict[str, Any], ...], classes: WordClasses) -> TokenPattern:
    """The pattern with every <class> in a list (`IN: ["小<surname>"]`) spelled out."""

    def expand(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: expand(item) for key, item in value.items()}
        if isinstance(value, list):
            return [word for item in value for word in _class_words(item, classes)]
        return value

    return [expand(token) for token in pattern]


def _class_words(item: Any, classes: WordClasses) -> list[Any]:
    if not (isinstance(item, str) and "<" in item):
        return [item]
    return words_of(parse_pattern(item, classes=classes).sequence, most=_MOST_WORDS) or []


def _failures(name: str, found: dict[str, tuple[Said, ...]], hits: tuple[str, ...]) -> list[str]:
    lines = []
    for text, said in found.items():
        if text in hits and not said:
            lines.append(f"{name}: not found: {text}")
        if text not in hits and said:
            lines.append(f"{name}: found {said[0].text!r}: {text}")
    return lines
