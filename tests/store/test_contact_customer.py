"""Contact rules for which the sources give no number, and the collector who heard a refusal."""

import pytest

from qc_pipeline.policy import Policy
from qc_pipeline.policy.load import Flood
from qc_pipeline.records import CallEvent, ReferenceTables
from qc_pipeline.store.contact import run_contact_pass
from qc_pipeline.store.contact_findings import contact_rules
from qc_pipeline.store.loader import load_calls, load_tables
from qc_pipeline.store.store import Store
from tests.registers.making import scanned

from .builders import a_call, query

DAY = "2026-03-03"
PRESENT = ReferenceTables(present=frozenset({"approvals", "flags", "phones"}))


def limited(policy: Policy, **limits) -> Policy:
    return policy.model_copy(update={"contact": policy.contact.model_copy(update=limits)})


def broken(store: Store, policy: Policy) -> set[tuple[str, str]]:
    run_contact_pass(store, policy=policy)
    rows = query(store, "SELECT call_id, rule_id FROM findings WHERE superseded_at IS NULL")
    names = ("customer_talks_per_day", "least_gap", "flood", "refusal_heard")
    return {
        (call_id, rule.removeprefix("contact."))
        for call_id, rule in rows
        if rule.removeprefix("contact.") in names
    }


def dials(*times: str, **known) -> list:
    return [a_call(time, f"{DAY} {time}:00", **known) for time in times]


def test_rulebook_0_1_unset_limits_judge_nothing(store: Store, policy: Policy) -> None:
    assert policy.contact.customer_talks_per_day is None
    assert policy.contact.least_minutes_between_dials is None
    assert policy.contact.flood is None
    load_tables(store, PRESENT)
    load_calls(store, dials("10:00", "10:01", "10:02", "10:03", "10:04", answered=True))
    assert broken(store, policy) == set()
    listed = {rule.id for rule in contact_rules(policy)}
    assert not {"contact.flood", "contact.least_gap"} & listed


@pytest.mark.parametrize(
    ("row", "limits", "calls", "found"),
    [
        ("MD-08 three answered calls of one customer, whatever the number",
         {"customer_talks_per_day": 3},
         [("09:00", "13800000001"), ("11:00", "13800000002"), ("13:00", "13800000003"),
          ("15:00", "13800000004")],
         {("15:00", "customer_talks_per_day")}),
        ("MD-08 the gap between two dials of one number", {"least_minutes_between_dials": 15},
         [("09:00", "13800000001"), ("09:14", "13800000001"), ("09:29", "13800000001"),
          ("09:20", "13800000002")],
         {("09:14", "least_gap")}),
        ("MD-11 flooding", {"flood": Flood(dials=3, minutes=10)},
         [("09:00", "13800000001"), ("09:05", "13800000001"), ("09:09", "13800000001"),
          ("09:25", "13800000001")],
         {("09:09", "flood")}),
    ],
)  # fmt: skip
def test_a_limit_that_is_set_is_kept(store: Store, policy: Policy, row, limits, calls, found):
    load_tables(store, PRESENT)
    load_calls(
        store,
        [
            a_call(time, f"{DAY} {time}:00", phone=phone, answered=True, customer_id="C1")
            for time, phone in calls
        ],
    )
    assert broken(store, limited(policy, **limits)) == found, row


def test_md_15_whoever_heard_the_refusal_is_bound_at_once(store: Store, policy: Policy) -> None:
    load_tables(store, PRESENT)
    heard = a_call("10:00", f"{DAY} 10:00:00", agent_id="A01", callee="third_party")
    scanned(store, heard, events=[CallEvent("refusal", 0, 3.0, "别再打了")])
    load_calls(
        store,
        [
            a_call("09:00", f"{DAY} 09:00:00", agent_id="A01"),
            a_call("11:00", f"{DAY} 11:00:00", agent_id="A01"),
            a_call("12:00", f"{DAY} 12:00:00", agent_id="A02"),
            a_call("13:00", f"{DAY} 13:00:00", agent_id="A01", phone="13900139000"),
        ],
    )
    assert broken(store, policy) == {("11:00", "refusal_heard")}
    [(severity, status)] = query(
        store, "SELECT severity, status FROM findings WHERE rule_id = 'contact.refusal_heard'"
    )
    assert (severity, status) == ("critical", "open")


def test_a_customers_refusal_waits_for_a_person(store: Store, policy: Policy) -> None:
    load_tables(store, PRESENT)
    heard = a_call("10:00", f"{DAY} 10:00:00", agent_id="A01")
    scanned(store, heard, events=[CallEvent("refusal", 0, 3.0, "别再打单位座机")])
    load_calls(store, [a_call("11:00", f"{DAY} 11:00:00", agent_id="A01")])
    assert broken(store, policy) == {("11:00", "refusal_heard")}
    [(status,)] = query(
        store, "SELECT status FROM findings WHERE rule_id = 'contact.refusal_heard'"
    )
    assert status == "quarantined"
