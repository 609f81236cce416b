"""The registers linked to complaints (rulebook 3.3): flags, disputes, emergencies, objections,
promises, a bank's spot checks.
"""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from qc_pipeline.errors import RegisterError
from qc_pipeline.policy import load_policy
from qc_pipeline.policy.base import TimeLimit
from qc_pipeline.policy.complaints import ObjectionKind
from qc_pipeline.registers import (
    disputes,
    emergencies,
    objections,
    promises,
    spot_checks,
    stop_flags,
)
from qc_pipeline.registers.chain import FIRST_PREVIOUS, MACHINE, NewEvent, link
from qc_pipeline.registers.spot_checks import NewSpotCheck
from qc_pipeline.registers.stop_flags import NewFlag
from qc_pipeline.settings import Settings
from tests.registers.making import on

POLICY = load_policy(Settings().policy_dir)
KINDS = POLICY.contact.stop_flags
START = on(2, 9)


class Entry:
    """One entry of a register in memory, with its log."""

    def __init__(self, register):
        self.register, self.now, self.log = register, None, []

    def take(self, events):
        for event in [events] if isinstance(events, NewEvent) else events:
            entry = link(event, seq=len(self.log) + 1, prev_hash=FIRST_PREVIOUS, key=b"k")
            self.now = self.register.apply(self.now, entry)
            self.log.append(entry)
        return self

    def rebuilt(self):
        again = None
        for entry in self.log:
            again = self.register.apply(again, entry)
        return again


def a_flag(kind="do_not_collect", by="A01", **more):
    values = {"case_id": "K1", "source": "通话 c1", "agent_id": "A01", **more}
    return Entry(stop_flags).take(
        stop_flags.decide_propose(NewFlag(kind, **values), "F1", by=by, at=START, kinds=KINDS)
    )


# --- stop flags ------------------------------------------------------------------------------


def test_a_flag_is_approved_by_somebody_else_and_lifted_with_a_reason():
    flag = a_flag()
    with pytest.raises(RegisterError, match="a01 proposed"):
        stop_flags.decide_approve(flag.now, by="a01", at=on(3))
    flag.take(stop_flags.decide_approve(flag.now, by="boss", at=on(3)))
    assert (flag.now.state, flag.now.decided_by, flag.now.decided_at) == ("in_force", "boss", on(3))
    with pytest.raises(RegisterError, match="needs a reason"):
        stop_flags.decide_lift(flag.now, by="boss", at=on(4), reason=" ")
    with pytest.raises(RegisterError, match="comes from a call of A01"):
        stop_flags.decide_lift(flag.now, by="A01", at=on(4), reason="客户同意")
    flag.take(stop_flags.decide_lift(flag.now, by="boss", at=on(4), reason="客户同意"))
    with pytest.raises(RegisterError, match="is lifted: approved can't follow"):
        stop_flags.decide_approve(flag.now, by="boss", at=on(5))


def test_md_15_a_third_partys_refusal_ends_by_that_persons_consent_only():
    with pytest.raises(RegisterError, match="has no end"):
        a_flag("third_party_refused", phone="13800138001", valid_to=on(20))
    flag = a_flag("third_party_refused", phone="13800138001", by=MACHINE)
    flag.take(stop_flags.decide_approve(flag.now, by="boss", at=on(3)))
    with pytest.raises(RegisterError, match="a third party's refusal"):
        stop_flags.decide_lift(flag.now, by="boss", at=on(4), reason="到期")
    flag.take(stop_flags.decide_lift(flag.now, by="boss", at=on(4), reason="x", consent="通话 c9"))
    assert flag.now.consent == "通话 c9"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kind": "lazy"}, "no kind of stop flag"),
        ({"source": " "}, "needs its source"),
        ({"case_id": None}, "stops a case or a number"),
        ({"phone": "unknown"}, "is no phone number"),
        ({"valid_from": on(9), "valid_to": on(8)}, "ends before it begins"),
    ],
)
def test_a_flag_that_says_too_little_is_refused(wrong, message):
    with pytest.raises(RegisterError, match=message):
        a_flag(**wrong)


# --- disputes, emergencies -------------------------------------------------------------------


def test_a_dispute_goes_its_way_to_the_bank_and_back():
    said = {"by": "officer", "at": on(3)}
    dispute = Entry(disputes).take(
        disputes.decide_raise(
            "D1", raised_at=on(2), about="这笔不是我刷的", case_id="K1", agent_id="A01", **said
        )
    )
    with pytest.raises(RegisterError, match="forwarded can't follow"):
        disputes.decide_forward(dispute.now, way="email", to="甲银行", **said)
    dispute.take(disputes.decide_pause(dispute.now, **said))
    dispute.take(disputes.decide_notify(dispute.now, supervisor="主管", **said))
    with pytest.raises(RegisterError, match="no way to the bank"):
        disputes.decide_forward(dispute.now, way="pigeon", to="甲银行", **said)
    dispute.take(disputes.decide_forward(dispute.now, way="email", to="甲银行", **said))
    dispute.take(disputes.decide_bank(dispute.now, decision="交易属实", **said))
    with pytest.raises(RegisterError, match="in a call of A01"):
        disputes.decide_resume(dispute.now, by="A01", at=on(5), reason="银行确认")
    dispute.take(disputes.decide_resume(dispute.now, by="boss", at=on(5), reason="银行确认"))
    assert dispute.now.state == "resumed"
    assert dispute.rebuilt() == dispute.now


def test_an_emergency_closes_only_after_a_superior_has_signed():
    emergency = Entry(emergencies).take(
        emergencies.decide_acknowledge(
            "c1", None, agent_id="A01", by="duty", at=on(2), note="已联系", signalled_at=START
        )
    )
    said = {"by": "duty", "at": on(2), "note": "已办"}
    with pytest.raises(RegisterError, match="signed can't follow"):
        emergencies.decide_sign(
            emergency.now, by="boss", at=on(2), note="可恢复", superiors=["boss"]
        )
    for step in ("calmed", "notified", "help_called", "followed_up"):
        superior = "boss" if step == "notified" else None
        event = emergencies.decide_step(
            emergency.now, f"emergency.{step}", superior=superior, **said
        )
        emergency.take(event)
    with pytest.raises(RegisterError, match="no superior has signed"):
        emergencies.decide_step(emergency.now, "emergency.closed", **said)
    for by in ("A01", "passer-by"):
        with pytest.raises(RegisterError):
            emergencies.decide_sign(emergency.now, by=by, at=on(3), note="可恢复")
    emergency.take(emergencies.decide_sign(emergency.now, by="boss", at=on(3), note="可恢复"))
    emergency.take(emergencies.decide_step(emergency.now, "emergency.closed", **said))
    assert emergency.now.state == "closed"
    assert emergency.rebuilt() == emergency.now


# --- objections, promises, spot checks -------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "kind", "promised", "due"),
    [
        ("3.3 credit record: 20 d", "credit_record", None, on(22).replace(hour=23, minute=59,
                                                                          second=59)),
        ("CC-61 what was promised", "general", on(5), on(5)),
        ("the earlier of both", "credit_record", on(5), on(5)),
        ("0.1 nobody has set one", "general", None, None),
    ],
)  # fmt: skip
def test_when_an_objection_must_be_answered(row, kind, promised, due):
    kinds = POLICY.complaints.objections
    objection = Entry(objections).take(
        objections.decide_raise(
            "O1", by="officer", at=START, raised_at=START, kind=kind, text="费用算错", kinds=kinds
        )
    )
    event = objections.decide_defer(
        objection.now, by="officer", at=START, kinds=kinds, day_kind=lambda day: "workday",
        promised=promised,
    )  # fmt: skip
    objection.take(event)
    assert objection.now.reply_due == due, row
    assert (objection.now.due_uncertain is None) == (due is not None)
    late = on(28)
    objection.take(objections.decide_breach(objection.now, at=late))
    objection.take(objections.decide_reply(objection.now, by="officer", at=late, answer="已更正"))
    assert (objection.now.breached_at is not None) == (due is not None)
    assert objection.now.state == "replied"


def test_0_1_objection_reply_days_can_be_set():
    limit = TimeLimit(amount=3, unit="working_day")
    kinds = {"general": ObjectionKind(zh="异议", source="bank", limit=limit)}
    objection = Entry(objections).take(
        objections.decide_raise(
            "O1", by="officer", at=START, raised_at=START, kind="general", text="x", kinds=kinds
        )
    )
    event = objections.decide_defer(
        objection.now, by="officer", at=START, kinds=kinds, day_kind=lambda day: "workday"
    )
    assert objection.take(event).now.reply_due.day == 5


@given(
    st.lists(
        st.tuples(st.integers(-3, 12), st.decimals("0.01", 900, places=2)), max_size=6
    ),
    st.integers(0, 15),
)  # fmt: skip
def test_a_promise_is_broken_only_when_payments_after_its_day_are_known(payments, known_days):
    promise = Entry(promises).take(
        promises.decide_make(
            "P1", by="officer", at=START, case_id="K1", amount=Decimal("500.00"),
            promised_at=START, due_at=START + timedelta(days=7),
        )
    ).now  # fmt: skip
    known_until = START + timedelta(days=known_days)
    paid = [
        (START + timedelta(days=day), amount) for day, amount in payments if day <= known_days
    ]  # fmt: skip
    in_time = sum(
        (amount for at, amount in paid if promise.promised_at <= at <= promise.due_at), Decimal(0)
    )
    event = promises.decide_settle(promise, paid, payments_as_of=known_until, at=on(28))
    if in_time >= 500:
        assert event.action == promises.KEPT
    elif known_until > promise.due_at:
        assert event.action == promises.BROKEN
    else:
        assert event is None


def test_a_spot_check_says_what_we_had_missed():
    new = NewSpotCheck(
        "甲银行", "ZX-1", on(2), "是否威胁客户", due_at=on(4), code="threat_intimidation"
    )
    said = {"by": "officer", "at": on(3)}
    for findings, judged, found in ((["f1"], True, True), ([], True, False), ([], False, None)):
        check = Entry(spot_checks).take(spot_checks.decide_receive(new, **said))
        with pytest.raises(RegisterError, match="answered can't follow"):
            spot_checks.decide_answer(check.now, answer="属实", **said)
        check.take(
            spot_checks.decide_link(
                check.now, calls=["c1"], agents=["A01"], findings=findings, judged=judged, **said
            )
        )
        assert check.now.had_found is found
        with pytest.raises(RegisterError, match="about a call of A01"):
            spot_checks.decide_answer(check.now, by="A01", at=on(3), answer="不属实")
        check.take(spot_checks.decide_answer(check.now, by="officer", at=on(5), answer="属实"))
        assert check.now.breached_at == on(5)
        check.take(spot_checks.decide_close(check.now, by="officer", at=on(6), result="认可"))
        assert check.rebuilt() == check.now


# --- random days -----------------------------------------------------------------------------


class LinkedEntries(RuleBasedStateMachine):
    """Random acts on a flag, a dispute and an emergency against their tables of states."""

    @initialize(by=st.sampled_from(["A01", "officer", MACHINE]))
    def begin(self, by):
        said = {"by": "officer", "at": START}
        self.at = START
        self.entries = {
            "flag": a_flag(by=by),
            "dispute": Entry(disputes).take(
                disputes.decide_raise(
                    "D1", raised_at=START, about="x", case_id="K1", agent_id="A01", **said
                )
            ),
            "emergency": Entry(emergencies).take(
                emergencies.decide_acknowledge("c1", None, agent_id="A01", note="x", **said)
            ),
        }

    @rule(
        step=st.sampled_from(
            [
                "flag.approve", "flag.refuse", "flag.lift", "dispute.pause", "dispute.notify",
                "dispute.forward", "dispute.bank", "dispute.resume", "dispute.withdraw",
                "emergency.calmed", "emergency.notified", "emergency.help_called",
                "emergency.followed_up", "emergency.closed", "emergency.sign",
            ]
        ),
        by=st.sampled_from(["A01", "officer", "boss"]),
    )  # fmt: skip
    def somebody_acts(self, step, by):
        self.at += timedelta(minutes=10)
        name, _, act = step.partition(".")
        entry = self.entries[name]
        before, count = entry.now, len(entry.log)
        try:
            entry.take(self._decided(name, act, entry.now, by))
        except RegisterError:
            assert entry.now == before
            assert len(entry.log) == count
            return
        machine = {
            "flag": stop_flags.MACHINE_OF_FLAGS,
            "dispute": disputes.MACHINE_OF_DISPUTES,
            "emergency": emergencies.MACHINE_OF_EMERGENCIES,
        }[name]
        if entry.now.state != before.state:
            assert entry.now.state in machine.transitions[before.state]

    def _decided(self, name, act, entry, by):
        said = {"by": by, "at": self.at}
        if name == "flag":
            decide = getattr(stop_flags, f"decide_{act}")
            more = {"refuse": {"note": "无依据"}, "lift": {"reason": "同意"}}.get(act, {})
            return decide(entry, **said, **more)
        if name == "dispute":
            decide = getattr(disputes, f"decide_{act}")
            more = {
                "notify": {"supervisor": "boss"}, "forward": {"way": "phone", "to": "甲银行"},
                "bank": {"decision": "属实"}, "resume": {"reason": "x"},
                "withdraw": {"reason": "x"},
            }.get(act, {})  # fmt: skip
            return decide(entry, **said, **more)
        if act == "sign":
            return emergencies.decide_sign(entry, note="可恢复", superiors=["boss"], **said)
        return emergencies.decide_step(
            entry, f"emergency.{act}", note="已办", superior="boss", **said
        )

    @invariant()
    def what_3_3_asks(self):
        if not hasattr(self, "entries"):
            return
        flag, emergency = self.entries["flag"].now, self.entries["emergency"].now
        assert flag.source
        assert flag.proposed_by
        assert flag.proposed_at
        if flag.state in ("in_force", "lifted"):
            assert flag.decided_by
            assert flag.decided_at
            assert flag.decided_by != flag.proposed_by or flag.proposed_by == MACHINE
        if flag.state == "lifted":
            assert flag.lifted_by not in (None, "A01")
        assert emergency.state != "closed" or emergency.signed_by == "boss"
        for entry in self.entries.values():
            assert entry.rebuilt() == entry.now


TestLinkedEntries = LinkedEntries.TestCase
TestLinkedEntries.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
