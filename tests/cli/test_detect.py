"""`qc detect`: one JSON line in, one JSON line out, whatever comes."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Run

FIELDS = {
    "code", "sub_code", "severity", "rule_id", "detector", "status", "score", "start", "end",
    "matched", "reasons",
}  # fmt: skip


def test_a_threat_is_found_and_explained(qc: Run, tmp_path: Path) -> None:
    text = "今天不还钱，明天我就带几个兄弟上你家堵门。"
    line = {"id": "a", "text": text, "speaker": "agent", "callee": "debtor"}
    (tmp_path / "in.jsonl").write_text(json.dumps(line), "utf-8")
    done = qc("detect", "in.jsonl", "-o", "out.jsonl")
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "out.jsonl").read_text("utf-8"))
    assert result["id"] == "a"
    finding = next(f for f in result["findings"] if f["code"] == "threat_intimidation")
    assert set(finding) == FIELDS
    assert finding["status"] == "open"
    assert finding["severity"] == "critical"
    assert finding["reasons"]
    assert text[finding["start"] : finding["end"]] == finding["matched"]


def test_the_customer_is_never_labelled(qc: Run) -> None:
    line = {
        "id": 1,
        "text": "你再打来我就找人上你家堵门",
        "speaker": "customer",
        "callee": "debtor",
    }
    done = qc("detect", "-", stdin=json.dumps(line, ensure_ascii=False))
    assert json.loads(done.stdout)["findings"] == []


def test_a_bad_line_says_why_and_the_others_are_done(qc: Run) -> None:
    lines = [
        '{"id": "1", "text": "您好", "speaker": "agent", "callee": "debtor"}',
        "not json",
        '{"id": "3"}',
        '{"id": "4", "text": "您好", "speaker": "robot"}',
        '{"id": "5", "text": "", "speaker": "agent", "callee": "debtor"}',
    ]
    done = qc("detect", "-", stdin="\n".join(lines))
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 3
    assert [("error" in result) for result in results] == [False, True, True, True, False]
    assert "line 2" in results[1]["error"]
    assert "text" in results[2]["error"]
    assert results[2]["id"] == "3"


def test_without_the_classifier_is_accepted(qc: Run) -> None:
    assert qc("detect", "-", "--without", "classifier", stdin="").returncode == 0


def test_a_missing_file_is_named(qc: Run) -> None:
    done = qc("detect", "nowhere.jsonl")
    assert done.returncode == 2
    assert "nowhere.jsonl" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_rule_holds_its_own_examples(qc: Run) -> None:
    done = qc("rules", "check")
    assert done.returncode == 0, done.stdout


def test_rules_are_listed_with_their_rulebook_rows(qc: Run) -> None:
    done = qc("rules", "list", "--code", "threat_intimidation")
    assert done.returncode == 0
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert rows
    assert all(row[2] == "threat_intimidation" and row[4] for row in rows)


def test_gb18030_and_a_mark_are_read_with_a_notice(qc: Run, tmp_path: Path) -> None:
    line = {
        "id": "1",
        "text": "明天我就带几个兄弟上你家堵门",
        "speaker": "agent",
        "callee": "debtor",
    }
    written = json.dumps(line, ensure_ascii=False)
    (tmp_path / "gb.jsonl").write_bytes(written.encode("gb18030"))
    done = qc("detect", "gb.jsonl")
    assert json.loads(done.stdout)["findings"]
    assert "gb.jsonl" in done.stderr
    (tmp_path / "mark.jsonl").write_bytes(b"\xef\xbb\xbf" + written.encode())
    assert json.loads(qc("detect", "mark.jsonl").stdout)["findings"]


def test_writing_over_the_input_loses_nothing(qc: Run, tmp_path: Path) -> None:
    path = tmp_path / "same.jsonl"
    path.write_text(
        '{"id": "1", "text": "您好", "speaker": "agent", "callee": "debtor"}\n', "utf-8"
    )
    assert qc("detect", "same.jsonl", "-o", "same.jsonl").returncode == 0
    assert json.loads(path.read_text("utf-8"))["id"] == "1"


def test_hostile_lines_end_as_errors_and_the_rest_is_done(qc: Run) -> None:
    lines = [
        "[" * 100_000,
        '{"id": "\\ud800", "text": "您好\\ud800", "speaker": "agent", "callee": "debtor"}',
        '{"id": "3", "text": "您好", "speaker": "agent", "callee": "debtor"}',
    ]
    done = qc("detect", "-", stdin="\n".join(lines))
    assert "Traceback" not in done.stderr
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(results) == 3
    assert "error" in results[0]
    assert results[2]["findings"] == []


def test_an_output_folder_that_is_not_there_is_named(qc: Run) -> None:
    done = qc("detect", "-", "-o", "nowhere/out.jsonl", stdin="")
    assert done.returncode == 2
    assert "nowhere" in done.stderr
