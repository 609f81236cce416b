"""Who is working on which call: a lock that runs out by itself.

It lies in a small SQLite file beside the database (`assignments.sqlite3`): taking a call must not
wait for whoever writes to the database, and is forgotten, not recorded.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from qc_pipeline.errors import HomeError
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers.people import same_person
from qc_pipeline.store.store import QUERY_DIR

FILE = "assignments.sqlite3"
_QUERIES = QUERY_DIR / "assignments"


@dataclass(frozen=True, slots=True)
class Assignment:
    """Until when a call is whose."""

    call_id: str
    holder: str
    until: datetime


def take(home: Path, call_id: str, *, by: str, at: datetime, minutes: int) -> Assignment:
    """Make the call `by`'s for so many minutes, or longer if it is his already.

    Gives the assignment that holds: somebody else's, if it is taken. Of two who ask at once one
    gets it. Raises HomeError if the home folder can't be written.
    """
    until = at + timedelta(minutes=minutes)
    with _open(home) as connection:
        row = connection.execute(
            _query("holder"), {"call_id": call_id, "now": at.timestamp()}
        ).fetchone()
        if row is not None and not same_person(row[0], by):
            return Assignment(call_id, row[0], datetime.fromtimestamp(row[1], SHANGHAI))
        connection.execute(
            _query("take"), {"call_id": call_id, "holder": by, "until": until.timestamp()}
        )
    return Assignment(call_id, by, until)


def holder(home: Path, call_id: str, *, at: datetime) -> Assignment | None:
    """Whose the call is at that moment; None if nobody has taken it."""
    if not (home / FILE).exists():
        return None
    with _open(home) as connection:
        row = connection.execute(
            _query("holder"), {"call_id": call_id, "now": at.timestamp()}
        ).fetchone()
    return Assignment(call_id, row[0], datetime.fromtimestamp(row[1], SHANGHAI)) if row else None


def release(home: Path, call_id: str, *, by: str) -> bool:
    """Give a call back; whether it was `by`'s."""
    with _open(home) as connection:
        row = connection.execute(_query("holder"), {"call_id": call_id, "now": 0}).fetchone()
        if row is None or not same_person(row[0], by):
            return False
        connection.execute(_query("release"), {"call_id": call_id})
    return True


def taken_by_others(
    home: Path, call_ids: Iterable[str], *, by: str, at: datetime
) -> frozenset[str]:
    """Those of the calls that somebody else is working on."""
    with _open(home) as connection:
        rows = connection.execute(_query("held"), {"now": at.timestamp()}).fetchall()
    held = {call_id for call_id, holder in rows if not same_person(holder, by)}
    return frozenset(held & set(call_ids))


@contextmanager
def _open(home: Path) -> Iterator[sqlite3.Connection]:
    """One transaction, alone from its first statement on."""
    path = home / FILE
    try:
        with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
            connection.execute(_query("layout"))
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
    except sqlite3.OperationalError as error:
        raise HomeError(f"{path}: {error}", remedy="make the home folder writable") from None


def _query(name: str) -> str:
    return (_QUERIES / f"{name}.sql").read_text("utf-8")
