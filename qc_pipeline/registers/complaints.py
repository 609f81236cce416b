"""Complaints: states, clocks, and what people decide. Plain functions, nothing stored here.

Words of complaint in a call open a *proposed* record; a person accepts or declines it
(POLICY "Complaints"). Its clocks run from the moment the customer spoke all the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, get_args

from qc_pipeline.errors import RegisterError
from qc_pipeline.policy.complaints import ComplaintRules
from qc_pipeline.registers.chain import MACHINE, NewEvent, RegisterEvent, iso, moment
from qc_pipeline.registers.timeline import DayKind, DueDate, due_date

ComplaintState = Literal[
    "received", "declined", "logged", "collection_paused", "triaged", "evidence_locked",
    "preliminary_check", "first_reply_sent", "investigating", "extended", "escalated",
    "proposal", "satisfied", "not_satisfied", "resolved", "withdrawn", "archived",
    "bank_filed", "closed", "reopened",
]  # fmt: skip
COMPLAINT_STATES: tuple[ComplaintState, ...] = get_args(ComplaintState)
PROPOSED = "complaint.proposed"
ACCEPTED = "complaint.accepted"
DECLINED = "complaint.declined"
_WORDS_KEPT = 10

# Rulebook 3.3 with POLICY's preliminary check before the first reply. A complaint reaches
# `closed` only through archive and bank filing, and those only when the customer is
# satisfied, has withdrawn, or a superior has taken over what can't be settled.
TRANSITIONS: Mapping[ComplaintState, frozenset[ComplaintState]] = {
    "received": frozenset({"logged", "declined", "withdrawn"}),
    "declined": frozenset(),
    "logged": frozenset({"collection_paused", "withdrawn"}),
    "collection_paused": frozenset({"triaged", "withdrawn"}),
    "triaged": frozenset({"evidence_locked", "withdrawn"}),
    "evidence_locked": frozenset({"preliminary_check", "withdrawn"}),
    "preliminary_check": frozenset({"first_reply_sent", "withdrawn"}),
    "first_reply_sent": frozenset({"investigating", "withdrawn"}),
    "investigating": frozenset({"proposal", "extended", "escalated", "withdrawn"}),
    "extended": frozenset({"investigating", "withdrawn"}),
    "escalated": frozenset({"investigating", "resolved", "withdrawn"}),
    "proposal": frozenset({"satisfied", "not_satisfied", "withdrawn"}),
    "satisfied": frozenset({"resolved"}),
    "not_satisfied": frozenset({"investigating", "escalated", "withdrawn"}),
    "resolved": frozenset({"archived", "reopened"}),
    "withdrawn": frozenset({"archived"}),
    "archived": frozenset({"bank_filed", "reopened"}),
    "bank_filed": frozenset({"closed", "reopened"}),
    "closed": frozenset({"reopened"}),
    "reopened": frozenset({"investigating"}),
}


@dataclass(frozen=True, slots=True)
class ComplainingCall:
    """A call in which the customer spoke of complaining, in the order of the words."""

    call_id: str
    agent_id: str
    case_id: str | None
    started_at: datetime
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Complaint:
    """A complaint (a row of `complaints`). `due_uncertain` says why a due date may be wrong."""

    complaint_id: str
    state: ComplaintState
    channel: str
    received_at: datetime
    proposed_at: datetime
    logged_at: datetime | None
    first_reply_due: datetime
    first_reply_at: datetime | None
    decision_due: datetime
    decided_at: datetime | None
    due_uncertain: str | None
    calls: tuple[str, ...]
    case_id: str | None
    agent_id: str | None
    words: tuple[str, ...]
    proposed: bool
    decided_by: str | None
    note: str | None
    policy_version: str


def complaint_id_for(call_id: str) -> str:
    """The id of the complaint proposed from a call: the same call, the same record."""
    return "C" + hashlib.sha256(f"in_call\x1f{call_id}".encode()).hexdigest()[:16]


def due_dates(
    rules: ComplaintRules, *, received_at: datetime, logged_at: datetime | None, day_kind: DayKind
) -> dict[str, DueDate]:
    """Every clock that runs, by name: each with its own start and kind of days (CP-01, 3.3)."""
    starts = {"received": received_at, "logged": logged_at}
    running = {}
    for name, clock in rules.clocks.items():
        start = starts[clock.start]
        if start is not None:
            running[name] = due_date(start, clock, day_kind=day_kind)
    return running


def decide_propose(
    call: ComplainingCall, *, at: datetime, rules: ComplaintRules, policy_version: str,
    day_kind: DayKind,
) -> NewEvent:  # fmt: skip
    """The event that proposes a complaint from `call`; received when the call was made."""
    due = due_dates(rules, received_at=call.started_at, logged_at=None, day_kind=day_kind)
    payload = {
        "channel": "in_call",
        "received_at": iso(call.started_at),
        **_due_payload(due),
        "calls": [call.call_id],
        "case_id": call.case_id,
        "agent_id": call.agent_id,
        "words": list(call.words[:_WORDS_KEPT]),
        "policy_version": policy_version,
    }
    return NewEvent(at, MACHINE, PROPOSED, complaint_id_for(call.call_id), payload)


def decide_accept(
    complaint: Complaint, *, by: str, at: datetime, rules: ComplaintRules, day_kind: DayKind,
    note: str | None = None,
) -> NewEvent:  # fmt: skip
    """The event of `by` accepting a proposed complaint into the register.

    Raises RegisterError if it isn't proposed any more, `by` is the collector complained
    about, or `at` lies before the complaint itself.
    """
    _check_proposed(complaint, by=by, at=at, to="logged")
    due = due_dates(rules, received_at=complaint.received_at, logged_at=at, day_kind=day_kind)
    return NewEvent(at, by, ACCEPTED, complaint.complaint_id, {**_due_payload(due), "note": note})


def decide_decline(complaint: Complaint, *, by: str, at: datetime, note: str | None) -> NewEvent:
    """The event of `by` declining a proposed complaint; a note must say why (CP-10: a
    complaint is never dropped without a record). Raises RegisterError as `decide_accept`.
    """
    _check_proposed(complaint, by=by, at=at, to="declined")
    if not (note and note.strip()):
        raise RegisterError(
            f"declining complaint {complaint.complaint_id} needs a note",
            remedy="say in the note why this is no complaint",
        )
    return NewEvent(at, by, DECLINED, complaint.complaint_id, {"note": note})


def apply(complaint: Complaint | None, event: RegisterEvent) -> Complaint:
    """The complaint after `event`. Raises RegisterError if the event can't follow the state."""
    details = event.details
    if complaint is None:
        if event.action != PROPOSED:
            raise RegisterError(f"entry {event.seq}: {event.action} on an unknown complaint")
        return Complaint(
            complaint_id=event.subject,
            state="received",
            channel=details["channel"],
            received_at=moment(details["received_at"]),
            proposed_at=event.at,
            logged_at=None,
            first_reply_due=moment(details["first_reply_due"]),
            first_reply_at=None,
            decision_due=moment(details["decision_due"]),
            decided_at=None,
            due_uncertain=details["due_uncertain"],
            calls=tuple(details["calls"]),
            case_id=details["case_id"],
            agent_id=details["agent_id"],
            words=tuple(details["words"]),
            proposed=True,
            decided_by=None,
            note=None,
            policy_version=details["policy_version"],
        )
    to: ComplaintState = "logged" if event.action == ACCEPTED else "declined"
    if event.action not in (ACCEPTED, DECLINED) or not may_move(complaint, to):
        raise RegisterError(f"entry {event.seq}: {event.action} can't follow {complaint.state}")
    decided = replace(
        complaint, state=to, proposed=False, decided_by=event.actor, note=details["note"]
    )
    if to == "declined":
        return decided
    return replace(
        decided,
        logged_at=event.at,
        first_reply_due=moment(details["first_reply_due"]),
        decision_due=moment(details["decision_due"]),
        due_uncertain=details["due_uncertain"],
    )


def may_move(complaint: Complaint, to: ComplaintState) -> bool:
    """Whether the register allows `complaint` to become `to`."""
    return to in TRANSITIONS[complaint.state]


def _check_proposed(complaint: Complaint, *, by: str, at: datetime, to: ComplaintState) -> None:
    if not complaint.proposed or not may_move(complaint, to):
        raise RegisterError(
            f"complaint {complaint.complaint_id} is {complaint.state}, decided by "
            f"{complaint.decided_by}",
            remedy="only a proposed complaint can be accepted or declined",
        )
    if by == complaint.agent_id:
        raise RegisterError(
            f"complaint {complaint.complaint_id} concerns {by}",
            remedy="the collector complained about never handles it",
        )
    if at < complaint.received_at:
        raise RegisterError(
            f"complaint {complaint.complaint_id} was received on "
            f"{complaint.received_at:%Y-%m-%d %H:%M}",
            remedy="give a later time",
        )


def _due_payload(due: Mapping[str, DueDate]) -> dict[str, str | None]:
    uncertain = [date.uncertain for date in due.values() if date.uncertain]
    return {
        "first_reply_due": iso(due["first_reply"].at),
        "decision_due": iso(due["decision"].at),
        "due_uncertain": uncertain[0] if uncertain else None,
    }
