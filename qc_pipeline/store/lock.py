"""Locks between processes: who may open the database, and who may scan.

Built on flock, so the kernel lets go when a process dies: nothing can go stale. Two files
guard the database. Everybody passes the *gate* one at a time and waits there for the *room*,
which many readers share and one writer has for itself. Whoever holds the gate is next, so a
stream of readers can't starve a writer, nor a busy loader its readers.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qc_pipeline.errors import HomeError

GATE = "qc.gate.lock"
ROOM = "qc.lock"
SCAN = "scan.lock"
_FIRST_PAUSE_S = 0.001
_LONGEST_PAUSE_S = 0.02
# Whoever has waited this long looks more often than newcomers do, so that he comes first.
_PATIENCE_S, _OFTEN_S = 3.0, 0.004


@contextmanager
def shared_lock(home: Path, *, timeout_s: float) -> Iterator[None]:
    """Hold the database for reading, together with other readers.

    Raises HomeError, naming the writer's process if it is known, after `timeout_s` seconds.
    """
    with _database_lock(home, fcntl.LOCK_SH, timeout_s):
        yield


@contextmanager
def exclusive_lock(home: Path, *, timeout_s: float) -> Iterator[None]:
    """Hold the database alone. Raises HomeError after `timeout_s` seconds."""
    with _database_lock(home, fcntl.LOCK_EX, timeout_s):
        yield


@contextmanager
def scan_lock(home: Path) -> Iterator[None]:
    """Hold the home folder for one scan. Raises HomeError at once if a scan is running."""
    path = home / SCAN
    descriptor = _open(path)
    try:
        if not _try(descriptor, fcntl.LOCK_EX):
            raise HomeError(
                f"another scan is running on {home}{_named(_holder(descriptor))}",
                remedy="wait until it has finished, or use another --home",
            )
        _sign(descriptor)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _database_lock(home: Path, mode: int, timeout_s: float) -> Iterator[None]:
    deadline = time.monotonic() + timeout_s
    room = _open(home / ROOM)
    try:
        gate = _open(home / GATE)
        try:
            _wait(gate, fcntl.LOCK_EX, deadline, home=home, room=room)
            _wait(room, mode, deadline, home=home, room=room)
        finally:
            os.close(gate)
        if mode == fcntl.LOCK_EX:
            _sign(room)
        yield
    finally:
        if mode == fcntl.LOCK_EX and _holder(room) == os.getpid():
            os.ftruncate(room, 0)
        os.close(room)


def _wait(descriptor: int, mode: int, deadline: float, *, home: Path, room: int) -> None:
    pause, begun = _FIRST_PAUSE_S, time.monotonic()
    while not _try(descriptor, mode):
        now = time.monotonic()
        if now >= deadline:
            raise HomeError(
                f"the database in {home} is in use{_named(_holder(room))}",
                remedy="wait until that process has finished, or end it",
            )
        time.sleep(pause)
        patient = now - begun < _PATIENCE_S
        pause = min(pause * 2, _LONGEST_PAUSE_S) if patient else _OFTEN_S


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise HomeError(
            f"{path}: {error.strerror}", remedy="make the home folder exist and writable"
        ) from None


def _try(descriptor: int, mode: int) -> bool:
    try:
        fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sign(descriptor: int) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)


def _holder(descriptor: int) -> int | None:
    """The process that signed the lock file, unless it is gone."""
    signed = os.pread(descriptor, 32, 0)
    if not signed.isdigit():
        return None
    try:
        os.kill(int(signed), 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return int(signed)


def _named(pid: int | None) -> str:
    return "" if pid is None else f" (process {pid})"
