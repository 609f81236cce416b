"""The SQLite file of accounts, sessions and listens. SQL lies in `sql/<name>.sql`."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from qc_pipeline.errors import HomeError

FILE = "desk.sqlite3"
LAYOUT = 1
_SQL = Path(__file__).parent / "sql"

Params = Mapping[str, Any]
Row = dict[str, Any]


class SideStore:
    """Short transactions on `<home>/desk.sqlite3`. Moments are seconds since 1970 (UTC)."""

    def __init__(self, home: Path) -> None:
        self._path = home / FILE

    def prepare(self) -> None:
        """Create the file, readable by its owner only.

        Raises HomeError if it can't be made or a newer version made it.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise HomeError(
                f"{self._path}: {error.strerror}", remedy="choose a writable --home"
            ) from None
        with self._connected() as connection:
            [[layout]] = connection.execute("PRAGMA user_version").fetchall()
            if layout > LAYOUT:
                raise HomeError(
                    f"{self._path} is from a newer version", remedy="upgrade qc-pipeline"
                )
            if layout < LAYOUT:
                connection.executescript(_query("layout"))

    def rows(self, name: str, params: Params | None = None) -> list[Row]:
        """Run query or statement `name` in a transaction of its own; all its rows."""
        with self._connected() as connection, connection:
            return [dict(row) for row in connection.execute(_query(name), params or {})]

    def one(self, name: str, params: Params | None = None) -> Row | None:
        """The first row of `name`, or None."""
        rows = self.rows(name, params)
        return rows[0] if rows else None

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._path, timeout=10)) as connection:
                connection.row_factory = sqlite3.Row
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA foreign_keys=ON")
                yield connection
        except sqlite3.OperationalError as error:
            raise HomeError(
                f"{self._path}: {error}", remedy="see that the disk has room and the file is yours"
            ) from error


@cache
def _query(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text("utf-8")
