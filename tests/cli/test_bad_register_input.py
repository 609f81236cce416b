"""What the registers say of input that can't be right: one line that tells what and what to do,
the exit code of the contract, and not one entry more in the log.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import pytest

from qc_pipeline.cli import main
from qc_pipeline.policy import load_policy
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers import linked_desk
from qc_pipeline.registers.desk import confirm
from qc_pipeline.registers.next_task import next_task
from qc_pipeline.registers.stop_flags import NewFlag
from qc_pipeline.settings import Settings
from qc_pipeline.store.store import Store
from tests.registers.cases import Office
from tests.registers.making import a_call, a_finding, on, scanned

Said = tuple[int, str, str]
Qc = Callable[..., Said]
FUTURE = "2099-01-01T09:00"
PAST = "2026-03-02T09:00"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An office in which something waits at every desk.

    Call c1: a sanction proposed by p1. c5: the windows of A05 are over. c7: a finding that is
    open, in r9's hands. c8: a finding that a re-scan has superseded. A flag proposed by o1.
    """
    store = Store(tmp_path / "home")
    store.migrate()
    office = Office(store, load_policy(Settings().policy_dir), tmp_path / "keys")
    office.heard(office.case())
    office.act("propose_sanction", office.only("c1"), "p1", level="L1")
    office.noticed(office.case("c5", agent_id="A05"))
    superseded = a_finding("c8")
    scanned(store, a_call("c8"), [superseded])
    confirm(store, superseded.finding_id, by="r1", at=on(20), policy=office.policy,
            keys=office.keys)  # fmt: skip
    scanned(store, a_call("c8"), [], key="other rules")
    scanned(store, a_call("c7"), [a_finding("c7")])
    now = datetime.now(SHANGHAI)
    assert next_task(store, policy=office.policy, by="r9", at=now) is not None
    linked_desk.propose_flag(
        store, NewFlag("do_not_collect", "银行邮件", case_id="K1"), by="o1", at=on(20),
        policy=office.policy, keys=office.keys,
    )  # fmt: skip
    return office


@pytest.fixture
def qc(office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Qc:
    """`qc(*words)`: exit code, output, errors, as the shell gets them."""
    monkeypatch.setenv("QC_KEYS", str(office.keys))
    monkeypatch.setenv("QC_HOME", str(office.store.home))

    def run(*words: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["qc", *words])
        with pytest.raises(SystemExit) as left:
            main()
        printed = capsys.readouterr()
        assert isinstance(left.value.code, int)
        return left.value.code, printed.out, printed.err

    return run


def refused(office: Office, qc: Qc, commands: Sequence[tuple[Sequence[str], str]]) -> None:
    """Each command is refused with its message and a remedy; nothing has changed after it."""
    before = (office.tables(), office.log())
    for words, message in commands:
        code, output, errors = qc(*words)
        assert (code, output) == (2, ""), f"{words}: {output}{errors}"
        assert errors.startswith("qc: ")
        assert len(errors.splitlines()) == 1
        assert message in errors, f"{words}: {errors}"
        _, remedy = errors.strip().split(". ", 1)
        assert remedy, f"{words} says no remedy: {errors}"
        assert (office.tables(), office.log()) == before, f"{words} left something"


def test_an_unknown_collector_case_or_call(office: Office, qc: Qc) -> None:
    by = ("--by", "officer")
    raised = ("--raised-at", PAST, *by)
    refused(office, qc, [
        (["coaching", "open", "A99", *by, "--owner", "b", "--action", "x", "--due", "2099-01-01"],
         "nobody called A99"),
        (["coaching", "stand-down", "A99", *by, "--reason", "x"], "nobody called A99"),
        (["case", "show", "D0"], "there is no case D0"),
        (["case", "approve", "D0", *by], "there is no case D0"),
        (["appeal", "file", "--by", "A01", "--case", "D0", "--grounds", "x"], "D0"),
        (["complaint", "show", "C0"], "there is no complaint C0"),
        (["flag", "lift", "F0", *by, "--reason", "x"], "there is no stop flag F0"),
        (["dispute", "pause", "D0", *by], "there is no dispute D0"),
        (["objection", "reply", "O0", *by, "--answer", "x"], "there is no objection O0"),
        (["promise", "cancel", "P0", *by, "--reason", "x"], "there is no promise P0"),
        (["spotcheck", "answer", "Q0", *by, "--answer", "x"], "there is no spot check Q0"),
        (["review", "confirm", "F404", *by], "there is no finding F404"),
        (["review", "add", "c404", "abuse_insult", "--start", "1", "--end", "2", "--as", "minor",
          "--note", "x", *by], "c404"),
        (["review", "correct", "c404", "0", "您好", *by], "c404"),
        (["review", "heard", "c404", *by], "c404"),
        (["dispute", "raise", "--about", "x", "--call", "c404", *raised], "there is no call c404"),
        (["objection", "raise", "--text", "x", "--call", "c404", *raised],
         "there is no call c404"),
        (["promise", "add", "--amount", "1", "--promised-at", PAST, "--due-at", FUTURE, "--call",
          "c404", *by], "there is no call c404"),
        (["emergency", "acknowledge", "c404", "--note", "x", *by], "c404"),
        (["evidence", "F404", "-o", "pack.zip", *by], "F404"),
    ])  # fmt: skip
    assert not Path("pack.zip").exists()


def test_a_date_in_the_future(office: Office, qc: Qc) -> None:
    late, by = ("--at", FUTURE), ("--by", "officer")
    flag_id = next(iter(office.tables().stop_flags))
    refused(office, qc, [
        (["flag", "approve", flag_id, *by, *late], "lies in the future"),
        (["complaint", "add", "--channel", "bank", "--received-at", FUTURE, "--text", "x",
          "--case", "K1", *by], "lies before"),
        (["complaint", "add", "--channel", "bank", "--received-at", FUTURE, "--text", "x",
          "--case", "K1", *by, *late], "lies in the future"),
        (["dispute", "raise", "--about", "x", "--case", "K1", "--raised-at", FUTURE, *by],
         "lies before"),
        (["objection", "raise", "--text", "x", "--raised-at", FUTURE, *by], "lies before"),
        (["promise", "add", "--amount", "1", "--case", "K1", "--promised-at", FUTURE, "--due-at",
          FUTURE, *by], "lies before"),
        (["export", "discipline", "--as-of", "gestern"], "is no date or time"),
    ])  # fmt: skip


@pytest.mark.parametrize("yuan", ["五百", "1,2,3", "1e5", "NaN", "inf", "-5", "0.001", ""])
def test_an_amount_that_is_none(office: Office, qc: Qc, yuan: str) -> None:
    case_id, by = office.only("c1").case_id, ("--by", "officer")
    refused(office, qc, [
        (["case", "circumstance", case_id, *by, f"--loss={yuan}", "--evidence", "x"], "yuan"),
        (["promise", "add", f"--amount={yuan}", "--case", "K1", "--promised-at", PAST, "--due-at",
          FUTURE, *by], "yuan"),
    ])  # fmt: skip


def test_a_verdict_on_a_finding_that_is_locked_decided_or_superseded(
    office: Office, qc: Qc
) -> None:
    refused(office, qc, [
        (["review", "confirm", a_finding("c7").finding_id, "--by", "r1"], "somebody else's until"),
        (["review", "reject", a_finding("c7").finding_id, "--by", "r1", "--reason", "negated"],
         "somebody else's until"),
        (["review", "confirm", office.only("c1").findings[0], "--by", "r7"], "already"),
        (["review", "reject", office.only("c1").findings[0], "--by", "r7", "--reason", "lawful"],
         "already"),
        (["review", "confirm", a_finding("c8").finding_id, "--by", "r2"], "was superseded"),
        (["review", "confirm", a_finding("c7").finding_id, "--by", "A01"], "A01 made call c7"),
    ])  # fmt: skip


def test_an_approval_by_who_proposed_it(office: Office, qc: Qc) -> None:
    case_id = office.only("c1").case_id
    flag_id = next(iter(office.tables().stop_flags))
    refused(office, qc, [
        (["case", "approve", case_id, "--by", "p1"], "proposed the sanction"),
        (["case", "approve", case_id, "--by", " P1 "], "proposed the sanction"),
        (["case", "return", case_id, "--by", "p1", "--reason", "x"], "proposed the sanction"),
        (["case", "approve", case_id, "--by", "A01"], "concerns A01"),
        (["case", "approve", case_id, "--by", " "], "nobody is named"),
        (["flag", "approve", flag_id, "--by", "o1"], "o1 proposed"),
    ])  # fmt: skip


def test_an_appeal_that_comes_too_late(office: Office, qc: Qc) -> None:
    late = office.only("c5")
    file = ["appeal", "file", "--by", "A05", "--grounds", "未说过这句话"]
    refused(office, qc, [
        (["case", "objection", late.case_id, "--by", "A05", "--text", "不服"], "window"),
        ([*file, "--finding", late.findings[0]], "window to appeal"),
        ([*file, "--finding", late.findings[0], "--late-cause", " "], "window to appeal"),
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("command", "content", "wrong"),
    [
        (
            ["complaint", "import", "--bank", "甲银行", "--channel", "bank"],
            "reference,received_at,text\nB-1,2026-03-02,威胁我\nB-2,,没有日期\n"
            "B-3,2026-03-03,骚扰我\nB-4,2099-01-01,来自将来\n",
            ("第 3 行", "第 5 行"),
        ),
        (
            ["spotcheck", "import", "--bank", "甲银行"],
            "reference,received_at,question,code\nZ-1,2026-03-02,是否威胁,threat_intimidation\n"
            "Z-2,2026-03-02,,threat_intimidation\nZ-3,2026-03-03,是否辱骂,\nZ-4,31.31.2026,何时,\n",
            ("第 3 行", "第 5 行"),
        ),
    ],
    ids=["complaints", "spot checks"],
)
def test_a_file_of_which_half_the_rows_are_wrong(
    office: Office, qc: Qc, tmp_path: Path, command: list[str], content: str,
    wrong: tuple[str, ...],
) -> None:  # fmt: skip
    file = tmp_path / "bank.csv"
    file.write_text(content, "utf-8")
    before = len(office.log())
    words = [*command[:2], str(file), *command[2:], "--by", "officer"]
    code, output, errors = qc(*words)
    assert (code, "新登记 2 条，已有 0 条，未导入 2 条" in output) == (0, True), output + errors
    listed = [line for line in errors.splitlines() if line.startswith("未导入")]
    assert len(listed) == len(wrong)
    for line, place in zip(listed, wrong, strict=True):
        assert place in line
    assert len(office.log()) == before + 2
    code, output, _ = qc(*words)
    assert "新登记 0 条，已有 2 条，未导入 2 条" in output
    assert len(office.log()) == before + 2


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", "reference,text\nB-1,x\n"])
def test_a_file_that_can_not_be_used_at_all(
    office: Office, qc: Qc, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "bank.csv"
    file.write_text(content, "utf-8")
    refused(office, qc, [
        (["complaint", "import", str(file), "--by", "officer"], "bank.csv"),
        (["spotcheck", "import", str(file), "--by", "officer"], "bank.csv"),
        (["complaint", "import", str(tmp_path / "none.csv"), "--by", "officer"], "none.csv"),
    ])  # fmt: skip
