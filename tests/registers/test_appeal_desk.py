"""Appeals: in time or not, by whom decided, and what a reversal takes back everywhere."""

import io
import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from qc_pipeline.errors import RegisterError
from qc_pipeline.records import CallEvent
from qc_pipeline.registers import appeal_desk
from qc_pipeline.registers.counting import count_occurrences
from qc_pipeline.registers.desk import confirm
from qc_pipeline.registers.history import reading_as_of
from qc_pipeline.registers.projections import load_registers, rebuild
from qc_pipeline.registers.reversal import Decision, standing_of
from qc_pipeline.store.export import export_table
from tests.registers.cases import Office, repeat, with_money
from tests.registers.making import a_call, a_finding, on, scanned

UPHELD = Decision("upheld", "录音与转写不符，原话为“不会去您家”")
WAGE = {"month": "2026-03", "wage_yuan": "6000", "acknowledgement": "签收表2026-017"}


class Court(Office):
    def file(self, by="A01", *, at=None, **said):
        self.at = at or self.at + timedelta(minutes=1)
        said = {"grounds": "未说过这句话", **said}
        return appeal_desk.file_appeal(
            self.store, by=by, at=self.at, policy=self.policy, keys=self.keys, **said
        )

    def about(self, case, **said):
        return self.file(case.agent_id, finding_id=case.findings[0], **said)

    def admit(self, appeal, by="judge", *, admitted=True, reason="住院，有证明"):
        self.at += timedelta(minutes=1)
        return appeal_desk.admit_appeal(
            self.store, appeal.appeal_id, by=by, at=self.at, policy=self.policy, keys=self.keys,
            admitted=admitted, reason=reason,
        )  # fmt: skip

    def decide(self, appeal, decision=UPHELD, by="judge"):
        self.at += timedelta(minutes=1)
        return appeal_desk.decide_appeal(
            self.store, appeal.appeal_id, decision, by=by, at=self.at, policy=self.policy,
            keys=self.keys,
        )  # fmt: skip

    def preview(self, appeal, decision=UPHELD, by="judge"):
        return appeal_desk.preview_appeal(
            self.store, appeal.appeal_id, decision, by=by, at=self.at + timedelta(minutes=1),
            policy=self.policy,
        )  # fmt: skip

    def card(self, call_id="c1"):
        chosen = {"everything": False, "call_ids": [call_id]}
        with self.store.reading() as session:
            [row] = session.rows("scoring/stored", chosen)
        return row

    def status(self, finding_id):
        with self.store.reading() as session:
            return session.one("registers/finding", {"finding_id": finding_id})["status"]


@pytest.fixture
def court(store, policy, keys):
    return Court(store, policy, keys)


@pytest.fixture
def paying(store, policy, keys):
    return Court(store, with_money(policy), keys)


# --- filing ---------------------------------------------------------------------------------------


def test_a_finding_is_appealed_within_three_working_days_of_the_receipt(court):
    case = court.noticed(court.case())
    late = case.objection_due + timedelta(seconds=1)
    with pytest.raises(RegisterError, match="window to appeal") as caught:
        court.about(case, at=late)
    assert "cause" in caught.value.remedy
    assert court.tables().appeals == {}
    appeal = court.about(case, at=case.objection_due)
    assert (appeal.state, appeal.due_at, appeal.case_id) == (
        "open", case.objection_due, case.case_id,
    )  # fmt: skip


def test_a_sanction_is_appealed_within_five(court):
    case = court.accepted(court.case())
    late = case.appeal_due + timedelta(seconds=1)
    with pytest.raises(RegisterError, match="window to appeal"):
        court.file(case_id=case.case_id, at=late)
    assert court.file(case_id=case.case_id, at=case.appeal_due).state == "open"


def test_before_the_notice_nothing_is_late(court):
    case = court.case()
    assert court.about(case, at=on(20, month=5)).due_at is None


def test_a_finding_without_a_case_has_its_window_from_the_verdict(court):
    found = a_finding("c1", code="service_conduct", severity="info")
    scanned(court.store, a_call("c1"), [found])
    confirm(court.store, found.finding_id, by="r1", at=on(3), policy=court.policy, keys=court.keys)
    with pytest.raises(RegisterError, match="2026-03-06 23:59"):
        court.file(finding_id=found.finding_id, at=on(9))
    assert court.file(finding_id=found.finding_id, at=on(6)).case_id is None


def test_a_late_one_waits_for_somebody_who_admits_its_cause(court):
    case = court.noticed(court.case())
    appeal = court.about(case, at=case.objection_due + timedelta(days=3), late_cause="住院")
    assert appeal.state == "late"
    with pytest.raises(RegisterError, match="came late"):
        court.decide(appeal)
    with pytest.raises(RegisterError, match="is a01's own"):
        court.admit(appeal, "a01")
    with pytest.raises(RegisterError, match="had a hand"):
        court.admit(appeal, "r1")
    with pytest.raises(RegisterError, match="needs a reason"):
        court.admit(appeal, reason=" ")
    assert court.admit(appeal).state == "open"
    with pytest.raises(RegisterError, match="only a late one"):
        court.admit(appeal)
    court.decide(appeal)
    assert court.now(case).state == "reversed"


def test_a_late_one_may_be_refused_and_then_that_is_the_end(court):
    case = court.noticed(court.case())
    appeal = court.about(case, at=case.objection_due + timedelta(days=3), late_cause="忘了")
    assert court.admit(appeal, admitted=False, reason="无正当理由").state == "refused"
    with pytest.raises(RegisterError, match="is refused"):
        court.decide(appeal)
    with pytest.raises(RegisterError, match="one appeal"):
        court.about(case, late_cause="还是忘了")


def test_what_can_not_be_appealed(court):
    case = court.case()
    bad = (
        ({"by": "boss", "finding_id": case.findings[0]}, "only he can appeal"),
        ({"finding_id": case.findings[0], "grounds": " "}, "needs grounds"),
        ({"finding_id": "F0"}, "no finding F0"),
        ({"case_id": "D0"}, "no case D0"),
        ({"case_id": case.case_id}, "no sanction yet"),
        ({}, "one thing"),
        ({"finding_id": case.findings[0], "case_id": case.case_id}, "one thing"),
        ({"finding_id": case.findings[0], "at": on(1).replace(year=2099)}, "in the future"),
    )
    for said, message in bad:
        moment = court.at
        with pytest.raises(RegisterError, match=message) as caught:
            court.file(**said)
        assert caught.value.remedy
        court.at = moment
    open_finding = a_finding("c5", severity="major")
    scanned(court.store, a_call("c5"), [open_finding], [CallEvent("dispute", 0, 1.0, "不认")])
    with pytest.raises(RegisterError, match="is open"):
        court.file(finding_id=open_finding.finding_id)
    assert court.tables().appeals == {}


def test_there_is_one_appeal_unless_it_was_withdrawn(court):
    case = court.case()
    appeal = court.about(case)
    with pytest.raises(RegisterError, match="one appeal"):
        court.about(case)
    said = {"at": court.at, "policy": court.policy, "keys": court.keys}
    with pytest.raises(RegisterError, match="only he can withdraw"):
        appeal_desk.withdraw_appeal(court.store, appeal.appeal_id, by="boss", **said)
    appeal_desk.withdraw_appeal(court.store, appeal.appeal_id, by="A01", **said)
    assert court.about(case).appeal_id != appeal.appeal_id


# --- deciding -------------------------------------------------------------------------------------


def test_nobody_decides_who_had_a_hand_in_it(paying):
    case = repeat(paying)
    paying.executed(case, "L3", amounts={"fine": 200, "commission_forfeit": 300}, gate=WAGE)
    appeal = paying.file(case_id=case.case_id)
    for by in ("r1", "p1", "P2", "p3", "hr"):
        with pytest.raises(RegisterError, match="had a hand"):
            paying.decide(appeal, by=by)
        with pytest.raises(RegisterError, match="had a hand"):
            paying.preview(appeal, by=by)
    with pytest.raises(RegisterError, match="own"):
        paying.decide(appeal, by="A01")
    with pytest.raises(RegisterError, match="nobody is named"):
        paying.decide(appeal, by=" ")


@pytest.mark.parametrize(
    ("against", "decision", "message"),
    [
        ("finding", Decision("won", "x"), "no outcome"),
        ("finding", Decision("upheld", " "), "needs reasons"),
        ("finding", Decision("partly_upheld", "x"), "severity belongs"),
        ("finding", Decision("upheld", "x", severity="minor"), "severity belongs"),
        ("finding", Decision("partly_upheld", "x", severity="major"), "isn't milder"),
        ("finding", Decision("partly_upheld", "x", severity="critical"), "isn't milder"),
        ("sanction", Decision("partly_upheld", "x"), "level belongs"),
        ("sanction", Decision("dismissed", "x", level="L1"), "level belongs"),
        ("sanction", Decision("partly_upheld", "x", level="L2"), "isn't milder"),
        ("sanction", Decision("partly_upheld", "x", level="L9"), "no level"),
        ("sanction", Decision("partly_upheld", "x", level="L1", consequences=("fine",)), "had no"),
    ],
)
def test_a_decision_that_is_none_changes_nothing(court, against, decision, message):
    case = court.accepted(court.case(), "L2")
    about = {"finding_id": case.findings[0]} if against == "finding" else {"case_id": case.case_id}
    appeal = court.file(**about)
    before = (court.tables(), court.log())
    with pytest.raises(RegisterError, match=message) as caught:
        court.decide(appeal, decision)
    assert caught.value.remedy
    assert (court.tables(), court.log()) == before


def test_execution_and_the_end_wait_for_the_decision(court):
    case = court.accepted(court.case())
    appeal = court.file(case_id=case.case_id)
    with pytest.raises(RegisterError, match="appeal is open"):
        court.act("execute_sanction", case, "p3")
    court.decide(appeal, Decision("dismissed", "事实清楚，程序无误"))
    assert court.now(case).state == "approved"
    case = court.act("execute_sanction", case, "p3")
    court.about(case, at=court.at + timedelta(days=30), late_cause="住院")
    with pytest.raises(RegisterError, match="appeal is open"):
        court.act("close_case", case, "p3")


def test_an_upheld_appeal_against_a_finding_takes_everything_back(court):
    case = court.noticed(court.case(severity="critical"))
    assert court.card()["human_score"] == 0
    appeal = court.about(case)
    said = court.preview(appeal)
    assert court.now(case).state == "notified"
    done = court.decide(appeal)
    assert said == done
    assert (done.card_before.human_score, done.card_after.human_score) == (0, 100)
    assert done.reversal.finding_after == ("overturned", "critical")
    assert court.status(case.findings[0]) == "overturned"
    assert (court.card()["human_score"], court.card()["passed"]) == (100, True)
    case = court.now(case)
    assert (case.state, case.occurrence_any, case.level) == ("reversed", None, None)
    assert court.tables().appeals[appeal.appeal_id].state == "upheld"
    assert court.register_problems() == []


def test_later_cases_are_counted_anew_and_their_money_comes_back(paying):
    """DS-07, DS-20: a violation taken back is not counted, what was taken for it is paid back."""
    second = repeat(paying)
    assert (second.occurrence_same, second.level) == (2, "L3")
    first = next(case for case in paying.tables().cases.values() if case.call_id == "c1")
    paying.executed(second, "L3", amounts={"fine": "500", "commission_forfeit": "700"}, gate=WAGE)
    appeal = paying.about(first)
    said = paying.preview(appeal)
    assert paying.decide(appeal) == said
    after = paying.now(second)
    assert (after.occurrence_same, after.level, after.level_to) == (1, "L1", "L4")
    assert after.consequences == ()
    assert after.chosen_level == "L3"
    assert (after.to_return_yuan, said.reversal.to_return_yuan) == (Decimal(1200), Decimal(1200))
    assert {each.case_id for each in said.reversal.cases} == {first.case_id, second.case_id}
    assert paying.tables().appeals[appeal.appeal_id].to_return_yuan == Decimal(1200)
    assert paying.register_problems() == []


def test_the_money_of_an_executed_case_comes_back_when_it_is_reversed(paying):
    second = repeat(paying)
    paying.executed(second, "L3", amounts={"fine": 200, "commission_forfeit": 300}, gate=WAGE)
    appeal = paying.about(second)
    assert paying.decide(appeal).reversal.to_return_yuan == Decimal(500)
    case = paying.now(second)
    assert (case.state, case.to_return_yuan) == ("reversed", Decimal(500))
    assert case.amounts == ("fine=200.00", "commission_forfeit=300.00"), "nothing is deleted"


def test_a_closed_case_is_reversed_too(court):
    case = court.executed(court.case())
    court.act("close_case", case, "p3")
    appeal = court.about(case, at=on(20, month=6), late_cause="新证据")
    court.admit(appeal)
    court.decide(appeal)
    assert court.now(case).state == "reversed"


def test_a_suspended_case_is_reversed_too(court):
    case = court.noticed(court.case())
    court.act("suspend_case", case, "boss", reason="court")
    court.decide(court.about(case))
    case = court.now(case)
    assert (case.state, case.suspended_from) == ("reversed", None)


def test_a_case_with_another_confirmed_finding_stands(court):
    one, other = (a_finding("c1", severity="major", nth=n) for n in (0, 5))
    scanned(court.store, a_call("c1"), [one, other])
    for each in (one, other):
        case = confirm(
            court.store, each.finding_id, by="r1", at=on(3), policy=court.policy, keys=court.keys
        ).case
    court.decide(court.file(finding_id=one.finding_id, at=on(4)))
    case = court.now(case)
    assert (case.state, case.findings, case.occurrence_any) == (
        "confirmed", (other.finding_id,), 1,
    )  # fmt: skip


def test_partly_upheld_the_finding_stands_as_milder(court):
    case = court.case(severity="critical")
    appeal = court.about(case)
    decision = Decision("partly_upheld", "言辞不当但不构成威胁", severity="minor")
    said = court.preview(appeal, decision)
    assert court.decide(appeal, decision) == said
    case = court.now(case)
    assert (case.state, case.severity, case.level, case.level_to) == (
        "confirmed", "minor", "L1", None,
    )  # fmt: skip
    assert court.card()["human_score"] == 95
    assert court.register_problems() == []


def test_milder_than_any_case_is_no_case(court):
    case = court.case(severity="critical")
    court.decide(court.about(case), Decision("partly_upheld", "仅提示", severity="info"))
    assert court.now(case).state == "reversed"
    assert court.status(case.findings[0]) == "confirmed"


def test_a_sanction_carried_out_that_is_now_too_grave_needs_a_level_too(court):
    case = court.executed(court.case(severity="critical"), "L5")
    appeal = court.about(case)
    milder = Decision("partly_upheld", "不构成威胁", severity="major")
    with pytest.raises(RegisterError, match="L5 was carried out"):
        court.decide(appeal, milder)
    court.decide(appeal, replace(milder, level="L2"))
    assert court.now(case).chosen_level == "L2"
    assert court.register_problems() == []


def test_partly_upheld_against_a_sanction_makes_it_milder(paying):
    case = repeat(paying)
    paying.executed(
        case, "L5", amounts={"fine": 500, "commission_forfeit": 700}, reason="恶劣", gate=WAGE
    )
    appeal = paying.file(case_id=case.case_id)
    decision = Decision(
        "partly_upheld", "处分偏重", level="L3", consequences=("case_withdrawal", "fine"),
        amounts={"fine": Decimal("200.00")},
    )  # fmt: skip
    said = paying.preview(appeal, decision)
    assert paying.decide(appeal, decision) == said
    case = paying.now(case)
    assert (case.chosen_level, case.amounts, case.to_return_yuan) == (
        "L3", ("fine=200.00",), Decimal("1000.00"),
    )  # fmt: skip
    assert (case.state, case.occurrence_same) == ("executed", 2), "the violation stands"
    assert paying.register_problems() == []


def test_upheld_against_a_sanction_lets_off_and_the_violation_stands(court):
    case = court.accepted(court.case(severity="critical"), "L4")
    court.decide(court.file(case_id=case.case_id))
    case = court.now(case)
    assert (case.state, case.chosen_level, case.occurrence_any) == ("approved", "none", 1)
    assert court.act("execute_sanction", case, "p3").state == "executed"


def test_reversal_is_exact(court):
    """Every other case stands as if the one taken back had never been."""
    cases = []
    for number in range(5):
        code = "debt_misinformation" if number % 2 else "opening_incomplete"
        case = court.case(f"c{number}", at=court.at + timedelta(minutes=1), code=code)
        if number < 4:
            court.noticed(case)
        cases.append(case)
    court.decide(court.about(cases[1], late_cause=None))
    tables = court.tables().cases
    others = [case for case in tables.values() if case.case_id != cases[1].case_id]
    counted = count_occurrences(others, policy=court.policy)
    for case in others:
        held = standing_of(case)
        assert (held.occurrence_same, held.occurrence_any) == (
            counted[case.case_id].same, counted[case.case_id].any,
        )  # fmt: skip
    assert court.register_problems() == []


def test_an_unknown_appeal(court):
    court.case()
    with pytest.raises(RegisterError, match="no appeal P0"):
        appeal_desk.decide_appeal(
            court.store, "P0", UPHELD, by="judge", at=on(21), policy=court.policy, keys=court.keys
        )


def test_an_error_in_mid_decision_leaves_nothing_half_done(court, monkeypatch):
    case = court.noticed(court.case())
    appeal = court.about(case)
    before = (court.tables(), court.log(), court.card(), court.status(case.findings[0]))

    def fail(*_, **__):
        raise RuntimeError("power cut")

    with monkeypatch.context() as broken:
        broken.setattr("qc_pipeline.registers.appeal_desk.rescore", fail)
        with pytest.raises(RuntimeError, match="power cut"):
            court.decide(appeal)
    after = (court.tables(), court.log(), court.card(), court.status(case.findings[0]))
    assert after == before
    assert court.decide(appeal).card_after.human_score == 100
    assert court.register_problems() == []


def test_the_registers_are_readable_as_of_any_moment_before(paying):
    """Amounts of money, circumstances and appeals included."""
    case = repeat(paying)
    paying.act("record_circumstance", case, "boss", loss_yuan="50000.10", evidence="对账单")
    case = paying.accepted(
        case, "L3", amounts={"fine": "500", "commission_forfeit": "700", "compensation": "10.50"}
    )
    appeal = paying.about(case)
    before = paying.at
    paying.decide(appeal)
    with reading_as_of(paying.store, before) as session:
        then = load_registers(session)
    assert then.cases[case.case_id] == case
    assert then.appeals[appeal.appeal_id] == appeal
    assert paying.now(case).state == "reversed"
    target = io.BytesIO()
    export_table(
        paying.store, "appeals", format="jsonl", target=target,
        reading=lambda: reading_as_of(paying.store, before),
    )  # fmt: skip
    assert json.loads(target.getvalue())["state"] == "open"


def test_a_rebuild_gives_the_same_tables(paying):
    case = paying.accepted(paying.case())
    paying.decide(paying.file(case_id=case.case_id))
    before = paying.tables()
    with paying.store.writing() as session:
        rebuild(session)
    assert paying.tables() == before
    assert paying.register_problems() == []
