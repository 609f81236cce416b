"""Evidence packs from the browser: for who may, of what he may see, and never unrecorded."""

from __future__ import annotations

import io
import zipfile

import pytest

from qc_pipeline.registers.access_log import read_accesses
from tests.store.builders import query


@pytest.fixture
def finding(store) -> str:
    return query(store, "SELECT finding_id FROM findings WHERE call_id = 's01' ORDER BY 1")[0][0]


def test_an_auditor_gets_the_pack_of_a_finding_and_the_log_says_so(person, finding, home) -> None:
    answer = person("auditor").post("/evidence", id=finding)
    assert answer.status_code == 200
    assert f"evidence-{finding}.zip" in answer.headers["content-disposition"]
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert {"index.html", f"clips/{finding}.wav", "entries.json"} <= set(names)
    assert [e.subject for e in read_accesses(home.home) if e.action == "evidence.made"] == [finding]


@pytest.mark.parametrize("who", ["reviewer", "team_lead", "collector", "bank_client", "admin"])
def test_others_get_none(person, finding, who: str) -> None:
    assert person(who).post("/evidence", id=finding).status_code == 403


@pytest.mark.parametrize("subject", ["F404", "../../qc.duckdb", "' OR 1=1 --", "%2e%2e%2f", "/etc"])
def test_what_is_not_there_is_not_found_and_leaves_nothing(person, home, subject: str) -> None:
    assert person("auditor").post("/evidence", id=subject).status_code == 404
    assert "evidence.made" not in {entry.action for entry in read_accesses(home.home)}


def test_a_pack_needs_the_pages_token(person, finding) -> None:
    assert person("auditor").client.post("/evidence", data={"id": finding}).status_code == 403
