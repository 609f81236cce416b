"""Load a folder of rule files into one rule set."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ValidationError

from qc_pipeline.detect.classifier import Classifier
from qc_pipeline.detect.condition_syntax import ConditionReader, Location, Misplaced, misplaced
from qc_pipeline.detect.conditions import Condition
from qc_pipeline.detect.context_lexicon import ContextLexicon, load_context_lexicon
from qc_pipeline.detect.guard_words import GuardWords, load_guard_words
from qc_pipeline.detect.matching import PatternBank, Scanned
from qc_pipeline.detect.patterns import WordClasses
from qc_pipeline.detect.rule_models import (
    ClassFileModel,
    Example,
    RuleFileModel,
    RuleModel,
    TurningFact,
)
from qc_pipeline.detect.rulebook import COVERAGE_FILE, RULEBOOK_FILE
from qc_pipeline.detect.word_classes import expand_classes
from qc_pipeline.errors import RuleError
from qc_pipeline.policy.load import Taxonomy
from qc_pipeline.records import Role, Severity
from qc_pipeline.settings import packaged_dir

_NOT_RULES = {RULEBOOK_FILE, COVERAGE_FILE}

_KEPT = 3
_loaded: dict[tuple[Any, ...], RuleSet] = {}  # of folders as they were when last loaded


@dataclass(frozen=True, eq=False)
class Rule:
    """One rule, ready to run. `guards_off` names guards that don't apply to it."""

    id: str
    version: int
    name: str
    code: str
    sub_code: str | None
    severity: Severity
    rulebook: tuple[str, ...]
    speaker: Literal["agent", "customer", "any"]
    listener: tuple[Role, ...]
    confidence: float
    turns_on: TurningFact | None
    guards_off: frozenset[str]
    guard_words: GuardWords
    condition: Condition
    hits: tuple[Example, ...]
    misses: tuple[Example, ...]
    where: str


@dataclass(frozen=True, eq=False)
class RuleSet:
    """Every rule of a folder, and the classifier that judges beside them, if there is one.
    `version` names the exact content of the folder and the classifier.
    """

    version: str
    folder: Path
    rules: tuple[Rule, ...] = field(repr=False)
    classes: WordClasses = field(repr=False)
    bank: PatternBank = field(repr=False)
    uses_events: bool
    _woken_by: Mapping[int, frozenset[int]] = field(repr=False)
    _always: frozenset[int] = field(repr=False)
    _needs: tuple[tuple[frozenset[int], ...], ...] = field(repr=False)
    classifier: Classifier | None = field(default=None, repr=False)

    def with_classifier(self, classifier: Classifier) -> RuleSet:
        """The same rules with a classifier beside them."""
        return replace(self, classifier=classifier, version=f"{self.version}+{classifier.version}")

    @cached_property
    def context(self) -> ContextLexicon:
        """The phrases by which the course of a call is understood; read when first needed.

        Raises RuleError.
        """
        return load_context_lexicon(self.folder / "context", classes=self.classes)

    def awake(self, scanned: Scanned) -> list[Rule]:
        """The rules worth running on an utterance, by their ids."""
        woken = scanned.woken
        places = self._always.union(*[self._woken_by[n] for n in woken if n in self._woken_by])
        return [
            self.rules[place]
            for place in sorted(places)
            if not any(map(woken.isdisjoint, self._needs[place]))
        ]


def load_rules(
    folder: Path, *, taxonomy: Taxonomy, codes: Collection[str] = (), sound_alike: bool = True
) -> RuleSet:
    """Every `*.yaml` of `folder` as rules, with the word classes of `folder/classes`; with
    `codes`, only the files of these codes; without `sound_alike`, matched as written only.

    The guards' words are those of `folder/guards`, or the packaged ones where it has none.
    `folder/context` is not read here but when `RuleSet.context` is first asked for. Raises
    RuleError naming file, line and rule for YAML that doesn't parse, an unknown code,
    field, operator, class, guard or rulebook row, a bad pattern, two rules or classes of one
    name. Rules of a folder that has not changed since they were last loaded are given again.
    """
    if not folder.is_dir():
        raise RuleError(f"{folder}: no such folder", remedy="name the folder of rule files")
    unknown = sorted(code for code in codes if not (folder / f"{code}.yaml").is_file())
    if unknown:
        raise RuleError(f"{folder}: no rule file for {', '.join(unknown)}")
    version = _version(folder)
    asked = (folder, version, taxonomy.model_dump_json(), frozenset(codes), sound_alike)
    if asked not in _loaded:
        rules = _load(
            folder, version=version, taxonomy=taxonomy, codes=codes, sound_alike=sound_alike
        )
        while len(_loaded) >= _KEPT:
            _loaded.pop(next(iter(_loaded)))
        _loaded[asked] = rules
    return _loaded[asked]


def _load(
    folder: Path, *, version: str, taxonomy: Taxonomy, codes: Collection[str], sound_alike: bool
) -> RuleSet:
    classes = _load_classes(folder / "classes")
    rulebook = _load_rulebook(folder / RULEBOOK_FILE)
    reader = ConditionReader(bank=PatternBank(), classes=classes, codes=frozenset(taxonomy.codes))
    guard_words = load_guard_words(_guards_folder(folder), codes=taxonomy.codes)
    rules: dict[str, Rule] = {}
    for path in sorted(folder.glob("*.yaml")):
        if path.name in _NOT_RULES or (codes and path.stem not in codes):
            continue
        for rule in _load_file(
            path,
            taxonomy=taxonomy,
            reader=reader,
            rulebook=rulebook,
            guard_words=guard_words,
            sound_alike=sound_alike,
        ):
            if rule.id in rules:
                raise RuleError(
                    f"{rule.where}: rule {rule.id}: id already used at {rules[rule.id].where}"
                )
            rules[rule.id] = rule
    return _rule_set(rules.values(), folder=folder, version=version, classes=classes, reader=reader)


def _rule_set(
    rules: Iterable[Rule],
    *,
    folder: Path,
    version: str,
    classes: WordClasses,
    reader: ConditionReader,
) -> RuleSet:
    woken_by: dict[int, set[int]] = {}
    always: set[int] = set()
    rules = tuple(sorted(rules, key=lambda rule: rule.id))
    needs = tuple(rule.condition.needs() for rule in rules)
    for place, groups in enumerate(needs):
        if not groups:
            always.add(place)
        for number in min(groups, key=len, default=()):
            woken_by.setdefault(number, set()).add(place)
    return RuleSet(
        version=version,
        folder=folder,
        rules=rules,
        classes=classes,
        bank=reader.bank,
        uses_events=reader.uses_events,
        _woken_by={number: frozenset(held) for number, held in woken_by.items()},
        _always=frozenset(always),
        _needs=needs,
    )


def _version(folder: Path) -> str:
    digest = hashlib.sha256()
    guards = _guards_folder(folder)
    elsewhere = () if guards.is_relative_to(folder) else guards.glob("*.yaml")
    for path in sorted((*folder.rglob("*.yaml"), *elsewhere)):
        if path == folder / COVERAGE_FILE:
            continue  # no call is judged by it
        home = folder if path.is_relative_to(folder) else guards.parent
        name = path.relative_to(home).as_posix()
        digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


# --- files ----------------------------------------------------------------------------------


class _Loader(yaml.CSafeLoader):
    """YAML in which plain scalars are text: `off` and 12378 are words in a rule. The models
    turn into numbers and booleans what is meant to be.
    """


_Loader.yaml_implicit_resolvers = {
    first: [(tag, regex) for tag, regex in held if tag.endswith((":null", ":merge"))]
    for first, held in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    node: yaml.Node | None
    value: Any

    def fault(self, at: Location, what: str) -> RuleError:
        """An error that names file, line and rule."""
        rule = ""
        if len(at) >= 2 and at[0] == "rules" and isinstance(at[1], int):
            written = self.value["rules"][at[1]]
            rule = f"rule {written.get('id', at[1] + 1)}: " if isinstance(written, dict) else ""
        field = ".".join(str(part) for part in at[2:] if isinstance(part, str))
        return RuleError(f"{self.where(at)}: {rule}{field}{': ' * bool(field)}{what}")

    def where(self, at: Location) -> str:
        """File and line of a location, or of the nearest thing around it."""
        node = self.node
        line = node.start_mark.line + 1 if node is not None else 1
        for part in at:
            if isinstance(node, yaml.MappingNode):
                pairs = [(key, value) for key, value in node.value if key.value == str(part)]
                if pairs:
                    key, node = pairs[0]
                    line = key.start_mark.line + 1
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
                if part >= len(node.value):
                    break
                node = node.value[part]
                line = node.start_mark.line + 1
        return f"{self.path}:{line}"


def _read(path: Path) -> _File:
    try:
        loader = _Loader(path.read_text("utf-8-sig"))
        node = loader.get_single_node()
        value = loader.construct_document(node) if node is not None else None
    except UnicodeDecodeError as error:
        raise RuleError(f"{path}: not UTF-8 at byte {error.start}") from None
    except OSError as error:
        raise RuleError(f"{path}: {error.strerror}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        raise RuleError(f"{path}{line}: not valid YAML: {problem}") from None
    return _File(path=path, node=node, value=value)


def _validated(file: _File, model: type[BaseModel]) -> Any:
    if not isinstance(file.value, dict):
        raise file.fault((), "expected a mapping")
    try:
        return model.model_validate(file.value)
    except ValidationError as error:
        wrong = misplaced(error, ())
        raise file.fault(wrong.location, wrong.what) from None


def _load_classes(folder: Path) -> WordClasses:
    written: dict[str, tuple[str, ...]] = {}
    homes: dict[str, _File] = {}
    for path in sorted(folder.glob("*.yaml")):
        file = _read(path)
        for name, words in _validated(file, ClassFileModel).classes.items():
            if name in written:
                raise file.fault(
                    ("classes", name),
                    f"word class <{name}> is already defined in {homes[name].path}",
                )
            written[name], homes[name] = words, file

    def complain(name: str, place: int, what: str) -> RuleError:
        return homes[name].fault(("classes", name, place), f"word class <{name}>: {what}")

    return expand_classes(written, complain=complain)


def _load_rulebook(path: Path) -> frozenset[str] | None:
    """The ids of the rulebook's rows; None when there is no rulebook file."""
    if not path.is_file():
        return None
    file = _read(path)
    rows = file.value.get("rows") if isinstance(file.value, dict) else file.value
    if isinstance(rows, dict):
        return frozenset(map(str, rows))
    if not isinstance(rows, list) or not all(isinstance(r, dict) and "id" in r for r in rows):
        raise file.fault((), "expected `rows`: a list of mappings with an `id`")
    return frozenset(str(row["id"]) for row in rows)


def _guards_folder(folder: Path) -> Path:
    own = folder / "guards"
    return own if own.is_dir() else packaged_dir("lexicons") / "guards"


def _load_file(
    path: Path,
    *,
    taxonomy: Taxonomy,
    reader: ConditionReader,
    rulebook: frozenset[str] | None,
    guard_words: GuardWords,
    sound_alike: bool,
) -> Iterable[Rule]:
    file = _read(path)
    written: RuleFileModel = _validated(file, RuleFileModel)
    if written.code not in taxonomy.codes:
        raise file.fault(("code",), f"unknown code {written.code!r}")
    for place, model in enumerate(written.rules):
        at: Location = ("rules", place)
        if model.sub_code and model.sub_code not in taxonomy.codes[written.code].sub_codes:
            raise file.fault((*at, "sub_code"), f"unknown sub-code {model.sub_code!r}")
        for row in model.rulebook:
            if rulebook is not None and row not in rulebook:
                raise file.fault((*at, "rulebook"), f"no rulebook row {row!r}")
        try:
            by_sound = model.sound_alike and sound_alike
            condition = reader.read(model.when, (*at, "when"), sound_alike=by_sound)
        except Misplaced as wrong:
            raise file.fault(wrong.location, wrong.what) from None
        severity = model.severity or taxonomy.severity_of(written.code, model.sub_code)
        yield _rule(
            written.code,
            model,
            condition=condition,
            severity=severity,
            guard_words=guard_words,
            where=file.where(at),
        )


def _rule(
    code: str,
    model: RuleModel,
    *,
    condition: Condition,
    severity: Severity,
    guard_words: GuardWords,
    where: str,
) -> Rule:
    return Rule(
        id=model.id,
        version=model.version,
        name=model.name,
        code=code,
        sub_code=model.sub_code,
        severity=severity,
        rulebook=model.rulebook,
        speaker=model.speaker,
        listener=model.listener,
        confidence=model.confidence,
        turns_on=model.turns_on,
        guards_off=frozenset(model.guards.off),
        guard_words=guard_words,
        condition=condition,
        hits=model.hits,
        misses=model.misses,
        where=where,
    )
