"""Findings about the recording itself (`record_integrity/ri_recording`)."""

from __future__ import annotations

from qc_pipeline.policy import Policy
from qc_pipeline.records import CallRecord, Finding, Status, finding_id

CODE, SUB_CODE = "record_integrity", "ri_recording"


def recording_finding(
    call: CallRecord, *, rule_id: str, reason: str, status: Status, policy: Policy
) -> Finding:
    """One finding on the whole call. A recording that is missing or damaged isn't the
    collector's doing by default (POLICY "Responsibility").
    """
    return Finding(
        finding_id=finding_id(
            call_id=call.call_id, code=CODE, rule_id=rule_id,
            utterance_index=None, start=None, end=None,
        ),
        call_id=call.call_id,
        code=CODE,
        sub_code=SUB_CODE,
        severity=policy.taxonomy.severity_of(CODE, SUB_CODE),
        detector="integrity",
        rule_id=rule_id,
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
        reasons=(reason,),
    )  # fmt: skip
