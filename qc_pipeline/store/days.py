"""The day of its call beside what was made of a call: what questions about days are pruned by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from qc_pipeline.store.store import Session

_Row = dict[str, Any]


def call_days(session: Session, call_ids: Iterable[str]) -> dict[str, date | None]:
    """The day (Asia/Shanghai) of each of the calls; None where its time isn't known."""
    rows = session.rows("load/days", {"call_ids": sorted(set(call_ids))})
    return {row["call_id"]: row["day"] for row in rows}


def with_days(rows: Sequence[_Row], days: Mapping[str, date | None]) -> list[_Row]:
    """`rows` that have a `call_id`, each with the `day` of its call."""
    return [{**row, "day": days.get(row["call_id"])} for row in rows]
