"""Home folders as a scan leaves them, from written calls: every part is the scan's own, only the
transcript is written instead of recognised.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from qc_pipeline.detect.detectors import load_detectors
from qc_pipeline.policy import load_policy
from qc_pipeline.records import (
    SHANGHAI,
    CallRecord,
    Recording,
    ReferenceTables,
    Speaker,
    Transcript,
    Utterance,
    Word,
)
from qc_pipeline.registers.complaint_desk import propose_from_calls
from qc_pipeline.registers.tasks import update_tasks
from qc_pipeline.scan.facts import context_of
from qc_pipeline.scan.integrity import length_mismatch
from qc_pipeline.scan.work import (
    WorkItem,
    artefact_paths,
    open_workbench,
    process,
    work_item,
)
from qc_pipeline.scoring import score_calls
from qc_pipeline.settings import Settings
from qc_pipeline.store.artefacts import read_detection, write_transcript
from qc_pipeline.store.contact import run_contact_pass
from qc_pipeline.store.loader import (
    CallOutcome,
    finish_scan,
    load_calls,
    load_outcomes,
    load_tables,
    start_scan,
)
from qc_pipeline.store.store import Store

MARCH = datetime(2026, 3, 3, 10, 0, tzinfo=SHANGHAI)  # a Tuesday
FINGERPRINT = "written"
SECONDS_PER_CHARACTER = 0.2

Turn = tuple[Speaker, str]


@dataclass(frozen=True, slots=True)
class WrittenCall:
    """A call record with what was said."""

    call: CallRecord
    turns: tuple[Turn, ...]


def a_call(call_id: str, *turns: Turn, at: datetime = MARCH, **known) -> WrittenCall:
    """A call of collector A01, by hand, about a case of its own."""
    defaults = {
        "agent_id": "A01", "direction": "outbound", "purpose": "collection",
        "dial_mode": "manual", "answered": True, "callee": "debtor", "case_id": f"K-{call_id}",
        "phone": f"139{int(hashlib.sha256(call_id.encode()).hexdigest(), 16) % 10**8:08d}",
        "channels": "agent,customer",
    }  # fmt: skip
    return WrittenCall(CallRecord(call_id=call_id, started_at=at, **{**defaults, **known}), turns)


def judge(
    settings: Settings, calls: Sequence[WrittenCall], tables: ReferenceTables | None = None
) -> Store:
    """Scan `calls` with these tables into the home of `settings`, all but the recognition."""
    tables = tables or ReferenceTables()
    store = Store(settings.home)
    store.migrate()
    load_tables(store, tables)
    scan_id = start_scan(store, manifest="written")
    load_calls(store, [written.call for written in calls], scan_id=scan_id)
    items = written_items(settings, calls, tables)
    bench = open_workbench(settings)
    load_outcomes(store, (outcome(process(item, bench=bench), settings) for item in items))
    finish(store, settings, scan_id=scan_id, tables=tables)
    return store


def written_items(
    settings: Settings, calls: Iterable[WrittenCall], tables: ReferenceTables
) -> list[WorkItem]:
    """The work of these calls, their transcripts written."""
    policy = load_policy(settings.policy_dir)
    rules = load_detectors(settings, policy=policy).rules
    items = []
    for written in calls:
        recording = recording_of(written)
        mismatch, findings = length_mismatch(written.call, recording, policy=policy)
        item = work_item(
            context_of(written.call, tables), recording=recording, coverage=None,
            mismatch=mismatch, findings=findings, settings=settings, rules=rules, policy=policy,
            model_fingerprint=FINGERPRINT,
        )  # fmt: skip
        path, _ = artefact_paths(item, settings.home)
        assert path is not None
        if not path.exists():
            write_transcript(path, transcript_of(written, config_hash=item.config_hash))
        items.append(item)
    return items


def outcome(done, settings: Settings) -> CallOutcome:
    """What the store should hold of a call, as the scan has it."""
    from qc_pipeline.store.artefacts import read_transcript

    transcript_file, detection_file = artefact_paths(done.item, settings.home)
    return CallOutcome(
        done.coverage.call_id, done.coverage, done.item.recording,
        read_transcript(transcript_file), read_detection(detection_file),
    )  # fmt: skip


def finish(store: Store, settings: Settings, *, scan_id: str, tables: ReferenceTables) -> None:
    """The passes that end a scan."""
    policy = load_policy(settings.policy_dir)
    run_contact_pass(store, policy=policy)
    score_calls(store, None, policy=policy)
    propose_from_calls(store, policy=policy, keys=settings.keys)
    update_tasks(store)
    finish_scan(store, scan_id, summary={"by_state": {}, "tables": sorted(tables.present)})


def recording_of(written: WrittenCall) -> Recording:
    """A recording as long as what was said, two channels."""
    said = "\n".join(f"{speaker}: {text}" for speaker, text in written.turns)
    sha256 = hashlib.sha256(f"{written.call.call_id}\n{said}".encode()).hexdigest()
    seconds = utterances_of(written)[-1].end_s if written.turns else 0.0
    return Recording(sha256, f"{sha256}.wav", "wav", "pcm_s16le", 8000, 2, round(seconds, 3), 1000)


def transcript_of(written: WrittenCall, *, config_hash: str) -> Transcript:
    """What recognition would have made of the call, without an error."""
    utterances = utterances_of(written)
    return Transcript(
        recording_sha256=recording_of(written).sha256, config_hash=config_hash, model="written",
        language="zh", duration_s=recording_of(written).duration_s, channels=2,
        speech_s=sum(u.end_s - u.start_s for u in utterances), utterances=utterances,
        role_source="channel_map", role_confidence=1.0,
    )  # fmt: skip


def utterances_of(written: WrittenCall) -> tuple[Utterance, ...]:
    """One utterance a turn, with a word for every two characters."""
    made, at = [], 0.0
    for index, (speaker, text) in enumerate(written.turns):
        end = at + max(1.0, len(text) * SECONDS_PER_CHARACTER)
        share = (end - at) / max(1, len(text))
        words = tuple(
            Word(n, min(n + 2, len(text)), round(at + n * share, 3),
                 round(at + min(n + 2, len(text)) * share, 3), 0.95)
            for n in range(0, len(text), 2)
        )  # fmt: skip
        made.append(
            Utterance(
                index=index, speaker=speaker, start_s=round(at, 3), end_s=round(end, 3), text=text,
                raw_text=text, confidence=0.95, channel=0 if speaker == "agent" else 1, words=words,
            )
        )  # fmt: skip
        at = end + 0.3
    return tuple(made)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below `folder` with its bytes, every folder without."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else b""
        for path in sorted(folder.rglob("*"))
    }


def later(minutes: int) -> datetime:
    """So long after MARCH."""
    return MARCH + timedelta(minutes=minutes)
