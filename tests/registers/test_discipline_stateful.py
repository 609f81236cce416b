"""Random days of an office with cases and appeals: whatever people try, in whatever order.

No illegal step, the log rebuilds every register exactly, what was previewed is what happens, and
after every reversal all other cases stand as if the reversed one had never been.
"""

from datetime import timedelta
from decimal import Decimal

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from qc_pipeline.errors import PolicyError, RegisterError
from qc_pipeline.policy import load_policy
from qc_pipeline.registers import appeals, circumstances, liability, notice, review, sanctions
from qc_pipeline.registers.appeals import WAITING, Contested
from qc_pipeline.registers.chain import FIRST_PREVIOUS, link
from qc_pipeline.registers.counting import circumstances_of, count_occurrences
from qc_pipeline.registers.discipline import COUNTING, TRANSITIONS, decide_after_verdict
from qc_pipeline.registers.hands import Hand
from qc_pipeline.registers.ladder import propose_level
from qc_pipeline.registers.liability import Superiors, persons_linked
from qc_pipeline.registers.projections import Registers, copied, fold
from qc_pipeline.registers.recount import follow
from qc_pipeline.registers.reversal import (
    Decision,
    Situation,
    carry_out,
    difference,
    preview_reversal,
    standing_of,
)
from qc_pipeline.registers.review import JudgedFinding
from qc_pipeline.registers.timeline import DueDate
from qc_pipeline.settings import Settings
from tests.registers.cases import with_money
from tests.registers.making import MARCH

POLICY = with_money(load_policy(Settings().policy_dir))
RULES = POLICY.discipline
PEOPLE = st.sampled_from(["A01", "A02", "M01", "D01", "p1", "p2", "p3", "hr", "r1", "judge"])
SUPERIORS = Superiors("M01", "D01", ("M01", "D01"))
ACTS = {
    "notify": lambda case, hand, draw: notice.decide_notify(case, hand, way="written", rules=RULES),
    "receipt": lambda case, hand, draw: notice.decide_receipt(
        case, hand, rules=RULES, day_kind=lambda _: "workday",
        witness=draw(st.sampled_from([None, "w1"])),
    ),
    "object": lambda case, hand, draw: notice.decide_object(case, hand, text="不服"),
    "hear": lambda case, hand, draw: notice.decide_hearing(case, hand, record="已听取"),
    "no_objection": lambda case, hand, draw: notice.decide_no_objection(case, hand),
    "fact": lambda case, hand, draw: circumstances.decide_circumstance(
        case, hand, evidence="材料", rules=RULES, fact=draw(st.sampled_from(list(RULES.facts))),
        established=draw(st.booleans()),
    ),
    "loss": lambda case, hand, draw: circumstances.decide_circumstance(
        case, hand, evidence="材料", rules=RULES,
        loss_yuan=draw(st.sampled_from(["0", "800", "50000.00", "50000.01"])),
    ),
    "propose": lambda case, hand, draw: sanctions.decide_propose(
        case, hand, level=draw(st.sampled_from([case.level or "L1", *RULES.levels, "none"])),
        rules=RULES, reason=draw(st.sampled_from([None, "恶劣", "恶劣"])),
        amounts={
            name: {"fine": "300", "commission_forfeit": "900", "compensation": "100"}[name]
            for name in case.consequences
            if RULES.consequences[name].payable
        },
    ),
    "approve": lambda case, hand, draw: sanctions.decide_approve(case, hand, rules=RULES),
    "return": lambda case, hand, draw: sanctions.decide_return(case, hand, reason="再议"),
    "gate": lambda case, hand, draw: circumstances.decide_gate(
        case, hand, month="2026-03", wage_yuan="9000", rules=RULES, acknowledgement="签收表",
    ),
    "accept": lambda case, hand, draw: sanctions.decide_accept(case, hand),
    "refer": lambda case, hand, draw: sanctions.decide_refer(
        case, hand, number="9", authority="公安"
    ),
    "suspend": lambda case, hand, draw: sanctions.decide_suspend(
        case, hand, reason="court", rules=RULES
    ),
    "resume": lambda case, hand, draw: sanctions.decide_resume(case, hand),
    "take_up": lambda case, hand, draw: liability.decide_take_up(case, hand),
    "settle": lambda case, hand, draw: liability.decide_settle(
        case, hand, to=draw(st.sampled_from(["confirmed", "rejected"])), reason="核查"
    ),
}  # fmt: skip
# The way of a case that nobody disturbs, and who goes it: most random steps are refused.
WAY = {
    "confirmed": [("notify", "p1")],
    "notified": [("receipt", None), ("no_objection", None)],
    "no_objection": [("propose", "p1")],
    "objection_heard": [("propose", "p1")],
    "returned": [("propose", "p1")],
    "sanction_proposed": [("approve", "p2")],
    "approved": [("notify", "p1"), ("receipt", None), ("accept", None), ("gate", "hr")],
    "detected": [("take_up", "p1")],
    "under_review": [("settle", "p1")],
    "suspended": [("resume", "p1")],
}


class DisciplineOffice(RuleBasedStateMachine):
    @initialize()
    def an_empty_register(self):
        self.events, self.registers = [], Registers()
        self.at = MARCH
        self.findings = {}

    # --- what happens ----------------------------------------------------------------------------

    @rule(hours=st.sampled_from([1, 30, 200, 4000]))
    def time_passes(self, hours):
        self.at += timedelta(hours=hours)

    @rule(
        agent=st.sampled_from(["A01", "A01", "A02"]),
        code=st.sampled_from(["threat_intimidation", "debt_misinformation"]),
        severity=st.sampled_from(["critical", "major", "minor"]),
        ago=st.sampled_from([0, 0, 5, 60]),
    )
    def a_violation_is_confirmed(self, agent, code, severity, ago):
        number = len(self.findings)
        finding = JudgedFinding(
            f"F{number}", f"c{number}", code, severity, "open", "agent", agent,
            self.at - timedelta(days=ago),
        )  # fmt: skip
        self.findings[finding.finding_id] = finding
        for by in ("r1", "r2") if severity == "critical" else ("r1",):
            self.at += timedelta(minutes=1)
            known = self.registers.reviews.get(finding.finding_id)
            event = review.decide_confirm(finding, known, by=by, at=self.at, rules=POLICY.review)
            fold(self.registers, self._append([event]))
            further = decide_after_verdict(
                finding, [self.registers.reviews[finding.finding_id]], self._cases_of(agent),
                by=by, at=self.at, rules=RULES,
            )  # fmt: skip
            self._follow(further, by)

    @precondition(lambda self: self.registers.cases)
    @rule(data=st.data(), act=st.sampled_from(sorted(ACTS)), by=PEOPLE)
    def somebody_tries_something(self, data, act, by):
        case = data.draw(st.sampled_from(list(self.registers.cases.values())))
        self._try(case, act, by, data.draw)

    @precondition(lambda self: self.registers.cases)
    @rule(data=st.data(), loss=st.sampled_from(["50000.00", "50000.01", "90000"]))
    def a_large_loss_is_found(self, data, loss):
        case = data.draw(st.sampled_from(list(self.registers.cases.values())))
        try:
            event = circumstances.decide_circumstance(
                case, self._hand(case, "r1"), evidence="认定书", rules=RULES, loss_yuan=loss
            )
        except RegisterError:
            return
        self._follow([event], "r1")
        linked = [e for e in self.registers.cases.values() if e.linked_to == case.case_id]
        if case.counts and case.basis == "own" and loss != "50000.00":
            assert {each.agent_id for each in linked} == {"M01", "D01"}

    @precondition(lambda self: self.registers.cases)
    @rule(data=st.data(), steps=st.integers(1, 12))
    def a_case_goes_its_way(self, data, steps):
        case_id = data.draw(st.sampled_from(sorted(self.registers.cases)))
        for _ in range(steps):
            case = self.registers.cases[case_id]
            if case.state == "approved" and self._execute(case, "p3"):
                continue
            for act, by in WAY.get(case.state, ()):
                self._try(self.registers.cases[case_id], act, by or case.agent_id, data.draw)
        self._execute(self.registers.cases[case_id], "p3")

    @precondition(lambda self: self.registers.cases)
    @rule(data=st.data(), by=PEOPLE)
    def somebody_executes_or_closes(self, data, by):
        case = data.draw(st.sampled_from(list(self.registers.cases.values())))
        if not self._execute(case, by):
            self._close(case, by)

    @precondition(lambda self: self.findings)
    @rule(data=st.data(), cause=st.sampled_from([None, "住院"]))
    def a_collector_appeals(self, data, cause):
        finding = data.draw(st.sampled_from(list(self.findings.values())))
        case = self._case_about(finding)
        sanction = case is not None and case.state in ("approved", "executed", "closed")
        against = data.draw(st.sampled_from(["finding", "sanction"] if sanction else ["finding"]))
        if against == "finding" and self.registers.reviews[finding.finding_id].state != "confirmed":
            return
        due = (case.appeal_due if against == "sanction" else case.objection_due) if case else None
        contested = Contested(
            against, finding.finding_id if against == "finding" else None,
            case.case_id if case else None, finding.agent_id, DueDate(due) if due else None,
            frozenset(),
        )  # fmt: skip
        self.at += timedelta(minutes=1)
        late = due is not None and self.at > due
        try:
            event = appeals.decide_file(
                contested, self.registers.appeals.values(), by=finding.agent_id, at=self.at,
                grounds="不实", late_cause=cause,
            )  # fmt: skip
        except RegisterError:
            return
        assert not late or cause
        fold(self.registers, self._append([event]))

    @precondition(lambda self: self._waiting())
    @rule(data=st.data(), by=PEOPLE | st.just("judge"))
    def an_appeal_is_decided(self, data, by):
        appeal = data.draw(st.sampled_from(self._waiting()))
        self.at += timedelta(minutes=1)
        if appeal.state == "late":
            try:
                event = appeals.decide_admit(
                    appeal, by=by, at=self.at, admitted=data.draw(st.booleans()), reason="查实",
                    hands=self._hands(appeal),
                )  # fmt: skip
            except RegisterError:
                return
            fold(self.registers, self._append([event]))
            return
        decision = data.draw(
            st.sampled_from(
                [Decision("upheld", "属实"), Decision("dismissed", "不实"),
                 Decision("partly_upheld", "部分", severity="minor"),
                 Decision("partly_upheld", "部分", severity="minor", level="L1"),
                 Decision("partly_upheld", "部分", level="L1")]
            )
        )  # fmt: skip
        finding = self.findings.get(appeal.finding_id or "")
        about = Registers(
            reviews={k: v for k, v in self.registers.reviews.items() if k == appeal.finding_id},
            cases=self.registers.cases, appeals={appeal.appeal_id: appeal},
        )  # fmt: skip
        situation = Situation(appeal, finding, about, self._hands(appeal))
        said = {"by": by, "at": self.at, "policy": POLICY, "superiors": lambda _: SUPERIORS}
        before = copied(self.registers)
        try:
            previewed = preview_reversal(situation, decision, **said)
        except RegisterError:
            assert self.registers == before
            return
        assert self.registers == before, "a preview changes nothing"
        taken = copied(about)
        entries = carry_out(
            Situation(appeal, finding, taken, situation.hands), decision, append=self._append,
            **said,
        )  # fmt: skip
        assert difference(appeal, about, taken, decision) == previewed
        assert by not in situation.hands
        assert by != appeal.agent_id
        fold(self.registers, entries)

    # --- what always holds -----------------------------------------------------------------------

    def teardown(self):
        if hasattr(self, "events"):
            assert fold(Registers(), self.events) == self.registers, "the log rebuilds them exactly"
            self._check_people_and_steps()

    @invariant()
    def every_case_stands_as_if_those_taken_back_had_never_been(self):
        if not hasattr(self, "events"):
            return
        for agent in {case.agent_id for case in self.registers.cases.values()}:
            held = self._cases_of(agent)
            standing = [case for case in held if case.counts and case.basis != "joint_liability"]
            counted = count_occurrences(standing, policy=POLICY)
            for case in standing:
                proposal = propose_level(circumstances_of(case, counted[case.case_id]), rules=RULES)
                now = standing_of(case)
                assert (now.occurrence_same, now.occurrence_any) == (
                    counted[case.case_id].same, counted[case.case_id].any,
                )  # fmt: skip
                assert (now.level, now.level_to, now.consequences) == (
                    proposal.level, proposal.level_to, proposal.consequences,
                )  # fmt: skip
            for case in held:
                if not case.counts:
                    assert (case.occurrence_same, case.level, case.consequences) == (None, None, ())

    def _check_people_and_steps(self):
        for event in self.events:
            if event.action == "case.moved":
                details = event.details
                assert details["to"] in TRANSITIONS[details["from"]]
                person = self.registers.cases[event.subject].agent_id
                assert event.actor != person or details["to"] == "no_objection"
        for case in self.registers.cases.values():
            if case.executed_at is not None:
                hands = {case.proposed_by, case.approved_by, case.executed_by}
                assert len(hands) == 3
                assert case.agent_id not in hands
                assert case.received_at is not None or case.objected_at is not None
                assert case.sanction_received_at is not None
                assert case.accepted_at is not None or case.executed_at > case.appeal_due
            if case.state == "closed" and "legal_referral" in case.consequences:
                assert case.referral is not None
            if case.basis == "own" and case.counts:
                states = [self.registers.reviews[name].state for name in case.findings]
                assert "confirmed" in states, "a case that counts rests on a confirmed finding"
            if case.linked_to and case.alive:
                assert self.registers.cases[case.linked_to].alive

    @invariant()
    def what_is_to_be_returned_was_taken(self):
        if not hasattr(self, "events"):
            return
        for case in self.registers.cases.values():
            if case.to_return_yuan:
                assert case.executed_at is not None
                assert case.to_return_yuan > Decimal(0)
            if case.state == "reversed" and case.executed_at and case.amounts:
                assert case.to_return_yuan

    # --- how it is done --------------------------------------------------------------------------

    def _append(self, events):
        linked = []
        for event in events:
            entry = link(event, seq=len(self.events) + 1, prev_hash=FIRST_PREVIOUS, key=b"k")
            self.events.append(entry)
            linked.append(entry)
        return linked

    def _follow(self, events, by):
        follow(
            self.registers, events, append=self._append, superiors=lambda _: SUPERIORS, by=by,
            at=self.at, policy=POLICY,
        )  # fmt: skip

    def _hand(self, case, by):
        self.at += timedelta(minutes=1)
        return Hand(by, self.at, persons_linked(case, self.registers.cases.values()))

    def _try(self, case, act, by, draw):
        before = copied(self.registers)
        try:
            event = ACTS[act](case, self._hand(case, by), draw)
        except (RegisterError, PolicyError):
            assert self.registers == before
            return
        self._follow([event], by)

    def _execute(self, case, by):
        waiting = [each.appeal_id for each in self._waiting() if self._is_about(each, case)]
        amended = any(
            each.case_id == case.case_id and each.state in ("upheld", "partly_upheld")
            for each in self.registers.appeals.values()
        )
        try:
            event = sanctions.decide_execute(
                case, self._hand(case, by), rules=RULES, open_appeals=waiting, amended=amended
            )
        except RegisterError:
            return False
        assert not waiting
        self._follow([event], by)
        return True

    def _close(self, case, by):
        waiting = [each.appeal_id for each in self._waiting() if self._is_about(each, case)]
        try:
            event = sanctions.decide_close(case, self._hand(case, by), open_appeals=waiting)
        except RegisterError:
            return
        assert not waiting
        self._follow([event], by)

    def _cases_of(self, agent):
        return [case for case in self.registers.cases.values() if case.agent_id == agent]

    def _case_about(self, finding):
        for case in self._cases_of(finding.agent_id):
            if case.basis == "own" and case.alive and finding.finding_id in case.findings:
                return case
        return None

    def _waiting(self):
        return [each for each in self.registers.appeals.values() if each.state in WAITING]

    def _is_about(self, appeal, case):
        return appeal.case_id == case.case_id or appeal.finding_id in case.findings

    def _hands(self, appeal):
        names = {"r1", "r2"}
        case = self.registers.cases.get(appeal.case_id or "")
        if case is not None:
            names |= {*case.handled_by, *filter(None, (case.gate_by, case.executed_by))}
            names |= persons_linked(case, self.registers.cases.values())
        return frozenset(names)


assert set(WAY) <= set(TRANSITIONS)
assert set(TRANSITIONS) >= COUNTING
TestDisciplineOffice = DisciplineOffice.TestCase
TestDisciplineOffice.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
