"""From a finding through the reviewers into the disciplinary register."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from qc_pipeline.errors import RegisterError
from qc_pipeline.records import SHANGHAI, CallEvent
from qc_pipeline.registers.case_desk import notify
from qc_pipeline.registers.desk import confirm, reject
from qc_pipeline.registers.linked_desk import acknowledge_emergency
from qc_pipeline.registers.log import read_events
from qc_pipeline.registers.queue import list_queue
from qc_pipeline.registers.verify import verify_home
from qc_pipeline.scoring import score_calls
from tests.registers.making import a_call, a_finding, on, scanned

REVIEWED, NOTICED = on(20), on(21)


@pytest.fixture
def desk(store, policy, keys):
    class Desk:
        def confirm(self, finding, by, *, at=REVIEWED, **said):
            return confirm(
                store, finding.finding_id, by=by, at=at, policy=policy, keys=keys, **said
            )

        def reject(self, finding, by, reason="quoted", *, at=REVIEWED, **said):
            return reject(
                store, finding.finding_id, by=by, at=at, policy=policy, keys=keys,
                reason=reason, **said,
            )  # fmt: skip

        def notify(self, case, by="boss", *, at=NOTICED):
            return notify(store, case.case_id, by=by, at=at, policy=policy, keys=keys)

        def rows(self, query, **params):
            with store.reading() as session:
                return session.rows(query, params)

        def status(self, finding):
            [row] = self.rows("registers/finding", finding_id=finding.finding_id)
            return row["status"]

        def card(self, call_id):
            rows = self.rows("scoring/stored", everything=False, call_ids=[call_id])
            return rows[0] if rows else None

        def log(self):
            with store.reading() as session:
                return [(event.action, event.subject) for event in read_events(session)]

        def register_problems(self):
            report = verify_home(store, keys=keys)
            return [problem for problem in report.problems if problem.where == "register"]

    return Desk()


def test_a_critical_finding_counts_after_the_second_reviewer(store, desk):
    finding = a_finding("c1")
    scanned(store, a_call("c1"), [finding])
    first = desk.confirm(finding, "r1")
    assert first.review.state == "awaiting_second"
    assert (first.case.state, first.case.level, first.case.occurrence_same) == (
        "under_review", None, None,
    )  # fmt: skip
    assert desk.status(finding) == "open"
    second = desk.confirm(finding, "r2")
    assert second.case.case_id == first.case.case_id
    assert (second.case.state, second.case.occurrence_same, second.case.occurrence_any) == (
        "confirmed", 1, 1,
    )  # fmt: skip
    assert (second.case.level, second.case.level_to) == ("L3", "L7")
    assert desk.status(finding) == "confirmed"
    assert [action for action, _ in desk.log()] == [
        "chain.opened", "finding.first_confirmed", "case.opened", "finding.confirmed",
        "case.moved", "case.counted",
    ]  # fmt: skip
    assert desk.register_problems() == []


def test_a_major_finding_counts_at_once(store, desk):
    finding = a_finding("c1", code="opening_incomplete", severity="major")
    scanned(store, a_call("c1"), [finding])
    case = desk.confirm(finding, "r1").case
    assert (case.state, case.level, case.level_to) == ("confirmed", "L1", "L4")
    assert (case.agent_id, case.call_id, case.code) == ("A01", "c1", "opening_incomplete")
    assert case.findings == (finding.finding_id,)


def test_ten_hits_of_one_code_in_one_call_are_one_occurrence(store, desk):
    findings = [
        a_finding("c1", code="debt_misinformation", severity="major", nth=n) for n in range(10)
    ]
    scanned(store, a_call("c1"), findings)
    cases = {desk.confirm(finding, "r1").case.case_id for finding in findings}
    assert len(cases) == 1
    [row] = desk.rows("registers/cases")
    assert len(row["findings"]) == 10
    assert (row["occurrence_same"], row["occurrence_any"]) == (1, 1)


def test_a_graver_finding_renews_the_proposal_of_its_case(store, desk):
    mild = a_finding("c1", severity="major")
    grave = a_finding("c1", nth=5)
    scanned(store, a_call("c1"), [mild, grave])
    assert desk.confirm(mild, "r1").case.level == "L1"
    desk.confirm(grave, "r1")
    case = desk.confirm(grave, "r2").case
    assert (case.severity, case.level, case.level_to) == ("critical", "L3", "L7")
    assert desk.register_problems() == []


def test_conduct_after_notice_is_a_repeat_and_a_late_notice_changes_later_cases(store, desk):
    findings = {}
    for call_id, day in (("early", 2), ("middle", 4), ("late", 6)):
        findings[call_id] = a_finding(call_id, code="opening_incomplete", severity="major")
        scanned(store, a_call(call_id, at=on(day)), [findings[call_id]])
    first = desk.confirm(findings["early"], "r1", at=on(3, 9)).case
    desk.notify(first, at=on(3, 10))
    assert desk.confirm(findings["late"], "r1", at=on(7)).case.occurrence_same == 2
    middle = desk.confirm(findings["middle"], "r1", at=on(8)).case
    assert (middle.occurrence_same, middle.level) == (2, "L3")
    assert "fine" in middle.consequences
    assert any("fine_min_yuan" in point for point in middle.open_points)
    # The middle case had no notice before the late one's conduct: same step.
    by_call = {row["call_id"]: row for row in desk.rows("registers/cases")}
    assert by_call["late"]["occurrence_same"] == 2
    assert desk.register_problems() == []


def test_a_rejected_finding_leaves_a_rejected_case_and_counts_nothing(store, desk):
    finding = a_finding("c1")
    scanned(store, a_call("c1"), [finding])
    desk.confirm(finding, "r1")
    verdict = desk.reject(finding, "r2", reason="4")
    assert (verdict.review.state, verdict.review.reason) == ("rejected", "quoted")
    assert (verdict.case.state, verdict.case.level) == ("rejected", None)
    assert desk.status(finding) == "rejected"
    assert desk.register_problems() == []


def test_a_rejection_without_a_case_opens_none(store, desk):
    finding = a_finding("c1")
    scanned(store, a_call("c1"), [finding])
    assert desk.reject(finding, "r1").case is None
    assert desk.rows("registers/cases") == []


def test_a_later_finding_of_a_rejected_case_opens_another(store, desk):
    first, second = a_finding("c1"), a_finding("c1", severity="major", nth=4)
    scanned(store, a_call("c1"), [first, second])
    desk.confirm(first, "r1")
    rejected = desk.reject(first, "r2").case
    opened = desk.confirm(second, "r1").case
    assert opened.case_id != rejected.case_id
    assert (opened.state, opened.occurrence_same) == ("confirmed", 1)


@pytest.mark.parametrize("party", ["dialler", "platform", "unknown"])
def test_what_is_not_the_collectors_doing_opens_no_case(store, desk, party):
    """POLICY "Responsibility"."""
    finding = a_finding("c1", severity="major", responsible_party=party)
    scanned(store, a_call("c1"), [finding])
    verdict = desk.confirm(finding, "r1")
    assert verdict.review.state == "confirmed"
    assert verdict.case is None


def test_a_hint_opens_no_case(store, desk):
    finding = a_finding("c1", code="service_conduct", severity="info")
    scanned(store, a_call("c1"), [finding])
    assert desk.confirm(finding, "r1").case is None


def test_the_card_follows_the_verdict(store, desk, policy):
    finding = a_finding("c1", code="opening_incomplete", severity="major")
    scanned(store, a_call("c1"), [finding])
    score_calls(store, ["c1"], policy=policy)
    assert (desk.card("c1")["machine_score"], desk.card("c1")["state"]) == (75, "provisional")
    desk.confirm(finding, "r1")
    card = desk.card("c1")
    assert (card["human_score"], card["state"], card["passed"]) == (75, "final", False)


def test_a_rejected_finding_gives_the_points_back(store, desk):
    finding = a_finding("c1")
    scanned(store, a_call("c1"), [finding])
    desk.reject(finding, "r1")
    card = desk.card("c1")
    assert (card["human_score"], card["passed"], card["critical"]) == (100, True, 0)


def test_confirmed_as_milder_is_what_the_card_and_the_case_rest_on(store, desk, policy):
    finding = a_finding("c1", code="opening_incomplete", severity="major")
    scanned(store, a_call("c1"), [finding])
    case = desk.confirm(finding, "r1", severity="minor", note="口误后立即更正").case
    assert (case.severity, case.level, case.level_to) == ("minor", "L1", None)
    assert desk.card("c1")["human_score"] == 95
    scanned(store, a_call("c1"), [finding], key="second scan")
    score_calls(store, ["c1"], policy=policy)
    assert desk.card("c1")["human_score"] == 95
    assert desk.register_problems() == []


def test_a_verdict_survives_a_scan_that_no_longer_finds_it(store, desk, policy):
    finding, other = a_finding("c1"), a_finding("c1", nth=7)
    scanned(store, a_call("c1"), [finding, other])
    desk.confirm(finding, "r1")
    desk.confirm(finding, "r2")
    desk.confirm(other, "r1")
    scanned(store, a_call("c1"), [], key="other rules")
    assert desk.status(finding) == "confirmed"
    with pytest.raises(RegisterError, match="superseded"):
        desk.confirm(other, "r2")
    assert desk.register_problems() == []
    scanned(store, a_call("c1"), [finding, other], key="rules as before")
    desk.confirm(other, "r2")
    assert [row["findings"] for row in desk.rows("registers/cases")] == [
        sorted([finding.finding_id, other.finding_id])
    ]
    assert desk.register_problems() == []


def test_a_quarantined_finding_can_be_decided_by_a_person(store, desk):
    finding = a_finding("c1", severity="major", status="quarantined")
    scanned(store, a_call("c1"), [finding])
    assert desk.confirm(finding, "r1").case.state == "confirmed"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"by": ""}, "nobody is named"),
        ({"by": "  "}, "nobody is named"),
        ({"by": "A01"}, "made call c1"),
        ({"by": "r1"}, "r1 has confirmed"),
        ({"at": datetime.now(SHANGHAI) + timedelta(days=1)}, "in the future"),
        ({"at": datetime(2026, 3, 20)}, "no offset"),
        ({"severity": "grave"}, "no severity"),
        ({"finding_id": "F0"}, "there is no finding F0"),
    ],
)
def test_a_refused_verdict_changes_nothing(store, desk, policy, keys, changes, message):
    finding = a_finding("c1")
    scanned(store, a_call("c1"), [finding])
    desk.confirm(finding, "r1")
    before = (desk.log(), desk.rows("registers/cases"), desk.card("c1"), desk.status(finding))
    said = {"by": "r2", "at": on(20), "finding_id": finding.finding_id, **changes}
    with pytest.raises(RegisterError, match=message) as caught:
        confirm(store, said.pop("finding_id"), policy=policy, keys=keys, **said)
    assert caught.value.remedy
    after = (desk.log(), desk.rows("registers/cases"), desk.card("c1"), desk.status(finding))
    assert after == before


def test_an_error_in_mid_action_leaves_nothing_half_done(store, desk, policy, keys, monkeypatch):
    finding = a_finding("c1", severity="major")
    scanned(store, a_call("c1"), [finding])

    def fail(*_, **__):
        raise RuntimeError("power cut")

    with monkeypatch.context() as broken:
        broken.setattr("qc_pipeline.registers.desk.rescore", fail)
        with pytest.raises(RuntimeError, match="power cut"):
            desk.confirm(finding, "r1")
    assert desk.log() == []
    assert desk.rows("registers/cases") == []
    assert desk.status(finding) == "open"
    assert desk.register_problems() == []
    assert desk.confirm(finding, "r1").case.state == "confirmed"


def test_notice_is_given_once_of_a_confirmed_case_by_somebody_else(store, desk):
    finding = a_finding("c1")
    scanned(store, a_call("c1"), [finding])
    case = desk.confirm(finding, "r1").case
    with pytest.raises(RegisterError, match="is under_review"):
        desk.notify(case)
    case = desk.confirm(finding, "r2").case
    with pytest.raises(RegisterError, match="concerns A01"):
        desk.notify(case, "A01")
    assert desk.notify(case).notified_at == on(21)
    with pytest.raises(RegisterError, match="is notified"):
        desk.notify(case)
    with pytest.raises(RegisterError, match="there is no case D0"):
        desk.notify(replace(case, case_id="D0"))


def test_somebody_takes_over_an_emergency(store, policy, keys):
    scanned(store, a_call("c1"), events=[CallEvent("emergency", 0, 3.0, "不想活了")])
    scanned(store, a_call("c2"))
    [row] = list_queue(store, policy=policy)
    assert (row.tier, row.call_id) == ("emergency", "c1")
    said = {"at": on(3), "note": "已电话安抚并联系家属", "policy": policy, "keys": keys}
    with pytest.raises(RegisterError, match="made call c1"):
        acknowledge_emergency(store, "c1", by="A01", **said)
    with pytest.raises(RegisterError, match="no emergency was heard in call c2"):
        acknowledge_emergency(store, "c2", by="boss", **said)
    assert acknowledge_emergency(store, "c1", by="boss", **said).acknowledged_by == "boss"
    assert list_queue(store, policy=policy) == []
    with pytest.raises(RegisterError, match="taken over by boss"):
        acknowledge_emergency(store, "c1", by="chief", **said)
