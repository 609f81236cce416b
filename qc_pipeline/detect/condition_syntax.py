"""From the `when` part of a rule to a `Condition`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from qc_pipeline.detect import conditions as c
from qc_pipeline.detect.matching import PatternBank, compile_regex
from qc_pipeline.detect.patterns import WordClasses, parse_pattern
from qc_pipeline.errors import RuleError
from qc_pipeline.records import EventKind, Role

_M = TypeVar("_M", bound=BaseModel)
Location = tuple[str | int, ...]


class Misplaced(Exception):
    """Something wrong at `location` inside a rule file."""

    def __init__(self, location: Location, what: str) -> None:
        self.location = location
        self.what = what
        super().__init__(what)


class _Operator(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Says(_Operator):
    says: tuple[str, ...] = Field(min_length=1)


class _Near(_Operator):
    first: tuple[str, ...] = Field(min_length=1)
    second: tuple[str, ...] = Field(min_length=1)
    within: int = Field(12, ge=0, le=200)


class _Elsewhere(_Says):
    speaker: Literal["agent", "customer", "unknown", "any"] | None = None
    within: int = Field(1, ge=1, le=100)


class _Context(_Says):
    speaker: Literal["agent", "customer", "unknown", "any"] = "any"
    seconds: float = Field(30, gt=0, le=24 * 3600)


class _Count(_Says):
    at_least: int = Field(ge=2, le=1000)


_Place = Literal["first_turns", "last_turns", "first_seconds", "last_seconds"]


class _Position(_Operator):
    first_turns: int | None = Field(None, ge=1)
    last_turns: int | None = Field(None, ge=1)
    first_seconds: float | None = Field(None, gt=0)
    last_seconds: float | None = Field(None, gt=0)


_PLACES: tuple[_Place, ...] = get_args(_Place)


class _Case(_Operator):
    legal_status: tuple[Literal["none", "filed", "judgment", "unknown"], ...] | None = None
    credit_reportable: tuple[bool | Literal["unknown"], ...] | None = None


class _Call(_Operator):
    direction: tuple[Literal["outbound", "inbound", "unknown"], ...] | None = None
    callee: tuple[Role, ...] | None = None
    source: tuple[Literal["phone", "field_visit"], ...] | None = None
    purpose: tuple[Literal["collection", "reply", "survey", "unknown"], ...] | None = None
    dial_mode: tuple[Literal["manual", "predictive", "robot", "unknown"], ...] | None = None


class _Acoustic(_Operator):
    measure: c.Measure
    at_least: float | None = None
    at_most: float | None = None


class _Classifier(_Operator):
    code: str
    at_least: float = Field(ge=0, le=1)


class ConditionReader:
    """Compiles the conditions of a rule set into one pattern bank."""

    def __init__(self, *, bank: PatternBank, classes: WordClasses, codes: frozenset[str]) -> None:
        self.bank = bank
        self._classes = classes
        self._codes = codes
        self.uses_events = False

    def read(self, value: Any, at: Location, *, sound_alike: bool) -> c.Condition:
        """The condition written as `value` at `at`. Raises Misplaced."""
        return self._item(value, at, sound_alike)

    def _item(self, value: Any, at: Location, sound: bool) -> c.Condition:
        if isinstance(value, str):
            return c.Says((self._pattern(value, at, sound),))
        if isinstance(value, list):
            return self._any_of(value, at, sound)
        if not isinstance(value, dict) or not value:
            raise Misplaced(at, "a condition is a pattern, a list of conditions or an operator")
        parts = [self._part(str(name), value[name], (*at, name), sound) for name in value]
        return parts[0] if len(parts) == 1 else c.AllOf(tuple(parts))

    def _part(self, name: str, value: Any, at: Location, sound: bool) -> c.Condition:
        if name == "any":
            return self._any_of(value, at, sound)
        if name == "all":
            return c.AllOf(self._items(value, at, sound))
        if name == "none":
            # An exception must not widen by sound: it would hide findings.
            return c.NoneOf((self._any_of(value, at, False),))
        if name not in _READERS:
            raise Misplaced(at, f"unknown operator {name!r}; known: {', '.join(OPERATORS)}")
        return _READERS[name](self, value, at, sound)

    def _items(self, value: Any, at: Location, sound: bool) -> tuple[c.Condition, ...]:
        if not isinstance(value, list) or not value:
            raise Misplaced(at, "expected a list of conditions")
        return tuple(self._item(each, (*at, place), sound) for place, each in enumerate(value))

    def _any_of(self, value: Any, at: Location, sound: bool) -> c.Condition:
        items = self._items(value, at, sound)
        plain = [item for item in items if isinstance(item, c.Says)]
        others = [item for item in items if not isinstance(item, c.Says)]
        if plain:
            united = dict.fromkeys(number for item in plain for number in item.patterns)
            others.insert(0, c.Says(tuple(united)))
        return others[0] if len(others) == 1 else c.AnyOf(tuple(others))

    def _pattern(self, source: str, at: Location, sound: bool) -> int:
        try:
            pattern = parse_pattern(source, classes=self._classes)
        except RuleError as error:
            raise Misplaced(at, str(error)) from None
        return self.bank.add(pattern, sound_alike=sound)

    def _patterns(self, sources: tuple[str, ...], at: Location, sound: bool) -> c.Says:
        numbers = (self._pattern(s, (*at, place), sound) for place, s in enumerate(sources))
        return c.Says(tuple(dict.fromkeys(numbers)))

    def _says_item(self, value: Any, at: Location, sound: bool) -> c.Condition:
        sources = _parsed(_Says, {"says": value}, at[:-1]).says
        return self._patterns(sources, at, sound)

    def _regex(self, value: Any, at: Location, sound: bool) -> c.Condition:
        if not isinstance(value, str) or not value:
            raise Misplaced(at, "expected a regular expression")
        try:
            compiled = compile_regex(value)
        except RuleError as error:
            raise Misplaced(at, str(error)) from None
        if compiled.search(b""):
            raise Misplaced(at, f"regex {value!r} matches nothing at all, so it is everywhere")
        return c.Regex(compiled)

    def _near(self, value: Any, at: Location, sound: bool) -> c.Condition:
        return self._pair(value, at, sound, ordered=False)

    def _near_in_order(self, value: Any, at: Location, sound: bool) -> c.Condition:
        return self._pair(value, at, sound, ordered=True)

    def _pair(self, value: Any, at: Location, sound: bool, *, ordered: bool) -> c.Condition:
        near = _parsed(_Near, value, at)
        return c.Near(
            first=self._patterns(near.first, (*at, "first"), sound),
            second=self._patterns(near.second, (*at, "second"), sound),
            within=near.within,
            ordered=ordered,
        )

    def _previous(self, value: Any, at: Location, sound: bool) -> c.Condition:
        return self._elsewhere(value, at, sound, later=False)

    def _following(self, value: Any, at: Location, sound: bool) -> c.Condition:
        return self._elsewhere(value, at, sound, later=True)

    def _elsewhere(self, value: Any, at: Location, sound: bool, *, later: bool) -> c.Condition:
        written = _parsed(_Elsewhere, value, at)
        says = self._patterns(written.says, (*at, "says"), sound)
        return c.Elsewhere(says, speaker=written.speaker, within=written.within, later=later)

    def _context(self, value: Any, at: Location, sound: bool) -> c.Condition:
        written = _parsed(_Context, value, at)
        says = self._patterns(written.says, (*at, "says"), sound)
        return c.Around(says, speaker=written.speaker, seconds=written.seconds)

    def _count(self, value: Any, at: Location, sound: bool) -> c.Condition:
        written = _parsed(_Count, value, at)
        return c.Count(self._patterns(written.says, (*at, "says"), sound), written.at_least)

    def _position(self, value: Any, at: Location, sound: bool) -> c.Condition:
        written = _parsed(_Position, value, at)
        given = {
            where: amount for where in _PLACES if (amount := getattr(written, where)) is not None
        }
        if len(given) != 1:
            raise Misplaced(at, f"position has exactly one of {', '.join(_PLACES)}")
        ((where, amount),) = given.items()
        return c.Position(where, amount)

    def _listener(self, value: Any, at: Location, sound: bool) -> c.Condition:
        return c.Listener(_choices(value, get_args(Role), at))

    def _established(self, value: Any, at: Location, sound: bool) -> c.Condition:
        self.uses_events = True
        return c.Established(_choices(value, get_args(EventKind), at))

    def _case(self, value: Any, at: Location, sound: bool) -> c.Condition:
        return self._fact("case", _parsed(_Case, value, at), at)

    def _call(self, value: Any, at: Location, sound: bool) -> c.Condition:
        return self._fact("call", _parsed(_Call, value, at), at)

    def _fact(self, of: Literal["case", "call"], written: BaseModel, at: Location) -> c.Condition:
        allowed = written.model_dump(exclude_none=True)
        if not allowed:
            raise Misplaced(at, f"{of} names no fact")
        return c.Fact(of, allowed)

    def _acoustic(self, value: Any, at: Location, sound: bool) -> c.Condition:
        written = _parsed(_Acoustic, value, at)
        if written.at_least is None and written.at_most is None:
            raise Misplaced(at, "acoustic needs at_least or at_most")
        return c.Sounds(written.measure, written.at_least, written.at_most)

    def _classifier(self, value: Any, at: Location, sound: bool) -> c.Condition:
        written = _parsed(_Classifier, value, at)
        if written.code not in self._codes:
            raise Misplaced((*at, "code"), f"unknown code {written.code!r}")
        return c.Meant(written.code, written.at_least)


_READERS: dict[str, Callable[[ConditionReader, Any, Location, bool], c.Condition]] = {
    "says": ConditionReader._says_item,
    "regex": ConditionReader._regex,
    "near": ConditionReader._near,
    "before": ConditionReader._near_in_order,
    "previous": ConditionReader._previous,
    "following": ConditionReader._following,
    "context": ConditionReader._context,
    "count": ConditionReader._count,
    "position": ConditionReader._position,
    "listener": ConditionReader._listener,
    "established": ConditionReader._established,
    "case": ConditionReader._case,
    "call": ConditionReader._call,
    "acoustic": ConditionReader._acoustic,
    "classifier": ConditionReader._classifier,
}
OPERATORS = ("any", "all", "none", *_READERS)
"""Every key a condition may have."""


def _parsed(model: type[_M], value: Any, at: Location) -> _M:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise misplaced(error, at) from None


def misplaced(error: ValidationError, at: Location) -> Misplaced:
    """The most telling complaint of a validation as a Misplaced at its location: a field that
    doesn't exist explains why another is missing.
    """
    complaints = error.errors()
    first = next((each for each in complaints if each["type"] == "extra_forbidden"), complaints[0])
    where = (*at, *first["loc"])
    if first["type"] == "extra_forbidden":
        return Misplaced(where, f"unknown field {str(first['loc'][-1])!r}")
    if first["type"] == "missing":
        return Misplaced(where[:-1], f"field {str(first['loc'][-1])!r} is missing")
    what = first["msg"].removeprefix("Value error, ")
    if isinstance(first["input"], str | int | float):
        what = f"{first['input']!r}: {what}"
    return Misplaced(where, what)


def _choices(value: Any, known: tuple[str, ...], at: Location) -> tuple[Any, ...]:
    if not isinstance(value, list) or not value:
        raise Misplaced(at, "expected a list")
    for place, each in enumerate(value):
        if each not in known:
            raise Misplaced((*at, place), f"unknown {each!r}; known: {', '.join(known)}")
    return tuple(value)
