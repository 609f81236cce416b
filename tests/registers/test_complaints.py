"""Complaints: clocks, states, and the way from a call into the register."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_pipeline.errors import RegisterError
from qc_pipeline.policy.holidays import classify
from qc_pipeline.records import SHANGHAI, CallEvent
from qc_pipeline.registers.chain import FIRST_PREVIOUS, link
from qc_pipeline.registers.complaint_desk import (
    accept_complaint,
    complaints_as_of,
    decline_complaint,
    propose_from_calls,
)
from qc_pipeline.registers.complaints import (
    COMPLAINT_STATES,
    TRANSITIONS,
    ComplainingCall,
    apply,
    decide_accept,
    decide_decline,
    decide_propose,
)
from qc_pipeline.registers.projections import as_row
from qc_pipeline.registers.verify import verify_home
from tests.registers.complaint_file import File
from tests.registers.making import a_call, on, scanned


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.fixture
def propose(policy):
    def proposed(received_at, **changed):
        call = ComplainingCall("c1", "A01", "K1", received_at, ("我要投诉你们",))
        event = decide_propose(
            replace(call, **changed),
            at=received_at + timedelta(hours=14),
            rules=policy.complaints,
            policy_version=policy.version,
            day_kind=partial(classify, holidays=policy.holidays),
        )
        return apply(None, link(event, seq=2, prev_hash=FIRST_PREVIOUS, key=b"k"))

    return proposed


# --- clocks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "received", "clock", "due"),
    [
        ("CP-01", "2026-03-02T10:00", "first_reply_due", "2026-03-03T23:59:59"),
        ("CP-01", "2026-03-02T20:30", "first_reply_due", "2026-03-03T23:59:59"),
        ("CP-01, Friday to Saturday", "2026-03-06T15:00", "first_reply_due", "2026-03-07T23:59:59"),
        ("CP-01, holiday", "2026-10-01T15:30", "first_reply_due", "2026-10-02T23:59:59"),
        ("3.3 decision", "2026-03-02T10:00", "decision_due", "2026-03-17T23:59:59"),
        ("3.3 decision, over a month", "2026-01-31T23:59", "decision_due", "2026-02-15T23:59:59"),
    ],
)
def test_clocks(row, received, clock, due, propose):
    complaint = propose(at(received))
    assert getattr(complaint, clock) == at(due), row
    assert complaint.received_at == at(received)
    assert complaint.due_uncertain is None


@pytest.mark.parametrize(
    ("row", "replied", "decided", "as_of", "late"),
    [
        ("CP-01: replied the same day", "2026-03-02T17:00", None, "2026-03-05T00:00", False),
        ("CP-01: replied the next day", "2026-03-03T11:00", None, "2026-03-05T00:00", False),
        ("CP-01: replied two days later", "2026-03-04T09:00", None, "2026-03-05T00:00", True),
        ("CP-01: no reply, still time", None, None, "2026-03-03T23:59:59", False),
        ("CP-01: no reply, too late", None, None, "2026-03-04T00:00", True),
        ("3.3: decided in time", "2026-03-02T17:00", "2026-03-17T20:00", "2026-04-01T00:00", False),
        ("3.3: decided late", "2026-03-02T17:00", "2026-03-18T00:00", "2026-04-01T00:00", True),
        ("3.3: never decided", "2026-03-02T17:00", None, "2026-04-01T00:00", True),
    ],
)
def test_breaches(row, replied, decided, as_of, late, policy, store):
    file = File(policy, at("2026-03-02T16:00"), logged=at("2026-03-02T16:00")).do("report")
    file.walk("check", pause={"at": at("2026-03-02T16:05")})
    if replied:
        file.do("reply", at=at(replied))
    if decided:
        file.do("investigate").do("decision", at=at(decided), validity="not_upheld")
    with store.writing() as session:
        session.run("registers/save_complaint", as_row(file.complaint))
    [found] = complaints_as_of(store, as_of=at(as_of))
    assert found["breached"] == late, row


def test_a_working_day_clock_over_an_unannounced_year_says_so(policy, propose):
    rules = policy.complaints
    clock = rules.clocks["decision"].model_copy(update={"unit": "working_day"})
    changed = rules.model_copy(update={"clocks": {**rules.clocks, "decision": clock}})
    event = decide_propose(
        ComplainingCall("c1", "A01", None, at("2026-12-28T10:00"), ()),
        at=at("2026-12-29T10:00"),
        rules=changed,
        policy_version="v",
        day_kind=partial(classify, holidays=policy.holidays),
    )
    complaint = apply(None, link(event, seq=2, prev_hash=FIRST_PREVIOUS, key=b"k"))
    assert complaint.due_uncertain is not None
    assert "2027" in complaint.due_uncertain


# --- states ----------------------------------------------------------------------------------------


def test_the_table_names_every_state_and_leads_everywhere():
    assert set(TRANSITIONS) == set(COMPLAINT_STATES)
    reached, todo = set(), ["received"]
    while todo:
        state = todo.pop()
        if state not in reached:
            reached.add(state)
            todo += TRANSITIONS[state]
    assert reached == set(COMPLAINT_STATES)


@given(st.lists(st.integers(0, 9), max_size=60))
def test_no_walk_closes_a_complaint_early(choices):
    """CP-05 to CP-07, POLICY: the order of the steps that nobody may skip."""
    state, seen = "received", ["received"]
    for choice in choices:
        following = sorted(TRANSITIONS[state])
        if following:
            state = following[choice % len(following)]
            seen.append(state)
    if "first_reply_sent" in seen:
        before = seen[: seen.index("first_reply_sent")]
        assert "evidence_locked" in before
        assert "preliminary_check" in before
    if "closed" in seen:
        before = seen[: seen.index("closed")]
        assert "archived" in before
        assert "bank_filed" in before
        assert {"satisfied", "withdrawn", "escalated"} & set(before)


def test_only_a_proposed_complaint_is_accepted_or_declined(policy, propose):
    day_kind = partial(classify, holidays=policy.holidays)
    complaint = propose(on(2))
    accepted = decide_accept(
        complaint, by="officer", at=on(3), rules=policy.complaints, day_kind=day_kind
    )
    logged = apply(complaint, link(accepted, seq=3, prev_hash="", key=b"k"))
    assert (logged.state, logged.proposed, logged.logged_at) == ("logged", False, on(3))
    assert logged.first_reply_due == complaint.first_reply_due
    with pytest.raises(RegisterError, match="is logged, decided by officer"):
        decide_accept(logged, by="boss", at=on(4), rules=policy.complaints, day_kind=day_kind)
    with pytest.raises(RegisterError, match="is logged"):
        decide_decline(logged, by="boss", at=on(4), note="不是投诉")


def test_the_collector_complained_about_never_handles_it_and_declining_needs_a_reason(propose):
    with pytest.raises(RegisterError, match="concerns A01"):
        decide_decline(propose(on(2)), by="A01", at=on(3), note="不是投诉")
    with pytest.raises(RegisterError, match="needs a note"):
        decide_decline(propose(on(2)), by="officer", at=on(3), note=" ")
    with pytest.raises(RegisterError, match="was received"):
        decide_decline(propose(on(2)), by="officer", at=on(1), note="不是投诉")


# --- the desk --------------------------------------------------------------------------------------


def said(kind, start_s, words):
    return CallEvent(kind, 0, start_s, words)


def test_a_complaint_in_a_call_is_proposed_once(store, policy, keys):
    scanned(
        store,
        a_call("c1", case_id="K1", at=on(2)),
        events=[said("complaint", 9.0, "我要去银保监"), said("complaint", 3.0, "我要投诉")],
    )
    scanned(store, a_call("c2"), events=[said("dispute", 1.0, "我没欠这个钱")])
    [proposed] = propose_from_calls(store, policy=policy, keys=keys, at=on(3))
    assert proposed.calls == ("c1",)
    assert proposed.words == ("我要投诉", "我要去银保监")
    assert propose_from_calls(store, policy=policy, keys=keys) == []
    [row] = complaints_as_of(store, as_of=on(4, 0))
    assert (row["state"], row["proposed"], row["channel"]) == ("received", True, "in_call")
    assert (row["received_at"], row["case_id"], row["agent_id"]) == (on(2), "K1", "A01")
    assert row["logged_at"] is None


def test_breached_is_measured_against_the_day_asked_for(store, policy, keys):
    scanned(store, a_call("c1", at=on(2)), events=[said("complaint", 3.0, "我要投诉")])
    propose_from_calls(store, policy=policy, keys=keys)
    assert [row["breached"] for row in complaints_as_of(store, as_of=on(3, 23))] == [False]
    assert [row["breached"] for row in complaints_as_of(store, as_of=on(4, 0))] == [True]


def test_a_declined_complaint_does_not_come_back(store, policy, keys):
    scanned(store, a_call("c1", at=on(2)), events=[said("complaint", 3.0, "投诉电话多少")])
    [proposed] = propose_from_calls(store, policy=policy, keys=keys)
    declined = decline_complaint(
        store, proposed.complaint_id, by="officer", at=on(3), note="只是咨询电话", keys=keys
    )
    assert (declined.state, declined.proposed) == ("declined", False)
    assert propose_from_calls(store, policy=policy, keys=keys) == []
    assert [row["breached"] for row in complaints_as_of(store, as_of=on(28))] == [False]


def test_accepting_logs_it_and_unknown_ones_are_named(store, policy, keys):
    scanned(store, a_call("c1", at=on(2)), events=[said("complaint", 3.0, "我要投诉")])
    [proposed] = propose_from_calls(store, policy=policy, keys=keys)
    accepted = accept_complaint(
        store, proposed.complaint_id, by="officer", at=on(3), policy=policy, keys=keys
    )
    assert (accepted.state, accepted.logged_at) == ("logged", on(3))
    with pytest.raises(RegisterError, match="there is no complaint C0"):
        accept_complaint(store, "C0", by="officer", at=on(3), policy=policy, keys=keys)
    assert not [p for p in verify_home(store, keys=keys).problems if p.where == "register"]


def test_nothing_is_opened_where_nobody_complained(store, policy, keys):
    scanned(store, a_call("c1"))
    assert propose_from_calls(store, policy=policy, keys=keys) == []
    assert not keys.exists()
