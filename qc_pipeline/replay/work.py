"""What a worker process does in a replay: judge calls again, from artefacts, writing nothing."""

from __future__ import annotations

from dataclasses import dataclass

from qc_pipeline.records import Detection
from qc_pipeline.scan.pool import Workshop
from qc_pipeline.scan.work import (
    Workbench,
    WorkItem,
    artefact_paths,
    detection_of,
    open_workbench,
)
from qc_pipeline.settings import Settings
from qc_pipeline.store.artefacts import read_detection, read_transcript

CALLS_PER_BATCH = 16
_BATCHES_PER_WORKER = 5_000

Batch = tuple[WorkItem, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """One call judged again: `anew`, over so many `utterances`, or by the artefact of an earlier
    detection. Without a detection, `missing` says that the transcript is gone or damaged,
    `fault` what went wrong.
    """

    call_id: str
    detection: Detection | None
    anew: bool = False
    utterances: int = 0
    missing: bool = False
    fault: str | None = None


_bench: list[Workbench] = []


def start(settings: Settings) -> None:
    """Give this worker process the rules and policy to try."""
    _bench[:] = [open_workbench(settings)]


def judge_here(batch: Batch) -> tuple[Judged, ...]:
    """`judge_again` for each call, with this worker process's own workbench."""
    return tuple(judge_again(item, bench=_bench[0]) for item in batch)


def judge_again(item: WorkItem, *, bench: Workbench) -> Judged:
    """The detection of one call: the artefact of this key if there is one, else made anew.

    Never raises: what goes wrong with one call is its `fault`, and the rest goes on.
    """
    call_id = item.context.call.call_id
    transcript_file, detection_file = artefact_paths(item, bench.settings.home)
    try:
        known = read_detection(detection_file)
        if known is not None:
            return Judged(call_id, known)
        transcript = read_transcript(transcript_file) if transcript_file else None
        if transcript is None:
            return Judged(call_id, None, missing=True)
        detection = detection_of(item, transcript, bench=bench)
    except Exception as error:
        return Judged(call_id, None, fault=f"{type(error).__name__}: {error}")
    return Judged(call_id, detection, anew=True, utterances=len(transcript.utterances))


def workshop_for(settings: Settings) -> Workshop[Batch, tuple[Judged, ...]]:
    """How worker processes are started and what they do."""
    return Workshop(judge_here, start, (settings,), _BATCHES_PER_WORKER)
