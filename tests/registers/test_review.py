"""Verdicts: who may say what, and when it counts."""

from datetime import timedelta

import pytest

from qc_pipeline.errors import RegisterError
from qc_pipeline.registers.chain import FIRST_PREVIOUS, link
from qc_pipeline.registers.review import (
    CONFIRMED,
    FIRST_CONFIRMED,
    REJECTED,
    JudgedFinding,
    apply,
    decide_confirm,
    decide_reject,
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
    event = decide_confirm(judged(severity), None, by="r1", at=on(3), rules=rules, severity=said)
    assert event.action == action


def test_a_second_different_reviewer_makes_it_count(awaiting, rules):
    assert (awaiting.state, awaiting.first_by) == ("awaiting_second", "r1")
    decided = after(awaiting, decide_confirm(judged(), awaiting, by="r2", at=on(4), rules=rules))
    assert (decided.state, decided.severity) == ("confirmed", "critical")
    assert (decided.first_by, decided.decided_by, decided.decided_at) == ("r1", "r2", on(4))


def test_the_milder_of_two_views_holds(awaiting, rules):
    event = decide_confirm(judged(), awaiting, by="r2", at=on(4), rules=rules, severity="major")
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
        (judged("major"), {"severity": "critical"}, "can't be confirmed as critical"),
        (judged(), {"severity": "grave"}, "no severity 'grave'"),
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
