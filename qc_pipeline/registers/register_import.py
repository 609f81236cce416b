"""Files of complaints and of a bank's spot checks: good rows in, bad rows named.

A row is known by its source and reference: the same file twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from qc_pipeline.errors import ColumnMapError, RegisterError, TableError
from qc_pipeline.intake.cells import day_end, day_start, free_text, identifier, phone_number
from qc_pipeline.intake.column_map import ColumnMap, load_column_map
from qc_pipeline.intake.columns import (
    Column,
    Remarks,
    find_columns,
    read_row,
    row_place,
    shortened,
    word_column,
)
from qc_pipeline.intake.source_table import SourceTable, read_source_table
from qc_pipeline.policy import Policy
from qc_pipeline.records import Problem
from qc_pipeline.registers import spot_checks
from qc_pipeline.registers.chain import NewEvent
from qc_pipeline.registers.complaint_desk import day_kind
from qc_pipeline.registers.complaints import NewComplaint, complaint_id_of, decide_receive
from qc_pipeline.registers.linked_desk import Desk, at_desk
from qc_pipeline.registers.spot_check_desk import link_where_certain
from qc_pipeline.registers.spot_checks import NewSpotCheck
from qc_pipeline.store.store import Session, Store


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file brought: ids of new entries, rows that were known, rows that can't be used;
    `linked`: which of the new ones were linked to which call.
    """

    new: tuple[str, ...]
    known: int
    rejected: tuple[Problem, ...]
    notices: tuple[str, ...]
    linked: tuple[tuple[str, str], ...] = ()


def complaint_columns(policy: Policy) -> tuple[Column, ...]:
    """The columns of a file of complaints. `reference` is the number its source uses."""
    return (
        Column("reference", identifier, required=True),
        word_column("channel", tuple(policy.complaints.channels)),
        Column("received_at", day_start, required=True),
        Column("bank"),
        Column("bank_due_at", day_end),
        Column("case_id", identifier),
        Column("customer_id", identifier, private=True),
        Column("phone", phone_number, private=True),
        Column("agent_id", identifier),
        Column("complainant", free_text, private=True),
        Column("text", free_text, required=True, private=True),
    )


def spot_check_columns(policy: Policy) -> tuple[Column, ...]:
    """The columns of a file of a bank's spot checks. `about_at` is when the call was made."""
    return (
        Column("reference", identifier, required=True),
        Column("bank"),
        Column("received_at", day_start, required=True),
        Column("due_at", day_end),
        Column("call_id", identifier),
        Column("case_id", identifier),
        Column("phone", phone_number, private=True),
        Column("about_at", day_start),
        Column("agent_id", identifier),
        word_column("code", tuple(policy.taxonomy.codes)),
        Column("question", free_text, required=True, private=True),
    )


def import_complaints(
    store: Store, path: Path, *, by: str, at: datetime, policy: Policy, keys: Path,
    channel: str | None = None, bank: str | None = None, column_map: ColumnMap | None = None,
) -> Imported:  # fmt: skip
    """Enter every complaint in the file (CSV or Parquet) that isn't in the register yet.

    `channel` and `bank` stand for cells that are empty or missing. Raises TableError if the
    file can't be used at all, RegisterError if `channel` is unknown; then nothing has changed.
    """
    if channel is not None and channel not in policy.complaints.channels:
        raise RegisterError(
            f"there is no channel {channel!r}",
            remedy=f"use {', '.join(policy.complaints.channels)}",
        )

    def enter(values: dict[str, Any], by: str, at: datetime) -> tuple[str, NewEvent]:
        values = {"channel": channel, "bank": bank, **values}
        if values["channel"] is None:
            raise RegisterError("channel 为空", remedy="填写 channel 列，或用 --channel 指定")
        new = NewComplaint(**values)
        event = decide_receive(
            new, by=by, at=at, rules=policy.complaints, policy_version=policy.version,
            day_kind=day_kind(policy),
        )  # fmt: skip
        return complaint_id_of(new.channel, new.bank or new.channel, new.reference), event

    return _import(
        store, path, columns=complaint_columns(policy), enter=enter, known="registers/complaints",
        key="complaint_id", by=by, at=at, keys=keys, column_map=column_map,
    )  # fmt: skip


def import_spot_checks(
    store: Store, path: Path, *, by: str, at: datetime, keys: Path, policy: Policy,
    bank: str | None = None, column_map: ColumnMap | None = None,
) -> Imported:  # fmt: skip
    """Enter every question of a bank in the file that isn't in the register yet. One that names
    a call of ours is linked to it; one that names none to the only call that fits what it says of
    case, number, collector and time; of the rest a person finds the call. Raises as
    `import_complaints` does.
    """
    entered: dict[str, NewSpotCheck] = {}
    linked: list[tuple[str, str]] = []
    unknown: list[str] = []

    def enter(values: dict[str, Any], by: str, at: datetime) -> tuple[str, NewEvent]:
        values = {"bank": bank, **values}
        if values["bank"] is None:
            raise RegisterError("bank 为空", remedy="填写 bank 列，或用 --bank 指定")
        new = NewSpotCheck(**values)
        event = spot_checks.decide_receive(new, by=by, at=at)
        entered.setdefault(event.subject, new)
        return event.subject, event

    def link(desk: Desk, fresh: Sequence[str]) -> None:
        for check_id in fresh:
            new = entered[check_id]
            call_id = link_where_certain(desk, new, check_id, policy=policy)
            if call_id is not None:
                linked.append((check_id, call_id))
            elif new.call_id is not None:
                unknown.append(
                    f"{new.reference}：没有通话 {new.call_id}，请用 qc spotcheck calls {check_id} 查找"
                )

    done = _import(
        store, path, columns=spot_check_columns(policy), enter=enter,
        known="registers/spot_checks", key="check_id", by=by, at=at, keys=keys,
        column_map=column_map, follow=link,
    )  # fmt: skip
    return replace(done, linked=tuple(linked), notices=(*done.notices, *unknown))


_Enter = Callable[[dict[str, Any], str, datetime], tuple[str, NewEvent]]


def _import(
    store: Store, path: Path, *, columns: Sequence[Column], enter: _Enter, known: str, key: str,
    by: str, at: datetime, keys: Path, column_map: ColumnMap | None,
    follow: Callable[[Desk, Sequence[str]], None] | None = None,
) -> Imported:  # fmt: skip
    table = read_source_table(path, error=TableError)
    mapped = column_map or ColumnMap()
    positions = find_columns(table, columns, names=mapped.columns)
    missing = [each.name for each in columns if each.required and each.name not in positions]
    if missing:
        raise TableError(
            f"{path} lacks the column {', '.join(missing)}; it has: "
            + ", ".join(shortened(name) for name in table.columns[:40]),
            remedy="name it in a column map (YAML) and pass that with --column-map",
        )
    remarks = Remarks()
    rejected: list[Problem] = []
    double = 0
    with at_desk(store, by=by, at=at, keys=keys) as desk:
        there = _keys(desk.log.session, known, key)
        fresh: dict[str, NewEvent] = {}
        for row in table.rows:
            read = read_row(
                row, columns=columns, positions=positions, remarks=remarks,
                synonyms=mapped.values,
            )  # fmt: skip
            if read.fault is not None:
                rejected.append(_problem(table, row.number, read.fault.what, read.fault.remedy))
                continue
            try:
                subject, event = enter(dict(read.values), desk.by, desk.at)
            except RegisterError as error:
                rejected.append(_problem(table, row.number, error.what, error.remedy))
                continue
            if subject in there or subject in fresh:
                double += 1
                continue
            fresh[subject] = event
        desk.record(list(fresh.values()))
        if follow is not None:
            follow(desk, list(fresh))
    return Imported(
        tuple(fresh), double, tuple(rejected), (*table.notices, *remarks.lines())
    )  # fmt: skip


def check_map(path: Path, columns: Sequence[Column]) -> ColumnMap:
    """A column map for a table of these columns. Raises ColumnMapError."""
    mapped = load_column_map(
        path, columns=[each.name for each in columns],
        words={each.name: each.words for each in columns if each.words},
    )  # fmt: skip
    if mapped.time_format is not None:
        raise ColumnMapError(
            f"{path}: time_format isn't used for registers",
            remedy="dates are read as ISO 8601 or 2026/3/1 09:30",
        )
    return mapped


def _keys(session: Session, query: str, key: str) -> set[str]:
    return {row[key] for row in session.rows(query)}


def _problem(table: SourceTable, number: int, what: str, remedy: str) -> Problem:
    return Problem(row_place(table, number), what, remedy)
