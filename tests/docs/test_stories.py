"""The stories of docs/stories.md happen as they are told."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

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
