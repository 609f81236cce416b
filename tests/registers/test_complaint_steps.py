"""What people may do with a complaint, and in which order (rulebook 3.3, POLICY)."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from qc_pipeline.errors import RegisterError
from qc_pipeline.policy import load_policy
from qc_pipeline.registers import complaints
from qc_pipeline.registers.chain import NewEvent, iso, link
from qc_pipeline.registers.complaint_clocks import read, unmet
from qc_pipeline.registers.complaints import TRANSITIONS
from qc_pipeline.settings import Settings
from tests.registers.complaint_file import ALL_STEPS, File, at

MONDAY = at("2026-03-02T10:00")
POLICY = load_policy(Settings().policy_dir)


def test_the_whole_way_of_a_complaint(policy):
    file = File(policy, MONDAY).do("report").walk("close")
    assert file.complaint.state == "closed"
    assert file.breached == []
    actions = [event.action for event in file.events]
    assert actions.index("complaint.upheld") == actions.index("complaint.decided") + 1


@pytest.mark.parametrize(
    ("step", "said", "missing"),
    [
        ("report", {"to": [" "]}, "nobody is named"),
        ("contact", {"note": ""}, "needs a note"),
        ("team", {"team": ""}, "no team"),
        ("triage", {"triage": "grave"}, "no class 'grave'"),
    ],
)
def test_what_a_step_needs(step, said, missing, policy):
    with pytest.raises(RegisterError, match=missing):
        File(policy, MONDAY).do("pause").do(step, **said)


def test_cp_05_every_linked_call_is_locked_or_its_gap_explained(policy):
    file = File(policy, MONDAY).do("link", calls=["c1", "c2"], agents=["A01"]).do("pause")
    file.do("triage")
    with pytest.raises(RegisterError, match="no recording and no reason for call c2"):
        file.do("lock")
    with pytest.raises(RegisterError, match="has no evidence"):
        file.do("lock", evidence={}, gaps={"c1": "未接通", "c2": "未接通"})
    file.do("lock", gaps={"c2": "第三方平台未录音"})
    assert file.complaint.gaps == ("c2: 第三方平台未录音",)
    with pytest.raises(RegisterError, match="replied can't follow"):
        file.do("reply")


def test_cp_07_without_satisfaction_it_goes_on_or_leaves_with_an_approval(policy):
    file = (
        File(policy, MONDAY).walk("decision").do("satisfied", satisfied=False, statement="不认可")
    )
    with pytest.raises(RegisterError, match="can't follow"):
        file.do("resolve")
    file.do("escalate")
    with pytest.raises(RegisterError, match="needs an approval"):
        file.do("resolve", exit_approval="")
    with pytest.raises(RegisterError, match="needs a reason"):
        file.do("resolve", reason="")
    assert file.do("resolve").complaint.exit_approval == "TC-1"


def test_cp_06_a_withdrawn_complaint_needs_its_evidence_too(policy):
    file = File(policy, MONDAY).do("withdraw", said_at=MONDAY, statement="来电撤回")
    with pytest.raises(RegisterError, match="no locked evidence"):
        file.do("archive")
    file.do("lock").do("archive").do("file").do("close")
    assert file.complaint.state == "closed"


def test_the_collector_complained_about_never_handles_it(policy):
    with pytest.raises(RegisterError, match="concerns a01"):
        File(policy, MONDAY, by="a01")
    file = File(policy, MONDAY).do("link", calls=["c9"], agents=["A07"])
    for by in ("A01", "A07", "ａ０７"):
        with pytest.raises(RegisterError, match="never handles it"):
            file.do("pause", by=by)
    with pytest.raises(RegisterError, match="would concern helper"):
        file.do("link", by="helper", calls=["c8"], agents=["helper"])


class ComplaintFile(RuleBasedStateMachine):
    """Random people trying random steps at random times against the table of states."""

    @initialize(hours=st.integers(0, 40))
    def receive(self, hours):
        self.file = File(POLICY, MONDAY, logged=MONDAY + timedelta(hours=hours))

    @rule(
        step=st.sampled_from([*ALL_STEPS, "withdraw"]),
        by=st.sampled_from(["officer", "officer", "chief", "A01"]),
        minutes=st.sampled_from([1, 7, 60, 60 * 26]),
        satisfied=st.booleans(),
    )
    def somebody_acts(self, step, by, minutes, satisfied):
        before, events = self.file.complaint, len(self.file.events)
        moment = self.file.at + timedelta(minutes=minutes)
        said = {}
        if step == "satisfied":
            said = {"satisfied": satisfied, "statement": "来电"}
        if step == "withdraw":
            said = {"said_at": self.file.at, "statement": "来电"}
        try:
            self.file.do(step, at=moment, by=by, **said)
        except RegisterError:
            self.file.at = moment
            assert self.file.complaint == before
            assert len(self.file.events) == events, "no half-done change"
            return
        after = self.file.complaint
        assert by != "A01"
        if after.state != before.state:
            assert after.state in TRANSITIONS[before.state]
        assert set(before.breaches) <= set(after.breaches), "a breach is never lost"

    @rule(days=st.integers(0, 3))
    def deadlines(self, days):
        self.file.at += timedelta(days=days)
        self.file.deadline_pass(self.file.at)
        late = {
            name: due
            for name, due in unmet(self.file.complaint.clocks, self.file.complaint.met).items()
            if due < self.file.at
        }
        assert set(late) <= set(self.file.breached)

    @invariant()
    def what_3_3_asks(self):
        if not hasattr(self, "file"):
            return
        held = self.file.complaint
        assert "A01" not in held.handled_by
        if held.state == "closed":
            assert held.evidence
            assert held.archive
            assert held.bank_receipt
            assert held.withdrawn_at or held.exit_approval or held.satisfaction
        if held.first_reply_at is not None:
            assert held.evidence
            assert held.preliminary
            assert held.reply
            dues = [at for entry in held.clocks if entry.startswith("first_reply=")
                    for at in read([entry]).values()]  # fmt: skip
            if dues and held.first_reply_at > dues[0]:
                assert "first_reply" in self.file.breached

    def teardown(self):
        if not hasattr(self, "file"):
            return
        again = None
        for entry in self.file.events:
            again = complaints.apply(again, entry)
        assert again == self.file.complaint, "the log rebuilds it exactly"


TestComplaintFile = ComplaintFile.TestCase
TestComplaintFile.settings = settings(
    max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_entries_of_the_first_release_are_still_read():
    """They named their fields without `set`; migration 0005 gives their rows the same clocks."""
    due = {"first_reply_due": iso(at("2026-03-03T23:59:59")),
           "decision_due": iso(at("2026-03-17T23:59:59")), "due_uncertain": None}  # fmt: skip
    told = {"channel": "in_call", "received_at": iso(MONDAY), **due, "calls": ["c1"],
            "case_id": "K1", "agent_id": "A01", "words": ["我要投诉"], "policy_version": "v"}  # fmt: skip
    held = None
    for action, by, payload in (
        ("complaint.proposed", "qc", told),
        ("complaint.accepted", "officer", {**due, "note": None}),
    ):
        event = NewEvent(at("2026-03-03T02:00"), by, action, "C1", payload)
        held = complaints.apply(held, link(event, seq=2, prev_hash="", key=b"k"))
    assert (held.state, held.proposed, held.decided_by) == ("logged", False, "officer")
    assert held.logged_at == at("2026-03-03T02:00")
    assert read(held.clocks) == {
        "first_reply": at("2026-03-03T23:59:59"), "decision": at("2026-03-17T23:59:59"),
    }  # fmt: skip
