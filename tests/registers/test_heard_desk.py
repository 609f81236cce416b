"""Disputes, objections and promises that were heard in calls: proposed, accepted by a person."""

import json
from decimal import Decimal
from functools import partial

import pytest
from click.testing import CliRunner

from qc_pipeline.cli import cli
from qc_pipeline.errors import RegisterError
from qc_pipeline.records import CallEvent
from qc_pipeline.registers import heard_desk, linked_desk, promise_desk
from qc_pipeline.registers.chain import MACHINE
from qc_pipeline.registers.log import read_events
from qc_pipeline.registers.projections import Registers, fold, load_registers
from qc_pipeline.registers.verify import verify_home
from tests.registers.complaint_file import at
from tests.registers.making import a_call, on, scanned

CALLED = on(2)


def promised(*, amount="500", day="2026-03-09", accepted=True, start_s=5.0) -> CallEvent:
    terms = {
        "kind": "made", "date_from": day, "date_to": day, "amount": amount, "whole": False,
        "accepted": accepted,
    }  # fmt: skip
    return CallEvent("promise", 1, start_s, "我周一还五百", json.dumps(terms))


DISPUTED = CallEvent("dispute", 0, 3.0, "这笔不是我刷的")
OBJECTED = CallEvent("objection", 0, 4.0, "利息算得不对")


class Register:
    def __init__(self, store, policy, keys) -> None:
        self.store, self.policy, self.keys = store, policy, keys

    def call(self, *events, call_id="c1", **known):
        values = {"case_id": "K1", "phone": "13800138000", **known}
        scanned(self.store, a_call(call_id, at=CALLED, **values), events=events)

    def propose(self):
        return heard_desk.propose_records_from_calls(
            self.store, policy=self.policy, keys=self.keys, at=on(3)
        )

    def do(self, what, subject, by="officer", moment=None, **said):
        act = getattr(heard_desk, what)
        if what == "accept_objection":
            act = partial(act, policy=self.policy)
        return act(self.store, subject, by=by, at=moment or on(4), keys=self.keys, **said)

    def tables(self):
        with self.store.reading() as session:
            return load_registers(session)

    def verified(self):
        problems = verify_home(self.store, keys=self.keys).problems
        assert not [each for each in problems if each.where == "register"]
        with self.store.reading() as session:
            assert fold(Registers(), read_events(session)) == load_registers(session)


@pytest.fixture
def register(store, policy, keys):
    return Register(store, policy, keys)


def test_each_call_gives_one_of_each_kind_ever(register):
    register.call(DISPUTED, OBJECTED, promised())
    register.call(call_id="c2")
    made = register.propose()
    assert len(made) == 3
    now = register.tables()
    entries = [*now.disputes.values(), *now.objections.values(), *now.promises.values()]
    assert {each.state for each in entries} == {"proposed"}
    assert {each.recorded_by for each in entries} == {MACHINE}
    assert {(each.call_id, each.case_id, each.agent_id) for each in entries} == {
        ("c1", "K1", "A01")
    }
    assert register.propose() == []
    for kind, subject in zip(("dispute", "objection", "promise"), made, strict=True):
        register.do(f"decline_{kind}", subject, reason="只是询问")
    assert register.propose() == [], "a declined one does not come back"
    register.verified()


def test_what_a_person_has_entered_for_the_call_is_not_proposed(register):
    register.call(DISPUTED)
    linked_desk.raise_dispute(
        register.store, by="officer", at=on(3), keys=register.keys, raised_at=CALLED,
        about="不是本人交易", call_id="c1",
    )  # fmt: skip
    assert register.propose() == []


def test_an_accepted_dispute_goes_on_like_any_other(register):
    register.call(DISPUTED)
    [subject] = register.propose()
    with pytest.raises(RegisterError, match="paused can't follow"):
        linked_desk.pause_for_dispute(
            register.store, subject, by="officer", at=on(4), policy=register.policy,
            keys=register.keys,
        )  # fmt: skip
    accepted = register.do("accept_dispute", subject)
    assert (accepted.state, accepted.recorded_by, accepted.about) == (
        "raised", "officer", "这笔不是我刷的",
    )  # fmt: skip
    paused = linked_desk.pause_for_dispute(
        register.store, subject, by="officer", at=on(5), policy=register.policy, keys=register.keys
    )
    assert paused.state == "collection_paused"
    register.verified()


@pytest.mark.parametrize(
    ("said", "state", "due"),
    [
        ({"kind": "credit_record"}, "reply_due", at("2026-03-22T23:59:59")),  # 3.3: 20 days
        ({"reply_by": on(6)}, "reply_due", on(6)),
        ({"answer": "已当场解释"}, "answered_in_call", None),
        ({}, "reply_due", None),  # 0.1: nobody has set a limit
    ],
)
def test_an_accepted_objection_is_answered_or_owed_a_reply(register, said, state, due):
    register.call(OBJECTED)
    [subject] = register.propose()
    accepted = register.do("accept_objection", subject, **said)
    assert (accepted.state, accepted.reply_due) == (state, due)
    register.verified()


def test_a_promise_is_accepted_as_heard_or_with_what_was_not_heard(register):
    register.call(promised())
    register.call(promised(amount=None, day=None), call_id="c2")
    as_heard, unknown = register.propose()
    accepted = register.do("accept_promise", as_heard)
    assert (accepted.state, accepted.amount, accepted.due_at) == (
        "promised", Decimal("500.00"), at("2026-03-09T23:59:59"),
    )  # fmt: skip
    with pytest.raises(RegisterError, match=r"amount of promise .* was not heard"):
        register.do("accept_promise", unknown)
    with pytest.raises(RegisterError, match=r"day of promise .* was not heard"):
        register.do("accept_promise", unknown, amount="300")
    filled = register.do("accept_promise", unknown, amount="300", due_at=on(10))
    assert (filled.amount, filled.due_at) == (Decimal("300.00"), on(10))
    register.verified()


def test_of_several_promises_the_one_that_says_most_and_of_those_the_last(register):
    register.call(
        promised(amount="100"), promised(amount="200", start_s=6.0),
        promised(amount=None, start_s=7.0),
    )  # fmt: skip
    register.propose()
    [promise] = register.tables().promises.values()
    assert promise.amount == 200


@pytest.mark.parametrize("misheard", [{"day": "2026-03-01"}, {"amount": "0"}, {"amount": "0.001"}])
def test_what_can_not_be_meant_is_left_to_a_person(register, misheard):
    register.call(promised(**misheard))
    register.propose()
    [promise] = register.tables().promises.values()
    assert None in (promise.amount, promise.due_at)


def test_a_proposed_promise_is_neither_kept_nor_broken(register):
    register.call(promised())
    [subject] = register.propose()
    assert promise_desk.settle_promises(register.store, keys=register.keys, at=on(28)) == []
    assert register.tables().promises[subject].state == "proposed"


@pytest.mark.parametrize("kind", ["dispute", "objection", "promise"])
def test_cp_10_the_collector_of_the_call_decides_on_none(register, kind):
    events = {"dispute": DISPUTED, "objection": OBJECTED, "promise": promised()}
    register.call(events[kind])
    [subject] = register.propose()
    before = register.tables()
    with pytest.raises(RegisterError, match="heard in a call of a01"):
        register.do(f"accept_{kind}", subject, by="a01")
    with pytest.raises(RegisterError, match="heard in a call of A01"):
        register.do(f"decline_{kind}", subject, by="A01", reason="没有")
    with pytest.raises(RegisterError, match="needs a reason"):
        register.do(f"decline_{kind}", subject, reason=" ")
    register.do(f"decline_{kind}", subject, reason="只是询问")
    with pytest.raises(RegisterError, match="accepted can't follow"):
        register.do(f"accept_{kind}", subject, moment=on(5))
    assert register.tables() != before


def test_a_promise_about_no_case_and_a_dispute_about_nothing_are_not_proposed(register):
    register.call(DISPUTED, promised(), case_id=None, phone=None)
    assert register.propose() == []


def test_the_shell_accepts_and_declines(register, monkeypatch):
    register.call(DISPUTED, OBJECTED, promised(day=None))
    dispute, objection, promise = register.propose()
    monkeypatch.setenv("QC_KEYS", str(register.keys))

    def qc(*words: str):
        home = str(register.store.home)
        return CliRunner().invoke(cli, [*words, "--by", "officer", "--home", home])

    assert f"{dispute}：raised" in qc("dispute", "accept", dispute).output
    said = ("--kind", "credit_record", "--reply-by", "2026-03-08T09:00")
    assert f"{objection}：reply_due" in qc("objection", "accept", objection, *said).output
    refused = qc("promise", "accept", promise)
    assert isinstance(refused.exception, RegisterError)
    assert "declined" in qc("promise", "decline", promise, "--reason", "只是客气话").output
    now = register.tables()
    assert now.objections[objection].reply_due == at("2026-03-08T09:00:00")
    assert now.promises[promise].cancel_reason == "只是客气话"
    register.verified()
