"""The registers beside cases and complaints: the next legal step, by who may, and nobody else's."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta

import pytest

from qc_pipeline.policy import load_policy
from qc_pipeline.records import SHANGHAI, CallEvent
from qc_pipeline.registers.coaching_desk import open_task, order_stand_down
from qc_pipeline.registers.heard_desk import propose_records_from_calls
from qc_pipeline.registers.linked_desk import propose_flag, raise_dispute
from qc_pipeline.registers.promise_desk import raise_objection, record_promise
from qc_pipeline.registers.stop_flags import NewFlag
from qc_pipeline.web.linked_actions import REGISTERS
from tests.registers.making import a_call, scanned
from tests.store.builders import query

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def entries(home, store) -> dict[str, str]:
    """One entry of each register about collector A003 of team 一组, by somebody else."""
    at = datetime.now(SHANGHAI) - timedelta(hours=1)
    who = {"by": "周敏", "at": at, "keys": home.keys}
    policy = load_policy(home.policy_dir)
    flag = propose_flag(
        store, NewFlag("paused", "委托方邮件", case_id="K1", agent_id="A003", reason=EVIL),
        policy=policy, **who,
    )  # fmt: skip
    dispute = raise_dispute(store, raised_at=at, about=EVIL, call_id="s01", **who)
    task = open_task(
        store, agent_id="A003", action="重听开场", owner="赵组长", due_at=at + timedelta(days=7),
        **who,
    )  # fmt: skip
    down = order_stand_down(store, agent_id="A003", reason="复训", **who)
    objection = raise_objection(
        store, policy=policy, text="利息不对", raised_at=at, call_id="s01",
        reply_by=at + timedelta(days=2), **who,
    )  # fmt: skip
    promise = record_promise(
        store, amount="100", promised_at=at, due_at=at + timedelta(days=3), call_id="s01", **who
    )
    return {
        "flags": flag.flag_id, "disputes": dispute.dispute_id, "coaching": task.task_id,
        "stand_downs": down.stand_down_id, "objections": objection.objection_id,
        "promises": promise.promise_id,
    }  # fmt: skip


def shown(person, kind: str, entry: str) -> set[str]:
    page = person.get(f"/registers/view?kind={kind}&id={entry}")
    assert page.status_code == 200, page.text
    assert EVIL not in page.text
    return set(re.findall(r'name="action" value="(\w+)"', page.text))


def act(person, kind: str, entry: str, action: str, **fields):
    return person.post("/registers/act", kind=kind, id=entry, action=action, **fields)


def test_entries_go_on_by_their_legal_steps(person, entries) -> None:
    officer = person("compliance")
    for kind, action, fields, then in (
        ("flags", "approve", {}, "lift"),
        ("disputes", "pause", {}, "tell"),
        ("disputes", "tell", {"supervisor": "M01"}, "forward"),
        ("disputes", "forward", {"way": "email", "to": "银行"}, "bank"),
        ("disputes", "bank", {"decision": "属实"}, "resume"),
        ("disputes", "resume", {"reason": "银行答复"}, None),
        ("objections", "reply", {"answer": "已核对"}, None),
        ("promises", "cancel", {"reason": "改约"}, None),
        ("stand_downs", "lift", {"reason": "复训合格"}, None),
    ):
        entry = entries[kind]
        assert action in shown(officer, kind, entry), f"{kind} {action}"
        answer = act(officer, kind, entry, action, **fields)
        assert answer.status_code == 303, f"{kind} {action}: {answer.text}"
        there = shown(officer, kind, entry)
        assert action not in there, "done once"
        assert (then in there) if then else not there, f"{kind} {action}: {there}"
        again = act(officer, kind, entry, action, **fields)
        assert again.status_code == 409, f"{kind} {action} twice"


def test_what_was_heard_in_a_call_is_accepted_or_declined(person, home, store) -> None:
    terms = {"kind": "made", "date_from": None, "date_to": None, "amount": None, "whole": False,
             "accepted": True}  # fmt: skip
    scanned(
        store, a_call("heard", agent_id="A003", case_id="K9"),
        events=[CallEvent("dispute", 0, 1.0, EVIL), CallEvent("objection", 0, 2.0, "利息不对"),
                CallEvent("promise", 1, 3.0, EVIL, json.dumps(terms))],
    )  # fmt: skip
    made = propose_records_from_calls(store, policy=load_policy(home.policy_dir), keys=home.keys)
    found = dict(query(
        store,
        "SELECT 'disputes', dispute_id FROM disputes WHERE call_id = 'heard' UNION "
        "SELECT 'objections', objection_id FROM objections WHERE call_id = 'heard' UNION "
        "SELECT 'promises', promise_id FROM promises WHERE call_id = 'heard'",
    ))  # fmt: skip
    assert set(found.values()) <= set(made)
    officer = person("compliance")
    for kind, entry in found.items():
        assert shown(officer, kind, entry) == {"accept", "decline"}
    terms = {"amount": "300", "due_at": "2099-01-01"}
    assert act(officer, "promises", found["promises"], "accept").status_code == 409
    assert act(officer, "promises", found["promises"], "accept", **terms).status_code == 303
    assert "cancel" in shown(officer, "promises", found["promises"])
    assert act(officer, "objections", found["objections"], "accept").status_code == 303
    assert "reply" in shown(officer, "objections", found["objections"])
    assert act(officer, "disputes", found["disputes"], "decline", reason="询问").status_code == 303
    assert shown(officer, "disputes", found["disputes"]) == set()


def test_four_eyes(person, entries) -> None:
    proposer = person("senior_reviewer")
    assert shown(proposer, "flags", entries["flags"]) == set()
    assert act(proposer, "flags", entries["flags"], "approve").status_code == 403
    lead, officer = person("team_lead"), person("compliance")
    task = entries["coaching"]
    assert shown(officer, "coaching", task) == {"cancel"}, "its owner reports on it"
    assert "report" in shown(lead, "coaching", task)
    assert act(lead, "coaching", task, "report", report="已辅导").status_code == 303
    assert "passed" not in shown(lead, "coaching", task), "the owner doesn't check himself"
    assert act(lead, "coaching", task, "passed", result="好").status_code == 409
    assert act(officer, "coaching", task, "passed", result="好").status_code == 303


@pytest.mark.parametrize("kind", REGISTERS)
def test_a_list_for_who_may_see_it(person, entries, kind: str) -> None:
    text = person("auditor").get(f"/registers?kind={kind}").text
    assert entries.get(kind, "") in text
    assert EVIL not in text
    for who in ("reviewer", "collector", "bank_client", "admin"):
        assert person(who).get(f"/registers?kind={kind}").status_code == 403


def test_another_teams_entries_are_not_there(person, entries, home, store) -> None:
    [(other,)] = query(
        store, "SELECT agent_id FROM calls WHERE team <> '一组' AND agent_id IS NOT NULL LIMIT 1"
    )
    at = datetime.now(SHANGHAI)
    down = order_stand_down(store, agent_id=other, reason="复训", by="周敏", at=at, keys=home.keys)
    lead = person("team_lead")
    assert entries["stand_downs"] in lead.get("/registers?kind=stand_downs").text
    assert down.stand_down_id not in lead.get("/registers?kind=stand_downs").text
    address = f"/registers/view?kind=stand_downs&id={down.stand_down_id}"
    assert lead.get(address).status_code == 404
    assert act(lead, "stand_downs", down.stand_down_id, "lift", reason="x").status_code == 404


def test_what_is_no_register_entry_or_step_is_refused(person, entries) -> None:
    officer = person("compliance")
    for kind in ("secrets", "../x", "flags' OR 1=1 --"):
        assert officer.get("/registers", params={"kind": kind}).status_code in (404, 422)
    for entry in ("F404", "' OR 1=1 --", "../../etc/passwd"):
        answer = officer.get("/registers/view", params={"kind": "flags", "id": entry})
        assert answer.status_code == 404
    assert act(officer, "flags", entries["flags"], "burn").status_code == 400
    assert act(officer, "flags", entries["flags"], "refuse").status_code == 400
    data = {"kind": "flags", "id": entries["flags"], "action": "approve"}
    assert officer.client.post("/registers/act", data=data).status_code == 403
