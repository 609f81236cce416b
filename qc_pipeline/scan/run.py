"""`scan`: from a manifest to scored calls in the store, whatever happened the last time.

The steps are functions of their own so that a flow can orchestrate the same ones:
`begin` → `plan` → (workers: `work.process`) → `outcome_of` → `load_outcomes` → `finish`.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from qc_pipeline.errors import WorkerLost
from qc_pipeline.intake.locate import orphans
from qc_pipeline.intake.recording_store import LocalRecordingStore
from qc_pipeline.logs import log_to
from qc_pipeline.records import Coverage
from qc_pipeline.registers.complaint_desk import propose_from_calls
from qc_pipeline.registers.heard_desk import propose_records_from_calls
from qc_pipeline.registers.history import complete_history
from qc_pipeline.registers.linked_desk import propose_flags_from_calls
from qc_pipeline.registers.promise_desk import settle_promises
from qc_pipeline.registers.tasks import update_tasks
from qc_pipeline.scan.facts import context_of
from qc_pipeline.scan.night import Night, ScanRequest, has_room, prepare, prepare_home
from qc_pipeline.scan.summary import ScanSummary, summarise
from qc_pipeline.scan.take_in import take_in_all
from qc_pipeline.scan.together import calls_at_once, work_through_calls
from qc_pipeline.scan.work import (
    WorkDone,
    WorkItem,
    artefact_paths,
    coverage_of,
    work_item,
)
from qc_pipeline.scoring import score_calls, without_policy
from qc_pipeline.settings import Settings
from qc_pipeline.speech.recognise import engine_fingerprint
from qc_pipeline.store.artefacts import read_detection, read_transcript, sweep_temporary
from qc_pipeline.store.contact import run_contact_pass
from qc_pipeline.store.loader import (
    CallOutcome,
    finish_scan,
    load_calls,
    load_orphans,
    load_outcomes,
    load_rejected,
    load_tables,
    loaded_keys,
    recording_owners,
    start_scan,
)
from qc_pipeline.store.lock import scan_lock
from qc_pipeline.store.store import Store
from qc_pipeline.store.versions import keep_policies, keep_version

log = logging.getLogger("qc.scan")


@dataclass(slots=True)
class Tally:
    """What happened during one scan, for the summary."""

    decoded: int = 0
    skipped: int = 0
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Scan:
    """An open scan: its input, its store, what earlier scans had done."""

    night: Night
    store: Store
    recordings: LocalRecordingStore
    fingerprint: str
    done_before: dict[str, str]
    owners: dict[str, str]
    scan_id: str
    tally: Tally = field(default_factory=Tally)


def scan(
    request: ScanRequest,
    *,
    settings: Settings,
    on_start: Callable[[int], None] = lambda calls: None,
    on_call: Callable[[], None] = lambda: None,
) -> ScanSummary:
    """The whole way for one manifest. Idempotent: run again, it does only what is missing.

    Raises UsageError kinds when the input is unusable (nothing done); everything else ends
    in a coverage state and, when the fault is ours, in `ScanSummary.failures`.
    """
    night = prepare(request, settings=settings)
    on_start(len(night.manifest.calls))
    with begin(night) as opened:
        load_outcomes(opened.store, _outcomes(opened, on_call))
        return finish(opened)


@contextmanager
def begin(night: Night) -> Iterator[Scan]:
    """Open the home folder for one scan (a second one is refused) and load the call records."""
    settings = night.settings
    fingerprint = engine_fingerprint(settings.speech)
    prepare_home(settings)
    with scan_lock(settings.home):
        log_to(settings.home)
        store = Store(settings.home)
        store.migrate()
        complete_history(store)
        keep_policies(settings.home, night.policy)
        keep_version(settings.home, "rules", night.rules.version, settings.lexicon_dir)
        sweep_temporary(settings.home)
        recordings = LocalRecordingStore(settings.home / "recordings")
        recordings.sweep()
        load_tables(store, night.tables.tables)
        scan_id = start_scan(store, manifest=night.request.manifest.name)
        load_calls(store, night.manifest.calls, scan_id=scan_id)
        load_rejected(
            store,
            [
                Coverage(problem.call_id, "unreadable", str(problem))
                for problem in night.manifest.rejected
                if problem.call_id is not None
            ],
        )
        yield Scan(
            night=night,
            store=store,
            recordings=recordings,
            fingerprint=fingerprint,
            done_before=loaded_keys(store),
            owners=recording_owners(store),
            scan_id=scan_id,
        )


def plan(scan: Scan, on_skip: Callable[[], None] = lambda: None) -> Iterator[WorkItem]:
    """Intake of every call; yields those whose work isn't in the store yet."""
    night = scan.night
    for taken in take_in_all(night, recordings=scan.recordings, owners=scan.owners):
        item = work_item(
            context_of(taken.call, night.tables.tables),
            recording=taken.recording,
            coverage=taken.coverage,
            mismatch=taken.mismatch,
            findings=taken.findings,
            settings=night.settings,
            rules=night.rules,
            policy=night.policy,
            model_fingerprint=scan.fingerprint,
        )
        if scan.done_before.get(taken.call.call_id) == item.key and ready(item, night.settings):
            scan.tally.skipped += 1
            on_skip()
            continue
        yield item


def ready(item: WorkItem, settings: Settings) -> WorkDone | None:
    """The item as done, if an earlier run left all its artefacts; no worker is needed then."""
    if item.coverage is not None and item.coverage.state == "deferred":
        return WorkDone(item, item.coverage, decoded=False)
    transcript_file, detection_file = artefact_paths(item, settings.home)
    if read_detection(detection_file) is None:
        return None
    if item.coverage is not None:
        return WorkDone(item, item.coverage, decoded=False)
    transcript = read_transcript(transcript_file) if transcript_file else None
    if transcript is None:
        return None
    return WorkDone(item, coverage_of(item, transcript, settings), decoded=False)


def outcome_of(scan: Scan, item: WorkItem, result: WorkDone | BaseException) -> CallOutcome:
    """What the store should hold of a call, also when its work failed."""
    call_id = item.context.call.call_id
    if isinstance(result, WorkerLost):
        return CallOutcome(call_id, Coverage(call_id, "quarantined", str(result)), item.recording)
    if isinstance(result, BaseException):
        log.error("call failed", extra={"call_id": call_id, "error": type(result).__name__})
        reason = f"{type(result).__name__}: {result}"
        scan.tally.failures.append(f"{call_id}: {reason}")
        return CallOutcome(call_id, Coverage(call_id, "failed", reason), item.recording)
    scan.tally.decoded += result.decoded
    transcript_file, detection_file = artefact_paths(item, scan.night.settings.home)
    return CallOutcome(
        call_id,
        result.coverage,
        item.recording,
        read_transcript(transcript_file) if transcript_file and not item.coverage else None,
        read_detection(detection_file),
    )


def finish(scan: Scan) -> ScanSummary:
    """The passes over the whole store: contact rules, scores, proposed complaints, stop flags,
    disputes, objections and promises to pay, orphans.
    """
    night = scan.night
    settings = night.settings
    folder = night.request.recordings_dir
    unnamed = orphans(folder, night.manifest.calls, also_named=night.manifest.rejected_recordings)
    load_orphans(scan.store, unnamed, folder=str(folder.resolve()))
    contact = run_contact_pass(scan.store, policy=night.policy)
    score_calls(scan.store, None, policy=night.policy)
    scan.tally.failures += without_policy(scan.store, policy=night.policy)
    propose_from_calls(scan.store, policy=night.policy, keys=settings.keys)
    propose_flags_from_calls(scan.store, policy=night.policy, keys=settings.keys)
    propose_records_from_calls(scan.store, policy=night.policy, keys=settings.keys)
    settle_promises(scan.store, keys=settings.keys)
    update_tasks(scan.store)
    summary = summarise(
        scan.store,
        night,
        decoded=scan.tally.decoded,
        skipped=scan.tally.skipped,
        failures=scan.tally.failures,
        unknown_years=contact.unknown_years,
    )
    # Which tables there were: a replay sees what this scan saw.
    figures = {"by_state": summary.by_state, "tables": sorted(night.tables.tables.present)}
    finish_scan(scan.store, scan.scan_id, summary=figures)
    log.info(
        "scan finished",
        extra={"calls": summary.call_records, "decoded": scan.tally.decoded,
               "skipped": scan.tally.skipped, "failed": len(scan.tally.failures)},
    )  # fmt: skip
    return summary


def jobs_for(settings: Settings) -> int:
    """Worker processes: as set, else one per core this process may use."""
    return settings.speech.jobs or len(os.sched_getaffinity(0))


def _deferred(item: WorkItem) -> CallOutcome:
    call_id = item.context.call.call_id
    return CallOutcome(
        call_id, Coverage(call_id, "deferred", "磁盘空间不足，腾出空间后再次运行即可继续")
    )


def _outcomes(scan: Scan, on_call: Callable[[], None]) -> Iterator[CallOutcome]:
    settings = scan.night.settings
    waiting: list[CallOutcome] = []

    def needing_workers() -> Iterator[WorkItem]:
        for item in plan(scan, on_call):
            done = ready(item, settings)
            if done is not None:
                waiting.append(outcome_of(scan, item, done))
            elif not has_room(settings):
                waiting.append(_deferred(item))
            else:
                yield item

    jobs = jobs_for(settings)
    most = calls_at_once(len(scan.night.manifest.calls), jobs=jobs, settings=settings)
    for item, result in work_through_calls(
        needing_workers(), settings=settings, jobs=jobs, most=most
    ):
        waiting.append(outcome_of(scan, item, result))
        while waiting:
            on_call()
            yield waiting.pop(0)
    for outcome in waiting:
        on_call()
        yield outcome
