"""The stories of docs/stories.md happen as they are told."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from qc_pipeline.cli import cli
from qc_pipeline.records import SHANGHAI
from qc_pipeline.settings import load_settings
from qc_pipeline.store.store import Store
from tests.replay.homes import WrittenCall, a_call, judge

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "stories.md").read_text("utf-8")


def commands_of(heading: str) -> list[str]:
    """The commands of one story, in order."""
    part = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    blocks = re.findall(r"^```\n(.*?)^```", part, re.M | re.S)
    return [line for block in blocks for line in block.splitlines() if line.startswith("qc ")]


def sample(call_id: str, *, as_call: str | None = None, at: datetime | None = None) -> WrittenCall:
    """A sample call with the words it was made from, so that nothing need be recognised."""
    truth = json.loads((ROOT / f"samples/truth/{call_id}.truth.json").read_text("utf-8"))
    turns = [(turn["speaker"], turn["text"]) for turn in truth["turns"]]
    return a_call(
        as_call or call_id, *turns, agent_id=truth["agent_id"],
        at=at or datetime.fromisoformat(truth["started_at"]),
    )  # fmt: skip


class Teller:
    """Tells a story: runs its commands one by one, with the numbers put in."""

    def __init__(self, folder: Path) -> None:
        self.settings = load_settings(home=folder / "home")
        self.store = Store(self.settings.home)

    def run(self, command: str, names: dict[str, str]) -> str:
        words = [names.get(word, word) for word in shlex.split(command)[1:]]
        result = CliRunner().invoke(
            cli, [*words, "--home", str(self.settings.home)], catch_exceptions=False
        )
        # The calls here were written, not recorded: `qc verify` misses their recordings, only these.
        complaints = [
            line for line in result.output.splitlines() if not line.startswith("recording")
        ]
        assert result.exit_code == 0 or command == "qc verify", f"{command}: {result.output}"
        return "\n".join(complaints)

    def rows(self, query: str) -> list[dict]:
        with self.store.reading() as session:
            return session.rows(query)

    def threat_in(self, call_id: str) -> str:
        found = [
            row["finding_id"]
            for row in self.rows("export/findings")
            if (row["call_id"], row["code"]) == (call_id, "threat_intimidation")
        ]
        return sorted(found)[0]

    def case_of(self, call_id: str) -> dict:
        [row] = [row for row in self.rows("registers/cases") if row["call_id"] == call_id]
        return row


@pytest.fixture
def teller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Teller:
    monkeypatch.setenv("QC_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("QC_CLASSIFIER", "none")  # the story needs the rules only
    return Teller(tmp_path)


def test_from_a_call_to_a_reversal(teller: Teller) -> None:
    names: dict[str, str] = {}
    seen: dict[str, str] = {}

    def first_scan() -> None:
        judge(teller.settings, [sample("s01")])
        names["FINDING"] = teller.threat_in("s01")

    def next_day() -> None:
        again = sample("s01", as_call="s01-again", at=datetime.now(SHANGHAI))
        judge(teller.settings, [sample("s01"), again])
        names["SECOND-FINDING"] = teller.threat_in("s01-again")

    scans: dict[str, Callable[[], None]] = {
        "qc scan samples/manifest.csv": first_scan, "qc scan next-day.csv": next_day,
    }  # fmt: skip
    for command in commands_of("From a call to a reversal"):
        if command in scans:
            scans[command]()
            continue
        seen[command] = teller.run(command, names)
        if command.endswith("复核员乙"):
            known = {"CASE": "s01", "SECOND-CASE": "s01-again"}
            names |= {
                name: teller.case_of(call_id)["case_id"]
                for name, call_id in known.items()
                if any(row["call_id"] == call_id for row in teller.rows("registers/cases"))
            }
        if command.startswith("qc appeal file"):
            [appeal] = teller.rows("registers/appeals")
            names["APPEAL"] = appeal["appeal_id"]
        if command.startswith("qc case approve"):
            second = teller.case_of("s01-again")
            assert (second["occurrence_same"], second["level"], second["level_to"]) == (
                2,
                "L3",
                "L7",
            )
            assert "commission_forfeit" in second["consequences"]
        if command.startswith("qc appeal preview"):
            assert teller.case_of("s01")["state"] == "approved"

    first, second = teller.case_of("s01"), teller.case_of("s01-again")
    assert (first["state"], first["occurrence_same"]) == ("reversed", None)
    assert (second["occurrence_same"], second["occurrence_any"]) == (1, 1)
    assert (second["level"], second["level_to"], second["consequences"]) == ("L3", "L7", [])
    preview = next(text for command, text in seen.items() if "preview" in command)
    decided = next(text for command, text in seen.items() if "decide" in command)
    assert preview == decided
    assert "overturned" in decided
    assert seen["qc verify"].startswith("已核对"), "nothing but recordings is missing"


def keep_recording(teller: Teller, call_id: str) -> None:
    """Give a written call the sample's recording, kept as a scan keeps it."""
    data = next((ROOT / "samples").rglob(f"{call_id}.ogg")).read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    kept = teller.settings.home / "recordings" / sha256[:2] / f"{sha256}.ogg"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(data)
    with duckdb.connect(str(teller.settings.home / "qc.duckdb")) as connection:
        connection.execute(
            "UPDATE calls SET recording_sha256 = ?, recording_key = ? WHERE call_id = ?",
            [sha256, f"{sha256[:2]}/{sha256}.ogg", call_id],
        )


def test_a_complaint_from_the_bank(teller: Teller, tmp_path: Path) -> None:
    received = "2026-10-14T09:30"
    (tmp_path / "bank.csv").write_text(
        "reference,received_at,case_id,bank_due_at,text\n"
        "YH-1,2026-10-14 09:00,K-s01,2026-10-16,坐席威胁要把账单贴到村口\n"
        "YH-2,,K-s01,,没有日期的一行\n",
        "utf-8",
    )
    (tmp_path / "letter.txt").write_text("投诉信（合成样例）", "utf-8")
    names = {
        "RECEIVED": received,
        "bank.csv": str(tmp_path / "bank.csv"),
        "letter.txt": str(tmp_path / "letter.txt"),
    }
    seen: dict[str, str] = {}
    for command in commands_of("A complaint from the bank"):
        if command.startswith("qc scan"):
            judge(teller.settings, [sample("s01")])
            keep_recording(teller, "s01")
            continue
        said = teller.run(command, names)
        seen[command.split()[-1 if command == "qc verify" else 2]] = said
        if command.startswith("qc complaint import"):
            [held] = teller.rows("registers/complaints")
            names["COMPLAINT"] = held["complaint_id"]

    assert "第 3 行" in seen["import"]
    assert "未导入 1 条" in seen["import"]
    assert "s01" in seen["calls"]
    assert "first_reply 超时" in seen["deadlines"]
    assert "首次答复核查结果与进度" in seen["show"]
    assert "已记超时" in seen["show"], "the late reply didn't take the breach back"
    [held] = teller.rows("registers/complaints")
    assert (held["state"], held["validity"], held["agents"]) == ("closed", "upheld", ["A003"])
    assert "first_reply" in {entry.partition("=")[0] for entry in held["breaches"]}
    case = teller.case_of("s01")
    assert (case["state"], case["complaints"]) == ("under_review", [held["complaint_id"]])
    [flag] = [row for row in teller.rows("registers/stop_flags") if row["kind"] == "complaint"]
    assert flag["state"] == "lifted"
    assert {entry.partition(":")[0] for entry in held["evidence"]} == {
        "recording",
        "call_record",
        "document",
    }
