"""Rows of the store's tables as Arrow tables, for statements that read `batch`."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa

from qc_pipeline.records import (
    CallEvent,
    CallRecord,
    Finding,
    ListenerSpan,
    Role,
    Utterance,
)
from qc_pipeline.store.phone_numbers import phone_key
from qc_pipeline.store.store import Batch

TEXT = pa.string()
TEXTS = pa.list_(pa.string())
NUMBER = pa.float64()
WHOLE = pa.int64()
TRUTH = pa.bool_()
MOMENT = pa.timestamp("us", tz="Asia/Shanghai")
MONEY = pa.decimal128(18, 2)
DAY = pa.date32()

Columns = Mapping[str, pa.DataType]

CALL: Columns = {
    "call_id": TEXT, "started_at": MOMENT, "agent_id": TEXT, "recording": TEXT,
    "duration_s": NUMBER, "answered_at": MOMENT, "talk_s": NUMBER, "answered": TRUTH,
    "direction": TEXT, "purpose": TEXT, "dial_mode": TEXT, "hangup_cause": TEXT, "team": TEXT,
    "phone": TEXT, "callee": TEXT, "customer_id": TEXT, "case_id": TEXT, "bank": TEXT,
    "product": TEXT, "channels": TEXT, "agent_note": TEXT, "note_at": MOMENT, "source": TEXT,
    "extra": TEXT, "phone_key": TEXT, "record_hash": TEXT,
}  # fmt: skip

OUTCOME: Columns = {
    "call_id": TEXT, "state": TEXT, "state_reason": TEXT, "artefact_key": TEXT,
    "recording_sha256": TEXT, "recording_key": TEXT, "recording_container": TEXT,
    "recording_codec": TEXT, "recording_sample_rate": WHOLE, "recording_channels": WHOLE,
    "recording_duration_s": NUMBER, "recording_bytes": WHOLE, "transcript_config": TEXT,
    "transcript_model": TEXT, "role_source": TEXT, "role_confidence": NUMBER,
    "speech_s": NUMBER, "rules_version": TEXT, "policy_version": TEXT, "finding_ids": TEXTS,
}  # fmt: skip

UTTERANCE: Columns = {
    "call_id": TEXT, "index": WHOLE, "speaker": TEXT, "listener": TEXT, "start_s": NUMBER,
    "end_s": NUMBER, "text": TEXT, "raw_text": TEXT, "confidence": NUMBER, "suspect": TEXT,
    "channel": WHOLE, "level_dbfs": NUMBER, "louder_db": NUMBER, "pace": NUMBER,
    "pause_before_s": NUMBER, "overlap_s": NUMBER, "interrupts": TRUTH, "day": DAY,
}  # fmt: skip

FINDING: Columns = {
    "finding_id": TEXT, "call_id": TEXT, "code": TEXT, "sub_code": TEXT, "severity": TEXT,
    "detector": TEXT, "rule_id": TEXT, "rule_version": TEXT, "speaker": TEXT,
    "listener": TEXT, "responsible_party": TEXT, "utterance_index": WHOLE,
    "start_offset": WHOLE, "end_offset": WHOLE, "start_s": NUMBER, "end_s": NUMBER,
    "utterance": TEXT, "matched": TEXT, "score": NUMBER, "status": TEXT, "reasons": TEXTS,
    "rules_version": TEXT, "policy_version": TEXT, "created_at": MOMENT, "day": DAY,
}  # fmt: skip

EVENT: Columns = {
    "call_id": TEXT, "kind": TEXT, "utterance_index": WHOLE, "start_s": NUMBER,
    "matched": TEXT, "detail": TEXT, "day": DAY,
}  # fmt: skip

SCORE: Columns = {
    "call_id": TEXT, "policy_version": TEXT, "machine_score": WHOLE, "human_score": WHOLE,
    "state": TEXT, "passed": TRUTH, "critical": WHOLE, "codes": TEXTS,
}  # fmt: skip

DEDUCTION: Columns = {
    "call_id": TEXT, "position": WHOLE, "code": TEXT, "severity": TEXT, "points": WHOLE,
    "finding_ids": TEXTS,
}  # fmt: skip

LISTENER: Columns = {"call_id": TEXT, "from_utterance": WHOLE, "role": TEXT, "reason": TEXT}

REFERENCE: Mapping[str, Columns] = {
    "cases": {
        "case_id": TEXT, "customer_id": TEXT, "bank": TEXT, "product": TEXT,
        "assigned_at": MOMENT, "as_of": MOMENT, "amount_due": MONEY, "min_due": MONEY,
        "days_overdue": WHOLE, "legal_status": TEXT, "credit_reportable": TRUTH,
        "account_tail": TEXT,
    },
    "flags": {
        "case_id": TEXT, "phone": TEXT, "kind": TEXT, "valid_from": MOMENT,
        "valid_to": MOMENT, "approved_at": MOMENT, "source": TEXT,
    },
    "approvals": {
        "case_id": TEXT, "bank": TEXT, "product": TEXT, "kind": TEXT, "valid_from": MOMENT,
        "until": MOMENT, "detail": TEXT,
    },
    "accounts": {"bank": TEXT, "account": TEXT, "holder": TEXT},
    "designations": {"bank": TEXT, "wording": TEXT},
    "staff": {
        "agent_id": TEXT, "name": TEXT, "team": TEXT, "supervisor_id": TEXT,
        "department_head_id": TEXT, "valid_from": MOMENT, "valid_to": MOMENT,
    },
    "phones": {
        "case_id": TEXT, "phone": TEXT, "relation": TEXT, "source": TEXT, "verified": TRUTH,
    },
    "payments": {"case_id": TEXT, "paid_at": MOMENT, "amount": MONEY},
    "messages": {
        "case_id": TEXT, "phone": TEXT, "sent_at": MOMENT, "channel": TEXT, "text": TEXT,
    },
}  # fmt: skip


def as_batch(columns: Columns, rows: Iterable[Mapping[str, Any]]) -> Batch:
    """`rows` as an Arrow table with exactly these columns; what a row lacks is null."""
    return pa.Table.from_pylist(list(rows), schema=pa.schema(list(columns.items())))


def call_row(call: CallRecord) -> dict[str, Any]:
    """A call record as a row of CALL, with a hash of everything but its row number."""
    row = _fields(call)
    del row["row"]
    row["extra"] = json.dumps(dict(call.extra), ensure_ascii=False, sort_keys=True)
    row["record_hash"] = content_hash(row)
    row["phone_key"] = phone_key(call.phone)
    return row


def utterance_row(
    call_id: str, utterance: Utterance, listeners: Iterable[ListenerSpan]
) -> dict[str, Any]:
    """An utterance as a row of UTTERANCE, with whom it was said to."""
    listener: Role = "unknown"
    for span in sorted(listeners, key=lambda span: span.from_utterance):
        if span.from_utterance <= utterance.index:
            listener = span.role
    sound = _fields(utterance.sound) if utterance.sound else {}
    return {**_fields(utterance), **sound, "call_id": call_id, "listener": listener}


def finding_row(finding: Finding, **version: Any) -> dict[str, Any]:
    """A finding as a row of FINDING. `version`: rules_version, policy_version, created_at."""
    row = _fields(finding)
    row["start_offset"], row["end_offset"] = row.pop("start"), row.pop("end")
    return {**row, **version, "reasons": list(finding.reasons)}


def finding_of(row: Mapping[str, Any]) -> Finding:
    """The finding that a row of `findings` or `suppressed` holds; `status` is what counts now."""
    own: dict[str, Any] = {field.name: row.get(field.name) for field in dataclasses.fields(Finding)}
    own |= {"start": row["start_offset"], "end": row["end_offset"]}
    return Finding(**{**own, "reasons": tuple(row["reasons"])})


def event_row(call_id: str, event: CallEvent) -> dict[str, Any]:
    """A call event as a row of EVENT."""
    return {**_fields(event), "call_id": call_id}


def listener_row(call_id: str, span: ListenerSpan) -> dict[str, Any]:
    """A listener span as a row of LISTENER."""
    return {**_fields(span), "call_id": call_id}


def reference_batch(table: str, rows: Iterable[Any]) -> Batch:
    """Rows of a reference table with their hashes. Equal rows keep apart by how often each
    came before: two equal payments are two.
    """
    columns = REFERENCE[table]
    seen: Counter[str] = Counter()
    found = []
    for record in rows:
        row = {name: _to_cents(value) for name, value in _fields(record).items()}
        plain = content_hash(row)
        seen[plain] += 1
        row["row_hash"] = f"{plain}-{seen[plain]}"
        if "phone" in columns:
            row["phone_key"] = phone_key(row["phone"])
        found.append(row)
    keyed = {"phone_key": TEXT} if "phone" in columns else {}
    return as_batch({**columns, **keyed, "row_hash": TEXT}, found)


def content_hash(row: Mapping[str, Any]) -> str:
    """A hash of a row's values, whatever their order."""
    plain = json.dumps(row, default=str, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _to_cents(value: Any) -> Any:
    return value.quantize(Decimal("0.01")) if isinstance(value, Decimal) else value


def _fields(record: Any) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}
