"""The queue: one call is one task, in the order of the tiers, page by page without a gap."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

import duckdb

from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers.tasks import update_tasks
from qc_pipeline.settings import Settings
from qc_pipeline.store.store import Store
from qc_pipeline.web.queue_filters import Filters, Place, place_of, read_filters
from tests.store.builders import query


def calls_on(page: str) -> list[str]:
    return re.findall(r'data-href="/call\?id=([^&"]+)|data-href="/call\?[^"]*id=([^&"]+)', page)


def names(page: str) -> list[str]:
    return [one or other for one, other in calls_on(page)]


def test_one_call_is_one_task_and_every_waiting_call_is_there(person, store: Store) -> None:
    page = person("reviewer").get("/queue").text
    waiting = query(
        store,
        "SELECT DISTINCT call_id FROM findings WHERE status IN ('open', 'quarantined') AND superseded_at IS NULL",
    )
    assert sorted(names(page)) == sorted(call_id for (call_id,) in waiting)


def test_counts_stand_beside_their_denominators(person, store: Store) -> None:
    page = person("reviewer").get("/queue").text
    [(calls,)] = query(store, "SELECT count(*) FROM call_tasks")
    [(findings,)] = query(store, "SELECT sum(waiting) FROM call_tasks")
    assert f"待复核 {calls} 通（{findings} 条命中" in page
    assert "已听 8 通，话单共 8 条" in page


def test_pages_follow_each_other_without_gap_or_repetition(
    person, home: Settings, store: Store
) -> None:
    with duckdb.connect(home.home / "qc.duckdb") as connection:
        connection.execute(
            "INSERT INTO calls (call_id, started_at, agent_id, state, state_reason)"
            " SELECT 'm' || i, timestamptz '2026-01-01 08:00+08' + INTERVAL (i % 7) MINUTE, 'A9',"
            " 'scanned', '' FROM range(130) t(i)"
        )
        connection.execute(
            "INSERT INTO call_tasks SELECT * EXCLUDE (i) REPLACE ('m' || i AS call_id, (i % 3)::DOUBLE AS weight,"
            " timestamptz '2026-01-01 08:00+08' + INTERVAL (i % 7) MINUTE AS started_at)"
            " FROM (SELECT tasks.*, unnest(range(130)) AS i FROM (FROM call_tasks LIMIT 1) AS tasks)"
        )
    somebody = person("reviewer")
    page = somebody.get("/queue").text
    seen = names(page)
    while following := re.search(r'hx-get="([^"]+)"', page):
        answer = somebody.client.get(
            following[1].replace("&amp;", "&"), headers={"hx-request": "true"}
        )
        page = answer.text
        assert "<html" not in page
        seen += names(page)
    assert len(seen) == len(set(seen)) == query(store, "SELECT count(*) FROM call_tasks")[0][0]


def test_a_verdict_takes_a_finding_out_of_the_queue_at_once(person, store: Store) -> None:
    somebody = person("reviewer")
    before = query(store, "SELECT waiting FROM call_tasks WHERE call_id = 's01'")[0][0]
    [(finding,)] = query(
        store,
        "SELECT finding_id FROM findings WHERE call_id = 's01' AND superseded_at IS NULL LIMIT 1",
    )
    somebody.post("/verdicts/reject", json={"finding_id": finding, "reason": "quoted"})
    assert query(store, "SELECT waiting FROM call_tasks WHERE call_id = 's01'") == [(before - 1,)]
    assert update_tasks(store) == 0, "kept as it should be, nothing is left to bring up to date"


def test_filters_narrow_and_stay_in_the_links(person) -> None:
    somebody = person("reviewer")
    assert set(names(somebody.get("/queue?team=一组").text)) == {"s01", "s03", "s12"}
    assert names(somebody.get("/queue?agent=A003").text) == ["s01"]
    assert names(somebody.get("/queue?tier=emergency").text) == []
    assert "s13" in names(somebody.get("/queue?since=2026-10-14&until=2026-10-14").text)
    page = somebody.get("/queue?team=一组&code=threat_intimidation").text
    assert "team=%E4%B8%80%E7%BB%84" in page
    assert names(page) == ["s01"]


def test_next_leads_to_the_call_behind(person) -> None:
    somebody = person("reviewer")
    order = names(somebody.get("/queue").text)
    assert f"id={order[0]}" in somebody.get("/queue/next").headers["location"]
    page = somebody.get(f"/call?id={order[0]}&queue=1").text
    assert re.search(rf'id="next-call" href="/call\?[^"]*id={order[1]}', page)
    last = somebody.get(f"/call?id={order[-1]}&queue=1").text
    assert 'id="next-call"' not in last


def test_a_place_survives_its_address() -> None:
    place = Place(2, 85.25, datetime(2026, 3, 3, 10, tzinfo=SHANGHAI), "通话/1?&")
    assert place_of(place.text()) == place
    assert place_of(replace(place, started_at=None).text()).started_at is None


def test_empty_filters_leave_no_trace() -> None:
    assert read_filters() == Filters()
    assert Filters().query() == ""


def test_a_taken_call_is_offered_to_nobody_else(person) -> None:
    one, other = person("reviewer"), person("second")
    first, second = names(one.get("/queue").text)[:2]
    assert one.post(f"/queue/take?id={first}").json() == {"mine": True, "said": ""}
    told = other.post(f"/queue/take?id={first}").json()
    assert told["mine"] is False
    assert "王芳 正在复核" in told["said"]
    assert f"id={first}" in one.get("/queue/next").headers["location"]
    assert f"id={second}" in other.get("/queue/next").headers["location"]
    assert other.post("/queue/take?id=no-such-call").status_code == 404
    assert other.post(f"/queue/release?id={first}").json() == {"released": False}
    assert one.post(f"/queue/release?id={first}").json() == {"released": True}
    assert f"id={first}" in other.get("/queue/next").headers["location"]


def test_what_one_has_spoken_on_waits_for_others(person, store: Store) -> None:
    one, other = person("reviewer"), person("second")
    for (finding,) in query(
        store,
        "SELECT finding_id FROM findings WHERE call_id = 's10' AND superseded_at IS NULL"
        " AND status IN ('open', 'quarantined')",
    ):
        assert one.post("/verdicts/unsure", json={"finding_id": finding}).status_code == 200
    assert "s10" not in names(one.get("/queue").text)
    assert "s10" in names(other.get("/queue").text)


def test_a_task_carries_team_and_bank_as_its_call_is_visible_by(store: Store) -> None:
    """Where the call record names none: the collector's team at that time, the case's bank."""
    with duckdb.connect(store.home / "qc.duckdb") as connection:
        connection.execute("UPDATE calls SET team = NULL, bank = NULL")
    update_tasks(store)
    for part in ("team", "bank"):
        for name, calls in query(
            store, f"SELECT {part}, list(call_id ORDER BY call_id) FROM call_tasks GROUP BY {part}"
        ):
            scope = {"team": "NULL", "bank": "NULL", part: f"'{name}'" if name else "NULL"}
            seen = query(
                store,
                f"SELECT call_id FROM visible_calls({scope['team']}, {scope['bank']}, NULL)"
                " SEMI JOIN call_tasks USING (call_id) ORDER BY call_id",
            )
            if name:
                assert [call_id for (call_id,) in seen] == calls
