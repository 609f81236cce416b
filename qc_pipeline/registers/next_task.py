"""The next call for a reviewer: taken under a lock, from the queue or from the blind sample."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from qc_pipeline.policy import Policy
from qc_pipeline.registers import assignments
from qc_pipeline.registers.assignments import Assignment
from qc_pipeline.registers.queue import QueueRow, list_queue
from qc_pipeline.registers.sampling import sampled_calls
from qc_pipeline.store.store import Store

URGENT = frozenset({"emergency", "complaint", "critical"})
_MOST_LOOKED_AT = 500
_HEXADECIMAL = 16**8


@dataclass(frozen=True, slots=True)
class Task:
    """A call to hear, whose it is until when, and what waits of it. Nothing waits of a call that
    is to be heard from beginning to end; whoever hears it isn't told why it was chosen.
    """

    assignment: Assignment
    rows: tuple[QueueRow, ...]


def next_task(store: Store, *, policy: Policy, by: str, at: datetime) -> Task | None:
    """The next call for `by`, which nobody else gets until its lock runs out; None if there is
    none. Asking again renews the lock of the call he has.

    One call is one task, however many findings wait. While nothing urgent does, the policy's
    share of tasks comes from the sample: which, follows from the reviewer and what waits first,
    so that asking again gives the same. Raises HomeError.
    """
    queue = list_queue(store, policy=policy, limit=_MOST_LOOKED_AT, reviewer=by, as_of=at)
    sample = sampled_calls(store, policy=policy, limit=_MOST_LOOKED_AT, reviewer=by)
    waiting = list(dict.fromkeys(row.call_id for row in queue))
    quiet = [call.call_id for call in sample]
    for call_id in _in_turn(
        queue, waiting, quiet, by=by, share=policy.review.sample.share_of_tasks
    ):
        taken = assignments.take(
            store.home, call_id, by=by, at=at, minutes=policy.review.lock_minutes
        )
        if taken.holder == by:
            return Task(taken, tuple(row for row in queue if row.call_id == call_id))
    return None


def _in_turn(
    queue: list[QueueRow], waiting: list[str], quiet: list[str], *, by: str, share: float
) -> list[str]:
    urgent = bool(queue) and queue[0].tier in URGENT
    if not urgent and waiting and quiet and _drawn(f"{by}/{waiting[0]}", share):
        return [*quiet, *waiting]
    return [*waiting, *quiet]


def _drawn(name: str, share: float) -> bool:
    draw = int(hashlib.sha256(name.encode()).hexdigest()[:8], 16)
    return draw < share * _HEXADECIMAL
