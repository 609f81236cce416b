"""Findings about what is missing from a call, or wrong in its note."""

from __future__ import annotations

from qc_pipeline.detect.dialogue import span_seconds
from qc_pipeline.records import CallContext, Finding, Role, Severity, Utterance, finding_id

_RULE_VERSION = "1"
_CERTAIN_SCORE = 0.85
_UNSURE_SCORE = 0.5


def propose(
    context: CallContext,
    *,
    code: str,
    rule_id: str,
    severity: Severity,
    reasons: tuple[str, ...],
    doubts: tuple[str, ...] = (),
    utterance: Utterance | None = None,
    span: tuple[int, int] | None = None,
    listener: Role = "unknown",
    sub_code: str | None = None,
    detector: str = "required",
) -> Finding:
    """A finding on `utterance` (all of it without `span`), or on the whole call without one.

    `reasons` and `doubts` are `code: 中文说明`; with any doubt it is quarantined, else open.
    """
    start, end = span or ((0, len(utterance.text)) if utterance else (None, None))
    start_s = end_s = None
    if utterance is not None and start is not None and end is not None:
        start_s, end_s = span_seconds(utterance, start, end)
    index = utterance.index if utterance else None
    speaker = utterance.speaker if utterance else "agent"
    return Finding(
        finding_id=finding_id(
            call_id=context.call.call_id,
            code=code,
            rule_id=rule_id,
            utterance_index=index,
            start=start,
            end=end,
        ),
        call_id=context.call.call_id,
        code=code,
        sub_code=sub_code,
        severity=severity,
        detector=detector,
        rule_id=rule_id,
        rule_version=_RULE_VERSION,
        speaker=speaker,
        listener=listener,
        responsible_party="unknown" if speaker == "unknown" else "agent",
        utterance_index=index,
        start=start,
        end=end,
        start_s=start_s,
        end_s=end_s,
        utterance=utterance.text if utterance else "",
        matched=utterance.text[start:end] if utterance else "",
        score=_UNSURE_SCORE if doubts else _CERTAIN_SCORE,
        status="quarantined" if doubts else "open",
        reasons=(*reasons, *doubts),
    )
