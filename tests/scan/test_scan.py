"""The whole way on real audio: from a manifest to registers, and again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from qc_pipeline.errors import HomeError, ManifestError
from qc_pipeline.policy import load_policy
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers.desk import confirm
from qc_pipeline.registers.queue import list_queue
from qc_pipeline.registers.verify import verify_home
from qc_pipeline.reports.stored import stored_cases
from qc_pipeline.reports.truth import read_truths
from qc_pipeline.scan.night import ScanRequest
from qc_pipeline.scan.run import scan
from qc_pipeline.settings import Settings
from qc_pipeline.store.lock import scan_lock
from qc_pipeline.store.store import Store
from tests.scan.conftest import PIECES, SAMPLES, Row, write_manifest
from tests.scan.exports import everything

pytestmark = pytest.mark.slow
Home = Callable[[str], Settings]


def by_call(tables: dict[str, list[Row]], table: str) -> dict[str, Row]:
    return {row["call_id"]: row for row in tables[table]}


def codes_of(tables: dict[str, list[Row]], call_id: str) -> set[str]:
    return {row["code"] for row in tables["findings"] if row["call_id"] == call_id}


def assert_spans_lie_in_their_turn(findings: list[Row]) -> None:
    """What a finding plays is what its speaker said: its span within a true turn ± 0.5 s."""
    truths = {truth.call_id: truth for truth in read_truths(SAMPLES / "truth")}
    judged = 0
    for row in findings:
        if row["start_s"] is None or row["utterance_index"] is None:
            continue
        source, from_s, _ = PIECES[row["call_id"].removeprefix("t-")]
        start_s, end_s = row["start_s"] + from_s, row["end_s"] + from_s
        assert any(
            turn.start_s - 0.5 <= start_s and end_s <= turn.end_s + 0.5
            for turn in truths[source].turns
            if turn.speaker == row["speaker"]
        ), row["finding_id"]
        judged += 1
    assert judged > 1


def test_from_audio_to_a_case_that_verifies(
    recordings: Path, rows: list[Row], tmp_path: Path, settings_in: Home
) -> None:
    settings = settings_in("home")
    request = ScanRequest(write_manifest(tmp_path, rows), recordings=recordings)
    summary = scan(request, settings=settings)
    assert (summary.call_records, summary.scanned, summary.decoded) == (3, 3, 3)
    assert summary.failures == ()

    tables = everything(settings.home)
    assert "abuse_insult" in codes_of(tables, "t-insult")
    assert "threat_intimidation" in codes_of(tables, "t-threat")
    assert "contact_time_breach" in codes_of(tables, "t-threat")
    critical = {row["code"] for row in tables["findings"] if row["severity"] == "critical"
                and row["call_id"] == "t-calm"}  # fmt: skip
    assert critical == set()
    for row in tables["findings"]:
        assert row["reasons"], "every finding explains itself"
        if row["start_s"] is not None:
            assert 0 <= row["start_s"] < row["end_s"]
            assert row["matched"] in row["utterance"]
    assert_spans_lie_in_their_turn(tables["findings"])
    assert summary.doubts.utterances == len(tables["utterances"])
    assert summary.doubts.suspect == sum(bool(u["suspect"]) for u in tables["utterances"])
    assert summary.doubts.hard_calls == 0
    scores = by_call(tables, "scores")
    assert scores["t-threat"]["machine_score"] < scores["t-calm"]["machine_score"]

    # Two people confirm the worst finding: a case stands, with a proposal and nothing more.
    store, policy = Store(settings.home), load_policy(settings.policy_dir)
    queue = list_queue(store, policy=policy)
    worst = next(row for row in queue if row.tier == "critical")
    assert worst.finding_id is not None
    for person in ("reviewer-1", "reviewer-2"):
        confirm(store, worst.finding_id, by=person, at=datetime.now(SHANGHAI), policy=policy,
                keys=settings.keys)  # fmt: skip
    (case,) = stored_cases(store)
    assert (case["state"], case["occurrence_same"], case["agent_id"]) == ("confirmed", 1, "A900")
    assert verify_home(store, keys=settings.keys).ok

    # Again: nothing is decoded twice, the verdict stands, the tables say the same.
    before = everything(settings.home)
    again = scan(request, settings=settings)
    assert (again.decoded, again.skipped) == (0, 3)
    assert everything(settings.home) == before
    assert next(
        row for row in before["findings"] if row["finding_id"] == worst.finding_id
    )["status"] == "confirmed"  # fmt: skip


def test_every_call_record_ends_in_a_named_state(
    recordings: Path, rows: list[Row], tmp_path: Path, settings_in: Home
) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    calm = (recordings / "calm.wav").read_bytes()
    (folder / "calm.wav").write_bytes(calm)
    (folder / "copy.mp3").write_bytes(calm)
    (folder / "empty.wav").write_bytes(b"")
    (folder / "noise.wav").write_bytes(b"RIFF" + b"\0" * 40)
    (folder / "nobody.wav").write_bytes(calm)
    base = {**rows[2], "call_id": "", "recording": ""}
    records = [
        {**base, "call_id": "good", "recording": "calm.wav"},
        {**base, "call_id": "copy", "recording": "copy.mp3"},
        {**base, "call_id": "empty", "recording": "empty.wav"},
        {**base, "call_id": "noise", "recording": "noise.wav"},
        {**base, "call_id": "lost", "recording": "lost.wav"},
        {**base, "call_id": "outside", "recording": "/etc/passwd"},
        {**base, "call_id": "unanswered", "answered": 0},
        {**base, "call_id": "cut", "recording": "calm.wav", "talk_s": 300},
        {**base, "call_id": "badtime", "started_at": "yesterday"},
    ]
    settings = settings_in("home")
    request = ScanRequest(write_manifest(tmp_path, records), recordings=folder)
    summary = scan(request, settings=settings)
    states = {c: row["state"] for c, row in by_call(everything(settings.home), "coverage").items()}
    assert states == {
        "good": "scanned", "copy": "duplicate", "empty": "unreadable", "noise": "unreadable",
        "lost": "no_recording", "outside": "unreadable", "unanswered": "unanswered",
        "cut": "duplicate", "badtime": "unreadable",
    }  # fmt: skip
    assert summary.failures == ()
    assert any("badtime" in text or "started_at" in text for text in summary.problems)


def test_a_second_scan_of_the_same_home_is_refused_at_once(
    recordings: Path, rows: list[Row], tmp_path: Path, settings_in: Home
) -> None:
    settings = settings_in("home")
    settings.home.mkdir()
    request = ScanRequest(write_manifest(tmp_path, rows), recordings=recordings)
    with scan_lock(settings.home), pytest.raises(HomeError, match="scan"):
        scan(request, settings=settings)


def test_a_full_disk_stops_the_scan_before_it_begins(
    recordings: Path, rows: list[Row], tmp_path: Path, settings_in: Home
) -> None:
    settings = settings_in("home")
    greedy = settings.intake.model_copy(update={"min_free_mb": 10**9})
    settings = settings.model_copy(update={"intake": greedy})
    request = ScanRequest(write_manifest(tmp_path, rows), recordings=recordings)
    with pytest.raises(HomeError, match="free"):
        scan(request, settings=settings)


def test_calls_that_a_filling_disk_leaves_over_are_taken_by_the_next_run(
    recordings: Path, rows: list[Row], tmp_path: Path, settings_in: Home,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    settings = settings_in("home")
    request = ScanRequest(write_manifest(tmp_path, rows), recordings=recordings)
    with monkeypatch.context() as full:
        full.setattr("qc_pipeline.scan.run.has_room", lambda settings: False)
        first = scan(request, settings=settings)
    assert first.by_state == {"deferred": 3}
    second = scan(request, settings=settings)
    assert second.by_state == {"scanned": 3}


def test_an_unusable_manifest_leaves_no_home_behind(tmp_path: Path, settings_in: Home) -> None:
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("nothing,useful\n1,2\n", "utf-8")
    settings = settings_in("home")
    with pytest.raises(ManifestError, match="call_id"):
        scan(ScanRequest(manifest), settings=settings)
    assert not settings.home.exists()


def test_artefacts_that_were_lost_or_damaged_are_made_anew(
    recordings: Path, rows: list[Row], tmp_path: Path, settings_in: Home
) -> None:
    settings = settings_in("home")
    request = ScanRequest(write_manifest(tmp_path, rows[2:]), recordings=recordings)
    scan(request, settings=settings)
    before = everything(settings.home)
    (transcript,) = settings.home.glob("transcripts/*/*.json")
    (detection,) = settings.home.glob("detections/*/*.json")
    transcript.unlink()
    detection.write_text("{broken", "utf-8")
    report = verify_home(Store(settings.home), keys=settings.keys)
    assert len(report.problems) == 2, "what is missing and what is damaged are both named"
    again = scan(request, settings=settings)
    assert (again.decoded, again.skipped) == (1, 0)
    assert verify_home(Store(settings.home), keys=settings.keys).ok
    assert everything(settings.home) == before
