"""A column map adapts another system's export; a wrong one says what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qc_pipeline.errors import ColumnMapError
from qc_pipeline.intake.column_map import load_column_map


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "map.yaml"


def test_columns_values_and_time_format_are_read_as_text(path: Path) -> None:
    path.write_text(
        "columns: {call_id: 录音流水号, answered: 状态}\n"
        "values:\n  answered: {yes: '1', 2: '0'}\n  direction: {呼出: outbound}\n"
        'time_format: "%Y%m%d%H%M%S"\n',
        "utf-8",
    )
    read = load_column_map(path)
    assert read.columns == {"call_id": "录音流水号", "answered": "状态"}
    assert read.values == {"answered": {"yes": "1", "2": "0"}, "direction": {"呼出": "outbound"}}
    assert read.time_format == "%Y%m%d%H%M%S"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("columns: {callid: x}", "did you mean call_id"),
        ("collumns: {call_id: x}", "did you mean columns"),
        ("columns: [call_id]", "columns is not a mapping"),
        ("columns:", "columns is not a mapping"),
        ("columns: {call_id: }", "call_id names nothing"),
        ("columns: {call_id: [x]}", "call_id names nothing"),
        ("columns: {call_id: a, call_id: b}", "given twice"),
        ("values: {direction: {呼出: outward}}", "outward"),
        ("values: {direction: outbound}", "not a mapping"),
        ("values: [a]", "values is not a mapping"),
        ("values: {colour: {a: b}}", "colour is unknown"),
        ('time_format: "%Y-%m-%d"', "doesn't hold a time"),
        ('time_format: "%Q"', "doesn't hold a time"),
        ("time_format: [a]", "time_format is not text"),
        ("just words", "not a mapping"),
        ("a: [", "not valid YAML"),
        ("? [a, b]\n: c", "not valid YAML"),
        ("!!python/object:os.system {}", "not valid YAML"),
    ],
)
def test_a_wrong_map_names_the_file_the_entry_and_the_remedy(
    path: Path, text: str, said: str
) -> None:
    path.write_text(text, "utf-8")
    with pytest.raises(ColumnMapError) as error:
        load_column_map(path)
    assert said in str(error.value)
    assert str(path) in str(error.value)
    assert error.value.remedy


def test_a_missing_map_is_named(path: Path) -> None:
    with pytest.raises(ColumnMapError, match="No such file"):
        load_column_map(path)


@given(st.one_of(st.binary(max_size=80), st.text(max_size=80).map(str.encode)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_a_map_or_an_error_of_ours(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    try:
        read = load_column_map(path)
    except ColumnMapError:
        return
    assert all(isinstance(value, str) for value in read.columns.values())
