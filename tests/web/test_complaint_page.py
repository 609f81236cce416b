"""A complaint's whole way by the buttons of its page, and only by those that are legal."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest

from qc_pipeline.policy import load_policy
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers.complaint_desk import add_complaint, read_complaint
from qc_pipeline.registers.complaints import NewComplaint
from qc_pipeline.web.complaint_actions import STEPS


@pytest.fixture
def complaint(home, store) -> str:
    at = datetime.now(SHANGHAI) - timedelta(hours=2)
    made = add_complaint(
        store,
        NewComplaint(channel="bank", bank="江屿银行", reference="B-7", received_at=at,
                     text="催收<script>alert(1)</script>辱骂"),
        by="陈合规", at=at, policy=load_policy(home.policy_dir), keys=home.keys,
    )  # fmt: skip
    return made.complaint_id


def shown(person, complaint: str) -> set[str]:
    page = person.get(f"/complaints/view?id={complaint}")
    assert page.status_code == 200
    return set(re.findall(r'name="action" value="(\w+)"', page.text))


def act(person, complaint: str, action: str, **fields):
    return person.post("/complaints/act", id=complaint, action=action, **fields)


def test_a_complaint_goes_its_way_by_buttons(person, complaint: str, store) -> None:
    officer = person("compliance")
    assert "pause" not in shown(officer, complaint), "nothing is linked that could be paused"
    way = [
        ("link", {"calls": "s01"}), ("pause", {}), ("triage", {"triage": "normal"}),
        ("report", {"to": "经理甲、主管乙"}), ("lock", {}), ("check", {"finding": "录音属实"}),
        ("reply", {"finding": "坐席言语过激", "progress": "三日内告知处理结果", "way": "电话"}),
        ("investigate", {}),
        ("decide", {"validity": "upheld", "decision": "辱骂属实", "codes": "abuse_insult"}),
        ("transfer", {"how": "转坐席B"}), ("satisfied", {"statement": "没有其他要求"}),
        ("resolve", {}), ("archive", {"archive": "D-1"}), ("file", {"receipt": "R-1"}),
        ("close", {}),
    ]  # fmt: skip
    for action, fields in way:
        assert action in shown(officer, complaint), action
        answer = act(officer, complaint, action, **fields)
        assert answer.status_code == 303, f"{action}: {answer.text}"
    assert read_complaint(store, complaint).state == "closed"
    # The log says to the minute whether collection had stopped in time.
    assert shown(officer, complaint) <= {"reopen", "transfer"}


def test_what_is_not_legal_is_absent_and_refused(person, complaint: str, store) -> None:
    officer = person("compliance")
    there = shown(officer, complaint)
    assert not there & {"accept", "decline", "close", "archive", "file", "reopen", "satisfied"}
    for action in set(STEPS) - there - {"pause", "lock"}:
        fields = {field.name: "2026-11-30T10:00" for field in STEPS[action].fields}
        assert act(officer, complaint, action, **fields).status_code in (400, 409), action
    assert act(officer, complaint, "burn").status_code == 400
    assert act(officer, complaint, "decide").status_code in (400, 409)
    assert read_complaint(store, complaint).state == "logged"


def test_who_may_read_does_not_act(person, complaint: str) -> None:
    auditor = person("auditor")
    assert shown(auditor, complaint) == set()
    assert act(auditor, complaint, "contact", note="x").status_code == 403
    assert act(person("compliance"), "C404", "contact", note="x").status_code == 404
    for who in ("reviewer", "collector", "admin"):
        assert person(who).get(f"/complaints/view?id={complaint}").status_code == 403


def test_words_are_words(person, complaint: str) -> None:
    officer = person("compliance")
    evil = "<script>alert(1)</script>"
    assert act(officer, complaint, "link", calls="s01").status_code == 303
    assert act(officer, complaint, "pause").status_code == 303
    assert act(officer, complaint, "triage", triage="normal").status_code == 303
    assert act(officer, complaint, "lock").status_code == 303
    assert act(officer, complaint, "check", finding=evil).status_code == 303
    text = officer.get(f"/complaints/view?id={complaint}").text
    assert "&lt;script&gt;" in text
    assert evil not in text


def test_a_step_needs_the_pages_token(person, complaint: str) -> None:
    officer = person("compliance")
    data = {"id": complaint, "action": "contact", "note": "x"}
    assert officer.client.post("/complaints/act", data=data).status_code == 403
