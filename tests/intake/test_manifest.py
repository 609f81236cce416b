"""Every row of a manifest becomes a call record or a problem that names it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qc_pipeline.errors import ManifestError, QcError
from qc_pipeline.intake.column_map import ColumnMap
from qc_pipeline.intake.manifest import read_manifest
from qc_pipeline.intake.manifest_columns import MANIFEST_COLUMNS
from qc_pipeline.intake.source_table import read_source_table
from qc_pipeline.records import SHANGHAI
from tests.intake.conftest import HEADER, STARTED

Write = Callable[..., Path]
TIME = "2026-10-13T10:22:00+08:00"
GOOD = "c1,2026-10-13T10:22:00+08:00,A1"


def test_a_full_row_fills_the_whole_record(manifest: Write) -> None:
    reading = read_manifest(
        manifest(
            ",".join(MANIFEST_COLUMNS) + ",trunk,空列",
            "c1,2026-10-13T10:22:00+08:00,A1,rec/c1.ogg,94,2026-10-13T10:22:09+08:00,85,1,Outbound,"
            "collection,manual,customer_hangup,一组,199-0000-2001,debtor,C1,K1,江屿银行,信用卡,"
            '"agent, customer",客户称无力还款。,2026-10-13T10:26:00+08:00,phone,T1,',
        )
    )
    assert (reading.rejected, reading.notices) == ((), ())
    (call,) = reading.calls
    assert (call.call_id, call.started_at, call.agent_id, call.row) == ("c1", STARTED, "A1", 2)
    assert (call.recording, call.duration_s, call.talk_s) == ("rec/c1.ogg", 94.0, 85.0)
    assert call.answered_at == datetime(2026, 10, 13, 10, 22, 9, tzinfo=SHANGHAI)
    assert (call.answered, call.direction, call.purpose) == (True, "outbound", "collection")
    assert (call.dial_mode, call.hangup_cause, call.team) == ("manual", "customer_hangup", "一组")
    assert (call.phone, call.callee) == ("19900002001", "debtor")
    assert (call.customer_id, call.case_id) == ("C1", "K1")
    assert (call.bank, call.product, call.channels) == ("江屿银行", "信用卡", "agent,customer")
    assert (call.agent_note, call.source) == ("客户称无力还款。", "phone")
    assert call.note_at is not None
    assert call.extra == {"trunk": "T1"}


def test_what_is_missing_is_unknown(manifest: Write) -> None:
    (call,) = read_manifest(manifest(HEADER + ",answered,talk_s,callee", GOOD + ",,,")).calls
    assert (call.answered, call.talk_s, call.callee, call.source) == (
        None,
        None,
        "unknown",
        "phone",
    )
    assert call.extra == {}


@pytest.mark.parametrize(
    ("answered", "talk_s", "expected"),
    [("", "12", True), ("", "0", None), ("", "", None), ("0", "12", False), ("1", "0", True)],
)
def test_answered_is_inferred_only_from_talk(
    manifest: Write, answered: str, talk_s: str, expected: bool | None
) -> None:
    path = manifest(HEADER + ",answered,talk_s", f"{GOOD},{answered},{talk_s}")
    assert read_manifest(path).calls[0].answered is expected


def test_columns_that_contradict_each_other_are_remarked_and_kept(manifest: Write) -> None:
    reading = read_manifest(manifest(HEADER + ",answered,talk_s,duration_s", GOOD + ",0,50,20"))
    assert reading.calls[0].talk_s == 50
    assert any("answered" in notice and "第 2 行" in notice for notice in reading.notices)
    assert any("duration_s" in notice for notice in reading.notices)


def test_a_missing_required_column_lists_what_is_there_and_the_remedy(manifest: Write) -> None:
    with pytest.raises(ManifestError) as error:
        read_manifest(manifest("录音流水号,started_at,坐席", "1,2026-10-13T10:22:00+08:00,A1"))
    assert "call_id, agent_id" in error.value.what
    assert "录音流水号, started_at, 坐席" in error.value.what
    assert "column map" in error.value.remedy
    assert "--column-map" in error.value.remedy


@pytest.mark.parametrize(
    ("header", "suggested"),
    [
        ("call_id,start_time,agent_id", "started_at: start_time"),
        ("call_id,话务员,agent_id", "started_at: 话务员"),
        ("call_id,agent_id", "started_at: its name in your table"),
    ],
)
def test_the_remedy_names_a_column_that_can_be_the_missing_one(
    manifest: Write, header: str, suggested: str
) -> None:
    with pytest.raises(ManifestError) as caught:
        read_manifest(manifest(f"{header}\n"))
    assert suggested in str(caught.value.remedy)


def test_a_required_column_given_twice_is_refused(manifest: Write) -> None:
    with pytest.raises(ManifestError, match="agent_id twice"):
        read_manifest(manifest(HEADER + ",Agent_ID", GOOD + ",A2"))


def test_a_column_map_reads_another_export(manifest: Write) -> None:
    mapped = ColumnMap(
        columns={"call_id": "流水号", "started_at": "开始", "agent_id": "工号", "team": "组别"},
        values={"direction": {"呼出": "outbound"}},
        time_format="%Y%m%d%H%M%S",
    )
    reading = read_manifest(
        manifest("流水号,开始,工号,direction,call_id", "9,20261013102200,A1,呼出,other"),
        column_map=mapped,
    )
    (call,) = reading.calls
    assert (call.call_id, call.started_at, call.direction) == ("9", STARTED, "outbound")
    assert call.extra == {"call_id": "other"}
    assert any("组别" in notice and "team" in notice for notice in reading.notices)


def test_a_mapped_required_column_that_is_absent_is_refused(manifest: Write) -> None:
    with pytest.raises(ManifestError, match="mapped to 流水号"):
        read_manifest(manifest(HEADER, GOOD), column_map=ColumnMap(columns={"call_id": "流水号"}))


@pytest.mark.parametrize(
    ("row", "column", "shown", "key"),
    [
        ("c1,2026-13-45 10:00,A1", "started_at", "2026-13-45 10:00", "c1"),
        ("c1,2026-10-13,A1", "started_at", "2026-10-13", "c1"),
        ("c1,,A1", "started_at", "为空", "c1"),
        ("c1,2026-10-13T10:22:00+08:00,", "agent_id", "为空", "c1"),
        ("c1,2026-10-13T10:22:00+08:00,1.2E+17", "agent_id", "1.2E+17", "c1"),
        (",2026-10-13T10:22:00+08:00,A1", "call_id", "为空", "row-3"),
        ("1.2E+17,2026-10-13T10:22:00+08:00,A1", "call_id", "1.2E+17", "row-3"),
        ("c1,2026-10-13T10:22:00+08:00,A1,surplus", "3 列", "4 个单元格", "row-3"),
    ],
)
def test_a_rejected_row_names_row_column_value_remedy_and_key(
    manifest: Write, row: str, column: str, shown: str, key: str
) -> None:
    reading = read_manifest(manifest(HEADER, "ok,2026-10-13T10:00:00+08:00,A1", row))
    assert [call.call_id for call in reading.calls] == ["ok"]
    (problem,) = reading.rejected
    assert "manifest.csv" in problem.where
    assert "row 3" in problem.where
    assert column in problem.what
    assert shown in problem.what
    assert problem.remedy
    assert problem.call_id == key


def test_of_two_rows_with_one_call_id_the_first_is_kept(manifest: Write) -> None:
    reading = read_manifest(manifest(HEADER, GOOD, "c1,2026-10-14T10:22:00+08:00,A2"))
    assert [call.agent_id for call in reading.calls] == ["A1"]
    (problem,) = reading.rejected
    assert (problem.call_id, "第 2 行" in problem.what) == ("row-3", True)


def test_long_ids_that_excel_rounded_are_recognised_as_such(manifest: Write) -> None:
    row = "20261013102200000,2026-10-13T10:{}:00+08:00,A1"
    (problem,) = read_manifest(manifest(HEADER, row.format(22), row.format(23))).rejected
    assert "Excel" in problem.remedy


def test_an_exact_repetition_is_only_a_notice(manifest: Write) -> None:
    reading = read_manifest(manifest(HEADER, GOOD, GOOD))
    assert len(reading.calls) == 1
    assert reading.rejected == ()
    assert any("第 3 行" in notice and "相同" in notice for notice in reading.notices)


def test_a_bad_row_does_not_take_the_key_of_a_good_one(manifest: Write) -> None:
    reading = read_manifest(manifest(HEADER, "c1,bad,A1", GOOD, "row-2,also bad,A1"))
    assert [call.call_id for call in reading.calls] == ["c1"]
    keys = [problem.call_id for problem in reading.rejected]
    assert keys == ["row-2-rejected", "row-2"]


def test_the_recordings_of_rejected_rows_are_remembered(manifest: Write) -> None:
    reading = read_manifest(manifest(HEADER + ",recording", "c1,bad,A1,a.ogg", GOOD + ",b.ogg"))
    assert reading.rejected_recordings == ("a.ogg",)


def test_a_bad_value_of_an_optional_column_is_unknown_and_one_notice_names_its_rows(
    manifest: Write,
) -> None:
    rows = [f"c{n},2026-10-13T10:22:00+08:00,A1,abc,sideways" for n in range(7)]
    reading = read_manifest(manifest(HEADER + ",duration_s,direction", *rows))
    assert [call.duration_s for call in reading.calls] == [None] * 7
    assert [call.direction for call in reading.calls] == [None] * 7
    assert reading.rejected == ()
    duration, direction = reading.notices
    assert duration.startswith("第 2、3、4、5、6 行等共 7 行：duration_s")
    assert "abc" in duration
    assert "outbound" in direction


def test_times_without_an_offset_are_one_notice(manifest: Write) -> None:
    reading = read_manifest(
        manifest(
            HEADER + ",note_at",
            "c1,2026-10-13 10:22,A1,2026-10-13 10:30",
            "c2,2026/10/13 10:22:00,A1,",
        )
    )
    assert [call.started_at for call in reading.calls] == [STARTED, STARTED]
    (notice,) = reading.notices
    assert "第 2、3 行" in notice
    assert "Asia/Shanghai" in notice


def test_excels_habits_are_undone_where_nothing_was_lost(manifest: Write) -> None:
    reading = read_manifest(
        manifest(
            HEADER + ",case_id,customer_id",
            '"=""00123""",2026/10/13 10:22:00,\'007,30001.0,1.2E+17',
        )
    )
    (call,) = reading.calls
    assert (call.call_id, call.agent_id, call.case_id) == ("00123", "007", "30001")
    assert call.customer_id is None
    assert any("customer_id" in notice and "科学计数法" in notice for notice in reading.notices)


def test_private_values_are_never_shown(manifest: Write) -> None:
    reading = read_manifest(manifest(HEADER + ",phone", GOOD + ",1.99E+10"))
    assert "phone" in " ".join(reading.notices)
    assert "1.99E+10" not in " ".join(reading.notices)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_bom_or_gb18030_changes_nothing_but_a_notice(manifest: Write, encoding: str) -> None:
    lines = (HEADER + ",agent_note", GOOD + ",客户表示节后筹款还款，持续跟进。")
    plain = read_manifest(manifest(*lines))
    other = read_manifest(manifest(*lines, encoding=encoding))
    assert other.calls == plain.calls
    assert len(other.notices) == len(plain.notices) + 1


def test_parquet_and_csv_read_alike(manifest: Write, tmp_path: Path) -> None:
    path = tmp_path / "manifest.parquet"
    pq.write_table(
        pa.table({
            "call_id": ["c1"], "agent_id": ["A1"], "talk_s": [85.0], "answered": [True],
            "started_at": pa.array([STARTED], pa.timestamp("us", tz="Asia/Shanghai")),
        }),
        path,
    )  # fmt: skip
    from_csv = read_manifest(manifest(HEADER + ",talk_s,answered", GOOD + ",85,1"))
    assert read_manifest(path) == from_csv


def test_an_empty_night_is_no_error(manifest: Write) -> None:
    reading = read_manifest(manifest(HEADER))
    assert (reading.calls, reading.rejected) == ((), ())
    assert len(reading.notices) == 1


@pytest.mark.parametrize("said", ["is empty", "no such file", "is a folder", "binary"])
def test_an_unusable_manifest_is_an_error(tmp_path: Path, said: str) -> None:
    path = tmp_path / "m.csv"
    if said == "is empty":
        path.write_bytes(b"")
    elif said == "is a folder":
        path.mkdir()
    elif said == "binary":
        path.write_bytes(b"call_id,\0\x01\x02")
    with pytest.raises(ManifestError, match=said):
        read_manifest(path)


def test_a_big_night_is_read_whole_and_in_order(manifest: Write) -> None:
    rows = [f"c{n},2026-10-13T10:22:00+08:00,A{n % 40},{n}.ogg,85" for n in range(10_000)]
    reading = read_manifest(manifest(HEADER + ",recording,talk_s", *rows))
    assert [call.call_id for call in reading.calls] == [f"c{n}" for n in range(10_000)]


CELL = st.one_of(
    st.sampled_from(["c1", "c2", "A1", "2026-10-13T10:22:00+08:00", "2026-10-13 10:22", "", "1.2E+17",
                     "NULL", "85", "agent,customer", "row-2", "row-3"]),
    st.text(max_size=10),
)  # fmt: skip


@given(
    st.lists(st.sampled_from(MANIFEST_COLUMNS[3:]), unique=True, max_size=4).flatmap(
        lambda extra: st.tuples(
            st.just(["call_id", "started_at", "agent_id", *extra]),
            st.lists(st.lists(CELL, max_size=9), max_size=8),
        )
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_row_is_accounted_for_under_a_key_of_its_own(
    tmp_path: Path, table: tuple[list[str], list[list[str]]]
) -> None:
    header, rows = table
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    path = tmp_path / "m.csv"
    path.write_bytes(text.getvalue().encode("utf-8", "replace"))
    try:
        reading = read_manifest(path)
    except ManifestError:
        return  # a control character makes the whole file binary
    keys = [call.call_id for call in reading.calls] + [p.call_id for p in reading.rejected]
    assert None not in keys
    assert len(keys) == len(set(keys))
    rows_there = read_source_table(path, error=ManifestError).rows
    # Only an exact repetition may be left out.
    assert len({row.cells for row in rows_there}) <= len(keys) <= len(rows_there)


@given(st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_after_a_good_header_never_crash(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(HEADER.encode() + b"\n" + data)
    try:
        reading = read_manifest(path)
    except QcError:
        return
    assert all(call.row >= 2 for call in reading.calls)


def test_an_empty_note_is_one_where_notes_are_kept_and_unknown_where_they_are_not(
    manifest: Write,
) -> None:
    header = HEADER + ",answered,agent_note"
    rows = [f"c1,{TIME},A1,1,客户约周五再谈", f"c2,{TIME},A1,1,", f"c3,{TIME},A1,0,"]
    reading = read_manifest(manifest(header, *rows))
    assert [call.agent_note for call in reading.calls] == ["客户约周五再谈", "", None]
    reading = read_manifest(manifest(header, *rows[1:]))
    assert [call.agent_note for call in reading.calls] == [None, None]
