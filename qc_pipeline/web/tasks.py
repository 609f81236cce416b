"""The queue as pages show it: a page of tasks, with clocks, and the next task after one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from qc_pipeline.policy import Policy
from qc_pipeline.policy.holidays import classify
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers.assignments import taken_by_others
from qc_pipeline.registers.timeline import due_date
from qc_pipeline.web.queue_filters import NOWHERE, TIERS, Filters, Place
from qc_pipeline.web.visitor import Visitor

_LOOKED_AT = 100  # more than reviewers work at once


@dataclass(frozen=True, slots=True)
class Task:
    """One call to hear. `row` is its row of `call_tasks` with the call's own columns."""

    row: Mapping[str, Any]
    tier: str
    due_at: datetime | None
    overdue: bool

    @property
    def place(self) -> Place:
        """Where it stands in the queue."""
        row = self.row
        return Place(row["tier"], row["weight"], row["started_at"], row["call_id"])


def task_page(
    visitor: Visitor, filters: Filters, *, after: Place | None, most: int
) -> tuple[list[Task], Place | None]:
    """The tasks behind `after`, and where the next page begins (None: that was the last)."""
    with visitor.reading():  # what is picked must still be there to be read
        places = _places(visitor, filters, after=after, most=most + 1)
        numbers = [place["row_number"] for place in places[:most]]
        rows = visitor.rows("queue_rows", {"row_numbers": numbers})
    tasks = [_task(row, visitor.desk.policy) for row in rows]
    return tasks, tasks[-1].place if len(places) > most else None


def free_call(
    visitor: Visitor, filters: Filters, *, after: Place | None, but: str | None = None
) -> str | None:
    """The first call behind `after` that nobody else is working on; not the call `but`."""
    places = _places(visitor, filters, after=after, most=_LOOKED_AT)
    ids = [place["call_id"] for place in places]
    taken = taken_by_others(
        visitor.desk.settings.home, ids, by=visitor.name, at=datetime.now(SHANGHAI)
    )
    return next((call_id for call_id in ids if call_id not in {*taken, but}), None)


def _places(
    visitor: Visitor, filters: Filters, *, after: Place | None, most: int
) -> list[dict[str, Any]]:
    params = {
        **filters.params(), "tier": filters.tier_number, "reader": visitor.name,
        "own_agent": visitor.user.agent_id, "most": most,
        **(after.params() if after else NOWHERE),
    }  # fmt: skip
    return visitor.rows("queue_places", params)


def task_place(visitor: Visitor, call_id: str) -> Place | None:
    """Where a call stands in the queue; None if nothing of it waits."""
    row = visitor.one("task", {"call_id": call_id})
    return Place(row["tier"], row["weight"], row["started_at"], call_id) if row else None


def counts(visitor: Visitor, filters: Filters) -> dict[str, Any]:
    """How much waits under these filters (but the tier), by tier, with the denominators."""
    row = visitor.one("queue_counts", filters.params()) or {}
    return {**row, "by_tier": dict(zip(TIERS, row["by_tier"], strict=True))}


def _task(row: Mapping[str, Any], policy: Policy) -> Task:
    due = _due(row, policy)
    return Task(row, TIERS[row["tier"]], due, due is not None and due < datetime.now(SHANGHAI))


def _due(row: Mapping[str, Any], policy: Policy) -> datetime | None:
    """The earliest clock of the call (POLICY "Findings age"; a complaint's first reply)."""
    if row["tier"] == 0:
        return row["started_at"]  # type: ignore[no-any-return]
    day_kind = partial(classify, holidays=policy.holidays)
    found = [row["due_at"]] if row["due_at"] else []
    for severity in ("critical", "major"):
        since = row[f"oldest_{severity}_at"]
        limit = policy.review.age_limits.get(severity)
        if since is not None and limit is not None:
            found.append(due_date(since, limit, day_kind=day_kind).at)
    return min(found, default=None)
