"""A CSV or Parquet file as rows of text cells with the row numbers a spreadsheet shows."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from qc_pipeline.errors import UsageError
from qc_pipeline.intake.text_encoding import NotText, decode_text

DELIMITERS = (",", ";", "\t")
_PARQUET = b"PAR1"


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row; the header is row 1. `fault` says why its cells can't be told apart."""

    number: int
    cells: tuple[str, ...]
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table as it stands in the file: every cell is text, nothing is judged yet.

    Every row has exactly one cell per column. Column names are unique.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[SourceRow, ...]
    notices: tuple[str, ...] = ()


def read_source_table(path: Path, *, error: type[UsageError]) -> SourceTable:
    """Read `path`, whichever of the two formats it is.

    Raises `error` when there is no such file, it is a folder, empty, binary, in an unknown
    encoding, or has a quote that never closes.
    """
    data = _read(path, error)
    if data.startswith(_PARQUET):
        return _from_parquet(path, data, error)
    try:
        decoded = decode_text(data)
    except NotText as fault:
        raise error(f"{path} {fault.what}", remedy=fault.remedy) from None
    return _from_text(path, decoded.text, decoded.notices, error)


def _read(path: Path, error: type[UsageError]) -> bytes:
    try:
        if path.is_dir():
            raise error(f"{path} is a folder", remedy="name the CSV or Parquet file in it")
        if not path.exists():
            raise error(f"no such file: {path}", remedy="check the name and the current folder")
        if not path.is_file():
            raise error(f"{path} is not an ordinary file", remedy="name a CSV or Parquet file")
        data = path.read_bytes()
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or fault
        raise error(f"{path} can't be read: {reason}", remedy="check its permissions") from None
    if not data.strip():
        raise error(f"{path} is empty", remedy="export it again; a header line is needed")
    return data


# --- CSV ------------------------------------------------------------------------------------


def _from_text(
    path: Path, text: str, notices: tuple[str, ...], error: type[UsageError]
) -> SourceTable:
    text, delimiter = _delimiter(text)
    records = _records(path, text, delimiter, error)
    header_number, header = next(((n, cells) for n, cells in records if any(cells)), (0, ()))
    if not header_number:
        raise error(f"{path} holds no header line", remedy="export it again with column names")
    columns = _column_names(header)
    rows = []
    short = []
    for number, cells in records:
        if number <= header_number or not any(cell.strip() for cell in cells):
            continue
        rows.append(_row(number, cells, len(columns)))
        if len(cells) < len(columns):
            short.append(number)
    if short:
        shown = "、".join(str(number) for number in short[:5])
        more = f" 等 {len(short)} 行" if len(short) > 5 else " 行"
        notices = (*notices, f"第 {shown}{more}的单元格少于表头，缺的按未知处理")
    return SourceTable(path.name, columns, tuple(rows), notices)


def _delimiter(text: str) -> tuple[str, str]:
    """The text without Excel's `sep=` line, and its delimiter."""
    first, _, rest = text.partition("\n")
    hint = first.strip()
    if hint.lower().startswith("sep=") and hint[4:] in DELIMITERS:
        return rest, hint[4:]
    header = next((line for line in io.StringIO(text, newline="") if line.strip()), "")
    return text, max(DELIMITERS, key=lambda mark: _width(header, mark))


def _width(header: str, delimiter: str) -> int:
    try:
        return len(next(csv.reader([header], delimiter=delimiter), []))
    except csv.Error:
        return 0  # reading the records will name the fault


def _records(
    path: Path, text: str, delimiter: str, error: type[UsageError]
) -> list[tuple[int, tuple[str, ...]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    records: list[tuple[int, tuple[str, ...]]] = []
    last_starts = 0
    while True:
        starts = reader.line_num
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as fault:
            raise error(
                f"{path} row {len(records) + 1} can't be read: {fault}", remedy=_QUOTES
            ) from None
        records.append((len(records) + 1, tuple(cells)))
        last_starts = starts
    if _quote_stays_open(text, last_starts, delimiter):
        raise error(f"{path} row {len(records)}: a quote opens and never closes", remedy=_QUOTES)
    return records


_QUOTES = 'close the quote, or double every " inside a quoted cell'


def _quote_stays_open(text: str, first_line: int, delimiter: str) -> bool:
    lines = list(io.StringIO(text, newline=""))[first_line:]
    try:
        for _ in csv.reader(lines, delimiter=delimiter, strict=True):
            pass
    except csv.Error as fault:
        return "unexpected end" in str(fault)
    return False


def _column_names(header: tuple[str, ...]) -> tuple[str, ...]:
    """Cleaned names; an empty one is named by its position, a repeated one numbered."""
    seen: Counter[str] = Counter()
    names = []
    for position, raw in enumerate(header, start=1):
        name = raw.strip().strip("\ufeff\u200b\xa0").strip() or f"column {position}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(names)


def _row(number: int, cells: tuple[str, ...], width: int) -> SourceRow:
    fault = None
    if any(cell.strip() for cell in cells[width:]):
        fault = f"有 {len(cells)} 个单元格，表头只有 {width} 列"
    padded = cells[:width] + ("",) * (width - len(cells))
    return SourceRow(number, padded, fault)


# --- Parquet --------------------------------------------------------------------------------


def _from_parquet(path: Path, data: bytes, error: type[UsageError]) -> SourceTable:
    try:
        table = pyarrow.parquet.read_table(pyarrow.BufferReader(data))
        columns = _column_names(tuple(table.column_names))
        rows = tuple(_parquet_rows(table))
    except (pyarrow.ArrowException, OSError, ValueError) as fault:
        first = str(fault).partition("\n")[0]
        raise error(
            f"{path} is not a readable Parquet file: {first}", remedy="export it again"
        ) from None
    return SourceTable(path.name, columns, rows)


def _parquet_rows(table: Any) -> Iterator[SourceRow]:
    texts = [[_text(value) for value in _plain(column)] for column in table.columns]
    for index, cells in enumerate(zip(*texts, strict=True)):
        yield SourceRow(index + 2, cells)


def _plain(column: Any) -> list[Any]:
    kind = column.type
    if pyarrow.types.is_timestamp(kind) and kind.unit == "ns":
        column = column.cast(pyarrow.timestamp("us", tz=kind.tz), safe=False)
    return list(column.to_pylist())


def _text(value: Any) -> str:
    if value is None or value != value:  # noqa: PLR0124 - NaN stands for a missing cell
        return ""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)
