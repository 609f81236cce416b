"""Complaints by their clocks; what the machine proposed is settled by a person."""

from __future__ import annotations

import re
from datetime import datetime

import pytest

from qc_pipeline.policy import load_policy
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers.complaint_desk import add_complaint
from qc_pipeline.registers.complaints import NewComplaint


@pytest.fixture
def late(home, store) -> str:
    """A complaint from another bank whose first reply is long overdue."""
    made = add_complaint(
        store,
        NewComplaint(
            channel="bank", bank="别家银行", reference="B-1", text="催收人员辱骂",
            received_at=datetime(2026, 3, 2, 10, tzinfo=SHANGHAI),
        ),
        by="陈合规", at=datetime(2026, 3, 2, 11, tzinfo=SHANGHAI),
        policy=load_policy(home.policy_dir), keys=home.keys,
    )  # fmt: skip
    return made.complaint_id


def test_an_overdue_clock_stands_out(person, late: str) -> None:
    text = person("compliance").get("/complaints").text
    assert late in text
    assert "已逾期" in text


def test_a_bank_sees_no_other_banks_complaint(person, late: str) -> None:
    assert late not in person("bank_client").get("/complaints?all=1").text
    assert person("collector").get("/complaints").status_code == 403


def test_a_proposed_complaint_is_settled_by_who_may(person) -> None:
    officer = person("compliance")
    names = re.findall(r'name="id" value="([^"]+)"', officer.get("/complaints").text)
    if not names:
        pytest.skip("the sample calls of this home hold no complaint")
    refused = person("auditor").post("/complaints/settle", id=names[0], action="accept")
    assert refused.status_code == 403
    assert officer.post("/complaints/settle", id=names[0], action="accept").status_code == 303
    assert names[0] not in re.findall(r'name="id" value="([^"]+)"', officer.get("/complaints").text)
    assert officer.post("/complaints/settle", id="K404", action="accept").status_code == 404
