"""Does a recording contradict its call record, or its own claim to be whole?"""

from __future__ import annotations

from dataclasses import dataclass

from qc_pipeline.intake.soundness import Soundness
from qc_pipeline.policy.integrity import IntegrityLimits
from qc_pipeline.records import BuiltInRule, CallRecord, Problem, Recording

_CODE = "record_integrity"
LENGTH = BuiltInRule("integrity.length", _CODE, "录音长度与话单不符", ("RI-01", "RI-03"))
MISSING = BuiltInRule("integrity.missing", _CODE, "接通的通话没有录音", ("RI-01", "RI-02", "RI-09"))
UNREADABLE = BuiltInRule("integrity.unreadable", _CODE, "录音打不开", ("RI-01",))
CUT_SHORT = BuiltInRule("integrity.cut_short", _CODE, "录音文件不完整", ("RI-01", "RI-03"))
GAP = BuiltInRule("integrity.gap", _CODE, "录音中间断音", ("RI-03", "RI-12"))
SPLICE = BuiltInRule("integrity.splice", _CODE, "录音疑似拼接", ("RI-03", "RI-13"))
DEAD_CHANNEL = BuiltInRule("integrity.dead_channel", _CODE, "一侧声道没有声音", ("RI-01",))
POOR_SOUND = BuiltInRule("integrity.poor_sound", _CODE, "录音声音模糊", ("RI-12",))
RULES = (LENGTH, MISSING, UNREADABLE, CUT_SHORT, GAP, SPLICE, DEAD_CHANNEL, POOR_SOUND)

_BEFORE_S = 3.0  # how much sound on either side lets a human judge


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What a recording's sound gives reason to check: by which rule, where, and the measurement.

    `start_s` and `end_s` are where to listen; None for the whole recording.
    """

    rule: BuiltInRule
    what: str
    start_s: float | None = None
    end_s: float | None = None


def suspicions(sound: Soundness, *, limits: IntegrityLimits) -> tuple[Suspicion, ...]:
    """What the measurements say, rule by rule; empty for a recording that looks whole."""
    found: list[Suspicion] = []
    if sound.missing is not None:
        end_s = sound.duration_s
        found.append(Suspicion(CUT_SHORT, sound.missing, max(0.0, end_s - _BEFORE_S), end_s))
    if sound.damaged_at_s is not None:
        at_s = round(sound.damaged_at_s, 2)
        what = f"{at_s:.1f} 秒处起有数据无法解码或缺失"
        found.append(Suspicion(CUT_SHORT, what, max(0.0, at_s - _BEFORE_S), at_s + _BEFORE_S))
    gaps = [gap for gap in sound.gaps if gap.length_s > limits.gap_s]
    if gaps:
        places = "、".join(f"{gap.at_s:.1f} 秒起 {gap.length_s:.1f} 秒" for gap in gaps)
        end_s = gaps[0].at_s + gaps[0].length_s
        found.append(Suspicion(GAP, f"全部声道完全无声：{places}", gaps[0].at_s, end_s))
    found += _splices(sound, limits)
    if sound.dead_channels:
        names = "、".join(f"第 {n + 1} 声道" for n in sound.dead_channels)
        found.append(Suspicion(DEAD_CHANNEL, f"{names}自始至终没有任何声音（包括线路噪声）"))
    worst = max(sound.clipped, default=0.0)
    if worst > limits.clipped_ratio:
        found.append(Suspicion(POOR_SOUND, f"削波：{worst:.1%} 的采样接近最大值"))
    if sound.snr_db is not None and sound.snr_db < limits.least_snr_db:
        found.append(Suspicion(POOR_SOUND, f"信噪比仅 {sound.snr_db:.1f} dB"))
    return tuple(found)


def _splices(sound: Soundness, limits: IntegrityLimits) -> list[Suspicion]:
    changes = [(at_s, "采样率改变") for at_s in sound.rate_changes_s]
    changes += [
        (step.at_s, f"底噪由 {step.before:.0f} 变为 {step.after:.0f} dBFS")
        for step in sound.floor_steps
        if abs(step.after - step.before) >= limits.floor_step_db
    ]
    changes += [(step.at_s, "高频成分突变（另一种采样率或编码）") for step in sound.band_steps]
    changes.sort()
    if not changes:
        return []
    places = "；".join(dict.fromkeys(f"约 {at_s:.0f} 秒处{what}" for at_s, what in changes))
    at_s = changes[0][0]
    return [Suspicion(SPLICE, places, max(0.0, at_s - _BEFORE_S), at_s + _BEFORE_S)]


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
