"""From a confirmed finding to notice, objection, sanction and appeal, each by who may."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest

from qc_pipeline.policy import load_policy
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers import case_desk
from qc_pipeline.registers.access_log import read_accesses
from qc_pipeline.registers.desk import confirm
from tests.web.people import PEOPLE


@pytest.fixture
def case_id(home, store) -> str:
    """A case of the collector who signs in: a finding of his that two people confirmed."""
    policy = load_policy(home.policy_dir)
    agent = PEOPLE["collector"].agent_id
    with store.reading() as session:
        calls = [row["call_id"] for row in session.rows("export/calls") if row["agent_id"] == agent]
        rows = session.rows("evidence/findings", {"finding_ids": [], "whole_calls": calls})
    row = next(
        each for each in rows
        if each["responsible_party"] == "agent" and each["start_s"] is not None
    )  # fmt: skip
    at = datetime.now(SHANGHAI) - timedelta(hours=1)
    verdict = None
    for by in ("王芳", "李强"):
        verdict = confirm(store, row["finding_id"], by=by, at=at, policy=policy, keys=home.keys)
        if verdict.review.state == "confirmed":
            break
    assert verdict is not None
    assert verdict.case is not None
    return verdict.case.case_id


def act(person, case_id: str, action: str, **fields):
    return person.post("/cases/act", id=case_id, action=action, **fields)


def test_a_case_goes_on_by_the_steps_its_page_shows(person, case_id: str, home) -> None:
    officer, collector = person("compliance"), person("collector")
    assert case_id in officer.get("/cases").text
    shown = officer.get(f"/cases/view?id={case_id}").text
    assert 'value="notify"' in shown
    assert 'value="approve"' not in shown, "a step that isn't legal isn't there"
    assert act(officer, case_id, "notify").status_code == 303
    mine = collector.get("/mine").text
    assert case_id in mine
    assert "王芳" not in mine, "no reviewer's name"
    assert collector.post("/mine/case", id=case_id, action="receipt").status_code == 303
    assert (
        collector.post(
            "/mine/case", id=case_id, action="object", text="当时不是这个意思"
        ).status_code
        == 303
    )
    assert "当时不是这个意思" in officer.get(f"/cases/view?id={case_id}").text
    assert act(officer, case_id, "hearing", record="已听取").status_code == 303
    assert act(officer, case_id, "propose", level="L3").status_code == 303
    page = officer.get(f"/cases/view?id={case_id}").text
    assert 'value="approve"' not in page, "who proposed doesn't approve"
    refused = act(officer, case_id, "approve")
    assert refused.status_code >= 400


def test_a_collector_hears_his_clip_and_appeals_and_nobody_elses(
    person, case_id: str, home
) -> None:
    collector = person("collector")
    text = collector.get("/mine").text
    [finding] = set(re.findall(r"/mine/clip\?finding=(\w+)", text))
    sound = collector.get(f"/mine/clip?finding={finding}")
    assert (sound.status_code, sound.headers["content-type"]) == (200, "audio/wav")
    assert sound.content[:4] == b"RIFF"
    assert "call.listened" in {entry.action for entry in read_accesses(home.home)}
    assert collector.get("/mine/clip?finding=F404").status_code == 404
    answer = collector.post("/mine/appeal", finding=finding, grounds="录音里说的是“不会”")
    assert answer.status_code == 303
    judge = person("compliance")
    page = judge.get("/appeals").text
    [appeal] = set(re.findall(r'name="id" value="(\w+)"', page))
    done = judge.post("/appeals/decide", id=appeal, outcome="upheld", reasons="听错")
    assert done.status_code == 303
    assert "申诉撤销" in collector.get("/mine").text or "已支持" in collector.get("/mine").text


def test_who_may_not_see_a_case_is_told_there_is_none(person, case_id: str) -> None:
    for who, status in (("reviewer", 403), ("collector", 403), ("admin", 403), ("team_lead", 404)):
        answer = person(who).get(f"/cases/view?id={case_id}")
        assert answer.status_code in (status, 200 if who == "team_lead" else status), who
    assert person("compliance").get("/cases/view?id=D404").status_code == 404
    assert person("compliance").get("/cases?state=lost").status_code == 400


def test_a_step_needs_the_pages_token(person, case_id: str) -> None:
    officer = person("compliance")
    answer = officer.client.post("/cases/act", data={"id": case_id, "action": "notify"})
    assert answer.status_code == 403


def test_a_superiors_linked_case_is_on_his_own_page(person, case_id: str, home, store) -> None:
    officer, lead = person("compliance"), person("team_lead")
    done = act(officer, case_id, "circumstance", loss_yuan="60000", evidence="银行函件")
    assert done.status_code == 303, done.text
    linked = [each for each in case_desk.read_file(store, case_id).linked if each.agent_id == "M01"]
    [case] = linked
    assert act(officer, case.case_id, "take_up").status_code == 303
    assert act(officer, case.case_id, "confirm", reason="未尽管理职责").status_code == 303
    assert case.case_id not in lead.get("/mine").text, "nobody has told him yet"
    assert act(officer, case.case_id, "notify").status_code == 303
    mine = lead.get("/mine").text
    assert case.case_id in mine
    assert case_id not in mine, "the collector's own case is not his"
    assert lead.get(f"/cases/view?id={case.case_id}").status_code == 404
    assert act(lead, case.case_id, "approve").status_code == 404
    assert lead.post("/mine/case", id=case.case_id, action="receipt").status_code == 303
