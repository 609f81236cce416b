"""Locks, with real processes."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from qc_pipeline.errors import HomeError
from qc_pipeline.store.lock import exclusive_lock, scan_lock, shared_lock
from qc_pipeline.store.store import Store

HOLD = """
    import sys, time
    from pathlib import Path
    from qc_pipeline.store import lock
    kind, home, seconds = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])
    if kind == "scan":
        held = lock.scan_lock(home)
    else:
        held = getattr(lock, f"{kind}_lock")(home, timeout_s=30)
    with held:
        print("held", flush=True)
        time.sleep(seconds)
"""


def hold(kind: str, home: Path, seconds: float = 60) -> subprocess.Popen[str]:
    """A process that holds a lock; it does by the time this returns."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(HOLD), kind, str(home), str(seconds)],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "held"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_readers_of_several_processes_hold_it_together(tmp_path: Path) -> None:
    processes = [hold("shared", tmp_path) for _ in range(2)]
    with shared_lock(tmp_path, timeout_s=1):
        pass
    for process in processes:
        end(process)


def test_a_writer_keeps_everybody_out_and_is_named(tmp_path: Path) -> None:
    writer = hold("exclusive", tmp_path)
    for lock in (shared_lock, exclusive_lock):
        with (
            pytest.raises(HomeError, match=rf"in use \(process {writer.pid}\)"),
            lock(tmp_path, timeout_s=0.2),
        ):
            pass
    end(writer)


def test_a_reader_keeps_writers_out(tmp_path: Path) -> None:
    reader = hold("shared", tmp_path)
    with pytest.raises(HomeError, match="in use"), exclusive_lock(tmp_path, timeout_s=0.2):
        pass
    end(reader)


@pytest.mark.parametrize("kind", ["shared", "exclusive", "scan"])
def test_a_killed_holder_leaves_nothing_stale(tmp_path: Path, kind: str) -> None:
    process = hold(kind, tmp_path)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    with exclusive_lock(tmp_path, timeout_s=1), scan_lock(tmp_path):
        pass


def test_a_timeout_after_a_writer_died_names_no_dead_process(tmp_path: Path) -> None:
    end(hold("exclusive", tmp_path))
    reader = hold("shared", tmp_path)
    with pytest.raises(HomeError) as caught, exclusive_lock(tmp_path, timeout_s=0.1):
        pass
    assert "process" not in caught.value.what
    end(reader)


def test_a_second_scan_is_refused_at_once(tmp_path: Path) -> None:
    scan = hold("scan", tmp_path)
    began = time.monotonic()
    with (
        pytest.raises(HomeError, match=rf"another scan is running.*{scan.pid}"),
        scan_lock(tmp_path),
    ):
        pass
    assert time.monotonic() - began < 0.5
    end(scan)


def test_a_scan_does_not_keep_readers_out(tmp_path: Path) -> None:
    with scan_lock(tmp_path), shared_lock(tmp_path, timeout_s=0.1):
        pass


def test_an_unwritable_home_says_so(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match="exist"), scan_lock(tmp_path / "missing"):
        pass


def test_a_stream_of_readers_does_not_starve_a_writer(tmp_path: Path) -> None:
    stop = threading.Event()

    def read_on_and_on() -> None:
        while not stop.is_set():
            with shared_lock(tmp_path, timeout_s=10):
                time.sleep(0.05)

    readers = [threading.Thread(target=read_on_and_on) for _ in range(4)]
    for reader in readers:
        reader.start()
    try:
        for _ in range(3):
            with exclusive_lock(tmp_path, timeout_s=3):
                pass
    finally:
        stop.set()
        for reader in readers:
            reader.join()


def test_a_busy_writer_does_not_starve_readers(tmp_path: Path) -> None:
    stop = threading.Event()

    def write_on_and_on() -> None:
        while not stop.is_set():
            with exclusive_lock(tmp_path, timeout_s=10):
                time.sleep(0.05)

    writer = threading.Thread(target=write_on_and_on)
    writer.start()
    try:
        for _ in range(5):
            with shared_lock(tmp_path, timeout_s=3):
                pass
    finally:
        stop.set()
        writer.join()


WRITE_AND_DIE = """
    import os, signal, sys
    from pathlib import Path
    from qc_pipeline.store.store import Store
    store = Store(Path(sys.argv[1]))
    with store.writing() as session:
        session.run("load/scan_start", {"scan_id": "kept", "manifest": "m"})
    with store.writing() as session:
        session.run("load/scan_start", {"scan_id": "lost", "manifest": "m"})
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_writer_killed_in_its_transaction_leaves_a_usable_database(store: Store) -> None:
    died = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(WRITE_AND_DIE), str(store.home)], check=False
    )
    assert died.returncode == -signal.SIGKILL
    with store.reading() as session:
        assert session.rows("migrations_applied")
    with store.writing() as session:  # not there
        session.run("load/scan_start", {"scan_id": "lost", "manifest": "m"})
    with pytest.raises(Exception, match="Duplicate key"), store.writing() as session:  # there
        session.run("load/scan_start", {"scan_id": "kept", "manifest": "m"})


def test_threads_read_together_while_one_writes_between(store: Store) -> None:
    failures: list[BaseException] = []

    def use(number: int) -> None:
        try:
            for turn in range(5):
                if number == 0:
                    with store.writing() as session:
                        name = {"scan_id": f"S{turn}", "manifest": "m"}
                        session.run("load/scan_start", name)
                else:
                    with store.reading() as session:
                        session.rows("migrations_applied")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=use, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_who_has_waited_long_looks_more_often_than_a_newcomer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty reviewers at once: nobody waits out his time while others come and go."""
    clock, pauses = [0.0], []

    class Clock:
        @staticmethod
        def monotonic() -> float:
            return clock[0]

        @staticmethod
        def sleep(pause: float) -> None:
            pauses.append((clock[0], pause))
            clock[0] += pause

    writer = hold("exclusive", tmp_path)
    monkeypatch.setattr("qc_pipeline.store.lock.time", Clock)
    with pytest.raises(HomeError), exclusive_lock(tmp_path, timeout_s=5):
        pass
    end(writer)
    early = [pause for waited, pause in pauses if 0.5 < waited < 2.5]
    late = [pause for waited, pause in pauses if waited > 3.5]
    assert max(late) < min(early) / 4
