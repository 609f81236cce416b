"""Findings about the recording itself (`record_integrity/ri_recording`)."""

from __future__ import annotations

from qc_pipeline.intake.integrity import LENGTH, compare_with_call_record
from qc_pipeline.policy import Policy
from qc_pipeline.records import (
    BuiltInRule,
    CallRecord,
    Finding,
    Recording,
    Status,
    finding_id,
)

SUB_CODE = "ri_recording"
LENGTH_REASON = "length_mismatch: "


def length_mismatch(
    call: CallRecord, recording: Recording, *, policy: Policy
) -> tuple[str | None, tuple[Finding, ...]]:
    """What the recording's length says against the call record, and the finding of it."""
    problem = compare_with_call_record(call, recording, limits=policy.integrity)
    if problem is None:
        return None, ()
    finding = recording_finding(
        call, rule=LENGTH, reason=LENGTH_REASON + problem.what, status="open", policy=policy
    )
    return problem.what, (finding,)


def recording_finding(
    call: CallRecord, *, rule: BuiltInRule, reason: str, status: Status, policy: Policy
) -> Finding:
    """One finding on the whole call. A recording that is missing or damaged isn't the
    collector's doing by default (POLICY "Responsibility").
    """
    return Finding(
        finding_id=finding_id(
            call_id=call.call_id, code=rule.code, rule_id=rule.id,
            utterance_index=None, start=None, end=None,
        ),
        call_id=call.call_id,
        code=rule.code,
        sub_code=SUB_CODE,
        severity=policy.taxonomy.severity_of(rule.code, SUB_CODE),
        detector="integrity",
        rule_id=rule.id,
        rule_version="1",
        speaker="unknown",
        listener="unknown",
        responsible_party="platform",
        utterance_index=None,
        start=None,
        end=None,
        start_s=None,
        end_s=None,
        utterance="",
        matched="",
        score=1.0 if status == "open" else 0.5,
        status=status,
        reasons=(reason, f"rulebook: {rule.cites()}"),
    )  # fmt: skip
