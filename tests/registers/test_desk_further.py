"""What reviewers may say beyond yes and no, from the verdict to the registers."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from qc_pipeline.errors import RegisterError
from qc_pipeline.policy import Policy
from qc_pipeline.registers.appeal_desk import decide_appeal, file_appeal
from qc_pipeline.registers.assignments import release, take, taken_by_others
from qc_pipeline.registers.case_desk import notify
from qc_pipeline.registers.desk import (
    add_finding,
    confirm,
    correct_line,
    hear_sample,
    undo,
    unsure,
)
from qc_pipeline.registers.log import read_events
from qc_pipeline.registers.missed import MissedFinding
from qc_pipeline.registers.projections import differences, load_registers, rebuild
from qc_pipeline.registers.queue import list_queue
from qc_pipeline.registers.reversal import Decision
from qc_pipeline.registers.sampling import sampled_calls
from qc_pipeline.store.store import Store
from tests.registers.making import a_call, a_finding, on, scanned
from tests.replay.homes import a_call as a_written_call
from tests.replay.homes import judge

SOON = on(20) + timedelta(minutes=2)


@pytest.fixture
def acting(policy: Policy, keys: Path) -> dict:
    return {"policy": policy, "keys": keys, "at": on(20)}


def rows_of(store: Store, call_id: str) -> list[dict]:
    with store.reading() as session:
        return session.rows("evidence/findings", {"finding_ids": [], "whole_calls": [call_id]})


def cases_of(store: Store) -> dict[str, str]:
    with store.reading() as session:
        return {row["code"]: row["state"] for row in session.rows("registers/cases")}


def consistent(store: Store) -> bool:
    """Tables equal the log, and a rebuild from the log changes nothing."""
    with store.writing() as session:
        before = load_registers(session)
        assert differences(session, read_events(session)) == []
        rebuild(session)
        assert load_registers(session) == before
        assert differences(session, read_events(session)) == []
    return True


def test_the_case_follows_the_right_code(store: Store, acting: dict) -> None:
    finding = a_finding("c1", code="service_conduct", severity="minor")
    scanned(store, a_call("c1"), [finding])
    verdict = confirm(
        store, finding.finding_id, by="r1", code="debt_misinformation", severity="major", **acting
    )
    assert verdict.case is not None
    assert (verdict.case.code, verdict.case.state) == ("debt_misinformation", "confirmed")
    (row,) = rows_of(store, "c1")
    assert (row["code"], row["severity"], row["status"]) == (
        "debt_misinformation", "major", "confirmed",
    )  # fmt: skip
    scanned(store, a_call("c1"), [finding], key="again")
    assert rows_of(store, "c1")[0]["code"] == "debt_misinformation", "a verdict survives a re-scan"
    assert consistent(store)
    undo(store, finding.finding_id, by="r1", **{**acting, "at": SOON})
    (row,) = rows_of(store, "c1")
    assert (row["code"], row["severity"], row["status"]) == ("service_conduct", "minor", "open")
    assert cases_of(store) == {"debt_misinformation": "reversed"}
    assert consistent(store)


def test_a_case_opens_once_a_person_says_who_spoke(store: Store, acting: dict) -> None:
    """A mono recording: nobody could tell the speakers apart."""
    finding = a_finding("c1", severity="major", responsible_party="unknown")
    scanned(store, a_call("c1"), [finding])
    verdict = confirm(store, finding.finding_id, by="r1", responsible_party="agent", **acting)
    assert verdict.case is not None
    assert verdict.case.state == "confirmed"
    assert rows_of(store, "c1")[0]["responsible_party"] == "agent"
    assert consistent(store)


def test_taking_back_restores_counters_and_queue(store: Store, acting: dict) -> None:
    one, other = a_finding("c1", severity="major"), a_finding("c2", severity="major")
    scanned(store, a_call("c1", at=on(2)), [one])
    scanned(store, a_call("c2", at=on(3)), [other])
    kept = confirm(store, one.finding_id, by="r1", **acting).case
    assert kept is not None
    confirm(store, other.finding_id, by="r1", **acting)
    undo(store, other.finding_id, by="r1", **{**acting, "at": SOON})
    with store.reading() as session:
        standing = {row["case_id"]: row for row in session.rows("registers/cases")}
    assert standing[kept.case_id]["occurrence_any"] == 1
    queue = list_queue(store, policy=acting["policy"])
    assert [row.finding_id for row in queue] == [other.finding_id]
    again = confirm(store, other.finding_id, by="r1", **{**acting, "at": SOON})
    assert again.case is not None
    assert again.case.state == "confirmed"
    assert consistent(store)


def test_what_a_case_has_moved_on_from_is_not_taken_back(store: Store, acting: dict) -> None:
    finding = a_finding("c1", severity="major")
    scanned(store, a_call("c1"), [finding])
    case = confirm(store, finding.finding_id, by="r1", **acting).case
    assert case is not None
    notify(store, case.case_id, by="lead", **acting)
    with pytest.raises(RegisterError, match="rests on"):
        undo(store, finding.finding_id, by="r1", **{**acting, "at": SOON})
    assert consistent(store)


def test_an_unsure_reviewer_sees_it_no_more_others_do(store: Store, acting: dict) -> None:
    finding = a_finding("c1")
    scanned(store, a_call("c1"), [finding])
    unsure(store, finding.finding_id, by="r1", note="听不清", **acting)
    policy = acting["policy"]
    assert list_queue(store, policy=policy, reviewer="r1") == []
    (row,) = list_queue(store, policy=policy, reviewer="r2")
    assert any(reason.startswith("unsure: ") for reason in row.why)
    assert consistent(store)


def test_a_missed_finding_is_added_and_survives_a_re_scan(store: Store, acting: dict) -> None:
    scanned(store, a_call("c1"))
    missed = MissedFinding("c1", "threat_intimidation", "critical", 3.0, 5.5, note="说要上门堵人")
    first = add_finding(store, missed, by="r1", **acting)
    assert first.review.state == "awaiting_second"
    with pytest.raises(RegisterError, match="there already"):
        add_finding(store, missed, by="r2", **acting)
    with pytest.raises(RegisterError, match="already"):
        confirm(store, first.review.finding_id, by="r1", **acting)
    second = confirm(store, first.review.finding_id, by="r2", **acting)
    assert second.case is not None
    assert second.case.state == "confirmed"
    scanned(store, a_call("c1"), key="again")
    (row,) = rows_of(store, "c1")
    assert (row["detector"], row["status"], row["superseded_at"]) == ("human", "confirmed", None)
    assert consistent(store)


@pytest.mark.parametrize(
    ("changed", "by", "message"),
    [
        ({"call_id": "c9"}, "r1", "no call c9"),
        ({"code": "rudeness"}, "r1", "no code"),
        ({"start_s": 6.0}, "r1", "no stretch"),
        ({"utterance_index": 7}, "r1", "no line 7"),
        ({"note": " "}, "r1", "needs a note"),
        ({"severity": "grave"}, "r1", "no severity"),
        ({}, "A01", "made call"),
    ],
)
def test_what_cannot_be_added(
    store: Store, acting: dict, changed: dict, by: str, message: str
) -> None:
    scanned(store, a_call("c1"))
    values = {
        "call_id": "c1", "code": "abuse_insult", "severity": "minor", "start_s": 1.0, "end_s": 2.0,
        "note": "骂人", **changed,
    }  # fmt: skip
    with pytest.raises(RegisterError, match=message):
        add_finding(store, MissedFinding(**values), by=by, **acting)
    with store.reading() as session:
        assert read_events(session) == []
        assert session.rows("evidence/findings", {"finding_ids": [], "whole_calls": ["c1"]}) == []


def test_the_sample_is_blind_and_the_same_everywhere(store: Store, acting: dict) -> None:
    """POLICY "Triage order": a random sample of unflagged calls, and some of each collector."""
    scanned(store, a_call("flagged"), [a_finding("flagged", severity="minor")])
    for n in range(6):
        scanned(store, a_call(f"quiet{n}", agent_id=f"A{n % 2}"))
    policy = acting["policy"]
    chosen = [each.call_id for each in sampled_calls(store, policy=policy, limit=50)]
    assert len(chosen) == 2 * policy.review.sample.least_per_agent_month
    assert "flagged" not in chosen
    assert chosen == [each.call_id for each in sampled_calls(store, policy=policy, limit=50)]
    own = [each.agent_id for each in sampled_calls(store, policy=policy, limit=50, reviewer="A0")]
    assert "A0" not in own
    said = hear_sample(store, chosen[0], by="r1", at=on(20), keys=acting["keys"])
    assert said.clean
    with pytest.raises(RegisterError, match="was heard by r1"):
        hear_sample(store, chosen[0], by="r2", at=on(20), keys=acting["keys"])
    missed = MissedFinding(chosen[1], "abuse_insult", "minor", 1.0, 2.0, note="骂人")
    added = add_finding(store, missed, by="r1", **acting)
    second = hear_sample(store, chosen[1], by="r1", at=on(20), keys=acting["keys"])
    assert (second.clean, second.findings) == (False, (added.review.finding_id,))
    left = [each.call_id for each in sampled_calls(store, policy=policy, limit=50)]
    assert left == chosen[2:]
    assert consistent(store)


def test_a_line_is_corrected_beside_what_was_recognised(tmp_path: Path) -> None:
    from qc_pipeline.settings import Settings

    settings = Settings(home=tmp_path / "home", keys=tmp_path / "keys", classifier="none")
    store = judge(
        settings, [a_written_call("c1", ("agent", "你的争信有问题"), ("customer", "什么"))]
    )
    acting = {"by": "r1", "at": on(20), "keys": settings.keys}
    wording = correct_line(store, "c1", 0, "你的征信 有问题", **acting)
    assert (wording.text, wording.recognised) == ("你的征信 有问题", "你的争信有问题")
    with store.reading() as session:
        assert (
            session.one("registers/line", {"call_id": "c1", "index": 0})["text"] == "你的争信有问题"
        )
    with pytest.raises(RegisterError, match="no line 9"):
        correct_line(store, "c1", 9, "什么", **acting)
    with pytest.raises(RegisterError, match="characters"):
        correct_line(store, "c1", 0, "  ", **acting)
    assert consistent(store)


def test_a_call_is_one_reviewers_until_it_is_released_or_time_is_up(tmp_path: Path) -> None:
    at = on(20)
    assert take(tmp_path, "c1", by="r1", at=at, minutes=20).holder == "r1"
    held = take(tmp_path, "c1", by="r2", at=at + timedelta(minutes=5), minutes=20)
    assert (held.holder, held.until) == ("r1", at + timedelta(minutes=20))
    assert taken_by_others(tmp_path, ["c1", "c2"], by="r2", at=at) == {"c1"}
    renewed = take(tmp_path, "c1", by="R1", at=at + timedelta(minutes=10), minutes=20)
    assert renewed.until == at + timedelta(minutes=30)
    assert not release(tmp_path, "c1", by="r2")
    assert take(tmp_path, "c1", by="r2", at=at + timedelta(minutes=31), minutes=20).holder == "r2"
    assert release(tmp_path, "c1", by="r2")
    assert take(tmp_path, "c1", by="r1", at=at, minutes=20).holder == "r1"


def test_of_many_who_ask_at_once_one_gets_the_call(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def ask(name: str) -> str:
        return take(tmp_path, "c1", by=name, at=on(20), minutes=20).holder

    with ThreadPoolExecutor(8) as pool:
        holders = set(pool.map(ask, [f"r{n}" for n in range(24)]))
    assert len(holders) == 1


def test_an_appeal_reaches_the_case_of_the_right_code(store: Store, acting: dict) -> None:
    """A finding that was recoded is contested as what people said it is."""
    finding = a_finding("c1", code="service_conduct", severity="minor")
    scanned(store, a_call("c1"), [finding])
    case = confirm(
        store, finding.finding_id, by="r1", code="debt_misinformation", severity="major", **acting
    ).case
    assert case is not None
    notify(store, case.case_id, by="lead", **acting)
    filed = {**acting, "at": on(20) + timedelta(hours=2)}
    appeal = file_appeal(
        store, finding_id=finding.finding_id, grounds="不是我说的", by="A01", **filed
    )
    decided = {**acting, "at": on(20) + timedelta(hours=3)}
    decide_appeal(store, appeal.appeal_id, Decision("upheld", "录音不清"), by="head", **decided)
    assert cases_of(store) == {"debt_misinformation": "reversed"}
    assert rows_of(store, "c1")[0]["status"] == "overturned"
    assert consistent(store)
