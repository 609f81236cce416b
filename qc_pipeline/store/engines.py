"""DuckDB engines that outlive a session: starting one costs more than most questions do.

A session attaches the database file to an engine that is there already and detaches it at its end,
so that the file is held no longer than before: another process may have it at once. Sessions that
overlap, all of them readers, share what is attached.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

_NAME = "qc"  # what DuckDB calls the file when it is opened by itself
_MOST_IDLE = 2


@dataclass(slots=True)
class _Attached:
    engine: duckdb.DuckDBPyConnection
    sessions: int = 0
    sound: bool = True


class _Engines:
    """The engines of this process: idle ones, and those that have a file attached."""

    def __init__(self) -> None:
        self._left: list[object] = []
        self._begin()

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[duckdb.DuckDBPyConnection] = []
        self._attached: dict[Path, _Attached] = {}

    def leave(self) -> None:
        """In a forked process: an engine's threads didn't come along, so it must not be used here,
        nor taken down.
        """
        self._left += [self._idle, self._attached]
        self._begin()

    def close_idle(self) -> None:
        """Take down what nobody uses."""
        with self._lock:
            while self._idle:
                self._idle.pop().close()

    @contextmanager
    def connected(self, path: Path, *, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection to the database at `path`. Whoever writes is alone: the caller's lock sees
        to that. Raises what DuckDB raises when it opens a file.
        """
        with self._lock:
            held = self._attached.get(path) or self._attach(path, read_only=read_only)
            held.sessions += 1
        try:
            with closing(held.engine.cursor()) as connection:
                connection.execute(f"USE {_NAME}").fetchall()
                yield connection
        except duckdb.FatalException:
            held.sound = False
            raise
        finally:
            with self._lock:
                held.sessions -= 1
                if not held.sessions:
                    self._detach(path, held)

    def _attach(self, path: Path, *, read_only: bool) -> _Attached:
        engine = self._idle.pop() if self._idle else duckdb.connect(":memory:")
        place, mode = str(path).replace("'", "''"), "READ_ONLY" if read_only else "READ_WRITE"
        try:
            engine.execute(f"ATTACH '{place}' AS {_NAME} ({mode})").fetchall()
        except BaseException:
            engine.close()
            raise
        held = self._attached[path] = _Attached(engine)
        return held

    def _detach(self, path: Path, held: _Attached) -> None:
        del self._attached[path]
        if held.sound:
            try:
                held.engine.execute(f"DETACH {_NAME}").fetchall()
            except duckdb.Error:
                held.sound = False  # what was committed is in the file's log
        if held.sound and len(self._idle) < _MOST_IDLE:
            self._idle.append(held.engine)
        else:
            held.engine.close()


_ENGINES = _Engines()
os.register_at_fork(after_in_child=_ENGINES.leave)
atexit.register(_ENGINES.close_idle)


def connected(path: Path, *, read_only: bool) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    """A connection for one session to the database at `path`."""
    return _ENGINES.connected(path.absolute(), read_only=read_only)
