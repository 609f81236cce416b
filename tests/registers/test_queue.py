"""The order in which people see things (POLICY "Triage order")."""

from datetime import timedelta

from qc_pipeline.records import CallEvent
from qc_pipeline.registers.complaint_desk import propose_from_calls
from qc_pipeline.registers.desk import confirm, reject
from qc_pipeline.registers.queue import list_queue
from tests.registers.making import MARCH, a_call, a_finding, on, scanned


def test_tiers_come_in_order_and_inside_a_tier_severity_times_score(store, policy, keys):
    scanned(
        store,
        a_call("c1"),
        [
            a_finding("c1", code="service_conduct", severity="minor", score=0.99, nth=1),
            a_finding("c1", code="opening_incomplete", severity="major", score=0.4, nth=2),
            a_finding("c1", code="debt_misinformation", severity="major", score=0.8, nth=3),
            a_finding("c1", score=0.5, nth=4),
            a_finding("c1", code="false_legal_claim", score=0.9, nth=5),
            a_finding("c1", score=0.2, nth=6, status="quarantined"),
            a_finding("c1", severity="major", score=0.9, nth=7, status="quarantined"),
            a_finding("c1", code="service_conduct", severity="info", nth=8),
        ],
    )
    scanned(store, a_call("c2"), events=[CallEvent("complaint", 0, 3.0, "我要投诉")])
    scanned(store, a_call("c3"), events=[CallEvent("emergency", 0, 3.0, "不想活了")])
    propose_from_calls(store, policy=policy, keys=keys)
    queue = list_queue(store, policy=policy)
    assert [(row.tier, row.score) for row in queue] == [
        ("emergency", None), ("complaint", None), ("critical", 0.9), ("critical", 0.5),
        # severity times score: 25 x 0.9 before 100 x 0.2
        ("waiting_for_fact", 0.9), ("waiting_for_fact", 0.2), ("major", 0.8), ("major", 0.4),
        ("minor", 0.99), ("info", 0.9),
    ]  # fmt: skip
    assert list_queue(store, policy=policy, limit=3) == queue[:3]


def test_a_row_says_what_was_said_when_and_why(store, policy):
    finding = a_finding("c1", reasons=("lexicon: 扬言上门", "listener: 对方为本人"))
    scanned(store, a_call("c1"), [finding])
    [row] = list_queue(store, policy=policy)
    assert (row.call_id, row.finding_id, row.code) == (
        "c1", finding.finding_id, "threat_intimidation",
    )  # fmt: skip
    assert (row.utterance, row.matched) == ("今晚带人去你家坐坐", "带人去你家")
    assert (row.start_s, row.end_s, row.why) == (3.0, 5.0, finding.reasons)


def test_what_is_decided_leaves_and_what_awaits_a_second_shows_it(store, policy, keys):
    findings = [a_finding("c1"), a_finding("c1", severity="major", nth=2)]
    scanned(store, a_call("c1"), findings)
    said = {"by": "r1", "at": on(3), "policy": policy, "keys": keys}
    confirm(store, findings[0].finding_id, **said)
    reject(store, findings[1].finding_id, reason="negated", **said)
    [row] = list_queue(store, policy=policy)
    assert (row.finding_id, row.awaiting_second) == (findings[0].finding_id, True)
    assert row.why[-1].startswith("awaiting_second: ")
    assert "r1" not in row.why[-1], "the second reviewer doesn't know who the first was"
    assert list_queue(store, policy=policy, reviewer="r1") == []
    assert len(list_queue(store, policy=policy, reviewer="r2")) == 1


def test_nobody_is_given_his_own_call(store, policy, keys):
    scanned(store, a_call("c1"), [a_finding("c1")], [CallEvent("complaint", 0, 3.0, "我要投诉")])
    propose_from_calls(store, policy=policy, keys=keys)
    assert list_queue(store, policy=policy, reviewer="A01") == []
    assert len(list_queue(store, policy=policy, reviewer="A02")) == 2


def test_findings_age(store, policy):
    """POLICY: critical 24 h, major 3 working days; the finding was made 12 h after the call."""
    scanned(
        store,
        a_call("c1"),
        [a_finding("c1"), a_finding("c1", severity="major", nth=1),
         a_finding("c1", severity="minor", nth=2)],
    )  # fmt: skip
    made = MARCH + timedelta(hours=12)  # Monday 22:00
    critical, major, minor = list_queue(store, policy=policy, as_of=made + timedelta(hours=25))
    assert (critical.due_at, critical.overdue) == (made + timedelta(hours=24), True)
    assert major.due_at is not None
    assert (major.due_at.isoformat(), major.overdue) == ("2026-03-05T23:59:59+08:00", False)
    assert (minor.due_at, minor.overdue) == (None, False)


def test_a_superseded_finding_is_not_shown(store, policy, keys):
    finding = a_finding("c1")
    scanned(store, a_call("c1"), [finding])
    confirm(store, finding.finding_id, by="r1", at=on(3), policy=policy, keys=keys)
    scanned(store, a_call("c1"), [], key="other rules")
    assert list_queue(store, policy=policy) == []
