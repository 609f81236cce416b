"""Projections: the tables that show the registers, folded from the log and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from qc_pipeline.errors import RegisterError
from qc_pipeline.registers import complaints, discipline, emergencies, review
from qc_pipeline.registers.chain import RegisterEvent
from qc_pipeline.registers.complaints import Complaint
from qc_pipeline.registers.discipline import Case
from qc_pipeline.registers.emergencies import Acknowledgement
from qc_pipeline.registers.log import read_events
from qc_pipeline.registers.review import FindingReview
from qc_pipeline.store.store import Session

_R = TypeVar("_R", FindingReview, Case, Complaint, Acknowledgement)
_Row = TypeVar("_Row")


@dataclass(slots=True)
class Registers:
    """All registers, or the part of them that an action touches, by id."""

    reviews: dict[str, FindingReview] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    complaints: dict[str, Complaint] = field(default_factory=dict)
    emergencies: dict[str, Acknowledgement] = field(default_factory=dict)


def fold(registers: Registers, events: Iterable[RegisterEvent]) -> Registers:
    """`registers` changed by `events`. Raises RegisterError on an event that can't be."""
    for event in events:
        kind = event.action.partition(".")[0]
        key = event.subject
        if kind == "finding":
            registers.reviews[key] = review.apply(registers.reviews.get(key), event)
        elif kind == "case":
            registers.cases[key] = discipline.apply(registers.cases.get(key), event)
        elif kind == "complaint":
            registers.complaints[key] = complaints.apply(registers.complaints.get(key), event)
        elif kind == "emergency":
            registers.emergencies[key] = emergencies.apply(registers.emergencies.get(key), event)
        elif kind != "chain":
            raise RegisterError(f"entry {event.seq}: there is no action {event.action}")
    return registers


def load_registers(session: Session) -> Registers:
    """The projections as the tables have them."""
    return Registers(
        reviews=_loaded(session, "registers/reviews", FindingReview, "finding_id"),
        cases=_loaded(session, "registers/cases", Case, "case_id"),
        complaints=_loaded(session, "registers/complaints", Complaint, "complaint_id"),
        emergencies=_loaded(session, "registers/emergencies", Acknowledgement, "call_id"),
    )


def save(session: Session, registers: Registers, events: Iterable[RegisterEvent]) -> None:
    """Write the rows that `events` are about, and the status of the findings concerned."""
    subjects = {event.subject for event in events}
    reviews = [row for key, row in registers.reviews.items() if key in subjects]
    session.run_many("registers/save_review", [as_row(each) for each in reviews])
    session.run_many(
        "registers/save_case",
        [as_row(row) for key, row in registers.cases.items() if key in subjects],
    )
    session.run_many(
        "registers/save_complaint",
        [as_row(row) for key, row in registers.complaints.items() if key in subjects],
    )
    session.run_many(
        "registers/save_emergency",
        [as_row(row) for key, row in registers.emergencies.items() if key in subjects],
    )
    session.run_many(
        "registers/mark_finding",
        [
            {
                "finding_id": each.finding_id,
                "status": _decided(each),
                "severity": each.severity if each.state == "confirmed" else None,
            }
            for each in reviews
        ],
    )


def rebuild(session: Session) -> Registers:
    """Make every projection what the log says; gives what it wrote."""
    events = read_events(session)
    registers = fold(Registers(), events)
    # Rows are replaced, not deleted and written again: one transaction can't do that to a key.
    session.run("registers/drop_other_reviews", {"keep": list(registers.reviews)})
    session.run("registers/drop_other_cases", {"keep": list(registers.cases)})
    session.run("registers/drop_other_complaints", {"keep": list(registers.complaints)})
    session.run("registers/drop_other_emergencies", {"keep": list(registers.emergencies)})
    session.run("registers/release_findings", {"keep": list(registers.reviews)})
    save(session, registers, events)
    return registers


def differences(session: Session, events: Iterable[RegisterEvent]) -> list[str]:
    """Where the tables differ from what the log (`events`) says, one line per row.

    Raises RegisterError if the log holds an event that can't follow what came before.
    """
    truth, tables = fold(Registers(), events), load_registers(session)
    found = [
        *_compared("finding review", truth.reviews, tables.reviews),
        *_compared("discipline case", truth.cases, tables.cases),
        *_compared("complaint", truth.complaints, tables.complaints),
        *_compared("emergency", truth.emergencies, tables.emergencies),
    ]
    for row in session.rows("registers/judged_findings"):
        reviewed = truth.reviews.get(row["finding_id"])
        said = (_decided(reviewed) if reviewed else None) or row["machine_status"]
        if row["status"] != said:
            found.append(f"finding {row['finding_id']}: {row['status']}, the log says {said}")
        elif said == "confirmed" and reviewed and row["severity"] != reviewed.severity:
            found.append(
                f"finding {row['finding_id']}: {row['severity']}, the log says {reviewed.severity}"
            )
    return found


def as_row(record: FindingReview | Case | Complaint | Acknowledgement) -> dict[str, Any]:
    """A record as the parameters of its row: tuples become lists."""
    row = {each.name: getattr(record, each.name) for each in fields(record)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in row.items()}


def from_row(record: type[_Row], row: Mapping[str, Any]) -> _Row:
    """The reverse of `as_row`."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in row.items()
    }
    return record(**values)


def _loaded(session: Session, query: str, record: type[_R], key: str) -> dict[str, _R]:
    return {row[key]: from_row(record, row) for row in session.rows(query)}


def _compared(what: str, truth: Mapping[str, _R], table: Mapping[str, _R]) -> list[str]:
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


def _decided(reviewed: FindingReview) -> str | None:
    return None if reviewed.state == "awaiting_second" else reviewed.state
