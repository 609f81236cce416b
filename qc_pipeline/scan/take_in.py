"""Intake of one call: find the recording, probe it, keep it; or say in which state the call ends."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from qc_pipeline.errors import (
    HomeError,
    PolicyError,
    QcError,
    RecordingError,
    RecordingMissing,
    RecordingOutsideRoots,
)
from qc_pipeline.intake.integrity import MISSING, UNREADABLE
from qc_pipeline.intake.locate import locate_recording
from qc_pipeline.intake.probe import probe_recording
from qc_pipeline.intake.recording_store import RecordingStore
from qc_pipeline.policy import Policy
from qc_pipeline.records import CallRecord, Coverage, Finding, Recording, Status
from qc_pipeline.scan.integrity import (
    length_mismatch,
    recording_finding,
    sound_findings,
    soundness_of,
)
from qc_pipeline.scan.night import Night


@dataclass(frozen=True, slots=True)
class TakenIn:
    """A call after intake. `coverage` is set when the call goes no further."""

    call: CallRecord
    recording: Recording | None
    coverage: Coverage | None
    mismatch: str | None
    findings: tuple[Finding, ...]


def take_in(call: CallRecord, *, night: Night, recordings: RecordingStore) -> TakenIn:
    """Locate, probe, compare with the call record and keep one recording.

    Never raises for a fault of the input; HomeError (no space) stops the scan.
    """
    try:
        policy = night.policy.at(call.started_at)
    except PolicyError as error:
        return _ended(call, Coverage(call.call_id, "deferred", str(error)))
    if not call.recording:
        return _without_recording(call, policy)
    try:
        path = locate_recording(
            call,
            recordings_dir=night.request.recordings_dir,
            roots=night.settings.intake.recording_roots,
        )
        recording = probe_recording(path, max_duration_s=night.settings.intake.max_duration_s)
        key = recordings.put(path, recording)
        sound = soundness_of(path, recording, home=night.settings.home)
    except RecordingOutsideRoots as error:
        return _ended(call, Coverage(call.call_id, "unreadable", str(error)))
    except RecordingMissing as error:
        return _missing(call, policy, str(error))
    except RecordingError as error:
        return _unreadable(call, policy, str(error))
    except HomeError:
        raise
    except (QcError, OSError) as error:
        return _ended(call, Coverage(call.call_id, "failed", f"intake: {error}"))
    mismatch, findings = length_mismatch(call, recording, policy=policy)
    return TakenIn(
        call=call,
        recording=_with_key(recording, key),
        coverage=None,
        mismatch=mismatch,
        findings=(*findings, *sound_findings(call, sound, policy=night.policy)),
    )


def take_in_all(
    night: Night, *, recordings: RecordingStore, owners: dict[str, str], threads: int = 2
) -> Iterator[TakenIn]:
    """Every call of the manifest, in its order, read ahead a little on threads.

    `owners` maps a recording's hash to the call that owns it; a second call with the same
    content ends as `duplicate`. It is updated as calls pass.
    """
    with ThreadPoolExecutor(threads, thread_name_prefix="intake") as pool:
        for item in _ordered(pool, night, recordings):
            yield _or_duplicate(item, owners)


def _ordered(
    pool: ThreadPoolExecutor, night: Night, recordings: RecordingStore
) -> Iterator[TakenIn]:
    # At most a few calls ahead, so that a long manifest doesn't pile up in memory.
    ahead = []
    for call in night.manifest.calls:
        ahead.append(pool.submit(take_in, call, night=night, recordings=recordings))
        if len(ahead) > 8:
            yield ahead.pop(0).result()
    for future in ahead:
        yield future.result()


def _or_duplicate(item: TakenIn, owners: dict[str, str]) -> TakenIn:
    if item.coverage is not None or item.recording is None:
        return item
    owner = owners.setdefault(item.recording.sha256, item.call.call_id)
    if owner == item.call.call_id:
        return item
    coverage = Coverage(item.call.call_id, "duplicate", f"与通话 {owner} 的录音内容完全相同")
    return TakenIn(item.call, item.recording, coverage, None, ())


def _without_recording(call: CallRecord, policy: Policy) -> TakenIn:
    if call.answered is True:
        return _missing(call, policy, "接通的通话没有录音")
    if call.answered is False:
        return _ended(call, Coverage(call.call_id, "unanswered", "未接通，无录音"))
    return _ended(call, Coverage(call.call_id, "no_recording", "无录音，且是否接通未知"))


def _missing(call: CallRecord, policy: Policy, reason: str) -> TakenIn:
    # A row that names a recording says there was one; only an answered call makes it certain.
    status: Status = "open" if call.answered else "quarantined"
    finding = recording_finding(
        call, rule=MISSING, reason=f"recording_missing: {reason}",
        status=status, policy=policy,
    )  # fmt: skip
    return TakenIn(call, None, Coverage(call.call_id, "no_recording", reason), None, (finding,))


def _unreadable(call: CallRecord, policy: Policy, reason: str) -> TakenIn:
    finding = recording_finding(
        call, rule=UNREADABLE, reason=f"recording_unreadable: {reason}",
        status="quarantined", policy=policy,
    )  # fmt: skip
    return TakenIn(call, None, Coverage(call.call_id, "unreadable", reason), None, (finding,))


def _ended(call: CallRecord, coverage: Coverage) -> TakenIn:
    return TakenIn(call, None, coverage, None, ())


def _with_key(recording: Recording, key: str) -> Recording:
    return dataclasses.replace(recording, key=key)
