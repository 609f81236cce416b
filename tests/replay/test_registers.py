"""What the registers would look like: repeats, milder reviewers, cases that would be or not be."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from qc_pipeline.policy import Policy, load_policy
from qc_pipeline.records import CallRecord, Severity
from qc_pipeline.registers.complaints import Complaint, complaint_id_for
from qc_pipeline.registers.discipline import Case
from qc_pipeline.registers.emergencies import Emergency
from qc_pipeline.registers.projections import Registers
from qc_pipeline.registers.review import FindingReview
from qc_pipeline.replay.compare import SignalChange
from qc_pipeline.replay.registers import JudgedAgain, case_changes, due_changes, entry_changes
from qc_pipeline.replay.stored import Period
from qc_pipeline.settings import PACKAGE_DIR
from tests.replay.homes import MARCH, later

POLICY = load_policy(PACKAGE_DIR / "policy")
ALWAYS = Period()
DAY = 24 * 60


def a_review(name: str, *, said: Severity = "major", machine: Severity = "major", **more):
    values = {
        "call_id": f"call-{name}", "code": "abuse_insult", "responsible_party": "agent",
        "state": "confirmed", "first_by": None, "first_at": None, "decided_by": "R1",
        "decided_at": later(5), "reason": None, "note": None,
    }  # fmt: skip
    return FindingReview(
        finding_id=name, severity=said, machine_severity=machine, **{**values, **more}
    )


def a_case(name: str, *, at: datetime = MARCH, severity: Severity = "major", **more) -> Case:
    values = {
        "agent_id": "A01", "call_id": f"call-{name}", "code": "abuse_insult", "state": "notified",
        "opened_at": at, "changed_at": at, "findings": (name,), "notified_at": at,
        "occurrence_same": 1, "occurrence_any": 1, "level": "L1", "level_to": "L4",
        "consequences": (), "policy_version": POLICY.version,
    }  # fmt: skip
    return Case(case_id=f"D-{name}", conduct_at=at, severity=severity, **{**values, **more})


def changes(
    registers: Registers, *, lost=(), severities=None, calls=None, after: Policy = POLICY,
    period: Period = ALWAYS,
):  # fmt: skip
    again = JudgedAgain(frozenset(lost), severities or {}, calls or {})
    return case_changes(registers, again, before=POLICY, after=after, period=period, at=later(DAY))


def with_case_severities(*severities: Severity) -> Policy:
    discipline = POLICY.discipline.model_copy(update={"case_severities": severities})
    return POLICY.model_copy(update={"discipline": discipline, "version": "other"})


def test_cases_that_stay_as_they_are_are_not_told() -> None:
    registers = Registers(reviews={"f": a_review("f")}, cases={"D-f": a_case("f")})
    assert changes(registers, severities={"f": "major"}) == []


def test_a_case_whose_finding_is_lost_is_told_even_when_the_person_was_informed() -> None:
    registers = Registers(reviews={"f": a_review("f")}, cases={"D-f": a_case("f")})
    (change,) = changes(registers, lost=["f"])
    assert (change.case_id, change.state, change.effects) == ("D-f", "notified", ("finding_lost",))


@pytest.mark.parametrize(
    ("said", "machine", "now", "expected"),
    [
        ("critical", "critical", "major", "major"),  # confirmed what the machine said
        ("minor", "critical", "major", "minor"),  # was milder than either
        ("minor", "major", "info", "info"),  # never graver than the machine
        ("major", "major", "critical", "critical"),
    ],
)
def test_a_reviewer_is_taken_to_judge_as_he_did(said, machine, now, expected) -> None:
    registers = Registers(
        reviews={"f": a_review("f", said=said, machine=machine)},
        cases={"D-f": a_case("f", severity=said)},
    )
    found = changes(registers, severities={"f": now})
    judged = [change.after.severity for change in found if "severity" in change.effects]
    assert judged == ([] if expected == said else [expected])


def test_repeats_are_counted_over_all_cases_of_a_collector() -> None:
    second = a_case(
        "g", at=later(3 * DAY), occurrence_same=2, occurrence_any=2, level="L3", level_to=None,
        consequences=("case_withdrawal", "fine", "written_warning", "commission_forfeit"),
    )  # fmt: skip
    registers = Registers(
        reviews={"f": a_review("f"), "g": a_review("g")},
        cases={"D-f": a_case("f"), "D-g": second},
    )
    assert changes(registers, period=Period(since=later(DAY))) == [], "still the second time"
    ladder = POLICY.discipline.model_copy(update={"repeat_requires_notice": False})
    forgetful = ladder.model_copy(update={"occurrence_window_months": 1})
    late = replace(second, conduct_at=later(40 * DAY))
    registers = replace(registers, cases={**registers.cases, "D-g": late})
    policy = POLICY.model_copy(update={"discipline": forgetful})
    (change,) = changes(registers, after=policy, period=Period(since=later(DAY)))
    assert (change.case_id, change.effects) == ("D-g", ("level",))
    assert (change.after.level, change.after.level_to) == ("L1", "L4")


def test_conduct_that_would_no_longer_open_a_case_is_told() -> None:
    registers = Registers(reviews={"f": a_review("f")}, cases={"D-f": a_case("f")})
    (change,) = changes(registers, after=with_case_severities("critical"))
    assert "no_case" in change.effects


def test_conduct_that_would_open_one_is_told_once_for_a_call_and_code() -> None:
    reviews = {
        name: a_review(name, said="info", machine="info", call_id="call-x") for name in ("f", "g")
    }
    call = CallRecord(call_id="call-x", started_at=MARCH, agent_id="A07")
    found = changes(
        Registers(reviews=reviews), calls={"call-x": call},
        after=with_case_severities("critical", "major", "minor", "info"),
    )  # fmt: skip
    (change,) = found
    assert (change.case_id, change.before, change.effects) == (None, None, ("would_open",))
    assert (change.agent_id, change.findings) == ("A07", ("f", "g"))


def test_cases_outside_the_period_and_closed_by_reversal_are_left_alone() -> None:
    cases = {"D-f": a_case("f"), "D-g": a_case("g", state="reversed", at=later(DAY))}
    registers = Registers(reviews={"f": a_review("f"), "g": a_review("g")}, cases=cases)
    assert changes(registers, lost=["f", "g"], period=Period(since=later(1))) == []


def a_signal(kind, change="lost") -> SignalChange:
    return SignalChange(change, kind, "c", "A01", "K", MARCH, 3.0, "我要投诉")


def a_complaint(**more) -> Complaint:
    values = {
        "state": "logged", "channel": "in_call", "received_at": MARCH, "proposed_at": later(DAY),
        "logged_at": later(DAY), "first_reply_due": later(DAY), "first_reply_at": None,
        "decision_due": later(15 * DAY), "decided_at": None, "due_uncertain": None,
        "calls": ("c",), "case_id": "K", "agent_id": "A01", "words": ("我要投诉",),
        "proposed": False, "decided_by": "R1", "note": None, "policy_version": POLICY.version,
    }  # fmt: skip
    return Complaint(complaint_id=complaint_id_for("c"), **{**values, **more})


def test_entries_name_what_people_have_made_of_them() -> None:
    complaint = a_complaint()
    registers = Registers(
        complaints={complaint.complaint_id: complaint},
        emergencies={"c": Emergency("c", "signal", "主管", later(9), "已联系家属")},
    )
    signals = [a_signal("complaint"), a_signal("emergency"), a_signal("refusal", "gained")]
    told = [
        (entry.register, entry.entry_id, entry.state, entry.decided_by)
        for entry in entry_changes(registers, signals)
    ]
    assert told == [
        ("complaint", complaint.complaint_id, "logged", "R1"),
        ("emergency", "c", "acknowledged", "主管"),
        ("stop_flag", None, None, None),
    ]


def test_clocks_of_answered_complaints_are_over() -> None:
    complaint = a_complaint(state="first_reply_sent", first_reply_at=later(60))
    registers = Registers(complaints={complaint.complaint_id: complaint})
    assert due_changes(registers, after=POLICY, period=ALWAYS) == []
    waiting = replace(complaint, state="logged", first_reply_at=None)
    registers = Registers(complaints={waiting.complaint_id: waiting})
    (due,) = due_changes(registers, after=POLICY, period=ALWAYS)
    assert due.first_reply_after.hour == 23
