"""The clocks of a complaint: when each runs out, when it was met, and which were not.

A clock is written `name=moment`, so that the register's row and its history hold it as text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from qc_pipeline.policy.complaints import ComplaintRules
from qc_pipeline.registers.chain import iso, moment
from qc_pipeline.registers.timeline import DayKind, DueDate, due_date


def due_dates(
    rules: ComplaintRules, *, received_at: datetime, logged_at: datetime | None, day_kind: DayKind,
    detected_at: datetime | None = None, bank_due_at: datetime | None = None,
    complex_case: bool = False,
) -> dict[str, DueDate]:  # fmt: skip
    """Every clock that runs before triage, by name: each with its own start and kind of days.

    Until a complaint is logged, its decision is due as if it were logged when received.
    """
    starts = {
        "detected": detected_at or received_at,
        "received": received_at,
        "logged": logged_at or received_at,
        "bank_due": bank_due_at,
    }
    found = {
        name: due
        for start, at in starts.items()
        if at is not None
        for name, due in started(rules, start, at, day_kind=day_kind).items()
    }
    if complex_case:
        found["decision"] = due_date(
            logged_at or received_at, rules.decision_complex, day_kind=day_kind
        )
    return found


def started(
    rules: ComplaintRules, start: str, at: datetime, *, day_kind: DayKind, triage: str | None = None
) -> dict[str, DueDate]:
    """The clocks that `start` sets off at `at`: those for everybody, or those for `triage`."""
    return {
        name: due_date(at, clock, day_kind=day_kind)
        for name, clock in rules.clocks.items()
        if clock.start == start and (triage in clock.triage if triage else not clock.triage)
    }


def written(clocks: Mapping[str, datetime]) -> tuple[str, ...]:
    """Clocks as a record holds them."""
    return tuple(f"{name}={iso(at)}" for name, at in clocks.items())


def read(entries: Iterable[str]) -> dict[str, datetime]:
    """The reverse of `written`."""
    pairs = (entry.partition("=") for entry in entries)
    return {name: moment(at) for name, _, at in pairs}


def unmet(clocks: Iterable[str], met: Iterable[str]) -> dict[str, datetime]:
    """The clocks that still run, with their due dates."""
    done = read(met)
    return {name: due for name, due in read(clocks).items() if name not in done}


def run_out(
    clocks: Iterable[str], met: Iterable[str], breaches: Iterable[str], *, at: datetime
) -> dict[str, datetime]:
    """The clocks that ran out before `at` and that nobody has recorded as a breach yet."""
    known = set(breaches)
    return {
        name: due
        for name, due in unmet(clocks, met).items()
        if due < at and written({name: due})[0] not in known
    }


def uncertainty(due: Iterable[DueDate]) -> str | None:
    """Why one of these due dates may prove wrong, if one may."""
    return next((each.uncertain for each in due if each.uncertain), None)
