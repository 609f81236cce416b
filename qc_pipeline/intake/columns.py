"""What a table's columns must hold, and reading a row by it.

A cell that can't be read rejects its row when its column is required; any other column becomes
unknown, with a remark. Remarks are gathered, so one fault on ten thousand rows is one line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from qc_pipeline.intake.cells import (
    CellFault,
    CellReader,
    Remarked,
    clean,
    free_text,
    is_missing,
    one_of,
)
from qc_pipeline.intake.source_table import SourceRow, SourceTable

_SHOWN_ROWS = 5
_SHOWN_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the contract. A `private` column's value is never shown in a message.

    `words` are the only ones it may hold, if it may hold only some; they are never taken for
    an export's way of writing nothing (`none` is a legal status).
    """

    name: str
    read: CellReader = free_text
    required: bool = False
    private: bool = False
    words: tuple[str, ...] = ()


def word_column(name: str, words: tuple[str, ...], *, required: bool = False) -> Column:
    """A column that holds one of `words`."""
    return Column(name, one_of(words), required=required, words=words)


@dataclass(slots=True)
class Remarks:
    """Remarks on the rows of one file, in the order they first arose."""

    _rows: dict[str, list[int]] = field(default_factory=dict)
    _examples: dict[str, str] = field(default_factory=dict)

    def add(self, remark: str, row: int, *, example: str = "") -> None:
        """Note `remark` for spreadsheet row `row`; the first example is the one shown."""
        rows = self._rows.setdefault(remark, [])
        if not rows or rows[-1] != row:
            rows.append(row)
        if example:
            self._examples.setdefault(remark, f"（如「{shortened(example)}」）")

    def lines(self) -> tuple[str, ...]:
        """One line for each remark, naming its rows."""
        return tuple(
            f"{_named(rows)}：{remark}{self._examples.get(remark, '')}"
            for remark, rows in self._rows.items()
        )


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row's values by column name (unknown ones are absent) and what rejects it, if anything."""

    values: Mapping[str, Any]
    fault: CellFault | None


def find_columns(
    table: SourceTable, columns: Sequence[Column], *, names: Mapping[str, str]
) -> dict[str, int]:
    """Where each contract column stands in `table`: by the name that `names` gives it, else by
    its own, in any case.
    """
    exact = {column: position for position, column in enumerate(table.columns)}
    folded = {column.casefold(): position for column, position in reversed(exact.items())}
    positions = {}
    for column in columns:
        named = names.get(column.name)
        position = folded.get(column.name) if named is None else exact.get(named)
        if position is not None:
            positions[column.name] = position
    return positions


def read_row(
    row: SourceRow,
    *,
    columns: Sequence[Column],
    positions: Mapping[str, int],
    remarks: Remarks,
    synonyms: Mapping[str, Mapping[str, str]],
) -> ReadRow:
    """The row's cells as values. `synonyms` translates an export's own words
    (column -> its word -> contract word).
    """
    if row.fault:
        return ReadRow({}, CellFault(row.fault, "请检查该行的引号和分隔符"))
    values: dict[str, Any] = {}
    fault: CellFault | None = None
    for column in columns:
        if column.name not in positions:
            continue
        text = clean(row.cells[positions[column.name]])
        text = synonyms.get(column.name, {}).get(text, text)
        try:
            value = _value(column, text)
        except CellFault as cell_fault:
            if column.required:
                fault = fault or _rejecting(column, text, cell_fault)
            else:
                remark = f"{column.name} {cell_fault.what}，按未知处理；{cell_fault.remedy}"
                remarks.add(remark, row.number, example="" if column.private else text)
            continue
        if isinstance(value, Remarked):
            remarks.add(value.remark, row.number)
            value = value.value
        if value is not None:
            values[column.name] = value
    return ReadRow(values, fault)


def row_place(table: SourceTable, number: int) -> str:
    """Where a row is, for a message."""
    return f"{table.name} 第 {number} 行 (row {number})"


def shortened(text: str) -> str:
    """A value as a message shows it."""
    cut = text[:_SHOWN_CHARACTERS].replace("\n", " ")
    return cut if len(text) <= _SHOWN_CHARACTERS else cut + "…"


def _value(column: Column, text: str) -> Any:
    literal = column.read is free_text or text.casefold() in column.words
    if text and (literal or not is_missing(text)):
        return column.read(text)
    if column.required:
        raise CellFault("为空", "该列必填，请补上")
    return None


def _rejecting(column: Column, text: str, fault: CellFault) -> CellFault:
    shown = "" if column.private or not text else f"的值「{shortened(text)}」"
    return CellFault(f"{column.name} {shown}{fault.what}", fault.remedy)


def _named(rows: Sequence[int]) -> str:
    shown = "、".join(str(row) for row in rows[:_SHOWN_ROWS])
    return f"第 {shown} 行" + (f"等共 {len(rows)} 行" if len(rows) > _SHOWN_ROWS else "")
