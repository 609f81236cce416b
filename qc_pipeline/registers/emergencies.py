"""Emergencies heard in a call: an alert that somebody must acknowledge (POLICY "Triage order")."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from qc_pipeline.errors import RegisterError
from qc_pipeline.registers.chain import NewEvent, RegisterEvent

ACKNOWLEDGED = "emergency.acknowledged"


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Who took over the emergency of a call (a row of `emergency_acknowledgements`)."""

    call_id: str
    acknowledged_by: str
    acknowledged_at: datetime
    note: str | None


def decide_acknowledge(
    call_id: str, known: Acknowledgement | None, *, agent_id: str, by: str, at: datetime, note: str
) -> NewEvent:
    """The event of `by` taking over the emergency of a call; the note says what was done.

    Raises RegisterError if somebody has already, the note is empty, or `by` made the call.
    """
    if known is not None:
        raise RegisterError(
            f"the emergency of call {call_id} was taken over by {known.acknowledged_by}",
            remedy="ask them how it stands",
        )
    if by == agent_id:
        raise RegisterError(f"{by} made call {call_id}", remedy="a superior has to take over")
    if not note.strip():
        raise RegisterError(
            f"taking over the emergency of call {call_id} needs a note",
            remedy="say what was done",
        )
    return NewEvent(at, by, ACKNOWLEDGED, call_id, {"note": note})


def apply(known: Acknowledgement | None, event: RegisterEvent) -> Acknowledgement:
    """The state after `event`. Raises RegisterError if it is the second of its kind."""
    if known is not None or event.action != ACKNOWLEDGED:
        raise RegisterError(f"entry {event.seq}: {event.action} can't follow an acknowledgement")
    return Acknowledgement(event.subject, event.actor, event.at, event.details["note"])
