"""A bounded pool of spawned worker processes that outlives any one of them.

An item that kills its worker is tried again alone; if it kills that worker too, it is
given back as WorkerLost and the rest goes on (DESIGN decision 12).
"""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from qc_pipeline.errors import WorkerLost

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Workshop(Generic[Item, Result]):
    """How items are worked on: `start(*start_arguments)` once in each worker process, then
    `work(item)`. Both must be importable; items and results travel by pickle.
    """

    work: Callable[[Item], Result]
    start: Callable[..., None]
    start_arguments: tuple[Any, ...] = ()
    items_per_worker: int = 200


def work_through(
    items: Iterable[Item], *, workshop: Workshop[Item, Result], jobs: int
) -> Iterator[tuple[Item, Result | BaseException]]:
    """Every item with its result, or with what went wrong, in the order they finish.

    `items` is read only as fast as workers take them: two in hand for each worker.
    """
    source = iter(items)
    suspects: deque[Item] = deque()
    pool = _new_pool(workshop, jobs)
    running: dict[Future[Result], Item] = {}
    try:
        while True:
            while len(running) < 2 * jobs and not suspects:
                item = next(source, None)
                if item is None:
                    break
                try:
                    running[pool.submit(workshop.work, item)] = item
                except BrokenProcessPool:
                    suspects.append(item)
            if not running and not suspects:
                break
            if running:
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    item = running.pop(future)
                    error = future.exception()
                    if isinstance(error, BrokenProcessPool):
                        suspects.append(item)
                    else:
                        yield item, error or future.result()
            if suspects and not running:
                # Which item killed the worker is unknown: all that were in flight go alone.
                pool.shutdown(wait=True, cancel_futures=True)
                while suspects:
                    suspect = suspects.popleft()
                    outcome: Result | BaseException = _alone(suspect, workshop)
                    yield suspect, outcome
                pool = _new_pool(workshop, jobs)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def end_with(parent: int) -> None:
    """End this process when `parent` is gone.

    A worker waits on a pipe that its siblings keep open: without this, it would outlive a
    killed parent for ever.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="end-with-parent").start()


def _alone(item: Item, workshop: Workshop[Item, Result]) -> Result | BaseException:
    with _new_pool(workshop, 1) as pool:
        future: Future[Result] = pool.submit(workshop.work, item)
        error = future.exception()
    if isinstance(error, BrokenProcessPool):
        return WorkerLost(
            "the worker process dies on it, also when it is tried alone",
            remedy="the recording is set aside; check the file and the memory of the machine",
        )
    return error or future.result()


def _new_pool(workshop: Workshop[Item, Result], jobs: int) -> ProcessPoolExecutor:
    # Workers share the cores; NumPy reads this when a new process first imports it.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    return ProcessPoolExecutor(
        max_workers=jobs,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(os.getpid(), workshop.start, workshop.start_arguments),
        max_tasks_per_child=workshop.items_per_worker,
    )


def _begin(parent: int, start: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    end_with(parent)
    start(*arguments)
