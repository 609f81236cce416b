"""A blind sample of calls in which nothing was found: what people hear there tells what was missed.

Which calls are in it follows from the policy's seed and the call's id alone, so it is the same on
every machine and nobody can choose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qc_pipeline.errors import RegisterError
from qc_pipeline.policy import Policy
from qc_pipeline.registers.chain import NewEvent, RegisterEvent
from qc_pipeline.registers.people import same_person
from qc_pipeline.store.store import Store

HEARD = "sample.heard"
_HEXADECIMAL = 16**8


@dataclass(frozen=True, slots=True)
class SampleReview:
    """What came of listening to a sampled call (a row of `sample_reviews`): `clean` if nothing
    was to be found, else the findings that were added.
    """

    call_id: str
    heard_by: str
    heard_at: datetime
    clean: bool
    findings: tuple[str, ...]
    note: str | None


@dataclass(frozen=True, slots=True)
class SampledCall:
    """A call of the sample that nobody has heard yet."""

    call_id: str
    agent_id: str
    started_at: datetime
    recording_duration_s: float | None


def sampled_calls(
    store: Store, *, policy: Policy, limit: int, reviewer: str | None = None
) -> list[SampledCall]:
    """The next calls of the sample, oldest first; not `reviewer`'s own.

    A share of the calls that were heard and have no finding that stands, and of each collector
    and month at least as many as the policy says.
    """
    rules = policy.review.sample
    wanted = {
        "seed": rules.seed, "below": f"{round(rules.share * _HEXADECIMAL):08x}",
        "everything": rules.share >= 1, "least": rules.least_per_agent_month,
        "reviewer": reviewer, "most": limit,
    }  # fmt: skip
    with store.reading() as session:
        return [SampledCall(**row) for row in session.rows("registers/sampled_calls", wanted)]


def decide_heard(
    call: Mapping[str, Any] | None, known: SampleReview | None, added: Sequence[str], *,
    call_id: str, by: str, at: datetime, note: str | None,
) -> NewEvent:  # fmt: skip
    """The event of `by` having heard a sampled call; `added` are the findings he added to it.

    Raises RegisterError if the call isn't there, was heard already, or is his own.
    """
    if call is None:
        raise RegisterError(f"there is no call {call_id}", remedy="see `qc review sample`")
    if known is not None:
        raise RegisterError(
            f"call {known.call_id} was heard by {known.heard_by}", remedy="take another one"
        )
    if same_person(by, call["agent_id"]):
        raise RegisterError(
            f"{by} made call {call['call_id']}", remedy="somebody else has to hear it"
        )
    payload = {"clean": not added, "findings": sorted(added), "note": note}
    return NewEvent(at, by, HEARD, call["call_id"], payload)


def apply(known: SampleReview | None, event: RegisterEvent) -> SampleReview:
    """The state after `event`. Raises RegisterError if it is the second of its kind."""
    if known is not None or event.action != HEARD:
        raise RegisterError(f"entry {event.seq}: {event.action} can't follow a call that was heard")
    details = event.details
    return SampleReview(
        call_id=event.subject, heard_by=event.actor, heard_at=event.at, clean=details["clean"],
        findings=tuple(details["findings"]), note=details["note"],
    )  # fmt: skip
