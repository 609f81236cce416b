"""Calls and findings as a scan would have left them in the store."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from qc_pipeline.records import (
    SHANGHAI,
    CallEvent,
    CallRecord,
    Coverage,
    Detection,
    Finding,
    Severity,
    finding_id,
)
from qc_pipeline.store.loader import CallOutcome, load_calls, load_outcomes
from qc_pipeline.store.store import Store

MARCH = datetime(2026, 3, 2, 10, 0, tzinfo=SHANGHAI)


def on(day: int, hour: int = 12, *, month: int = 3) -> datetime:
    """A moment in 2026, Asia/Shanghai."""
    return datetime(2026, month, day, hour, tzinfo=SHANGHAI)


def a_call(call_id: str, *, agent_id: str = "A01", at: datetime = MARCH, **known) -> CallRecord:
    return CallRecord(call_id=call_id, started_at=at, agent_id=agent_id, **known)


def a_finding(
    call_id: str, *, code: str = "threat_intimidation", severity: Severity = "critical",
    nth: int = 0, rule_id: str = "threat.visit", **changed,
) -> Finding:  # fmt: skip
    span = {"utterance_index": nth, "start": 0, "end": 4}
    values = {
        "finding_id": finding_id(call_id=call_id, code=code, rule_id=rule_id, **span),
        "call_id": call_id,
        "code": code,
        "sub_code": None,
        "severity": severity,
        "detector": "lexicon",
        "rule_id": rule_id,
        "rule_version": "1",
        "speaker": "agent",
        "listener": "debtor",
        "responsible_party": "agent",
        **span,
        "start_s": 3.0 + nth,
        "end_s": 5.0 + nth,
        "utterance": "今晚带人去你家坐坐",
        "matched": "带人去你家",
        "score": 0.9,
        "status": "open",
        "reasons": ("lexicon: 命中规则",),
    }
    return Finding(**{**values, **changed})


def scanned(
    store: Store, call: CallRecord, findings: Iterable[Finding] = (),
    events: Iterable[CallEvent] = (), *, key: str = "first",
) -> None:  # fmt: skip
    """Bring a call with what was detected in it into the store; another `key` is a re-scan."""
    load_calls(store, [call])
    detection = Detection(
        call_id=call.call_id,
        key=key,
        rules_version="rules",
        policy_version="policy",
        transcript_sha256="",
        findings=tuple(findings),
        suppressed=(),
        events=tuple(events),
        listeners=(),
        created_at=call.started_at + timedelta(hours=12),
    )
    coverage = Coverage(call.call_id, "scanned", "")
    load_outcomes(store, [CallOutcome(call.call_id, coverage, detection=detection)])
