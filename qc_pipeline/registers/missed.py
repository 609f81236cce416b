"""Findings that a person adds because the machine missed them. Nothing here touches the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qc_pipeline.errors import RegisterError
from qc_pipeline.policy.discipline import Review
from qc_pipeline.records import SEVERITIES, Severity, finding_id
from qc_pipeline.registers.chain import NewEvent, RegisterEvent
from qc_pipeline.registers.people import same_person
from qc_pipeline.registers.review import ADDED

RULE_ID = "human"


@dataclass(frozen=True, slots=True)
class MissedFinding:
    """What a reviewer heard and the machine didn't: where (seconds from the recording's start),
    what code, how grave. `utterance_index` names the line, if there is one.
    """

    call_id: str
    code: str
    severity: Severity
    start_s: float
    end_s: float
    note: str
    utterance_index: int | None = None


def decide_add(
    missed: MissedFinding, call: Mapping[str, Any] | None, line: Mapping[str, Any] | None, *,
    by: str, at: datetime, rules: Review,
) -> NewEvent:  # fmt: skip
    """The event of `by` adding `missed`. `call` and `line` are their rows, None if unknown.

    Raises RegisterError for an unknown call or line, a span outside the call, a missing note, or
    if `by` made the call.
    """
    if call is None:
        raise RegisterError(f"there is no call {missed.call_id}", remedy="see `qc export calls`")
    if missed.utterance_index is not None and line is None:
        raise RegisterError(
            f"call {missed.call_id} has no line {missed.utterance_index}",
            remedy="see `qc export transcripts`",
        )
    if missed.severity not in SEVERITIES:
        raise RegisterError(
            f"there is no severity {missed.severity!r}",
            remedy=f"use one of {', '.join(SEVERITIES)}",
        )
    length = call["recording_duration_s"]
    if not 0 <= missed.start_s < missed.end_s or (length and missed.start_s > length):
        raise RegisterError(
            f"{missed.start_s:.1f} to {missed.end_s:.1f} s is no stretch of call {missed.call_id}",
            remedy="give seconds from the recording's start, the start before the end",
        )
    if not missed.note.strip():
        raise RegisterError("a finding that is added needs a note", remedy="say what you heard")
    if same_person(by, call["agent_id"]):
        raise RegisterError(
            f"{by} made call {missed.call_id}", remedy="somebody else has to review it"
        )
    span = (round(missed.start_s * 1000), round(missed.end_s * 1000))
    name = finding_id(
        call_id=missed.call_id, code=missed.code, rule_id=RULE_ID,
        utterance_index=missed.utterance_index, start=span[0], end=span[1],
    )  # fmt: skip
    payload = {
        "call_id": missed.call_id,
        "code": missed.code,
        "severity": missed.severity,
        "machine_severity": missed.severity,
        "responsible_party": "agent",
        "reason": None,
        "note": missed.note.strip(),
        "first": missed.severity in rules.second_reviewer,
        "start_s": missed.start_s,
        "end_s": missed.end_s,
        "utterance_index": missed.utterance_index,
        "utterance": line["text"] if line else "",
        "listener": line["listener"] if line else "unknown",
    }
    return NewEvent(at, by, ADDED, name, payload)


def added_row(event: NewEvent | RegisterEvent) -> dict[str, Any]:
    """The row of `findings` that an added finding is."""
    details = event.payload if isinstance(event, NewEvent) else event.details
    names = (
        "call_id", "code", "severity", "start_s", "end_s", "utterance_index", "utterance",
        "listener",
    )  # fmt: skip
    return {
        "finding_id": event.subject,
        "created_at": event.at,
        "reasons": [f"added: 复核人补充：{details['note']}"],
        **{name: details[name] for name in names},
    }
