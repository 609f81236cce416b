"""Findings about the recording itself (`record_integrity/ri_recording`)."""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from qc_pipeline.intake.integrity import (
    LENGTH,
    Suspicion,
    compare_with_call_record,
    suspicions,
)
from qc_pipeline.intake.soundness import REVISION, Soundness, measure_soundness
from qc_pipeline.policy import Policy
from qc_pipeline.records import (
    BuiltInRule,
    CallRecord,
    Finding,
    Recording,
    Status,
    finding_id,
)
from qc_pipeline.store.artefacts import soundness_path, write_artefact

SUB_CODE = "ri_recording"
LENGTH_REASON = "length_mismatch: "
_SOUNDNESS = TypeAdapter(Soundness)


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


def sound_findings(call: CallRecord, sound: Soundness, *, policy: Policy) -> tuple[Finding, ...]:
    """A finding for each rule that the recording's sound gives reason to check.

    They wait for a human: holding music, a bad line and a careless export look alike.
    """
    by_rule: dict[str, list[Suspicion]] = {}
    for suspicion in suspicions(sound, limits=policy.integrity):
        by_rule.setdefault(suspicion.rule.id, []).append(suspicion)
    return tuple(
        recording_finding(
            call, rule=found[0].rule, status="quarantined", policy=policy,
            reason=f"{found[0].rule.id.removeprefix('integrity.')}: "
            + "；".join(each.what for each in found),
            start_s=found[0].start_s, end_s=found[0].end_s,
        )
        for found in by_rule.values()
    )  # fmt: skip


def soundness_of(path: Path, recording: Recording, *, home: Path) -> Soundness:
    """What was measured of a recording, from an earlier scan if one measured it.

    Raises RecordingUnreadable when nothing decodes, HomeError when it can't be kept.
    """
    kept = soundness_path(home, recording.sha256, revision=REVISION)
    try:
        return _SOUNDNESS.validate_json(kept.read_bytes())
    except (OSError, ValidationError):
        pass
    sound = measure_soundness(
        path, sample_rate=recording.sample_rate, container=recording.container
    )
    write_artefact(kept, _SOUNDNESS.dump_json(sound))
    return sound


def recording_finding(
    call: CallRecord, *, rule: BuiltInRule, reason: str, status: Status, policy: Policy,
    start_s: float | None = None, end_s: float | None = None,
) -> Finding:  # fmt: skip
    """One finding on the whole call, or on `start_s..end_s` of it. A recording that is missing or damaged isn't the
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
        start_s=start_s,
        end_s=end_s,
        utterance="",
        matched="",
        score=1.0 if status == "open" else 0.5,
        status=status,
        reasons=(reason, f"rulebook: {rule.cites()}"),
    )  # fmt: skip
