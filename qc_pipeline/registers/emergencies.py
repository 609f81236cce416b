"""Emergencies heard in a call: an alert that somebody must take over, and what follows.

signal -> agent_calmed -> superior_notified -> emergency_services_or_family -> followed_up ->
closed (rulebook 3.3, 000 十二). The alert is acknowledged beside these steps (POLICY "Triage
order"). From the first entry on no collection takes place until a superior signs.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from qc_pipeline.errors import RegisterError
from qc_pipeline.registers.chain import NewEvent, RegisterEvent
from qc_pipeline.registers.people import same_person
from qc_pipeline.registers.steps import Machine, applied, in_words, not_before, opening, step

EmergencyState = Literal[
    "signal", "agent_calmed", "superior_notified", "emergency_services_or_family", "followed_up",
    "closed",
]  # fmt: skip
ACKNOWLEDGED = "emergency.acknowledged"
CALMED, NOTIFIED = "emergency.calmed", "emergency.notified"
HELP_CALLED, FOLLOWED_UP = "emergency.help_called", "emergency.followed_up"
SIGNED, CLOSED = "emergency.signed", "emergency.closed"


@dataclass(frozen=True, slots=True)
class Emergency:
    """The emergency of a call, from the moment somebody took it over (a row of `emergencies`).

    `steps`: `state: who, when, what` of each step. `signed_by`: the superior who let collection
    resume.
    """

    call_id: str
    state: EmergencyState
    acknowledged_by: str
    acknowledged_at: datetime
    note: str | None
    case_id: str | None = None
    phone: str | None = None
    agent_id: str | None = None
    signalled_at: datetime | None = None
    superior: str | None = None
    steps: tuple[str, ...] = ()
    signed_by: str | None = None
    signed_at: datetime | None = None
    sign_note: str | None = None
    closed_at: datetime | None = None


MACHINE_OF_EMERGENCIES = Machine(
    what="emergency",
    record=Emergency,
    key="call_id",
    transitions={
        "signal": frozenset({"agent_calmed"}),
        "agent_calmed": frozenset({"superior_notified"}),
        "superior_notified": frozenset({"emergency_services_or_family"}),
        "emergency_services_or_family": frozenset({"followed_up"}),
        "followed_up": frozenset({"closed"}),
        "closed": frozenset(),
    },
    leads={
        ACKNOWLEDGED: "signal", CALMED: "agent_calmed", NOTIFIED: "superior_notified",
        HELP_CALLED: "emergency_services_or_family", FOLLOWED_UP: "followed_up",
        CLOSED: "closed", SIGNED: None,
    },
    opens=frozenset({ACKNOWLEDGED}),
    stays_in={
        SIGNED: frozenset(
            {"superior_notified", "emergency_services_or_family", "followed_up", "closed"}
        )
    },
)  # fmt: skip


def decide_acknowledge(
    call_id: str, known: Emergency | None, *, agent_id: str, by: str, at: datetime, note: str,
    case_id: str | None = None, phone: str | None = None, signalled_at: datetime | None = None,
) -> NewEvent:  # fmt: skip
    """The event of `by` taking over the emergency of a call; the note says what was done.

    Raises RegisterError if somebody has already, the note is empty, or `by` made the call.
    """
    if known is not None:
        raise RegisterError(
            f"the emergency of call {call_id} was taken over by {known.acknowledged_by}",
            remedy="ask them how it stands",
        )
    if same_person(by, agent_id):
        raise RegisterError(f"{by} made call {call_id}", remedy="a superior has to take over")
    note = in_words(
        note, f"taking over the emergency of call {call_id} needs a note", "say what was done"
    )
    return opening(
        MACHINE_OF_EMERGENCIES, ACKNOWLEDGED, call_id, by=by, at=at, acknowledged_by=by,
        acknowledged_at=at, note=note, case_id=case_id, phone=phone, agent_id=agent_id,
        signalled_at=signalled_at,
    )  # fmt: skip


def decide_step(
    emergency: Emergency, action: str, *, by: str, at: datetime, note: str,
    superior: str | None = None,
) -> NewEvent:  # fmt: skip
    """The next step, in its order, with what was done; `superior` is whom NOTIFIED told.

    Raises RegisterError if it isn't the next step, or something isn't said.
    """
    note = in_words(note, "the step needs a note", "say what was done")
    values: dict[str, Any] = {}
    if action == NOTIFIED:
        values["superior"] = in_words(superior, "no superior is named", "say who was told")
    if action == CLOSED:
        if emergency.signed_by is None:
            raise RegisterError(
                f"no superior has signed the emergency of call {emergency.call_id}",
                remedy="a superior signs first: qc emergency sign",
            )
        values["closed_at"] = at
    not_before(at, emergency.signalled_at, "the call")
    to = MACHINE_OF_EMERGENCIES.leads[action]
    line = f"{to}: {by}, {at:%Y-%m-%d %H:%M}, {note}"
    return step(
        MACHINE_OF_EMERGENCIES, emergency, action, by=by, at=at, steps=(*emergency.steps, line),
        **values,
    )  # fmt: skip


def decide_sign(
    emergency: Emergency, *, by: str, at: datetime, note: str, superiors: Collection[str] = ()
) -> NewEvent:
    """A superior lets collection resume. `superiors`: those above the collector, if the staff
    table says so; without a table, anybody but the collector and whom it can't be told of.

    Raises RegisterError if `by` is the collector or, as far as is known, no superior of his.
    """
    note = in_words(note, "signing needs a note", "say why collection may resume")
    if same_person(by, emergency.agent_id):
        raise RegisterError(f"{by} made call {emergency.call_id}", remedy="a superior has to sign")
    known = [*superiors] or ([emergency.superior] if emergency.superior else [])
    if not any(same_person(by, superior) for superior in known):
        raise RegisterError(
            f"{by} is not known as a superior of {emergency.agent_id}",
            remedy=f"one of these has to sign: {', '.join(known)}",
        )
    if emergency.signed_by is not None:
        raise RegisterError(
            f"{emergency.signed_by} has signed already", remedy="nothing is left to sign"
        )
    return step(
        MACHINE_OF_EMERGENCIES, emergency, SIGNED, by=by, at=at, signed_by=by, signed_at=at,
        sign_note=note,
    )  # fmt: skip


def apply(known: Emergency | None, event: RegisterEvent) -> Emergency:
    """The state after `event`. Raises RegisterError if the event can't follow it."""
    values = None
    if "set" not in event.details:  # an entry of the first release
        values = {
            "acknowledged_by": event.actor,
            "acknowledged_at": event.at.isoformat(),
            "note": event.details["note"],
        }
    changed: Emergency = applied(MACHINE_OF_EMERGENCIES, known, event, values=values)
    return changed
