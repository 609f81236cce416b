"""Off the phones (停线): from when, until when, why, and who lifted it. No sanction (POLICY
"Discipline"); it protects customers while something is looked into. Nothing stored here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from qc_pipeline.errors import RegisterError
from qc_pipeline.registers.chain import NewEvent, RegisterEvent, iso, moment
from qc_pipeline.registers.hands import in_words
from qc_pipeline.registers.people import same_person

ORDERED = "stand_down.ordered"
LIFTED = "stand_down.lifted"


@dataclass(frozen=True, slots=True)
class StandDown:
    """Somebody is off the phones (a row of `stand_downs`); without `until_at` until lifted."""

    stand_down_id: str
    agent_id: str
    from_at: datetime
    until_at: datetime | None
    reason: str
    case_id: str | None
    ordered_by: str
    ordered_at: datetime
    lifted_by: str | None = None
    lifted_at: datetime | None = None
    lift_reason: str | None = None

    def holds(self, moment: datetime) -> bool:
        """Whether it keeps the person off the phones at `moment` (aware)."""
        ends = [each for each in (self.until_at, self.lifted_at) if each is not None]
        return self.from_at <= moment and all(moment < each for each in ends)


def decide_stand_down(
    *, agent_id: str, by: str, at: datetime, reason: str, others: Iterable[StandDown],
    from_at: datetime | None = None, until_at: datetime | None = None, case_id: str | None = None,
) -> NewEvent:  # fmt: skip
    """The event of `by` taking somebody off the phones, from `from_at` (default: now) on.

    `others` are that person's earlier ones. Raises RegisterError without a reason, for oneself,
    from a past moment on, to an end before the beginning, or while another one runs.
    """
    if same_person(by, agent_id):
        raise RegisterError(f"{by} can't take himself off the phones", remedy="a superior does")
    reason = in_words(reason, "a stand-down needs a reason", "give it")
    begins = from_at or at
    if begins < at:
        raise RegisterError(
            f"{begins:%Y-%m-%d %H:%M} has passed", remedy="nobody is taken off backwards"
        )
    if until_at is not None and until_at <= begins:
        raise RegisterError("it would end before it begins", remedy="give a later end")
    known = list(others)
    for each in known:
        if each.lifted_at is None and (each.until_at is None or each.until_at > begins):
            until = f"until {each.until_at:%Y-%m-%d %H:%M}" if each.until_at else "until lifted"
            raise RegisterError(
                f"{agent_id} is off the phones {until} ({each.stand_down_id})",
                remedy="lift that one first",
            )
    payload = {
        "agent_id": agent_id,
        "from_at": iso(begins),
        "until_at": iso(until_at) if until_at else None,
        "reason": reason,
        "case_id": case_id,
    }
    text = f"{agent_id}\x1f{len(known)}"
    name = "S" + hashlib.sha256(text.encode()).hexdigest()[:16]
    return NewEvent(at, by, ORDERED, name, payload)


def decide_lift(order: StandDown, *, by: str, at: datetime, reason: str) -> NewEvent:
    """The event of `by` putting somebody back on the phones, with the reason."""
    if order.lifted_at is not None or (order.until_at is not None and order.until_at <= at):
        ended = order.lifted_at or order.until_at
        raise RegisterError(
            f"stand-down {order.stand_down_id} ended on {ended:%Y-%m-%d %H:%M}",
            remedy="nothing is left to lift",
        )
    if same_person(by, order.agent_id):
        raise RegisterError(f"{by} can't lift his own stand-down", remedy="a superior does")
    if at < order.ordered_at:
        raise RegisterError("it was ordered later than that", remedy="give a later time")
    reason = in_words(reason, "lifting needs a reason", "give it")
    return NewEvent(at, by, LIFTED, order.stand_down_id, {"reason": reason})


def apply(order: StandDown | None, event: RegisterEvent) -> StandDown:
    """The state after `event`. Raises RegisterError if the event can't follow it."""
    details: dict[str, Any] = event.details
    if order is None and event.action == ORDERED:
        return StandDown(
            stand_down_id=event.subject,
            agent_id=details["agent_id"],
            from_at=moment(details["from_at"]),
            until_at=moment(details["until_at"]) if details["until_at"] else None,
            reason=details["reason"],
            case_id=details["case_id"],
            ordered_by=event.actor,
            ordered_at=event.at,
        )
    if order is not None and order.lifted_at is None and event.action == LIFTED:
        return replace(
            order, lifted_by=event.actor, lifted_at=event.at, lift_reason=details["reason"]
        )
    raise RegisterError(f"entry {event.seq}: {event.action} can't follow")
