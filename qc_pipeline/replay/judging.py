"""Every call of a period judged again by worker processes, or taken as it is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from qc_pipeline.errors import WorkerLost
from qc_pipeline.records import CallEvent, Finding
from qc_pipeline.replay.plan import Planned, Trial, plan_call
from qc_pipeline.replay.stored import SIGNALS, Period, StoppedHit, StoredCall, stored_calls
from qc_pipeline.replay.work import CALLS_PER_BATCH, Again, Batch, Judged, workshop_for
from qc_pipeline.scan.pool import work_through
from qc_pipeline.scan.run import jobs_for
from qc_pipeline.settings import Settings
from qc_pipeline.store.contact import ContactJudgement
from qc_pipeline.store.store import Store


@dataclass(frozen=True, slots=True)
class CallAfter:
    """A call and what the machine says of it now: all findings (contact rules included), what
    guards stop, the words that registers rest on. `anew`, `utterances`, `missing` and `fault` as
    in `Judged`; a call that couldn't be judged again is given as it is stored. `proven`: by the
    facts that its stored result was made from.
    """

    stored: StoredCall
    findings: tuple[Finding, ...]
    stopped: tuple[StoppedHit, ...]
    signals: tuple[CallEvent, ...]
    anew: bool = False
    utterances: int = 0
    proven: bool = True
    missing: bool = False
    fault: str | None = None


def judge_calls(
    store: Store,
    period: Period,
    *,
    trial: Trial,
    contact: ContactJudgement,
    settings: Settings,
    take: Callable[[CallAfter], None],
) -> None:
    """Hand every call of the period to `take`, in no particular order.

    `settings` name the folders to try, `contact` is what contact rules say under them. Raises
    HomeError if the database can't be used.
    """
    of_call = _by_call(contact.findings.values())
    waiting: dict[str, Planned] = {}

    def batches() -> Iterator[Batch]:
        batch: list[Planned] = []
        for planned in _planned(store, period, trial=trial):
            if isinstance(planned, StoredCall):
                take(_as_stored(planned, of_call, trial=trial))
            elif planned.known:
                take(_as_stored(planned.stored, of_call, trial=trial))
            else:
                waiting[planned.stored.call_id] = planned
                batch.append(planned)
            if len(batch) == CALLS_PER_BATCH:
                yield _batch(batch)
                batch.clear()
        if batch:
            yield _batch(batch)

    def collect(judged: Judged) -> None:
        take(_after(waiting.pop(judged.call_id), judged, of_call, trial=trial))

    workshop, alone = workshop_for(settings), list[Batch]()
    for batch, result in work_through(batches(), workshop=workshop, jobs=jobs_for(settings)):
        if isinstance(result, WorkerLost) and len(batch) > 1:
            # One of them kills its worker: each goes alone, so that only that one is lost.
            alone += ((again,) for again in batch)
        else:
            for judged in _results(batch, result):
                collect(judged)
    for batch, result in work_through(alone, workshop=workshop, jobs=1):
        for judged in _results(batch, result):
            collect(judged)


def _planned(store: Store, period: Period, *, trial: Trial) -> Iterator[Planned | StoredCall]:
    """Calls with their work; those that nobody heard have none."""
    for page in stored_calls(store, period):
        for stored in page.calls:
            if stored.recording is None or not stored.heard:
                yield stored
            else:
                yield plan_call(stored, stored.recording, tables=page.tables, trial=trial)


def _batch(calls: Iterable[Planned]) -> Batch:
    return tuple(Again(each.item, each.stored.artefact_key or "") for each in calls)


def _results(batch: Batch, result: tuple[Judged, ...] | BaseException) -> tuple[Judged, ...]:
    if not isinstance(result, BaseException):
        return result
    fault = f"{type(result).__name__}: {result}"
    return tuple(Judged(each.item.context.call.call_id, None, fault=fault) for each in batch)


def _after(
    planned: Planned, judged: Judged, contact: Mapping[str, tuple[Finding, ...]], *, trial: Trial
) -> CallAfter:
    made, stored = judged.detection, planned.stored
    if made is None:
        return replace(
            _as_stored(stored, contact, trial=trial),
            proven=planned.proven, missing=judged.missing, fault=judged.fault,
        )  # fmt: skip
    return CallAfter(
        stored=stored,
        findings=(*made.findings, *contact.get(stored.call_id, ())),
        stopped=tuple(
            StoppedHit(hit.code, hit.rule_id, hit.utterance_index, hit.reasons)
            for hit in made.suppressed
        ),
        signals=tuple(event for event in made.events if event.kind in SIGNALS),
        anew=judged.anew,
        utterances=judged.utterances,
        proven=planned.proven,
    )


def _as_stored(
    stored: StoredCall, contact: Mapping[str, tuple[Finding, ...]], *, trial: Trial
) -> CallAfter:
    """A call that isn't judged again, but with contact findings and severities of findings about
    the recording as the policy to try has them: nobody has to hear a call for those.
    """
    taxonomy = trial.policy.at(stored.call.started_at).taxonomy
    kept = (
        each.as_proposed
        for each in stored.findings
        if each.standing and each.finding.detector != "contact"
    )
    findings = (
        replace(finding, severity=taxonomy.severity_of(finding.code, finding.sub_code))
        if finding.detector == "integrity"
        else finding
        for finding in kept
    )
    return CallAfter(
        stored=stored,
        findings=(*findings, *contact.get(stored.call_id, ())),
        stopped=stored.stopped,
        signals=stored.signals,
    )


def _by_call(findings: Iterable[Finding]) -> dict[str, tuple[Finding, ...]]:
    found: dict[str, tuple[Finding, ...]] = {}
    for finding in findings:
        found[finding.call_id] = (*found.get(finding.call_id, ()), finding)
    return found
