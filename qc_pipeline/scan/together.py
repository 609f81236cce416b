"""A few calls in one worker at once, so that their windows share batches (DESIGN decision 12).

Each call's sound is decoded and cut in a thread of its own while the model works on what others
handed in. Rules run afterwards, call by call.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from qc_pipeline.errors import RecordingError, WorkerLost
from qc_pipeline.scan.pool import Workshop, work_through
from qc_pipeline.scan.work import (
    Workbench,
    WorkDone,
    WorkItem,
    bench_here,
    make_transcript,
    process,
    start_worker,
)
from qc_pipeline.settings import Settings
from qc_pipeline.speech.together import SharedTranscriber

Batch = tuple[WorkItem, ...]
Result = WorkDone | Exception

_SHARES = 2  # batches each worker should get at least, so that none waits for another at the end
_SECONDS_AT_ONCE = 1800.0  # sound held in memory: two channels of it are 230 MB


def calls_at_once(calls: int, *, jobs: int, settings: Settings) -> int:
    """How many of a night's `calls` a worker takes at once."""
    fair = -(-calls // (jobs * _SHARES))
    return max(1, min(settings.speech.calls_at_once, fair))


def batches(items: Iterable[WorkItem], *, most: int) -> Iterator[Batch]:
    """Items in groups of up to `most`, fewer where recordings are long."""
    batch: list[WorkItem] = []
    seconds = 0.0
    for item in items:
        length_s = item.recording.duration_s if item.recording else 0.0
        if batch and (len(batch) == most or seconds + length_s > _SECONDS_AT_ONCE):
            yield tuple(batch)
            batch, seconds = [], 0.0
        batch.append(item)
        seconds += length_s
    if batch:
        yield tuple(batch)


def process_together(batch: Batch, *, bench: Workbench) -> tuple[Result, ...]:
    """Every call of `batch` brought to its artefacts, or what went wrong with it."""
    waiting = [item for item in batch if item.recording is not None and item.coverage is None]
    made: dict[int, bool | Exception] = {}
    if len(waiting) > 1:
        shared = SharedTranscriber(bench.transcriber(), calls=len(waiting))
        sharing = replace(bench, transcriber=lambda: shared)

        def transcribe(item: WorkItem) -> bool | Exception:
            with shared.taking_part():
                try:
                    return make_transcript(item, bench=sharing)[1]
                except Exception as error:  # ends with its own call only
                    return error

        with ThreadPoolExecutor(len(waiting), thread_name_prefix="call") as threads:
            made = dict(zip(map(id, waiting), threads.map(transcribe, waiting), strict=True))
    return tuple(_settled(item, made.get(id(item), False), bench) for item in batch)


def process_batch_here(batch: Batch) -> tuple[Result, ...]:
    """`process_together` with this worker process's own workbench."""
    return process_together(batch, bench=bench_here())


def workshop_for(settings: Settings, *, most: int = 1) -> Workshop[Batch, tuple[Result, ...]]:
    """How worker processes are started and what they do with batches of up to `most` calls."""
    per_worker = max(1, settings.speech.calls_per_worker // most)
    return Workshop(process_batch_here, start_worker, (settings,), per_worker)


def work_through_calls(
    items: Iterable[WorkItem],
    *,
    settings: Settings,
    jobs: int,
    most: int,
) -> Iterator[tuple[WorkItem, WorkDone | BaseException]]:
    """Every item with its result, in the order batches finish. Where a batch kills its worker,
    its calls are tried again one by one: only the one that did it is lost.
    """
    alone: list[Batch] = []
    workshop = workshop_for(settings, most=most)
    for batch, result in work_through(batches(items, most=most), workshop=workshop, jobs=jobs):
        if isinstance(result, WorkerLost) and len(batch) > 1:
            alone += ((item,) for item in batch)
        else:
            yield from _each(batch, result)
    for batch, result in work_through(alone, workshop=workshop, jobs=1):
        yield from _each(batch, result)


def _each(
    batch: Batch, result: tuple[Result, ...] | BaseException
) -> Iterator[tuple[WorkItem, WorkDone | BaseException]]:
    if isinstance(result, BaseException):
        yield from ((item, result) for item in batch)
    else:
        yield from zip(batch, result, strict=True)


def _settled(item: WorkItem, made: bool | Exception, bench: Workbench) -> Result:
    """The call's result; a fault of the recording is told by `process` as a coverage state."""
    if isinstance(made, Exception) and not isinstance(made, RecordingError):
        return made
    try:
        done = process(item, bench=bench)
    except Exception as error:  # handed to the caller with its call
        return error
    return replace(done, decoded=done.decoded or made is True)
