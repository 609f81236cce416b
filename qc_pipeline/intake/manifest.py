"""Read the call manifest row by row: every row becomes a call record or a named problem."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from qc_pipeline.errors import ManifestError
from qc_pipeline.intake.cells import CellFault, clean
from qc_pipeline.intake.column_map import ColumnMap
from qc_pipeline.intake.columns import Column, Remarks, find_columns, read_row, row_place, shortened
from qc_pipeline.intake.manifest_columns import (
    MANIFEST_COLUMNS,
    REQUIRED_COLUMNS,
    manifest_columns,
)
from qc_pipeline.intake.source_table import SourceRow, SourceTable, read_source_table
from qc_pipeline.records import CallRecord, Problem

_CLOCK_SKEW_S = 3.0


@dataclass(frozen=True, slots=True)
class ManifestReading:
    """What a manifest held.

    Every row is in `calls` or `rejected`, except an exact repetition of an earlier row, which
    a notice names. Each of `rejected` has a `call_id` no call and no other row has.
    `rejected_recordings` are the recordings that rejected rows name.
    """

    calls: tuple[CallRecord, ...]
    rejected: tuple[Problem, ...]
    notices: tuple[str, ...]
    rejected_recordings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Row:
    """A row as read: the call it is, or what is wrong with it."""

    number: int
    cells: tuple[str, ...]
    call_id: str | None
    recording: str | None
    call: CallRecord | None
    fault: CellFault | None


def read_manifest(path: Path, *, column_map: ColumnMap | None = None) -> ManifestReading:
    """The call records in a CSV or Parquet file.

    Raises ManifestError when the file can't be used at all: missing, empty, binary, in an
    unknown encoding, or without a required column.
    """
    column_map = column_map or ColumnMap()
    table = read_source_table(path, error=ManifestError)
    columns = manifest_columns(time_format=column_map.time_format)
    positions = find_columns(table, columns, names=column_map.columns)
    _require(path, table, positions, column_map)
    remarks = Remarks()
    rows = [
        _read(row, table=table, columns=columns, positions=positions, remarks=remarks,
              column_map=column_map)
        for row in table.rows
    ]  # fmt: skip
    calls, faulty = _without_repetitions(rows, remarks)
    calls = _with_empty_notes(calls)
    notices = (*table.notices, *_absent(table, positions, column_map), *remarks.lines())
    if not rows:
        notices = (*notices, f"{table.name} 只有表头，没有通话")
    return ManifestReading(
        calls=tuple(calls),
        rejected=_problems(table, faulty, calls),
        notices=notices,
        rejected_recordings=tuple(row.recording for row in faulty if row.recording),
    )


def _require(
    path: Path, table: SourceTable, positions: Mapping[str, int], column_map: ColumnMap
) -> None:
    repeated = sorted(
        name for name in MANIFEST_COLUMNS
        if name not in column_map.columns
        and sum(column.casefold() == name or column.casefold() == f"{name} (2)"
                for column in table.columns) > 1
    )  # fmt: skip
    if repeated:
        raise ManifestError(
            f"{path} has the column {repeated[0]} twice", remedy="rename or remove one of them"
        )
    missing = [name for name in REQUIRED_COLUMNS if name not in positions]
    if not missing:
        return
    wanted = ", ".join(
        f"{name} (mapped to {column_map.columns[name]})" if name in column_map.columns else name
        for name in missing
    )
    found = ", ".join(shortened(column) for column in table.columns[:40])
    # Only a column that isn't one of ours can be the one that is meant.
    strange = [column for column in table.columns if column.casefold() not in MANIFEST_COLUMNS]
    near = difflib.get_close_matches(missing[0], strange, n=1, cutoff=0.4) or strange[:1]
    theirs = shortened(near[0]) if near else "its name in your table"
    raise ManifestError(
        f"{path} lacks the required column {wanted}; it has: {found}",
        remedy="if the columns have other names, describe them in a column map (YAML), such as "
        f"columns: {{{missing[0]}: {theirs}}}, and pass it with --column-map",
    )


def _absent(
    table: SourceTable, positions: Mapping[str, int], column_map: ColumnMap
) -> tuple[str, ...]:
    return tuple(
        f"列映射把 {name} 对应到「{theirs}」，但 {table.name} 没有这一列，{name} 按未知处理"
        for name, theirs in column_map.columns.items()
        if name not in positions
    )


def _read(
    row: SourceRow,
    *,
    table: SourceTable,
    columns: Sequence[Column],
    positions: Mapping[str, int],
    remarks: Remarks,
    column_map: ColumnMap,
) -> _Row:
    read = read_row(
        row, columns=columns, positions=positions, remarks=remarks, synonyms=column_map.values
    )
    values = dict(read.values)
    call = None
    if read.fault is None:
        extra = _extra(row, table, positions)
        call = _call(values, row=row.number, extra=extra, remarks=remarks)
    return _Row(
        row.number, row.cells, values.get("call_id"), values.get("recording"), call, read.fault
    )


def _extra(row: SourceRow, table: SourceTable, positions: Mapping[str, int]) -> dict[str, str]:
    used = set(positions.values())
    return {
        column: text
        for position, column in enumerate(table.columns)
        if position not in used and (text := clean(row.cells[position]))
    }


def _call(
    values: dict[str, Any], *, row: int, extra: dict[str, str], remarks: Remarks
) -> CallRecord:
    talk_s = values.get("talk_s")
    if "answered" not in values and talk_s:
        values["answered"] = True
    call = CallRecord(**values, row=row, extra=extra)
    for remark in _contradictions(call):
        remarks.add(remark, row)
    return call


def _contradictions(call: CallRecord) -> list[str]:
    """What two columns of one row say against each other; both are kept."""
    said = []
    if call.answered is False and call.talk_s:
        said.append("answered 为 0，talk_s 却大于 0")
    if (
        call.talk_s is not None
        and call.duration_s is not None
        and call.talk_s > call.duration_s + _CLOCK_SKEW_S
    ):
        said.append("talk_s 大于 duration_s")
    for name, moment in (("answered_at", call.answered_at), ("note_at", call.note_at)):
        if moment is not None and moment < call.started_at:
            said.append(f"{name} 早于 started_at")
    return said


def _without_repetitions(
    rows: Sequence[_Row], remarks: Remarks
) -> tuple[list[CallRecord], list[_Row]]:
    """The first good row of each call_id, and the rows that can't be used."""
    kept: dict[str, _Row] = {}
    faulty: dict[int, _Row] = {}
    seen: set[tuple[str, ...]] = set()
    for row in rows:
        if row.call_id is not None and row.cells in seen:
            remarks.add("与前面的一行完全相同，只算一次", row.number)
            continue
        seen.add(row.cells)
        if row.call is None or row.call_id is None:
            faulty[row.number] = row
        elif row.call_id in kept:
            first = kept[row.call_id].number
            faulty[row.number] = _Row(
                row.number, row.cells, row.call_id, row.recording, None, _duplicate(row, first)
            )
        else:
            kept[row.call_id] = row
    return [row.call for row in kept.values() if row.call], list(faulty.values())


def _with_empty_notes(calls: list[CallRecord]) -> list[CallRecord]:
    """Where notes are kept at all, a cell left empty is an empty note; where no call has one,
    whether there was one is unknown.
    """
    if not any(call.agent_note for call in calls):
        return calls
    return [
        replace(call, agent_note="") if call.agent_note is None and call.answered is not False
        else call
        for call in calls
    ]  # fmt: skip


def _duplicate(row: _Row, first: int) -> CellFault:
    call_id = row.call_id or ""
    remedy = "每个 call_id 只能出现一次，请更正或删除该行"
    if call_id.isdigit() and len(call_id) > 15 and call_id.endswith("0"):
        remedy += "；超过 15 位的编号经 Excel 保存后末几位会变成 0，请从原系统重新导出"
    return CellFault(f"call_id「{shortened(call_id)}」与第 {first} 行重复", remedy)


def _problems(
    table: SourceTable, faulty: Sequence[_Row], calls: Sequence[CallRecord]
) -> tuple[Problem, ...]:
    taken = {call.call_id for call in calls}
    own = {row.call_id for row in faulty if row.call_id}
    problems = []
    for row in faulty:
        key = row.call_id
        if key is None or key in taken:
            key = f"row-{row.number}"
            while key in taken or key in own:
                key += "-rejected"
        taken.add(key)
        fault = row.fault or CellFault("无法使用", "请核对该行")
        problems.append(
            Problem(row_place(table, row.number), fault.what, fault.remedy, call_id=key)
        )
    return tuple(problems)
