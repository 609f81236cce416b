"""Does a recording contradict its call record?"""

from __future__ import annotations

from qc_pipeline.policy.integrity import IntegrityLimits
from qc_pipeline.records import BuiltInRule, CallRecord, Problem, Recording

_CODE = "record_integrity"
LENGTH = BuiltInRule("integrity.length", _CODE, "录音长度与话单不符", ("RI-01", "RI-03"))
MISSING = BuiltInRule("integrity.missing", _CODE, "接通的通话没有录音", ("RI-01", "RI-02", "RI-09"))
UNREADABLE = BuiltInRule("integrity.unreadable", _CODE, "录音打不开", ("RI-01",))
RULES = (LENGTH, MISSING, UNREADABLE)


def compare_with_call_record(
    call: CallRecord, recording: Recording, *, limits: IntegrityLimits
) -> Problem | None:
    """What the two lengths say against each other, or None (rulebook RI-01).

    A recording may begin at the dial or at the answer. So it is too short only against what was
    spoken (talk time, else the answered duration), and too long only against all there was
    (the whole duration, else talk time and the longest ringing).
    """
    spoken = _spoken_s(call)
    if spoken is not None and recording.duration_s < spoken - limits.tolerance_s(spoken):
        gap = spoken - recording.duration_s
        return _problem(call, recording, spoken, f"少 {gap:.1f} 秒，录音可能被截断")
    longest = _longest_s(call, limits)
    if longest is not None and recording.duration_s > longest + limits.tolerance_s(longest):
        excess = recording.duration_s - longest
        return _problem(call, recording, longest, f"多 {excess:.1f} 秒，录音可能属于另一通电话")
    return None


def _spoken_s(call: CallRecord) -> float | None:
    if call.answered is False:
        return None
    if call.talk_s is not None:
        return call.talk_s
    if call.duration_s is None:
        return None
    if call.answered_at is None:
        return call.duration_s
    ringing = (call.answered_at - call.started_at).total_seconds()
    # A clock that runs backwards, or past the end of the call, tells nothing about ringing.
    return call.duration_s - ringing if 0 <= ringing <= call.duration_s else call.duration_s


def _longest_s(call: CallRecord, limits: IntegrityLimits) -> float | None:
    if call.duration_s is not None:
        return max(call.duration_s, call.talk_s or 0.0)
    return call.talk_s + limits.ring_allowance_s if call.talk_s is not None else None


def _problem(call: CallRecord, recording: Recording, length_s: float, verdict: str) -> Problem:
    return Problem(
        where=f"通话 {call.call_id}",
        what=f"录音长 {recording.duration_s:.1f} 秒，话单为 {length_s:.1f} 秒，{verdict}",
        remedy="请与录音系统和话单核对",
        call_id=call.call_id,
    )
