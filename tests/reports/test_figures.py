"""Figures with their denominators: by hand on a few calls."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from qc_pipeline.cli import cli
from qc_pipeline.errors import UsageError
from qc_pipeline.policy import Policy, load_policy
from qc_pipeline.registers.desk import add_finding, confirm, hear_sample, reject
from qc_pipeline.registers.missed import MissedFinding
from qc_pipeline.reports import figures
from qc_pipeline.reports.figures import Span
from qc_pipeline.reports.intervals import wilson
from qc_pipeline.settings import Settings
from qc_pipeline.store.store import Store
from tests.registers.making import a_call, a_finding, on, scanned

ALL = Span()
PHONE = "13800001111"


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy(Settings().policy_dir)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, policy: Policy) -> tuple[Store, Path]:
    """Eight calls of two collectors: two flagged rightly, one wrongly, one waits, four are quiet;
    the sample found something in one of two.
    """
    folder = tmp_path_factory.mktemp("figures")
    store, keys = Store(folder / "home"), folder / "keys"
    store.migrate()
    flagged = {
        "right1": ("A0", "major"), "right2": ("A1", "critical"), "wrong": ("A0", "major"),
        "waits": ("A1", "minor"),
    }  # fmt: skip
    findings = {}
    for n, (call_id, (agent, severity)) in enumerate(flagged.items()):
        findings[call_id] = a_finding(call_id, severity=severity)
        known = {
            "team": "一组",
            "bank": "甲行",
            "phone": PHONE,
            "customer_id": "U1",
            "answered": True,
        }
        at = on(2) + timedelta(minutes=10 * n)
        scanned(store, a_call(call_id, agent_id=agent, at=at, **known), [findings[call_id]])
    for n in range(4):
        scanned(store, a_call(f"quiet{n}", agent_id=f"A{n % 2}", at=on(3), bank="乙行"))
    acting = {"policy": policy, "keys": keys, "at": on(20)}
    confirm(store, findings["right1"].finding_id, by="r1", **acting)
    confirm(store, findings["right2"].finding_id, by="r1", **acting)
    confirm(store, findings["right2"].finding_id, by="r2", **acting)
    reject(store, findings["wrong"].finding_id, by="r1", reason="quoted", **acting)
    missed = MissedFinding("quiet0", "abuse_insult", "minor", 1.0, 2.0, note="骂人")
    add_finding(store, missed, by="r1", **acting)
    for call_id in ("quiet0", "quiet1"):
        hear_sample(store, call_id, by="r1", at=on(20), keys=keys)
    return store, keys


def test_precision_counts_what_people_decided(home) -> None:
    (row,) = figures.precision(home[0], ALL)
    assert (row["found"], row["confirmed"], row["rejected"], row["waiting"]) == (4, 2, 1, 1)
    assert row["precision"] == pytest.approx(2 / 3)
    assert row["state"] == "too_few"
    assert (row["low"], row["high"]) == wilson(2, 3)
    (by_code,) = figures.precision(home[0], ALL, by="code", fewest=3)
    assert (by_code["code"], by_code["state"]) == ("threat_intimidation", "known")


def test_recall_is_estimated_from_the_sample_and_says_when_it_cannot_be(
    home, policy: Policy, tmp_path: Path
) -> None:
    said = figures.recall(home[0], ALL, policy=policy)
    assert (said.found, said.waiting, said.quiet, said.heard, said.unclean) == (2, 1, 4, 2, 1)
    # Both collectors have two quiet calls, so each was chosen for certain: one of two is bad.
    assert said.missed_share == pytest.approx(0.5)
    assert said.recall == pytest.approx(2 / (2 + 4 * 0.5))
    assert said.low is not None
    assert said.high is not None
    assert said.low < said.recall < said.high
    assert said.state == "too_few"
    empty = Store(tmp_path / "home")
    empty.migrate()
    nothing = figures.recall(empty, ALL, policy=policy)
    assert (nothing.recall, nothing.state) == (None, "none")


def test_rates_have_denominators_and_critical_counts_beside_them(home) -> None:
    rows = {row["part"]: row for row in figures.rates(home[0], ALL, by="agent")}
    assert {part: (row["heard"], row["violating"], row["critical"]) for part, row in rows.items()} == {
        "A0": (4, 2, 0), "A1": (4, 1, 1),
    }  # fmt: skip
    assert rows["A1"]["per_100"] == 25.0
    assert rows["A0"]["first_cases"] + rows["A0"]["repeat_cases"] == 2
    teams = {row["part"]: row["calls"] for row in figures.rates(home[0], ALL, by="team")}
    assert teams == {"": 4, "一组": 4}
    months = figures.rates(home[0], ALL, by="month")
    assert [row["part"] for row in months] == ["2026-03"]
    one_bank = figures.rates(home[0], Span(bank="甲行"), by="bank")
    assert [(row["part"], row["calls"]) for row in one_bank] == [("甲行", 4)]
    with pytest.raises(UsageError, match="no part"):
        figures.rates(home[0], ALL, by="moon")


def test_a_period_ends_before_its_end(home) -> None:
    day = Span(since=on(2, 0), until=on(3, 0))
    assert sum(row["calls"] for row in figures.coverage(home[0], day)) == 4
    assert len(figures.call_list(home[0], day)) == 4
    assert figures.retrieval(home[0], day).share == 0.0


def test_a_customers_trail_and_a_numbers_dials(home) -> None:
    trail = figures.contact_trail(home[0], "U1")
    assert [row["reference"] for row in trail] == ["right1", "right2", "wrong", "waits"]
    assert trail[0]["findings"] == ["threat_intimidation:confirmed"]
    (day,) = figures.dial_counts(home[0], "+86 138-0000-1111", ALL)
    assert (day["dials"], day["answered"], day["most_in_an_hour"]) == (4, 4, 4)
    with pytest.raises(UsageError, match="nothing is known"):
        figures.contact_trail(home[0], "U9")
    with pytest.raises(UsageError, match="no telephone number"):
        figures.dial_counts(home[0], "abc", ALL)


@pytest.mark.parametrize(
    "command",
    [["precision"], ["precision", "--by", "code"], ["recall"], ["rates", "--by", "week"],
     ["coverage"], ["complaints"], ["calls"], ["trail", "U1"], ["dials", PHONE]],
    ids=" ".join,
)  # fmt: skip
def test_every_report_comes_in_every_format(home, command, tmp_path: Path) -> None:
    store, _ = home
    for suffix in ("jsonl", "csv", "xlsx", "html", "parquet"):
        target = tmp_path / f"r.{suffix}"
        done = CliRunner().invoke(
            cli, ["report", *command, "--home", str(store.home), "-o", str(target)]
        )
        assert done.exit_code == 0, done.output
        data = target.read_bytes()
        assert data or command == ["complaints"]
        assert PHONE.encode() not in data
        if suffix == "csv":
            assert data.startswith(b"\xef\xbb\xbf")
        if suffix == "html":
            assert "<html" in data.decode()


def test_identifiers_stay_text_in_a_workbook(home, tmp_path: Path) -> None:
    store, _ = home
    target = tmp_path / "trail.xlsx"
    command = ["report", "trail", "U1", "--home", str(store.home), "-o", str(target), "--unmasked"]
    assert CliRunner().invoke(cli, command).exit_code == 0
    sheet = openpyxl.load_workbook(target).active
    heads = [cell.value for cell in sheet[1]]
    assert sheet[2][heads.index("phone")].value == PHONE


def test_an_unwritable_target_is_refused(home, tmp_path: Path) -> None:
    store, _ = home
    target = tmp_path / "nowhere" / "r.csv"
    done = CliRunner().invoke(
        cli, ["report", "coverage", "--home", str(store.home), "-o", str(target)]
    )
    assert isinstance(done.exception, UsageError)
