"""The registers as they stood at a past moment, and keeping what is needed for that.

What the log's entries up to a moment made of each entry of a register lies in
`register_history`; tables of the registers are read from there instead of as they are now.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from qc_pipeline.errors import UsageError
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers.log import check_moment, read_events
from qc_pipeline.registers.projections import PROJECTIONS, Registers, fold, save_trail
from qc_pipeline.store.store import Session, Store

LOG = "log"
REGISTERS: tuple[str, ...] = (*(each.name for each in PROJECTIONS), LOG)
"""What can be read as of a moment: each register by name, and the log itself."""


@contextmanager
def reading_as_of(
    store: Store, moment: datetime, *, registers: Iterable[str] = REGISTERS
) -> Iterator[Session]:
    """A session in which the tables of `registers` hold what they held at `moment`.

    Naming only those that are needed saves time. An entry counts from the time of the act it
    records. Raises RegisterError if `moment` has no offset or lies in the future, HomeError as
    `Store.reading` does, UsageError for a home whose history is incomplete.
    """
    at = check_moment(moment)
    with store.reading() as session:
        if missing := (session.one("registers/history_gap") or {})["missing"]:
            raise UsageError(
                f"{missing} entries of the register are older than its history",
                remedy="run `qc scan` once: it completes the history from the log",
            )
        wanted = frozenset(registers)
        for each in PROJECTIONS:
            if each.name in wanted:
                session.shadow(
                    each.table,
                    "registers/as_of",
                    {
                        "register": each.name,
                        "moment": at,
                        "structure": _structure(session, each.table),
                    },
                )
        if LOG in wanted:
            session.shadow("register_events", "registers/events_as_of", {"moment": at})
        yield session


def complete_history(store: Store) -> int:
    """Write what the log knows and the history doesn't, as in a home of an earlier version;
    returns how many entries that were.
    """
    with store.reading() as session:
        missing = int((session.one("registers/history_gap") or {})["missing"])
    if not missing:
        return 0
    with store.writing() as session:
        trail = fold(Registers(), read_events(session)).trail
        save_trail(session, trail)
    return missing


def parse_moment(text: str) -> datetime:
    """A moment as people write it: ISO 8601, Asia/Shanghai without an offset. A bare date means
    its end, today's means now. Raises UsageError.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is no date or time", remedy="write it like 2026-03-01 or 2026-03-01T09:30"
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=SHANGHAI)
    if len(text) <= len("2026-03-01"):
        now = datetime.now(SHANGHAI)
        end = moment.replace(hour=23, minute=59, second=59, microsecond=999_999)
        moment = now if moment <= now < end else end
    return moment.astimezone(SHANGHAI)


def _structure(session: Session, table: str) -> str:
    columns = session.rows("registers/columns", {"table": table})
    return json.dumps({row["name"]: _json_type(row["type"]) for row in columns})


def _json_type(sql_type: str) -> str | list[str]:
    plain = sql_type.removesuffix("[]")
    return [plain] if plain != sql_type else plain
