"""Whose rows somebody sees: across teams, banks and people, by every way in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from qc_pipeline.settings import PACKAGE_DIR, Settings
from qc_pipeline.store.store import Store
from qc_pipeline.web.scope import Scope
from tests.web.homes import CALLS

QUERIES = sorted((PACKAGE_DIR / "store" / "queries" / "web").glob("*.sql"))
OWN = {"team_lead": {"s01", "s03", "s12"}, "bank_client": {"s01", "s04", "s12"}}
"""By samples/manifest.csv: team 一组, bank 江屿银行."""
UNSCOPED = {"scans_recent.sql", "states.sql"}
"""Counts and scans for who may see the system: no row of a call."""


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.name)
def test_a_query_reads_calls_through_the_scope(path: Path) -> None:
    sql = re.sub(r"--.*", "", path.read_text("utf-8"))
    if path.name in UNSCOPED:
        assert "call_id" not in sql
        return
    assert re.search(r"visible_(calls|tasks)\(\$scope_team, \$scope_bank, \$scope_agent\)", sql)
    past = re.search(r"\b(FROM|JOIN)\s+(calls|call_tasks)\b", sql)
    assert not past, f"{path.name} reads calls past the scope"


@pytest.mark.parametrize("who", OWN)
def test_calls_of_others_are_not_there(person, who: str) -> None:
    somebody = person(who)
    for call_id in CALLS:
        status = somebody.get(f"/call?id={call_id}").status_code
        assert status == (200 if call_id in OWN[who] else 404), call_id
    assert somebody.get("/call?id=no-such-call").status_code == 404


def test_a_lead_listens_to_his_team_only(person) -> None:
    lead = person("team_lead")
    assert lead.get("/audio/peaks?id=s10").status_code == 404
    assert lead.post("/audio/listen?id=s10").status_code == 404


def test_a_bank_client_hears_nothing(person) -> None:
    assert person("bank_client").post("/audio/listen?id=s01").status_code == 403


@pytest.mark.parametrize("who", ["collector", "admin"])
def test_who_may_not_see_calls_sees_none(person, who: str) -> None:
    assert person(who).get("/call?id=s01").status_code == 403


def test_the_sound_of_a_listen_is_for_who_began_it(person) -> None:
    one, other = person("reviewer"), person("second")
    told = one.post("/audio/listen?id=s04").json()
    assert one.client.get(told["audio"]).status_code == 200
    assert other.client.get(told["audio"]).status_code == 404
    assert other.post(told["played"], json={"spans": [[0, 1]]}).status_code == 404


def test_sound_comes_by_ranges(person) -> None:
    somebody = person("reviewer")
    told = somebody.post("/audio/listen?id=s04").json()
    answer = somebody.client.get(told["audio"], headers={"range": "bytes=100-199"})
    assert (answer.status_code, len(answer.content)) == (206, 100)
    assert answer.headers["content-range"].startswith("bytes 100-199/")


@pytest.mark.parametrize(
    "call_id",
    [
        "../../etc/passwd",
        "..%2f..%2fqc.duckdb",
        "/etc/passwd",
        "s01/../s03",
        "%00",
        "s01' OR '1'='1",
    ],
)
def test_no_path_leads_out(person, call_id: str) -> None:
    somebody = person("reviewer")
    for address in ("/call?id=", "/audio/peaks?id=", "/call/history?id="):
        assert somebody.get(address + call_id).status_code == 404
    assert somebody.client.get(f"/audio/{call_id}").status_code in (404, 405)


@pytest.mark.parametrize(
    "path",
    [
        "../qc.duckdb",
        "..%2f..%2f..%2fsettings.py",
        "%2e%2e/roles.yaml",
        "/etc/passwd",
        "js/../../roles.yaml",
    ],
)
def test_static_files_are_only_static_files(client, path: str) -> None:
    assert client.get(f"/static/{path}").status_code == 404


HOSTILE = ["' OR 1=1 --", "'; DROP TABLE calls; --", "\\", "%", "\x00", "$code", "x') UNION SELECT 1 --"]  # fmt: skip


@pytest.mark.parametrize("name", ["code", "team", "agent", "bank", "status", "detector"])
def test_filters_are_values_never_sql(person, store: Store, name: str) -> None:
    somebody = person("reviewer")
    for text in HOSTILE:
        answer = somebody.client.get("/queue", params={name: text})
        assert answer.status_code == 200, text
        assert 'class="task"' not in answer.text, text
    with store.reading() as session:
        assert session.rows("web/states")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tier", "' OR 1"),
        ("since", "yesterday'"),
        ("until", "2026-13-01"),
        ("after", "bm90IGpzb24="),
        ("after", "'"),
    ],
)
def test_what_is_no_tier_date_or_place_is_refused(person, name: str, text: str) -> None:
    assert person("reviewer").client.get("/queue", params={name: text}).status_code == 400


def test_a_role_without_rows_is_bound_to_nobody(home: Settings) -> None:
    with Store(home.home).reading() as session:
        everything = session.rows("web/recording", {"call_id": "s01", **Scope().params()})
        nobody = session.rows("web/recording", {"call_id": "s01", **Scope(agent="\x00").params()})
    assert len(everything) == 1
    assert nobody == []
