"""`qc case`, `qc appeal`, `qc coaching`: what is refused says why, with exit code 2."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from qc_pipeline.cli import cli
from qc_pipeline.errors import UsageError
from qc_pipeline.policy import load_policy
from qc_pipeline.settings import Settings
from qc_pipeline.store.store import Store
from tests.registers.cases import Office

Run = Callable[..., Result]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    store = Store(tmp_path / "home")
    store.migrate()
    return Office(store, load_policy(Settings().policy_dir), tmp_path / "keys")


@pytest.fixture
def run(office: Office, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("QC_KEYS", str(office.keys))

    def run(*words: str) -> Result:
        return CliRunner().invoke(cli, [*words, "--home", str(office.store.home)])

    return run


def test_what_is_refused_says_why_and_changes_nothing(office: Office, run: Run) -> None:
    case = office.heard(office.case())
    office.act("propose_sanction", case, "p1", level="L1")
    other = office.noticed(office.case("c5", agent_id="A05"))
    finding, number = other.findings[0], case.case_id
    before = (office.tables(), office.log())
    # The clock of the shell is today's: the window of March is over.
    assert other.objection_due is not None
    for words, message in (
        (["case", "show", "D0"], "there is no case D0"),
        (["case", "approve", number, "--by", "p1"], "proposed the sanction"),
        (["case", "approve", number, "--by", "A01"], "concerns A01"),
        (["case", "execute", number, "--by", "p3"], "can't become executed"),
        (["case", "circumstance", number, "--by", "b", "--loss", "五万", "--evidence", "x"],
         "no amount of yuan"),
        (["case", "circumstance", number, "--by", "b", "--fact", "rude", "--evidence", "x"],
         "no fact"),
        (["case", "objection", other.case_id, "--by", "A05", "--text", "不服"], "window"),
        (["appeal", "file", "--by", "A05", "--finding", finding, "--grounds", "不实"], "window"),
        (["appeal", "file", "--by", "A05", "--finding", "F0", "--grounds", "不实"], "no finding"),
        (["appeal", "decide", "P0", "--by", "j", "--outcome", "upheld", "--reasons", "x"],
         "no appeal P0"),
        (["coaching", "open", "A99", "--by", "qa", "--owner", "b", "--action", "x", "--due",
          "2099-01-01"], "nobody called A99"),
        (["coaching", "open", "A01", "--by", "qa", "--owner", "b", "--action", "x", "--due",
          "morgen"], "no date"),
        (["coaching", "lift", "S0", "--by", "b", "--reason", "x"], "no stand-down S0"),
    ):  # fmt: skip
        result = run(*words)
        assert isinstance(result.exception, UsageError), f"{words}: {result.output}"
        assert message in str(result.exception)
        assert result.exception.remedy
        assert result.exception.exit_code == 2
    for words in (
        ["case", "propose", number, "--by", "p1", "--level", "L1", "--amount", "fine"],
        ["case", "notice"],
        ["appeal", "decide", "P0", "--by", "j", "--outcome", "won", "--reasons", "x"],
    ):
        assert run(*words).exit_code == 2
    assert (office.tables(), office.log()) == before


def test_lists_and_files_for_programs(office: Office, run: Run) -> None:
    case = office.executed(office.case())
    late = run(
        "appeal", "file", "--by", "A01", "--case", case.case_id, "--grounds", "过重",
        "--late-cause", "住院",
    )  # fmt: skip
    assert "逾期待准许" in late.output
    [appeal] = json.loads(run("appeal", "list", "--json").output)
    assert (appeal["state"], appeal["late_cause"]) == ("late", "住院")
    [file] = json.loads(run("case", "show", case.case_id, "--json").output)
    assert file["case"]["state"] == "executed"
    assert [step["action"] for step in file["steps"]][-1] == "appeal.filed"
    shown = run("case", "show", case.case_id).output
    for words in ("已执行", "处分 L1 口头警示", "提出申诉", "签收处分", "p3"):
        assert words in shown
    assert "准许" in run("appeal", "list").output
    opened = run(
        "coaching", "open", "A01", "--by", "qa", "--owner", "boss", "--action", "重听", "--due",
        "2099-01-01", "--case", case.case_id,
    )  # fmt: skip
    assert "待完成" in opened.output
    assert "重听" in run("coaching", "list").output
    down = run("coaching", "stand-down", "A01", "--by", "boss", "--reason", "调查")
    assert "停线" in down.output
    [table] = [json.loads(line) for line in run("export", "stand_downs").output.splitlines()]
    assert table["agent_id"] == "A01"
