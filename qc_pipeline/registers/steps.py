"""An entry of a register that goes from state to state: which action leads where.

What an action writes stands in its payload under `set`, so that the log alone rebuilds every
entry: the fields of the record by name, moments by `chain.iso`, money as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar, get_args, get_type_hints

from qc_pipeline.errors import RegisterError
from qc_pipeline.registers.chain import NewEvent, RegisterEvent, iso, moment

Record = TypeVar("Record", bound=Any)


@dataclass(frozen=True, slots=True)
class Machine:
    """The states of one kind of entry.

    `leads`: action -> the state it leads to, None if the entry stays where it is. `opens`: the
    actions that open an entry. `stays_in`: where an action that leads nowhere may happen; one
    that isn't named may happen in any state but the last ones.
    """

    what: str
    record: type[Any]
    key: str
    transitions: Mapping[str, frozenset[str]]
    leads: Mapping[str, str | None]
    opens: frozenset[str]
    stays_in: Mapping[str, frozenset[str]]

    def may(self, state: str, action: str) -> bool:
        """Whether `action` may follow in `state`."""
        to = self.leads[action]
        if to is not None:
            return to in self.transitions[state]
        allowed = self.stays_in.get(action)
        return bool(self.transitions[state]) if allowed is None else state in allowed


def opening(
    machine: Machine, action: str, subject: str, *, by: str, at: datetime, **values: Any
) -> NewEvent:
    """The event that opens the entry `subject` with these fields."""
    return NewEvent(at, by, action, subject, {"set": _plain_values(values)})


def step(
    machine: Machine, entry: Any, action: str, *, by: str, at: datetime,
    more: Mapping[str, Any] | None = None, **values: Any,
) -> NewEvent:  # fmt: skip
    """The event of `by` doing `action` with `entry`; `values` are the fields it changes, `more`
    what the log keeps besides. Raises RegisterError if the state doesn't allow it.
    """
    subject = getattr(entry, machine.key)
    if not machine.may(entry.state, action):
        before = [state for state in machine.transitions if machine.may(state, action)]
        raise RegisterError(
            f"{machine.what} {subject} is {entry.state}: {action.partition('.')[2]} can't follow",
            remedy=f"it follows {', '.join(before)}" if before else "",
        )
    return NewEvent(at, by, action, subject, {"set": _plain_values(values), **(more or {})})


def applied(
    machine: Machine, known: Any | None, event: RegisterEvent, *,
    values: Mapping[str, Any] | None = None,
) -> Any:  # fmt: skip
    """The entry after `event`; `values` in place of what the event says under `set`.

    Raises RegisterError if the event can't follow its state.
    """
    if event.action not in machine.leads:
        raise RegisterError(f"entry {event.seq}: there is no action {event.action}")
    said = event.details.get("set", {}) if values is None else values
    typed = _typed_values(machine.record, said)
    to = machine.leads[event.action]
    if event.action in machine.opens:
        if known is not None:
            raise RegisterError(f"entry {event.seq}: {event.action} on a known {machine.what}")
        return machine.record(**{machine.key: event.subject, "state": to, **typed})
    if known is None:
        raise RegisterError(f"entry {event.seq}: {event.action} on an unknown {machine.what}")
    if not machine.may(known.state, event.action):
        raise RegisterError(f"entry {event.seq}: {event.action} can't follow {known.state}")
    return replace(known, state=to or known.state, **typed)


def in_words(text: str | None, what: str, remedy: str) -> str:
    """`text`, trimmed. Raises RegisterError if there is none."""
    if text is None or not text.strip():
        raise RegisterError(what, remedy=remedy)
    return text.strip()


def not_before(at: datetime, earlier: datetime | None, what: str) -> None:
    """Raises RegisterError if `at` lies before `earlier`."""
    if earlier is not None and at < earlier:
        raise RegisterError(
            f"{at:%Y-%m-%d %H:%M} lies before {what} ({earlier:%Y-%m-%d %H:%M})",
            remedy="give a later time",
        )


def _plain_values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


def _typed_values(record: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    kinds = _kinds(record)  # type: ignore[arg-type]
    unknown = values.keys() - kinds.keys()
    if unknown:
        raise RegisterError(f"{record.__name__} has no {', '.join(sorted(unknown))}")
    return {name: _typed(kinds[name], value) for name, value in values.items()}


def _typed(kind: str, value: Any) -> Any:
    if value is None:
        return None
    if kind == "moment":
        return moment(value)
    if kind == "money":
        return Decimal(value)
    return tuple(value) if kind == "list" else value


@cache
def _kinds(record: Any) -> dict[str, str]:
    hints = get_type_hints(record)
    return {each.name: _kind(hints[each.name]) for each in fields(record)}


def _kind(hint: Any) -> str:
    meant = {hint, *get_args(hint)}
    if datetime in meant:
        return "moment"
    if Decimal in meant:
        return "money"
    return "list" if getattr(hint, "__origin__", None) is tuple else "plain"
