"""Rows written as JSON Lines, CSV, Parquet or a workbook, batch by batch."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any, BinaryIO, Protocol

import pyarrow as pa
import pyarrow.parquet
import xlsxwriter

from qc_pipeline.store.store import Batch

_ROWS_PER_SHEET = 1_048_575  # what a sheet holds below its heading
_LONGEST_CELL = 32_767
_CUT = "…（已截断）"
# What a spreadsheet would run as a formula.
_FORMULA = re.compile(r"[=@\t\r]|[+\-](?![\d.＊])")


class Writer(Protocol):
    """Takes record batches of one schema, one after the other."""

    def __call__(self, batch: Batch) -> None: ...


@contextmanager
def writer(file_format: str, target: BinaryIO, *, title: str, schema: Any) -> Iterator[Writer]:
    """A writer of `file_format` on `target`, which is complete when the block ends."""
    with _WRITERS[file_format](target, title, schema) as write:
        yield write


@contextmanager
def _jsonl(target: BinaryIO, _title: str, _schema: Any) -> Iterator[Writer]:
    def write(batch: Batch) -> None:
        for row in batch.to_pylist():
            target.write(_json(row).encode() + b"\n")

    yield write


@contextmanager
def _csv(target: BinaryIO, _title: str, schema: Any) -> Iterator[Writer]:
    text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="")
    rows = csv.writer(text)
    rows.writerow(schema.names)

    def write(batch: Batch) -> None:
        for row in batch.to_pylist():
            rows.writerow([_harmless(_cell(value)) for value in row.values()])

    try:
        yield write
    finally:
        text.flush()
        text.detach()


@contextmanager
def _parquet(target: BinaryIO, _title: str, schema: Any) -> Iterator[Writer]:
    with pa.parquet.ParquetWriter(target, schema, compression="zstd") as parquet:
        yield parquet.write_batch


@contextmanager
def _xlsx(target: BinaryIO, title: str, schema: Any) -> Iterator[Writer]:
    # Memory stays flat; every text is written as text, so identifiers keep their digits.
    with xlsxwriter.Workbook(target, {"constant_memory": True}) as book:
        sheet = _Sheet(book, title, schema.names)

        def write(batch: Batch) -> None:
            for row in batch.to_pylist():
                sheet.add(row.values())

        yield write


class _Sheet:
    """Rows that go on in another sheet when one is full."""

    def __init__(self, book: Any, title: str, names: Iterable[str]) -> None:
        self._book = book
        self._title = title
        self._names = list(names)
        self._sheets = 0
        self._begin()

    def add(self, values: Iterable[Any]) -> None:
        if self._row > _ROWS_PER_SHEET:
            self._begin()
        for column, value in enumerate(values):
            if isinstance(value, bool):
                self._sheet.write_boolean(self._row, column, value)
            elif isinstance(value, int | float | Decimal):
                self._sheet.write_number(self._row, column, value)
            elif (text := _cell(value)) != "":
                if len(text) > _LONGEST_CELL:
                    text = text[: _LONGEST_CELL - len(_CUT)] + _CUT
                self._sheet.write_string(self._row, column, text)
        self._row += 1

    def _begin(self) -> None:
        self._sheets += 1
        name = self._title if self._sheets == 1 else f"{self._title}_{self._sheets}"
        self._sheet = self._book.add_worksheet(name)
        for column, heading in enumerate(self._names):
            self._sheet.write_string(0, column, heading)
        self._row = 1


_WRITERS: Mapping[str, Callable[[BinaryIO, str, Any], Any]] = {
    "jsonl": _jsonl,
    "csv": _csv,
    "parquet": _parquet,
    "xlsx": _xlsx,
}
TABLE_FORMATS = tuple(_WRITERS)


def _cell(value: Any) -> str:
    """A value as the text of one cell: lists of words joined by `;`, structures as JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list):
        if all(isinstance(item, str) for item in value):
            return ";".join(value)
        return _json(value)
    if isinstance(value, Mapping):
        return _json(value)
    return str(value)


def _harmless(text: str) -> str:
    return "'" + text if _FORMULA.match(text) else text


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} has no place in an export")
