"""Projections: the tables that show the registers, folded from the log and nothing else.

A register is one line in `PROJECTIONS`, one field of `Registers`, and its three queries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

import pyarrow as pa

from qc_pipeline.errors import RegisterError
from qc_pipeline.registers import (
    appeals,
    coaching,
    complaints,
    discipline,
    disputes,
    emergencies,
    objections,
    promises,
    review,
    sampling,
    spot_checks,
    stand_downs,
    stop_flags,
    wording,
)
from qc_pipeline.registers.appeals import Appeal
from qc_pipeline.registers.chain import RegisterEvent, canonical_json, iso
from qc_pipeline.registers.coaching import CoachingTask
from qc_pipeline.registers.complaints import Complaint
from qc_pipeline.registers.discipline import Case
from qc_pipeline.registers.disputes import Dispute
from qc_pipeline.registers.emergencies import Emergency
from qc_pipeline.registers.log import read_events
from qc_pipeline.registers.missed import added_row
from qc_pipeline.registers.objections import Objection
from qc_pipeline.registers.promises import PromiseToPay
from qc_pipeline.registers.review import ADDED, FindingReview
from qc_pipeline.registers.sampling import SampleReview
from qc_pipeline.registers.spot_checks import SpotCheck
from qc_pipeline.registers.stand_downs import StandDown
from qc_pipeline.registers.stop_flags import StopFlag
from qc_pipeline.registers.tasks import refresh_tasks
from qc_pipeline.registers.wording import Wording
from qc_pipeline.store.store import Batch, Session

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Past:
    """What one event made of one entry: from `at` on the register `name` said `entry` of `key`."""

    name: str
    key: str
    seq: int
    at: datetime
    entry: Any


@dataclass(slots=True)
class Registers:
    """All registers, or the part of them that an action touches, by id. `trail` is what each
    event folded in so far made of its entry, so that a register can be read as of a past moment.
    """

    reviews: dict[str, FindingReview] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    appeals: dict[str, Appeal] = field(default_factory=dict)
    coaching_tasks: dict[str, CoachingTask] = field(default_factory=dict)
    stand_downs: dict[str, StandDown] = field(default_factory=dict)
    complaints: dict[str, Complaint] = field(default_factory=dict)
    samples: dict[str, SampleReview] = field(default_factory=dict)
    wordings: dict[str, Wording] = field(default_factory=dict)
    emergencies: dict[str, Emergency] = field(default_factory=dict)
    stop_flags: dict[str, StopFlag] = field(default_factory=dict)
    disputes: dict[str, Dispute] = field(default_factory=dict)
    objections: dict[str, Objection] = field(default_factory=dict)
    promises: dict[str, PromiseToPay] = field(default_factory=dict)
    spot_checks: dict[str, SpotCheck] = field(default_factory=dict)
    trail: list[Past] = field(default_factory=list, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Projection:
    """How one register follows from the log.

    Events whose action begins with `kind` change, by `apply(record or None, event)`, the entry
    named by their subject in the field `name` of `Registers`: records of type `record`, known by
    `key`, rows of `table`. Queries: `registers/<name>` reads all, `save_<one>` writes one,
    `drop_other_<name>` removes those not in `keep`. `what` is how `qc verify` calls an entry.
    """

    kind: str
    name: str
    one: str
    record: type[Any]
    key: str
    table: str
    apply: Callable[[Any, RegisterEvent], Any]
    what: str


PROJECTIONS: tuple[Projection, ...] = (
    Projection(
        kind="finding", name="reviews", one="review", record=FindingReview, key="finding_id",
        table="finding_reviews", apply=review.apply, what="finding review",
    ),
    Projection(
        kind="case", name="cases", one="case", record=Case, key="case_id",
        table="discipline_cases", apply=discipline.apply, what="discipline case",
    ),
    Projection(
        kind="appeal", name="appeals", one="appeal", record=Appeal, key="appeal_id",
        table="appeals", apply=appeals.apply, what="appeal",
    ),
    Projection(
        kind="coaching", name="coaching_tasks", one="coaching_task", record=CoachingTask,
        key="task_id", table="coaching_tasks", apply=coaching.apply, what="coaching task",
    ),
    Projection(
        kind="stand_down", name="stand_downs", one="stand_down", record=StandDown,
        key="stand_down_id", table="stand_downs", apply=stand_downs.apply, what="stand-down",
    ),
    Projection(
        kind="complaint", name="complaints", one="complaint", record=Complaint,
        key="complaint_id", table="complaints", apply=complaints.apply, what="complaint",
    ),
    Projection(
        kind="emergency", name="emergencies", one="emergency", record=Emergency, key="call_id",
        table="emergencies", apply=emergencies.apply, what="emergency",
    ),
    Projection(
        kind="flag", name="stop_flags", one="stop_flag", record=StopFlag, key="flag_id",
        table="stop_flags", apply=stop_flags.apply, what="stop flag",
    ),
    Projection(
        kind="dispute", name="disputes", one="dispute", record=Dispute, key="dispute_id",
        table="disputes", apply=disputes.apply, what="dispute",
    ),
    Projection(
        kind="objection", name="objections", one="objection", record=Objection,
        key="objection_id", table="objections", apply=objections.apply, what="objection",
    ),
    Projection(
        kind="promise", name="promises", one="promise", record=PromiseToPay, key="promise_id",
        table="promises", apply=promises.apply, what="promise",
    ),
    Projection(
        kind="spotcheck", name="spot_checks", one="spot_check", record=SpotCheck,
        key="check_id", table="spot_checks", apply=spot_checks.apply, what="spot check",
    ),
    Projection(
        kind="sample", name="samples", one="sample", record=SampleReview, key="call_id",
        table="sample_reviews", apply=sampling.apply, what="sampled call",
    ),
    Projection(
        kind="transcript", name="wordings", one="wording", record=Wording, key="line_id",
        table="transcript_corrections", apply=wording.apply, what="corrected line",
    ),
)  # fmt: skip
_BY_KIND = {each.kind: each for each in PROJECTIONS}


def fold(registers: Registers, events: Iterable[RegisterEvent]) -> Registers:
    """`registers` changed by `events`. Raises RegisterError on an event that can't be."""
    for event in events:
        kind = event.action.partition(".")[0]
        if kind == "chain":
            continue
        if kind not in _BY_KIND:
            raise RegisterError(f"entry {event.seq}: there is no action {event.action}")
        projection = _BY_KIND[kind]
        entries = _entries(registers, projection)
        entry = projection.apply(entries.get(event.subject), event)
        entries[event.subject] = entry
        registers.trail.append(Past(projection.name, event.subject, event.seq, event.at, entry))
    return registers


def copied(registers: Registers) -> Registers:
    """The same entries in registers of their own; entries themselves never change."""
    copy = Registers()
    for each in PROJECTIONS:
        _entries(copy, each).update(_entries(registers, each))
    return copy


def load_registers(session: Session) -> Registers:
    """The projections as the tables have them."""
    registers = Registers()
    for each in PROJECTIONS:
        rows = session.rows(f"registers/{each.name}")
        _entries(registers, each).update(
            {row[each.key]: from_row(each.record, row) for row in rows}
        )
    return registers


def save(session: Session, registers: Registers, events: Iterable[RegisterEvent]) -> None:
    """Write the rows that `events` are about, their history, and the status of the findings
    concerned. `events` have been folded into `registers`.
    """
    events = list(events)
    subjects: dict[str, set[str]] = {}
    for event in events:
        subjects.setdefault(event.action.partition(".")[0], set()).add(event.subject)
    for each in PROJECTIONS:
        touched = subjects.get(each.kind, set())
        rows = [as_row(entry) for key, entry in _entries(registers, each).items() if key in touched]
        session.run_many(f"registers/save_{each.one}", rows)
    session.run_many(
        "registers/add_finding", [added_row(event) for event in events if event.action == ADDED]
    )
    seqs = {event.seq for event in events}
    save_trail(session, [past for past in registers.trail if past.seq in seqs])
    reviews = [registers.reviews[key] for key in subjects.get("finding", set())]
    session.run_many(
        "registers/mark_finding",
        [
            {
                "finding_id": each.finding_id,
                "status": _decided(each),
                "severity": each.severity if each.state == "confirmed" else None,
                "code": each.code if each.state == "confirmed" else None,
                "responsible_party": each.responsible_party if each.state == "confirmed" else None,
            }
            for each in reviews
        ],
    )
    refresh_tasks(session, _calls_concerned(registers, subjects))


def rebuild(session: Session) -> Registers:
    """Make every projection what the log says; gives what it wrote."""
    events = read_events(session)
    registers = fold(Registers(), events)
    # Rows are replaced, not deleted and written again: one transaction can't do that to a key.
    for each in PROJECTIONS:
        keep = list(_entries(registers, each))
        session.run(f"registers/drop_other_{each.name}", {"keep": keep})
    session.run("registers/release_findings", {"keep": list(registers.reviews)})
    session.run("registers/drop_other_pasts", {"keep": [past.seq for past in registers.trail]})
    save(session, registers, events)
    return registers


def differences(session: Session, events: Iterable[RegisterEvent]) -> list[str]:
    """Where the tables differ from what the log (`events`) says, one line per row.

    Raises RegisterError if the log holds an event that can't follow what came before.
    """
    truth, tables = fold(Registers(), events), load_registers(session)
    found = [
        line
        for each in PROJECTIONS
        for line in _compared(each.what, _entries(truth, each), _entries(tables, each))
    ]
    found += _wrong_pasts(session, truth.trail)
    for row in session.rows("registers/judged_findings"):
        reviewed = truth.reviews.get(row["finding_id"])
        said = (_decided(reviewed) if reviewed else None) or row["machine_status"]
        if row["status"] != said:
            found.append(f"finding {row['finding_id']}: {row['status']}, the log says {said}")
        elif said == "confirmed" and reviewed:
            for name in ("severity", "code", "responsible_party"):
                if row[name] != getattr(reviewed, name):
                    found.append(
                        f"finding {row['finding_id']}: {row[name]}, the log says "
                        f"{getattr(reviewed, name)}"
                    )
    return found


def as_row(record: Any) -> dict[str, Any]:
    """A record as the parameters of its row: tuples become lists."""
    row = {each.name: getattr(record, each.name) for each in fields(record)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in row.items()}


def from_row(record: type[_Row], row: Mapping[str, Any]) -> _Row:
    """The reverse of `as_row`."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in row.items()
    }
    return record(**values)


def _as_batch(pasts: Sequence[Past]) -> Batch:
    return pa.table(
        {
            "register": pa.array([past.name for past in pasts], pa.string()),
            "key": pa.array([past.key for past in pasts], pa.string()),
            "seq": pa.array([past.seq for past in pasts], pa.int64()),
            "at": pa.array([past.at for past in pasts], pa.timestamp("us", tz="Asia/Shanghai")),
            "entry": pa.array([as_json(past.entry) for past in pasts], pa.string()),
        }
    )


def _wrong_pasts(session: Session, trail: Sequence[Past]) -> list[str]:
    rows = {row.pop("seq"): row for row in session.rows("registers/pasts")}
    found = []
    for past in trail:
        said = {"register": past.name, "key": past.key, "at": past.at, "entry": as_json(past.entry)}
        if rows.pop(past.seq, None) != said:
            found.append(f"history of {past.key}: entry {past.seq} differs from the log")
    found += [f"history of {row['key']}: {seq} is in the table, not in the log"
              for seq, row in rows.items()]  # fmt: skip
    return found


def save_trail(session: Session, trail: Sequence[Past]) -> None:
    """Keep what events made of their entries."""
    if trail:
        session.run("registers/save_pasts", batch=_as_batch(trail))


def as_json(record: Any) -> str:
    """A record as canonical JSON text: moments by `chain.iso`, money as text."""
    row = as_row(record)
    return canonical_json({name: _plain(value) for name, value in row.items()})


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return value


def _entries(registers: Registers, projection: Projection) -> dict[str, Any]:
    entries: dict[str, Any] = getattr(registers, projection.name)
    return entries


def _compared(what: str, truth: Mapping[str, Any], table: Mapping[str, Any]) -> list[str]:
    found = []
    for key in sorted(truth.keys() | table.keys()):
        if key not in table:
            found.append(f"{what} {key}: in the log, not in the table")
        elif key not in truth:
            found.append(f"{what} {key}: in the table, not in the log")
        elif truth[key] != table[key]:
            wrong = [
                each.name
                for each in fields(truth[key])
                if getattr(truth[key], each.name) != getattr(table[key], each.name)
            ]
            found.append(f"{what} {key}: {', '.join(wrong)} differ from the log")
    return found


def _calls_concerned(registers: Registers, subjects: Mapping[str, set[str]]) -> set[str]:
    """The calls whose task a change of these subjects may change."""
    calls = {registers.reviews[key].call_id for key in subjects.get("finding", ())}
    calls |= subjects.get("emergency", set())
    for key in subjects.get("complaint", ()):
        calls.update(registers.complaints[key].calls)
    return calls


def _decided(reviewed: FindingReview) -> str | None:
    return None if reviewed.state in ("open", "awaiting_second") else reviewed.state
