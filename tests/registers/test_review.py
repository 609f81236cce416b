"""Verdicts: who may say what, and when it counts."""

from datetime import timedelta

import pytest

from qc_pipeline.errors import RegisterError
from qc_pipeline.registers.chain import FIRST_PREVIOUS, link
from qc_pipeline.registers.review import (
    CONFIRMED,
    FIRST_CONFIRMED,
    REJECTED,
    Correction,
    JudgedFinding,
    apply,
    decide_confirm,
    decide_reject,
    decide_undo,
    decide_unsure,
)
from tests.registers.making import MARCH, on


def judged(severity="critical", **changed):
    values = {
        "finding_id": "F1",
        "call_id": "c1",
        "code": "threat_intimidation",
        "severity": severity,
        "status": "open",
        "responsible_party": "agent",
        "agent_id": "A01",
        "conduct_at": MARCH,
    }
    return JudgedFinding(**{**values, **changed})


def after(review, event, seq=2):
    return apply(review, link(event, seq=seq, prev_hash=FIRST_PREVIOUS, key=b"k"))


@pytest.fixture
def rules(policy):
    return policy.review


@pytest.fixture
def awaiting(rules):
    return after(None, decide_confirm(judged(), None, by="r1", at=on(3), rules=rules))


@pytest.mark.parametrize(
    ("severity", "said", "action"),
    [
        ("critical", None, FIRST_CONFIRMED),  # POLICY: critical needs a second reviewer
        ("critical", "major", CONFIRMED),
        ("major", None, CONFIRMED),
        ("minor", None, CONFIRMED),
        ("info", None, CONFIRMED),
    ],
)
def test_one_confirmation_suffices_unless_it_is_critical(severity, said, action, rules):
    event = decide_confirm(
        judged(severity), None, by="r1", at=on(3), rules=rules, correction=Correction(severity=said)
    )
    assert event.action == action


def test_a_second_different_reviewer_makes_it_count(awaiting, rules):
    assert (awaiting.state, awaiting.first_by) == ("awaiting_second", "r1")
    decided = after(awaiting, decide_confirm(judged(), awaiting, by="r2", at=on(4), rules=rules))
    assert (decided.state, decided.severity) == ("confirmed", "critical")
    assert (decided.first_by, decided.decided_by, decided.decided_at) == ("r1", "r2", on(4))


def test_the_milder_of_two_views_holds(awaiting, rules):
    event = decide_confirm(
        judged(), awaiting, by="r2", at=on(4), rules=rules, correction=Correction(severity="major")
    )
    decided = after(awaiting, event)
    assert (decided.state, decided.severity, decided.machine_severity) == (
        "confirmed", "major", "critical",
    )  # fmt: skip


def test_the_second_reviewer_may_reject(awaiting, rules):
    event = decide_reject(judged(), awaiting, by="r2", at=on(4), rules=rules, reason="quoted")
    assert after(awaiting, event).state == "rejected"


def test_reasons_go_by_name_or_by_key(rules):
    assert {entry.key for entry in rules.reject_reasons.values()} == set("12345679")
    for name, entry in rules.reject_reasons.items():
        for said in (name, entry.key):
            event = decide_reject(
                judged(), None, by="r1", at=on(3), rules=rules, reason=said, note="说明"
            )
            assert (event.action, event.payload["reason"]) == (REJECTED, name)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"reason": "no such reason"}, "no reject reason"),
        ({"reason": "other"}, "needs a note"),
        ({"reason": "other", "note": "  "}, "needs a note"),
        ({"reason": "quoted", "by": "A01"}, "made call c1"),
    ],
)
def test_rejections_that_are_refused(changes, message, rules):
    with pytest.raises(RegisterError, match=message) as caught:
        decide_reject(judged(), None, **{"by": "r1", "at": on(3), "rules": rules, **changes})
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("finding", "changes", "message"),
    [
        (judged(), {"by": "A01"}, "made call c1"),
        (
            judged("major"),
            {"correction": Correction(severity="critical")},
            "can't be confirmed as critical",
        ),
        (judged(), {"correction": Correction(severity="grave")}, "no severity 'grave'"),
    ],
)
def test_confirmations_that_are_refused(finding, changes, message, rules):
    with pytest.raises(RegisterError, match=message) as caught:
        decide_confirm(finding, None, **{"by": "r1", "at": on(3), "rules": rules, **changes})
    assert caught.value.remedy


def test_the_first_reviewer_is_not_the_second(awaiting, rules):
    with pytest.raises(RegisterError, match="r1 has confirmed"):
        decide_confirm(judged(), awaiting, by="r1", at=on(4), rules=rules)
    with pytest.raises(RegisterError, match="r1 has confirmed"):
        decide_reject(judged(), awaiting, by="r1", at=on(4), rules=rules, reason="quoted")


@pytest.mark.parametrize("state", ["confirmed", "rejected"])
def test_a_decided_finding_takes_no_second_verdict(state, rules):
    finding = judged("major")
    if state == "confirmed":
        event = decide_confirm(finding, None, by="r1", at=on(3), rules=rules)
    else:
        event = decide_reject(finding, None, by="r1", at=on(3), rules=rules, reason="negated")
    review = after(None, event)
    with pytest.raises(RegisterError, match=f"is {state} already, by r1"):
        decide_confirm(finding, review, by="r2", at=on(4), rules=rules)
    with pytest.raises(RegisterError, match="appeal"):
        decide_reject(finding, review, by="r2", at=on(4), rules=rules, reason="negated")
    again = decide_confirm(finding, None, by="r2", at=on(3) + timedelta(hours=1), rules=rules)
    with pytest.raises(RegisterError, match="can't follow"):
        after(review, again)


def test_another_code_needs_its_severity_and_may_be_graver(rules):
    minor = judged("minor", code="service_conduct")
    with pytest.raises(RegisterError, match="how severe"):
        decide_confirm(
            minor, None, by="r1", at=on(3), rules=rules, correction=Correction(code="abuse_insult")
        )
    graver = Correction(code="abuse_insult", severity="critical")
    event = decide_confirm(minor, None, by="r1", at=on(3), rules=rules, correction=graver)
    assert event.action == FIRST_CONFIRMED
    review = after(None, event)
    assert (review.code, review.machine_code, review.severity) == (
        "abuse_insult", "service_conduct", "critical",
    )  # fmt: skip
    second = after(review, decide_confirm(minor, review, by="r2", at=on(4), rules=rules))
    assert (second.state, second.code, second.severity) == ("confirmed", "abuse_insult", "critical")


def test_two_who_see_different_codes_need_a_third(awaiting, rules):
    other = Correction(code="impersonation", severity="critical")
    event = decide_confirm(judged(), awaiting, by="r2", at=on(4), rules=rules, correction=other)
    assert event.action == FIRST_CONFIRMED
    review = after(awaiting, event)
    assert (review.state, review.first_by, review.code) == (
        "awaiting_second", "r2", "impersonation",
    )  # fmt: skip
    third = after(review, decide_confirm(judged(), review, by="r3", at=on(5), rules=rules))
    assert (third.state, third.code) == ("confirmed", "impersonation")


def test_who_spoke_can_be_said_by_a_person(rules):
    unknown = judged("major", responsible_party="unknown")
    event = decide_confirm(
        unknown, None, by="r1", at=on(3), rules=rules,
        correction=Correction(responsible_party="agent"),
    )  # fmt: skip
    review = after(None, event)
    assert (review.responsible_party, review.machine_responsible_party) == ("agent", "unknown")


def test_an_unsure_reviewer_leaves_it_to_another(rules):
    review = after(None, decide_unsure(judged(), None, by="r1", at=on(3)))
    assert (review.state, review.unsure_by) == ("open", ("r1",))
    with pytest.raises(RegisterError, match="already"):
        decide_unsure(judged(), review, by="R1", at=on(3))
    other = after(review, decide_confirm(judged("major"), review, by="r2", at=on(4), rules=rules))
    assert other.state == "confirmed"


def test_a_verdict_is_taken_back_by_who_gave_it_and_soon(awaiting, rules):
    soon, late = on(3) + timedelta(minutes=5), on(3) + timedelta(minutes=rules.undo_minutes + 1)
    with pytest.raises(RegisterError, match="no verdict"):
        decide_undo(judged(), awaiting, by="r2", at=soon, rules=rules)
    with pytest.raises(RegisterError, match="could be taken back until"):
        decide_undo(judged(), awaiting, by="r1", at=late, rules=rules)
    back = after(awaiting, decide_undo(judged(), awaiting, by="r1", at=soon, rules=rules))
    assert (back.state, back.first_by, back.severity) == ("open", None, "critical")
    with pytest.raises(RegisterError, match="no verdict"):
        decide_undo(judged(), back, by="r1", at=soon, rules=rules)


def test_a_second_verdict_taken_back_leaves_what_the_first_reviewer_said(awaiting, rules):
    milder = decide_confirm(
        judged(), awaiting, by="r2", at=on(4), rules=rules, correction=Correction(severity="minor")
    )
    decided = after(awaiting, milder)
    assert decided.severity == "minor"
    soon = on(4) + timedelta(minutes=1)
    assert after(decided, decide_undo(judged(), decided, by="r2", at=soon, rules=rules)) == awaiting
