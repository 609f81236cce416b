"""Records with defaults, so that a test names only what it is about."""

import hashlib
from contextlib import closing
from datetime import datetime
from typing import Any

import duckdb

from qc_pipeline.records import (
    SHANGHAI,
    CallRecord,
    Coverage,
    Detection,
    Finding,
    Recording,
    Transcript,
    Utterance,
    finding_id,
)
from qc_pipeline.store.loader import CallOutcome
from qc_pipeline.store.store import DATABASE, Store


def query(store: Store, sql: str) -> list[tuple[Any, ...]]:
    """What the database itself holds, past the named queries."""
    with closing(duckdb.connect(store.home / DATABASE, read_only=True)) as connection:
        return connection.execute(sql).fetchall()


# For `registers/mark_finding`: a verdict that leaves what the machine said of a finding.
AS_FOUND: dict[str, Any] = {"severity": None, "code": None, "responsible_party": None}
MADE = datetime(2026, 3, 2, 1, 0, tzinfo=SHANGHAI)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def a_call(call_id: str, started_at: str = "2026-03-03 10:00:00", **more) -> CallRecord:
    defaults = {
        "agent_id": "A1", "direction": "outbound", "purpose": "collection",
        "dial_mode": "manual", "phone": "13800138000", "case_id": "K1",
    }  # fmt: skip
    return CallRecord(call_id=call_id, started_at=at(started_at), **{**defaults, **more})


def a_finding(call_id: str, code: str = "abuse_insult", **more) -> Finding:
    place = {"utterance_index": 0, "start": 0, "end": 2}
    place |= {name: more[name] for name in place if name in more}
    rule_id = more.get("rule_id", f"{code}.01")
    defaults = {
        "finding_id": finding_id(call_id=call_id, code=code, rule_id=rule_id, **place),
        "sub_code": None, "severity": "critical", "detector": "lexicon", "rule_id": rule_id,
        "rule_version": "1", "speaker": "agent", "listener": "debtor",
        "responsible_party": "agent", "start_s": 1.0, "end_s": 2.0, "utterance": "你这个骗子",
        "matched": "骗子", "score": 0.9, "status": "open", "reasons": ("matched_text: 命中骗子",),
    }  # fmt: skip
    return Finding(call_id=call_id, code=code, **{**defaults, **place, **more})


def an_utterance(index: int = 0, text: str = "你这个骗子", **more) -> Utterance:
    defaults = {
        "speaker": "agent", "start_s": float(index), "end_s": index + 0.9, "raw_text": text,
        "confidence": 0.8,
    }  # fmt: skip
    return Utterance(index=index, text=text, **{**defaults, **more})


def a_recording(name: str) -> Recording:
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    return Recording(sha256, f"{sha256}.wav", "wav", "pcm_s16le", 8000, 2, 12.5, 400_000)


def a_transcript(name: str, *utterances: Utterance) -> Transcript:
    return Transcript(
        recording_sha256=a_recording(name).sha256, config_hash="c0ffee", model="base",
        language="zh", duration_s=12.5, channels=2, speech_s=9.0,
        utterances=utterances or (an_utterance(),), role_source="channel_map",
        role_confidence=1.0,
    )  # fmt: skip


def a_detection(call_id: str, *findings: Finding, key: str = "k1", **more) -> Detection:
    defaults = {"suppressed": (), "events": (), "listeners": ()}
    return Detection(
        call_id=call_id, key=key, rules_version="r1", policy_version="p1",
        transcript_sha256=a_recording(call_id).sha256, findings=findings, created_at=MADE,
        **{**defaults, **more},
    )  # fmt: skip


def an_outcome(call_id: str, *findings: Finding, key: str = "k1", **more) -> CallOutcome:
    """A call that was listened to."""
    return CallOutcome(
        call_id,
        Coverage(call_id, more.pop("state", "scanned"), ""),
        a_recording(call_id),
        a_transcript(call_id),
        a_detection(call_id, *findings, key=key, **more),
    )
