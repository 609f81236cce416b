"""Exports: CONTRACT's columns, masked, whole, in every format."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from qc_pipeline.errors import UsageError
from qc_pipeline.policy import Policy
from qc_pipeline.scoring import score_calls
from qc_pipeline.store import export_formats
from qc_pipeline.store.export import TABLES, export_table, export_transcripts
from qc_pipeline.store.loader import load_calls, load_orphans, load_outcomes
from qc_pipeline.store.store import Store

from .builders import a_call, a_detection, a_finding, a_transcript, an_outcome, an_utterance, at

FINDING_COLUMNS = [
    "finding_id",
    "call_id",
    "code",
    "sub_code",
    "severity",
    "detector",
    "rule_id",
    "rule_version",
    "speaker",
    "listener",
    "responsible_party",
    "utterance_index",
    "start_s",
    "end_s",
    "utterance",
    "matched",
    "score",
    "status",
    "reasons",
    "created_at",
]
COLUMNS = {
    "calls": "call_id, state, duration_s, channels, score, score_state, passed, critical, codes",
    "utterances": "call_id, index, speaker, listener, start_s, end_s, text, raw_text, "
    "confidence, suspect",
    "scores": "call_id, policy_version, machine_score, human_score, deductions",
    "coverage": "call_id, state, reason",
    "appeals": "appeal_id, against, finding_id, case_id, agent_id, state, filed_at, due_at, "
    "due_uncertain, grounds, late_cause, admitted_by, admitted_at, decided_by, decided_at, reasons, "
    "severity, level, to_return_yuan",
    "coaching": "task_id, agent_id, kind, finding_id, case_id, action, owner, due_at, state, "
    "opened_by, opened_at, reported_at, report, checked_by, checked_at, result, overdue",
    "stand_downs": "stand_down_id, agent_id, from_at, until_at, reason, case_id, ordered_by, "
    "ordered_at, lifted_by, lifted_at, lift_reason",
    "acoustics": "call_id, agent_talk_s, customer_talk_s, agent_share",
    "utterance_acoustics": "call_id, index, speaker, start_s, end_s, level_dbfs, louder_db, pace, "
    "pause_before_s, overlap_s, interrupts",
    "discipline": "case_id, agent_id, code, state, occurrence_same, occurrence_any, level, "
    "conduct_at, opened_at, findings, linked_to",
    "complaints": "complaint_id, state, channel, received_at, logged_at, first_reply_due, "
    "decision_due, breached, calls, case_id, agent_id, proposed",
    "audit": "seq, at, actor, action, subject, payload, prev_hash, hash",
    "flags": "flag_id, state, kind, case_id, phone, source, reason, basis, agent_id, proposed_by, "
    "proposed_at, decided_by, decided_at, decision_note, valid_from, valid_to, lifted_by, "
    "lifted_at, lift_reason, consent",
    "disputes": "dispute_id, state, case_id, phone, call_id, agent_id, about, raised_at, "
    "recorded_by, recorded_at, paused_at, supervisor, notified_at, forwarded_way, forwarded_to, "
    "forwarded_at, decision, decided_at, ended_at, end_reason",
    "emergencies": "call_id, state, case_id, agent_id, signalled_at, words, acknowledged_by, "
    "acknowledged_at, note, superior, steps, signed_by, signed_at, sign_note, closed_at",
    "objections": "objection_id, state, kind, text, case_id, call_id, agent_id, raised_at, "
    "recorded_by, reply_due, due_uncertain, replied_by, replied_at, answer, breached_at",
    "promises": "promise_id, state, case_id, amount, promised_at, due_at, paid, call_id, agent_id, "
    "words, recorded_by, recorded_at, payments_as_of, settled_at, cancel_reason",
    "corrections": "call_id, index, recognised, text, corrected_by, corrected_at",
    "spot_checks": "check_id, state, bank, reference, question, received_at, due_at, calls, "
    "case_id, phone, about_at, agent_id, code, had_found, findings, answer, answered_by, "
    "answered_at, breached_at, bank_result, closed_at, recorded_by",
    "verdicts": "id, text, speaker, callee, prev, labels, near_miss_of, style, voice",
}
MANIFEST = [
    "started_at",
    "agent_id",
    "recording",
    "answered_at",
    "talk_s",
    "answered",
    "direction",
    "purpose",
    "dial_mode",
    "hangup_cause",
    "team",
    "phone",
    "callee",
    "customer_id",
    "case_id",
    "bank",
    "product",
    "agent_note",
    "note_at",
    "source",
]
EXACT = ("utterances", "findings", "suppressed", "scores", "coverage", "audit")
PHONE = "13800138000"
ID = "20260303100000123456"


@pytest.fixture
def filled(store: Store, policy: Policy) -> Store:
    load_calls(
        store,
        [
            a_call(ID, recording=f"{PHONE}/a.wav", agent_note=f"回拨{PHONE}", case_id="0012",
                   duration_s=61.0, channels="agent,customer",
                   extra={"线路": "7", "state": "转接", "备用电话": PHONE}),
            a_call("C2", agent_note='=HYPERLINK("x")', started_at="2026-03-03 11:00:00"),
            a_call("C3", agent_note="换行\n逗号,引号\"", note_at=at("2026-03-03 12:00:00")),
        ],
    )  # fmt: skip
    said = f"记一下，{PHONE}"
    finding = a_finding(ID, utterance=said, matched=PHONE, reasons=(f"读出{PHONE}", "第二条"))
    outcome = an_outcome(ID, finding, suppressed=(finding,))
    turns = (an_utterance(text=said), an_utterance(1, "好的 <b>&", speaker="customer"))
    transcript = a_transcript(ID, *turns)
    load_outcomes(
        store,
        [
            type(outcome)(ID, outcome.coverage, outcome.recording, transcript, outcome.detection),
            an_outcome("C2"),
        ],
    )
    load_orphans(store, ["b.wav"], folder="/录音")
    score_calls(store, None, policy=policy)
    return store


def exported(store: Store, table: str, file_format: str = "jsonl", **more: Any) -> bytes:
    target = io.BytesIO()
    export_table(store, table, format=file_format, target=target, **more)
    return target.getvalue()


def rows(store: Store, table: str, **more: Any) -> list[dict[str, Any]]:
    lines = exported(store, table, **more).decode("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def heading(store: Store, table: str) -> list[str]:
    text = exported(store, table, "csv").decode("utf-8-sig")
    return next(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize("table", TABLES)
def test_columns_and_their_order_are_the_contracts(store: Store, table: str) -> None:
    names = heading(store, table)
    if table in ("findings", "suppressed"):
        expected = FINDING_COLUMNS
    elif table == "orphans":
        expected = ["recording"]
    else:
        expected = COLUMNS[table].split(", ")
    assert names[: len(expected)] == expected
    if table in EXACT:
        assert names == expected


def test_calls_carry_every_manifest_column_and_the_diallers_own(filled: Store) -> None:
    names = heading(filled, "calls")
    first = len(COLUMNS["calls"].split(", "))
    assert names[first : first + len(MANIFEST)] == MANIFEST
    # Columns of ours win their names; the manifest's of the same name say whose they are.
    assert names[first + len(MANIFEST) :] == [
        "manifest_duration_s", "manifest_channels", "manifest_state", "备用电话", "线路",
    ]  # fmt: skip
    row = next(row for row in rows(filled, "calls", unmasked=True) if row["call_id"] == ID)
    assert (row["duration_s"], row["manifest_duration_s"]) == (12.5, 61.0)
    assert (row["channels"], row["manifest_channels"]) == (2, "agent,customer")
    assert (row["state"], row["manifest_state"], row["线路"]) == ("scanned", "转接", "7")


def test_a_call_shows_its_card(filled: Store) -> None:
    cards = {row["call_id"]: row for row in rows(filled, "calls")}
    assert (cards[ID]["score"], cards[ID]["score_state"], cards[ID]["critical"]) == (
        0, "provisional", 1,
    )  # fmt: skip
    assert (cards[ID]["codes"], cards[ID]["passed"]) == (["abuse_insult"], None)
    assert (cards["C2"]["score"], cards["C2"]["codes"]) == (100, [])
    assert (cards["C3"]["score"], cards["C3"]["state"]) == (None, "deferred")


@pytest.mark.parametrize("file_format", ["jsonl", "csv", "xlsx", "parquet"])
@pytest.mark.parametrize("table", ["calls", "utterances", "findings", "suppressed"])
def test_personal_numbers_are_masked_unless_asked_for(
    filled: Store, table: str, file_format: str
) -> None:
    masked = as_rows(exported(filled, table, file_format), file_format)
    unmasked = as_rows(exported(filled, table, file_format, unmasked=True), file_format)
    assert PHONE not in str(masked)
    assert PHONE in str(unmasked)
    for hidden, shown in zip(masked, unmasked, strict=True):
        for name, value in shown.items():
            assert len(str(hidden[name])) == len(str(value))
    assert ID in str(masked)  # identifiers stay readable


def as_rows(data: bytes, file_format: str) -> list[dict[str, Any]]:
    if file_format == "jsonl":
        return [json.loads(line) for line in data.decode().splitlines()]
    if file_format == "csv":
        return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    if file_format == "parquet":
        return pq.read_table(io.BytesIO(data)).to_pylist()
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    names, *found = sheet.iter_rows(values_only=True)
    return [dict(zip(names, values, strict=True)) for values in found]


def test_every_format_tells_the_same(filled: Store) -> None:
    told = {
        name: as_rows(exported(filled, "findings", name), name)
        for name in ("jsonl", "csv", "xlsx", "parquet")
    }
    for found in told.values():
        (row,) = found
        assert row["call_id"] == ID
        assert float(row["score"]) == 0.9
        assert not row["sub_code"]
    assert told["jsonl"][0]["created_at"] == "2026-03-02T01:00:00+08:00"
    assert told["csv"][0]["created_at"] == told["xlsx"][0]["created_at"]
    assert told["csv"][0]["reasons"] == "读出＊＊＊＊＊＊＊＊＊＊＊;第二条"
    assert told["parquet"][0]["reasons"] == told["jsonl"][0]["reasons"]


def test_a_workbook_keeps_identifiers_as_text(filled: Store) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(exported(filled, "calls", "xlsx"))).active
    assert sheet.title == "calls"
    (first, *_) = as_rows(exported(filled, "calls", "xlsx"), "xlsx")
    assert (first["call_id"], first["case_id"]) == (ID, "0012")
    assert isinstance(first["duration_s"], float)


def test_csv_opens_in_excel_and_runs_nothing(filled: Store) -> None:
    data = exported(filled, "calls", "csv")
    assert data.startswith(b"\xef\xbb\xbf")
    notes = {row["call_id"]: row["agent_note"] for row in as_rows(data, "csv")}
    assert notes["C2"] == '\'=HYPERLINK("x")'
    assert notes["C3"] == '换行\n逗号,引号"'


def test_a_sheet_that_is_full_goes_on_in_the_next(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_formats, "_ROWS_PER_SHEET", 2)
    book = openpyxl.load_workbook(io.BytesIO(exported(filled, "coverage", "xlsx")))
    assert book.sheetnames == ["coverage", "coverage_2"]
    assert [sheet.max_row for sheet in book] == [3, 2]
    assert book["coverage_2"]["A1"].value == "call_id"


def test_a_cell_too_long_for_a_sheet_says_that_it_was_cut(store: Store) -> None:
    load_calls(store, [a_call("C1", agent_note="长" * 40_000)])
    (row,) = as_rows(exported(store, "calls", "xlsx"), "xlsx")
    assert len(row["agent_note"]) == 32_767
    assert row["agent_note"].endswith("（已截断）")


def test_coverage_has_every_call_record(filled: Store) -> None:
    assert rows(filled, "coverage") == [
        {"call_id": ID, "state": "scanned", "reason": ""},
        {"call_id": "C2", "state": "scanned", "reason": ""},
        {"call_id": "C3", "state": "deferred", "reason": "尚未处理"},
    ]


def test_orphans_name_recording_folder_and_reason(filled: Store) -> None:
    assert rows(filled, "orphans") == [
        {"recording": "b.wav", "folder": "/录音", "reason": "没有对应的通话记录"}
    ]


def test_a_file_appears_whole_or_not_at_all(
    filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out" / "calls.csv"
    target.parent.mkdir()
    assert export_table(filled, "calls", format="csv", target=target) == 3
    before = target.read_bytes()
    monkeypatch.setattr(export_formats, "_harmless", lambda _text: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        export_table(filled, "calls", format="csv", target=target)
    assert target.read_bytes() == before
    assert list(target.parent.iterdir()) == [target]


def test_an_unwritable_target_says_so(filled: Store, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="choose another -o"):
        export_table(filled, "calls", format="csv", target=tmp_path / "no" / "calls.csv")


def test_unknown_tables_and_formats_are_named(filled: Store) -> None:
    with pytest.raises(UsageError, match=r"no table nonsense.*findings"):
        exported(filled, "nonsense")
    with pytest.raises(UsageError, match=r"no format doc.*xlsx"):
        exported(filled, "calls", "doc")
    with pytest.raises(UsageError, match=r"no format ass.*vtt"):
        export_transcripts(filled, format="ass", target=io.BytesIO())


def test_nothing_is_left_beside_the_database(filled: Store) -> None:
    before = sorted(filled.home.iterdir())
    exported(filled, "utterances", "parquet")
    assert sorted(filled.home.iterdir()) == before


def test_many_rows_go_through_in_batches(store: Store) -> None:
    load_calls(store, [a_call(f"C{n:05}") for n in range(12_345)])
    found = rows(store, "coverage")
    assert [row["call_id"] for row in found] == [f"C{n:05}" for n in range(12_345)]


# --- transcripts ------------------------------------------------------------------------------


def transcripts(store: Store, file_format: str, **more: Any) -> str:
    target = io.BytesIO()
    assert export_transcripts(store, format=file_format, target=target, **more) == 2
    return target.getvalue().decode()


def test_vtt_names_the_speaker_and_escapes_markup(filled: Store) -> None:
    text = transcripts(filled, "vtt")
    assert text.startswith(
        "WEBVTT\n\nNOTE 20260303100000123456\n\n0\n00:00:00.000 --> 00:00:00.900\n"
    )
    assert "<v 坐席>记一下，＊＊＊＊＊＊＊＊＊＊＊\n" in text
    assert "<v 客户>好的 &lt;b&gt;&amp;\n" in text


def test_srt_numbers_its_cues_through(filled: Store) -> None:
    blocks = transcripts(filled, "srt").strip().split("\n\n")
    assert [block.split("\n")[0] for block in blocks] == ["1", "2", "3"]
    assert blocks[1].split("\n")[1:] == [
        "00:00:01,000 --> 00:00:01,900", f"[{ID}] 客户：好的 <b>&",
    ]  # fmt: skip


def test_json_holds_each_calls_utterances(filled: Store) -> None:
    first, _ = json.loads(transcripts(filled, "json", unmasked=True))
    assert first["call_id"] == ID
    assert first["utterances"][0]["text"] == f"记一下，{PHONE}"


def test_a_folder_gets_one_file_per_call(filled: Store, tmp_path: Path) -> None:
    assert export_transcripts(filled, format="vtt", target=tmp_path / "vtt") == 2
    assert sorted(path.name for path in (tmp_path / "vtt").iterdir()) == [f"{ID}.vtt", "C2.vtt"]
    assert (tmp_path / "vtt" / "C2.vtt").read_text("utf-8").startswith("WEBVTT\n")


def test_an_hour_and_more_has_its_hours(store: Store) -> None:
    load_calls(store, [a_call("C1")])
    outcome = an_outcome("C1")
    late = an_utterance(start_s=3723.4567, end_s=3724.0)
    load_outcomes(
        store,
        [type(outcome)("C1", outcome.coverage, None, a_transcript("C1", late), a_detection("C1"))],
    )
    target = io.BytesIO()
    export_transcripts(store, format="vtt", target=target)
    assert "01:02:03.457 --> 01:02:04.000" in target.getvalue().decode()


def test_without_transcripts_the_files_are_still_well_formed(store: Store) -> None:
    for file_format, text in (("vtt", "WEBVTT\n"), ("srt", ""), ("json", "[]\n")):
        target = io.BytesIO()
        assert export_transcripts(store, format=file_format, target=target) == 0
        assert target.getvalue().decode() == text
