"""CSV and Parquet files as rows of text, whatever program wrote them."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from qc_pipeline.errors import ManifestError, QcError, TableError
from qc_pipeline.intake.source_table import read_source_table

CHINESE = "编号,备注\n1,客户称工地工资未结，暂无力还款\n2,已核身\n"


def read(path: Path, data: bytes):
    path.write_bytes(data)
    return read_source_table(path, error=ManifestError)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "t.csv"


def cells(table) -> list[tuple[str, ...]]:
    return [row.cells for row in table.rows]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_recognised(path: Path, delimiter: str) -> None:
    table = read(path, f"a{delimiter}b\n1{delimiter}2\n".encode())
    assert table.columns == ("a", "b")
    assert cells(table) == [("1", "2")]


def test_excels_own_delimiter_line_is_understood(path: Path) -> None:
    table = read(path, b"sep=;\na;b,c\n1;2\n")
    assert table.columns == ("a", "b,c")
    assert table.rows[0].number == 2


def test_rows_are_numbered_as_a_spreadsheet_does(path: Path) -> None:
    table = read(path, b'a,b\n1,"two\nlines"\n\n,\n3,4\n')
    assert [row.number for row in table.rows] == [2, 5]


def test_plain_utf8_needs_no_notice(path: Path) -> None:
    assert read(path, CHINESE.encode()).notices == ()


@pytest.mark.parametrize(
    ("encoding", "said"), [("utf-8-sig", "BOM"), ("gb18030", "GB18030"), ("utf-16", "UTF-16")]
)
def test_other_encodings_are_read_with_a_notice(path: Path, encoding: str, said: str) -> None:
    table = read(path, CHINESE.encode(encoding))
    assert table.columns == ("编号", "备注")
    assert table.rows[1].cells == ("2", "已核身")
    assert any(said in notice for notice in table.notices)


@pytest.mark.parametrize(
    "data",
    [
        "編號,備註\n1,客戶稱沒有錢還款，請再聯絡\n".encode("big5"),
        "番号,備考\n1,コールセンターからのでんわ\n".encode("shift-jis"),
        "numéro,remarque\n1,déjà payé à l'échéance\n".encode("latin-1"),
    ],
)
def test_an_unknown_encoding_is_an_error_with_the_remedy(path: Path, data: bytes) -> None:
    with pytest.raises(ManifestError, match="neither UTF-8 nor GB18030") as error:
        read(path, data)
    assert "UTF-8" in error.value.remedy


def test_a_damaged_byte_costs_its_place_not_the_file(path: Path) -> None:
    data = CHINESE.encode().replace("地".encode(), b"\xe5\x9c")
    table = read(path, data)
    assert "\ufffd" in table.rows[0].cells[1]
    assert table.rows[1].cells == ("2", "已核身")
    assert any("第 2 行" in notice for notice in table.notices)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b" \n\r\n", "is empty"),
        (b"PK\x03\x04workbook", "Excel workbook"),
        (b"\xd0\xcf\x11\xe0old", "old Excel workbook"),
        (b"OggS\0\0\0", "audio"),
        (b"a,b\n1,\0\n", "binary"),
        (b"PAR1 but no more", "not a readable Parquet file"),
        (b'a,b\n1,"never closed\n2,3\n', "row 2: a quote opens and never closes"),
        (b"a,b\n1," + b"x" * 200_000 + b"\n", "row 2 can't be read"),
    ],
)
def test_an_unusable_file_is_named_with_what_is_wrong(path: Path, data: bytes, said: str) -> None:
    with pytest.raises(ManifestError, match=said) as error:
        read(path, data)
    assert str(path) in str(error.value)
    assert error.value.remedy


def test_a_missing_file_a_folder_and_a_device_are_named(tmp_path: Path) -> None:
    for place, said in ((tmp_path / "no.csv", "no such file"), (tmp_path, "is a folder"),
                        (Path("/dev/null"), "not an ordinary file")):  # fmt: skip
        with pytest.raises(TableError, match=said):
            read_source_table(place, error=TableError)


def test_a_row_with_too_many_cells_says_so_and_a_short_one_is_filled(path: Path) -> None:
    table = read(path, b"a,b\n1,2,3\n4\n5,6,,\n")
    assert table.rows[0].fault is not None
    assert "3" in table.rows[0].fault
    assert cells(table)[1:] == [("4", ""), ("5", "6")]
    assert [row.fault for row in table.rows[1:]] == [None, None]
    assert any("第 3 行" in notice for notice in table.notices)


def test_repeated_and_empty_column_names_are_told_apart(path: Path) -> None:
    assert read(path, b"a,a,,b\n1,2,3,4\n").columns == ("a", "a (2)", "column 3", "b")


def test_parquet_reads_as_the_same_text(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(
        pa.table(
            {
                "id": ["c1", None],
                "at": pa.array([datetime(2026, 10, 13, 10, 22), None], pa.timestamp("ns")),
                "zoned": pa.array(
                    [datetime(2026, 10, 13, 2, 22)] * 2, pa.timestamp("us", tz="UTC")
                ),
                "day": [date(2026, 10, 13)] * 2,
                "seconds": [85.5, float("nan")],
                "yes": [True, False],
                "yuan": [Decimal("38642.17")] * 2,
            }
        ),
        path,
    )
    table = read_source_table(path, error=ManifestError)
    first, second = cells(table)
    assert first == ("c1", "2026-10-13T10:22:00", "2026-10-13T02:22:00+00:00", "2026-10-13",
                     "85.5", "True", "38642.17")  # fmt: skip
    assert second[:2] == ("", "")
    assert second[4:6] == ("", "False")
    assert [row.number for row in table.rows] == [2, 3]


@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12),
            min_size=3, max_size=3,
        ).filter(lambda cells: any(cell.strip() for cell in cells)),
        max_size=8,
    )
)  # fmt: skip
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_a_csv_writer_wrote_comes_back(path: Path, rows: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([["a", "b", "c"], *rows])
    table = read(path, text.getvalue().encode())
    assert cells(table) == [tuple(row) for row in rows]


@given(st.binary(max_size=400))
@example(b"PAR1" + b"\0" * 100 + b"PAR1")
@example(b"\xff\xfea")
@example(b'"')
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_a_table_or_an_error_of_ours(path: Path, data: bytes) -> None:
    try:
        table = read(path, data)
    except QcError:
        return
    assert all(len(row.cells) == len(table.columns) for row in table.rows)
    assert len(set(table.columns)) == len(table.columns)
