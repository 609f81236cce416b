"""The worker pool: bounded, patient, and not to be killed by one bad item."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from qc_pipeline.errors import WorkerLost
from qc_pipeline.scan.pool import Workshop, work_through

_greeting: list[str] = []


def greet(text: str) -> None:
    _greeting[:] = [text]


def work(item: int | str) -> str:
    if item == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if item == "raise":
        raise ValueError("bad item")
    return f"{_greeting[0]} {item}"


WORKSHOP: Workshop[int | str, str] = Workshop(work, greet, ("hello",), items_per_worker=3)


def test_every_item_comes_back_once_and_workers_are_started_properly() -> None:
    results = dict(work_through(range(8), workshop=WORKSHOP, jobs=2))
    assert results == {n: f"hello {n}" for n in range(8)}


def test_an_item_that_kills_its_worker_is_set_aside_and_the_rest_goes_on() -> None:
    items: list[int | str] = [1, "die", 2, 3, "raise", 4]
    results = dict(work_through(items, workshop=WORKSHOP, jobs=2))
    assert isinstance(results["die"], WorkerLost)
    assert isinstance(results["raise"], ValueError)
    assert [results[n] for n in (1, 2, 3, 4)] == ["hello 1", "hello 2", "hello 3", "hello 4"]


def test_items_are_read_only_as_fast_as_workers_take_them() -> None:
    read: list[int] = []

    def source() -> Iterator[int | str]:
        for number in range(50):
            read.append(number)
            yield number

    results = work_through(source(), workshop=WORKSHOP, jobs=1)
    next(results)
    assert len(read) <= 4
    results.close()  # type: ignore[attr-defined]


def test_workers_end_when_their_parent_is_killed() -> None:
    script = (
        "import sys, time\n"
        "from tests.scan.test_pool import nap, noted\n"
        "from qc_pipeline.scan.pool import Workshop, work_through\n"
        "if __name__ == '__main__':\n"
        "    for _, pid in work_through([0, 60], workshop=Workshop(nap, noted), jobs=1):\n"
        "        print(pid, flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        parent.kill()
        parent.wait()
    for _ in range(100):
        if not _alive(worker):
            return
        time.sleep(0.1)
    raise AssertionError(f"worker {worker} outlived its parent")


def nap(seconds: int) -> int:
    time.sleep(seconds)
    return os.getpid()


def noted() -> None:
    pass


def _alive(pid: int) -> bool:
    try:
        with Path(f"/proc/{pid}/stat").open() as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
