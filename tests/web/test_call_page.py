"""The page of a call: what it shows, hides and lets one decide."""

from __future__ import annotations

import json
import re
import sqlite3
from dataclasses import replace

import duckdb
import pytest

from qc_pipeline.registers.access_log import read_accesses
from qc_pipeline.registers.tasks import update_tasks
from qc_pipeline.settings import Settings
from qc_pipeline.store.artefacts import read_transcript, write_transcript
from qc_pipeline.store.store import Store
from qc_pipeline.web.accounts.listens import merged
from tests.store.builders import query

CRITICAL = """
SELECT finding_id, start_s, end_s FROM findings
WHERE call_id = 's01' AND severity = 'critical' AND superseded_at IS NULL ORDER BY start_s
"""


def rewrite(home: Settings, sql: str, *values: str) -> None:
    with duckdb.connect(home.home / "qc.duckdb") as connection:
        connection.execute(sql, values)


XSS = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"


def test_what_people_say_or_write_never_becomes_markup(person, home: Settings) -> None:
    rewrite(home, "UPDATE utterances SET text = ? WHERE call_id = 's01' AND index = 4", XSS)
    rewrite(home, "UPDATE calls SET agent_note = ? WHERE call_id = 's01'", XSS)
    rewrite(
        home, "UPDATE findings SET utterance = ?, matched = '<script>' WHERE call_id = 's01'", XSS
    )
    rewrite(
        home, "UPDATE call_tasks SET utterance = ?, matched = '<script>' WHERE call_id = 's01'", XSS
    )
    somebody = person("reviewer")
    for address in ("/call?id=s01", "/queue"):
        page = somebody.get(address).text
        assert "&lt;script&gt;" in page
        assert "<script>" not in page
        assert "<img" not in page
    told = somebody.client.get("/nowhere/<script>", headers={"accept": "text/html"})
    assert "<script>" not in told.text


def test_numbers_are_masked_until_revealed_and_the_reveal_is_logged(person, home: Settings) -> None:
    rewrite(
        home,
        "UPDATE calls SET phone = '13812345678', agent_note = '改打13912345678' WHERE call_id = 's01'",
    )
    rewrite(
        home,
        "UPDATE utterances SET text = '打我13712345678这个号' WHERE call_id = 's01' AND index = 4",
    )
    senior = person("senior_reviewer")
    page = senior.get("/call?id=s01").text
    assert not re.search(r"1[3-9]\d{9}", re.sub(r"<[^>]*>", "", page))
    shown = re.sub(r"<[^>]*>", "", senior.post("/call/reveal", id="s01").text)
    assert all(number in shown for number in ("13812345678", "13912345678", "13712345678"))
    [entry] = [e for e in read_accesses(home.home) if e.action == "personal.revealed"]
    assert (entry.actor, entry.subject) == ("周敏", "s01")
    assert person("reviewer").post("/call/reveal", id="s01").status_code == 403


def test_the_history_is_shown_after_the_verdict_not_before(person, store: Store) -> None:
    somebody = person("reviewer")
    assert somebody.get("/call/history?id=s01").status_code == 403
    page = somebody.get("/call?id=s01").text
    assert "判定后可查看" in page
    finding = query(store, CRITICAL)[0][0]
    answer = somebody.post("/verdicts/reject", json={"finding_id": finding, "reason": "quoted"})
    assert answer.status_code == 200
    history = somebody.get("/call/history?id=s01")
    assert history.status_code == 200
    assert "同期已听" in history.text


def listen_to(somebody, call_id: str, *spans: tuple[float, float]) -> None:
    told = somebody.post(f"/audio/listen?id={call_id}").json()
    assert somebody.post(told["played"], json={"spans": spans}).status_code == 200


def as_if_begun_earlier(home: Settings) -> None:
    with sqlite3.connect(home.home / "desk.sqlite3") as connection:
        connection.execute("UPDATE listens SET started_at = started_at - 600")


def test_a_critical_confirmation_needs_the_span_played(
    person, home: Settings, store: Store
) -> None:
    somebody = person("reviewer")
    finding, start, end = query(store, CRITICAL)[0]
    told = {"finding_id": finding}
    assert somebody.post("/verdicts/confirm", json=told).status_code == 409
    listening = somebody.post("/audio/listen?id=s01").json()
    as_if_begun_earlier(home)
    for spans, status in (
        ([[start - 5, start - 1]], 409),  # beside it
        ([[start, (start + end) / 2]], 409),  # half of it
        ([[(start + end) / 2, end]], 200),  # with the other half, all of it
    ):
        assert somebody.post(listening["played"], json={"spans": spans}).status_code == 200
        assert somebody.post("/verdicts/confirm", json=told).status_code == status
    assert [e.action for e in read_accesses(home.home)][-1] == "span.played"


def test_what_another_person_played_does_not_count(person, home: Settings, store: Store) -> None:
    finding, start, end = query(store, CRITICAL)[0]
    listener, other = person("second"), person("reviewer")
    listening = listener.post("/audio/listen?id=s01").json()
    as_if_begun_earlier(home)
    listener.post(listening["played"], json={"spans": [[start, end]]})
    assert other.post("/verdicts/confirm", json={"finding_id": finding}).status_code == 409


def test_nobody_plays_more_than_time_allows(person) -> None:
    somebody = person("reviewer")
    listening = somebody.post("/audio/listen?id=s01").json()
    assert somebody.post(listening["played"], json={"spans": [[0, 80]]}).status_code == 400


def test_confirming_as_milder_needs_no_second_ear(person, store: Store) -> None:
    finding = query(store, CRITICAL)[0][0]
    answer = person("reviewer").post(
        "/verdicts/confirm", json={"finding_id": finding, "severity": "minor"}
    )
    assert answer.status_code == 200
    assert query(store, "SELECT state, severity FROM finding_reviews") == [("confirmed", "minor")]


@pytest.mark.parametrize(
    "body", [{}, {"finding_id": "F1"}, {"finding_id": "x" * 65}, {"finding_id": "F'; --"}]
)
def test_a_verdict_on_nothing_is_refused(person, body: dict) -> None:
    assert person("reviewer").post("/verdicts/confirm", json=body).status_code in (404, 422)


def test_a_refusal_of_the_register_is_told(person, store: Store) -> None:
    somebody = person("reviewer")
    finding = query(store, CRITICAL)[0][0]
    assert (
        somebody.post("/verdicts/reject", json={"finding_id": finding, "reason": "no"}).status_code
        == 409
    )
    assert (
        somebody.post(
            "/verdicts/reject", json={"finding_id": finding, "reason": "other"}
        ).status_code
        == 409
    )
    told = somebody.post("/verdicts/reject", json={"finding_id": finding, "reason": "other"}).json()
    assert "note" in told["detail"]
    assert query(store, "SELECT count(*) FROM finding_reviews") == [(0,)]


def test_without_its_artefact_a_transcript_still_shows(person, home: Settings) -> None:
    for path in (home.home / "transcripts").glob("*/*.json"):
        path.unlink()
    assert "刘广胜" in re.sub(r"<[^>]*>", "", person("reviewer").get("/call?id=s01").text)


def test_without_its_recording_a_call_still_shows(person, home: Settings) -> None:
    for path in (home.home / "recordings").glob("*/*"):
        path.unlink()
    somebody = person("reviewer")
    assert somebody.get("/call?id=s01").status_code == 200
    assert somebody.post("/audio/listen?id=s01").status_code == 404


def test_a_turn_heard_twice_shows_what_was_not_believed(person, home: Settings) -> None:
    for path in (home.home / "transcripts").glob("*/*.json"):
        transcript = read_transcript(path)
        assert transcript
        first, *others = transcript.utterances
        doubled = replace(first, other_text="您拨13812345678<b>")
        write_transcript(path, replace(transcript, utterances=(doubled, *others)))
    page = person("reviewer").get("/call?id=s03").text
    assert page.count("另一次识别：") == 1
    assert "13812345678" not in page
    assert "&lt;b&gt;" in page


def test_words_are_placed_in_time_within_their_turn(person) -> None:
    page = person("reviewer").get("/call?id=s03").text
    turns = re.findall(
        r'data-index="\d+" data-start="([\d.]+)" data-end="([\d.]+)">(.*?)</div>', page, re.S
    )
    assert len(turns) == 19
    for start, end, inside in turns:
        times = [
            (float(s), float(e))
            for s, e in re.findall(r'data-s="([\d.]+)" data-e="([\d.]+)"', inside)
        ]
        assert times == sorted(times)
        assert all(float(start) - 0.01 <= s <= e <= float(end) + 0.01 for s, e in times)


def test_note_and_recording_stand_side_by_side(person) -> None:
    page = person("reviewer").get("/call?id=s12").text
    assert "备注与录音核对" in page
    assert '<li class="differs"' in page


def test_spans_add_up() -> None:
    assert merged([(5, 6), (0, 2), (1, 3), (3.01, 4), (9, 8)]) == [(0, 4), (5, 6)]
    assert merged([]) == []
    assert json.dumps(merged([(1, 2)])) == "[[1.0, 2.0]]"


def one_finding(store: Store, call_id: str = "s01", severity: str = "critical") -> str:
    sql = f"SELECT finding_id FROM findings WHERE call_id = '{call_id}' AND severity = '{severity}'"
    return query(store, sql + " AND superseded_at IS NULL ORDER BY start_s")[0][0]


def reviewed(store: Store, finding: str, columns: str):
    return query(store, f"SELECT {columns} FROM finding_reviews WHERE finding_id = '{finding}'")


def test_an_unsure_finding_goes_to_somebody_else(person, store: Store) -> None:
    somebody, finding = person("reviewer"), one_finding(store)
    panel = somebody.post("/verdicts/unsure", json={"finding_id": finding}).text
    assert "1 人不确定" in panel
    assert reviewed(store, finding, "state, unsure_by") == [("open", ["王芳"])]
    assert somebody.post("/verdicts/unsure", json={"finding_id": finding}).status_code == 409


def test_a_verdict_is_taken_back_by_who_gave_it_only(person, store: Store) -> None:
    somebody, other, finding = person("reviewer"), person("second"), one_finding(store)
    somebody.post("/verdicts/reject", json={"finding_id": finding, "reason": "quoted"})
    assert other.post("/verdicts/undo", json={"finding_id": finding}).status_code == 409
    assert somebody.post("/verdicts/undo", json={"finding_id": finding}).status_code == 200
    assert query(store, f"SELECT status FROM findings WHERE finding_id = '{finding}'") == [
        ("open",)
    ]
    assert update_tasks(store) == 0


def test_a_finding_is_confirmed_as_another_code(person, store: Store) -> None:
    finding = one_finding(store)
    told = {"finding_id": finding, "code": "service_conduct", "severity": "minor"}
    assert person("reviewer").post("/verdicts/confirm", json=told).status_code == 200
    assert reviewed(store, finding, "state, code") == [("confirmed", "service_conduct")]


def test_a_missed_finding_is_added_and_waits_for_a_second(
    person, home: Settings, store: Store
) -> None:
    somebody = person("reviewer")
    miss = {"call_id": "s04", "code": "threat_intimidation", "severity": "critical",
            "start_s": 10.0, "end_s": 12.0, "note": "说要上门找家人"}  # fmt: skip
    assert somebody.post("/verdicts/missed", json=miss).status_code == 409, "not heard"
    listening = somebody.post("/audio/listen?id=s04").json()
    as_if_begun_earlier(home)
    somebody.post(listening["played"], json={"spans": [[9, 13]]})
    assert "您已于" in somebody.post("/verdicts/missed", json=miss).text
    added = "SELECT state, first_by FROM finding_reviews WHERE call_id = 's04'"
    assert query(store, added) == [("awaiting_second", "王芳")]
    assert person("team_lead").post("/verdicts/missed", json=miss).status_code == 403


def test_a_corrected_line_shows_beside_what_was_recognised(person, store: Store) -> None:
    somebody = person("reviewer")
    told = {"call_id": "s01", "index": 0, "text": "喂，<b>您好</b>，打我13912345678"}
    turn = somebody.post("/verdicts/line", json=told).text
    assert "更正：" in turn
    assert "&lt;b&gt;您好" in turn
    assert "13912345678" not in turn
    assert "刘广胜" in re.sub(r"<[^>]*>", "", turn)
    assert somebody.post("/verdicts/line", json={**told, "index": 999}).status_code == 409
    assert person("auditor").post("/verdicts/line", json=told).status_code == 403


def test_what_a_corrected_line_would_change_is_shown_and_not_written(person, store: Store) -> None:
    somebody = person("reviewer")
    asked = "/call/corrected?id=s01"
    assert "<section" not in somebody.get(asked).text, "no line is corrected"
    standing = "SELECT finding_id FROM findings WHERE superseded_at IS NULL ORDER BY finding_id"
    before = query(store, standing)
    threat = "你再不还钱我就带人去你家打断你的腿，打我13912345678"
    [[index]] = query(
        store,
        "SELECT max(index) FROM utterances WHERE call_id = 's01' AND speaker = 'agent' "
        "AND index NOT IN (SELECT utterance_index FROM findings "
        "WHERE call_id = 's01' AND utterance_index IS NOT NULL)",
    )
    told = {"call_id": "s01", "index": index, "text": threat}
    assert somebody.post("/verdicts/line", json=told).status_code == 200
    shown = somebody.get(asked).text
    assert 'data-gained="threat_intimidation"' in shown
    assert "未登记" in shown
    assert "13912345678" not in shown
    [[critical]] = query(
        store,
        "SELECT min(utterance_index) FROM findings WHERE call_id = 's01' AND severity = 'critical' "
        "AND superseded_at IS NULL",
    )
    told = {"call_id": "s01", "index": critical, "text": "好的，谢谢您"}
    assert somebody.post("/verdicts/line", json=told).status_code == 200
    assert 'data-lost="' in somebody.get(asked).text
    assert query(store, standing) == before
    assert person("auditor").get(asked).status_code == 403


def test_the_second_reviewer_is_not_told_who_the_first_was(
    person, home: Settings, store: Store
) -> None:
    one, other = person("reviewer"), person("second")
    finding, start, end = query(store, CRITICAL)[0]
    listening = one.post("/audio/listen?id=s01").json()
    as_if_begun_earlier(home)
    one.post(listening["played"], json={"spans": [[start, end]]})
    assert "您已于" in one.post("/verdicts/confirm", json={"finding_id": finding}).text
    page = other.get("/call?id=s01").text
    assert "已有一人确认，请独立判断" in page
    assert "王芳" not in page


def test_how_things_were_said_stands_beside_the_words(person, home: Settings) -> None:
    assert "打断：" not in person("reviewer").get("/call?id=s01").text  # nothing was measured
    rewrite(
        home,
        "UPDATE utterances SET level_dbfs = -30, louder_db = CASE index WHEN 2 THEN 12 ELSE 0 END,"
        " pause_before_s = CASE index WHEN 3 THEN 7 ELSE 0 END, overlap_s = 1.4,"
        " interrupts = index = 4 WHERE call_id = ?",
        "s01",
    )
    page = person("reviewer").get("/call?id=s01").text
    assert "比平时响 12 dB" in page
    assert "此前静默 7 秒" in page
    assert "打断对方 1.4 秒" in page
    assert "静默 5 秒以上 1 次" in page
