"""What waits for a person, one task per call (`call_tasks`): kept beside what it is made of."""

from __future__ import annotations

from collections.abc import Iterable

from qc_pipeline.store.store import Session, Store

_CALLS_PER_TRANSACTION = 2_000


def refresh_tasks(session: Session, call_ids: Iterable[str]) -> None:
    """Bring the tasks of `call_ids` up to date, inside an open transaction that changed them."""
    ids = sorted(set(call_ids))
    if ids:
        session.run("registers/tasks_drop", {"call_ids": ids})
        session.run("registers/tasks_put", {"call_ids": ids})


def update_tasks(store: Store) -> int:
    """Bring every task up to date, some calls a transaction; returns of how many calls.

    After a scan, and after anything that changed findings past `refresh_tasks`.
    """
    with store.reading() as session:
        stale = [row["call_id"] for row in session.rows("registers/tasks_stale")]
    for start in range(0, len(stale), _CALLS_PER_TRANSACTION):
        with store.writing() as session:
            refresh_tasks(session, stale[start : start + _CALLS_PER_TRANSACTION])
    return len(stale)
