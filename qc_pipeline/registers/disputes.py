"""Disputes: the customer questions the debt itself (rulebook 3.3, 001 二十六).

raised -> collection_paused -> supervisor_notified -> forwarded_to_bank -> bank_decided ->
resumed, or withdrawn at any time before. What detection heard in a call comes as `proposed`: a
person accepts it (raised) or declines it, with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from qc_pipeline.errors import RegisterError
from qc_pipeline.registers.chain import MACHINE, NewEvent, RegisterEvent
from qc_pipeline.registers.people import check_not_heard_by, same_person
from qc_pipeline.registers.steps import Machine, applied, in_words, not_before, opening, step

DisputeState = Literal[
    "proposed", "declined", "raised", "collection_paused", "supervisor_notified", "forwarded_to_bank", "bank_decided",
    "resumed", "withdrawn",
]  # fmt: skip
PROPOSED = "dispute.proposed"
ACCEPTED, DECLINED = "dispute.accepted", "dispute.declined"
RAISED, PAUSED = "dispute.raised", "dispute.paused"
NOTIFIED, FORWARDED = "dispute.notified", "dispute.forwarded"
DECIDED, RESUMED, WITHDRAWN = "dispute.decided", "dispute.resumed", "dispute.withdrawn"
WAYS = ("phone", "email")


@dataclass(frozen=True, slots=True)
class Dispute:
    """A dispute about a case (a row of `disputes`); `decision` is the bank's."""

    dispute_id: str
    state: DisputeState
    raised_at: datetime
    recorded_by: str
    recorded_at: datetime
    about: str
    case_id: str | None = None
    phone: str | None = None
    call_id: str | None = None
    agent_id: str | None = None
    paused_at: datetime | None = None
    supervisor: str | None = None
    notified_at: datetime | None = None
    forwarded_way: str | None = None
    forwarded_to: str | None = None
    forwarded_at: datetime | None = None
    decision: str | None = None
    decided_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: str | None = None


MACHINE_OF_DISPUTES = Machine(
    what="dispute",
    record=Dispute,
    key="dispute_id",
    transitions={
        "proposed": frozenset({"raised", "declined"}),
        "declined": frozenset(),
        "raised": frozenset({"collection_paused", "withdrawn"}),
        "collection_paused": frozenset({"supervisor_notified", "withdrawn"}),
        "supervisor_notified": frozenset({"forwarded_to_bank", "withdrawn"}),
        "forwarded_to_bank": frozenset({"bank_decided", "withdrawn"}),
        "bank_decided": frozenset({"resumed", "withdrawn"}),
        "resumed": frozenset(),
        "withdrawn": frozenset(),
    },
    leads={
        PROPOSED: "proposed", ACCEPTED: "raised", DECLINED: "declined",
        RAISED: "raised", PAUSED: "collection_paused", NOTIFIED: "supervisor_notified",
        FORWARDED: "forwarded_to_bank", DECIDED: "bank_decided", RESUMED: "resumed",
        WITHDRAWN: "withdrawn",
    },
    opens=frozenset({RAISED, PROPOSED}),
    stays_in={},
)  # fmt: skip


def decide_raise(
    dispute_id: str, *, by: str, at: datetime, raised_at: datetime, about: str,
    case_id: str | None, phone: str | None = None, call_id: str | None = None,
    agent_id: str | None = None,
) -> NewEvent:  # fmt: skip
    """`by` records that the customer disputes the debt; the machine (`MACHINE`) only proposes it.

    Raises RegisterError without words, or with neither case nor number.
    """
    about = in_words(about, "a dispute needs its words", "say what the customer disputes")
    not_before(at, raised_at, "the dispute was raised")
    if not (case_id or phone):
        raise RegisterError("a dispute is about a case", remedy="give the case or the number")
    return opening(
        MACHINE_OF_DISPUTES, PROPOSED if by == MACHINE else RAISED, dispute_id, by=by, at=at,
        raised_at=raised_at, recorded_by=by, recorded_at=at, about=about, case_id=case_id,
        phone=phone, call_id=call_id, agent_id=agent_id,
    )  # fmt: skip


def decide_accept(dispute: Dispute, *, by: str, at: datetime) -> NewEvent:
    """`by` accepts what was heard: the dispute is raised. Not the collector whose call it was."""
    check_not_heard_by(by, dispute.agent_id, f"dispute {dispute.dispute_id}")
    return _step(dispute, ACCEPTED, by=by, at=at, recorded_by=by, recorded_at=at)


def decide_decline(dispute: Dispute, *, by: str, at: datetime, reason: str) -> NewEvent:
    """What was heard is no dispute. Not for the collector whose call it was to say."""
    reason = in_words(reason, f"declining dispute {dispute.dispute_id} needs a reason", "say why")
    check_not_heard_by(by, dispute.agent_id, f"dispute {dispute.dispute_id}")
    return _step(dispute, DECLINED, by=by, at=at, ended_at=at, end_reason=reason)


def decide_pause(dispute: Dispute, *, by: str, at: datetime) -> NewEvent:
    """Collection is paused; the flag that does it is a second event (`stop_flags`)."""
    return _step(dispute, PAUSED, by=by, at=at, paused_at=at)


def decide_notify(dispute: Dispute, *, by: str, at: datetime, supervisor: str) -> NewEvent:
    """The supervisor was told."""
    supervisor = in_words(supervisor, "no supervisor is named", "say who was told")
    return _step(dispute, NOTIFIED, by=by, at=at, supervisor=supervisor, notified_at=at)


def decide_forward(dispute: Dispute, *, by: str, at: datetime, way: str, to: str) -> NewEvent:
    """It was passed on to the bank by phone or e-mail."""
    if way not in WAYS:
        raise RegisterError(f"{way!r} is no way to the bank", remedy=f"use {' or '.join(WAYS)}")
    to = in_words(to, "nobody at the bank is named", "say who received it")
    return _step(dispute, FORWARDED, by=by, at=at, forwarded_way=way, forwarded_to=to,
                 forwarded_at=at)  # fmt: skip


def decide_bank(dispute: Dispute, *, by: str, at: datetime, decision: str) -> NewEvent:
    """What the bank decided."""
    decision = in_words(decision, "the bank's decision is missing", "say what it decided")
    return _step(dispute, DECIDED, by=by, at=at, decision=decision, decided_at=at)


def decide_resume(dispute: Dispute, *, by: str, at: datetime, reason: str) -> NewEvent:
    """Collection goes on; not by the collector whose call raised the dispute."""
    return _end(dispute, RESUMED, by=by, at=at, reason=reason)


def decide_withdraw(dispute: Dispute, *, by: str, at: datetime, reason: str) -> NewEvent:
    """The customer withdrew the dispute; `reason` says how."""
    return _end(dispute, WITHDRAWN, by=by, at=at, reason=reason)


def apply(dispute: Dispute | None, event: RegisterEvent) -> Dispute:
    """The dispute after `event`. Raises RegisterError if the event can't follow the state."""
    changed: Dispute = applied(MACHINE_OF_DISPUTES, dispute, event)
    return changed


def _end(dispute: Dispute, action: str, *, by: str, at: datetime, reason: str) -> NewEvent:
    reason = in_words(reason, f"ending dispute {dispute.dispute_id} needs a reason", "say why")
    if same_person(by, dispute.agent_id):
        raise RegisterError(
            f"dispute {dispute.dispute_id} was raised in a call of {by}",
            remedy="somebody else has to end it",
        )
    return _step(dispute, action, by=by, at=at, ended_at=at, end_reason=reason)


def _step(dispute: Dispute, action: str, *, by: str, at: datetime, **values: Any) -> NewEvent:
    not_before(at, dispute.raised_at, "the dispute was raised")
    return step(MACHINE_OF_DISPUTES, dispute, action, by=by, at=at, **values)
