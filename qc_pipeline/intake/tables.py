"""Read the reference tables: what was known about cases, numbers, staff and approvals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qc_pipeline.errors import TableError
from qc_pipeline.intake.cells import (
    amount,
    day_end,
    day_start,
    identifier,
    moment,
    name,
    phone_number,
    whole_number,
    yes_or_no,
)
from qc_pipeline.intake.columns import (
    Column,
    Remarks,
    find_columns,
    read_row,
    row_place,
    shortened,
    word_column,
)
from qc_pipeline.intake.source_table import read_source_table
from qc_pipeline.records import (
    Approval,
    CaseFacts,
    Designation,
    Message,
    Payment,
    PhoneEntry,
    Problem,
    ReferenceTables,
    RepaymentAccount,
    StaffMember,
    StopFlag,
)

FLAG_KINDS = (
    "do_not_collect", "paused", "dispute", "complaint", "deceased", "in_custody", "litigation",
    "third_party_refused", "inconvenient_time", "hardship_plan",
)  # fmt: skip
APPROVAL_KINDS = ("waiver", "instalment", "callback", "night_call", "im_contact")
LEGAL_STATES = ("none", "filed", "judgment")


@dataclass(frozen=True, slots=True)
class TablesReading:
    """What the tables folder held. `rejected` rows are in no table; the rest is."""

    tables: ReferenceTables
    rejected: tuple[Problem, ...]
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    """A reference table: its columns, its record, and columns of which one must be filled."""

    columns: tuple[Column, ...]
    record: Callable[..., Any]
    one_of_these: tuple[str, ...] = ()
    fields: Mapping[str, str] | None = None


_CASE = Column("case_id", identifier, private=True)
_REQUIRED_CASE = Column("case_id", identifier, required=True)
_PHONE = Column("phone", phone_number, private=True)
_REQUIRED_PHONE = Column("phone", phone_number, required=True, private=True)

# A bare date opens a period at its first instant and closes it at its last. A flag approved
# "on" a day counts from the end of that day, so that nobody is accused for the hours before.
_TABLES: Mapping[str, _Table] = {
    "cases": _Table(
        (
            _REQUIRED_CASE,
            Column("customer_id", identifier, private=True),
            Column("bank"),
            Column("product"),
            Column("assigned_at", day_start),
            Column("as_of", day_start),
            Column("amount_due", amount, private=True),
            Column("min_due", amount, private=True),
            Column("days_overdue", whole_number),
            word_column("legal_status", LEGAL_STATES),
            Column("credit_reportable", yes_or_no),
            Column("account_tail", identifier, private=True),
        ),
        CaseFacts,
    ),
    "flags": _Table(
        (
            _CASE,
            _PHONE,
            word_column("kind", FLAG_KINDS, required=True),
            Column("from", day_start),
            Column("to", day_end),
            Column("approved_at", day_end),
            Column("source"),
        ),
        StopFlag,
        one_of_these=("case_id", "phone"),
        fields={"from": "valid_from", "to": "valid_to"},
    ),
    "approvals": _Table(
        (
            _CASE,
            Column("bank"),
            Column("product"),
            word_column("kind", APPROVAL_KINDS, required=True),
            Column("from", day_start),
            Column("until", day_end),
            Column("detail"),
        ),
        Approval,
        fields={"from": "valid_from"},
    ),
    "accounts": _Table(
        (
            Column("bank"),
            Column("account", identifier, required=True, private=True),
            Column("holder"),
        ),
        RepaymentAccount,
    ),
    "designations": _Table(
        (Column("bank"), Column("wording", name, required=True)),
        Designation,
    ),
    "staff": _Table(
        (
            Column("agent_id", identifier, required=True),
            Column("name"),
            Column("team"),
            Column("supervisor_id", identifier),
            Column("department_head_id", identifier),
            Column("valid_from", day_start),
            Column("valid_to", day_end),
        ),
        StaffMember,
    ),
    "phones": _Table(
        (
            _CASE,
            _REQUIRED_PHONE,
            Column("relation"),
            Column("source"),
            Column("verified", yes_or_no),
        ),
        PhoneEntry,
    ),
    "payments": _Table(
        (
            _REQUIRED_CASE,
            Column("paid_at", day_start, required=True),
            Column("amount", amount, required=True),
        ),
        Payment,
    ),
    "messages": _Table(
        (
            _CASE,
            _PHONE,
            Column("sent_at", moment, required=True),
            Column("channel"),
            Column("text", required=True, private=True),
        ),
        Message,
    ),
}


def read_tables(folder: Path) -> TablesReading:
    """Every reference table found in `folder` (`cases.csv` ... `messages.csv`, all optional).

    `ReferenceTables.present` holds their names without `.csv`. Raises TableError when the
    folder isn't one, or a table can't be used at all (binary, unknown encoding, a required
    column missing).
    """
    if not folder.is_dir():
        raise TableError(
            f"no such folder: {folder}", remedy="name the tables' folder with --tables"
        )
    found: dict[str, tuple[Any, ...]] = {}
    rejected: list[Problem] = []
    notices: list[str] = []
    for stem, table in _TABLES.items():
        path = folder / f"{stem}.csv"
        if path.exists():
            found[stem] = _read_table(path, table, rejected, notices)
    tables = ReferenceTables(**found, present=frozenset(found))
    return TablesReading(tables, tuple(rejected), tuple(notices))


def _read_table(
    path: Path, table: _Table, rejected: list[Problem], notices: list[str]
) -> tuple[Any, ...]:
    source = read_source_table(path, error=TableError)
    positions = find_columns(source, table.columns, names={})
    missing = [c.name for c in table.columns if c.required and c.name not in positions]
    if missing:
        raise TableError(
            f"{path} lacks the required column {', '.join(missing)}; "
            f"it has: {', '.join(shortened(column) for column in source.columns)}",
            remedy="rename the column, or remove the file: every reference table is optional",
        )
    remarks = Remarks()
    records = []
    for row in source.rows:
        read = read_row(
            row, columns=table.columns, positions=positions, remarks=remarks, synonyms={}
        )
        where = row_place(source, row.number)
        if read.fault is not None:
            rejected.append(Problem(where, read.fault.what, read.fault.remedy))
        elif table.one_of_these and not any(key in read.values for key in table.one_of_these):
            keys = " 和 ".join(table.one_of_these)
            rejected.append(Problem(where, f"{keys} 都没有可用的值", "至少填写其中一个"))
        else:
            records.append(_record(table, read.values))
    notices += [f"{source.name}：{line}" for line in (*source.notices, *remarks.lines())]
    return tuple(records)


def _record(table: _Table, values: Mapping[str, Any]) -> Any:
    renamed = table.fields or {}
    return table.record(**{renamed.get(c.name, c.name): values.get(c.name) for c in table.columns})
