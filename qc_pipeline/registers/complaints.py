"""Complaints: the record, its states, and how it enters the register. Nothing stored here.

Words of complaint in a call open a *proposed* record; a person accepts or declines it
(POLICY "Complaints"). Its clocks run from the moment the customer spoke all the same. What
people do with a complaint from then on is in `complaint_steps`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from qc_pipeline.errors import RegisterError
from qc_pipeline.policy.complaints import ComplaintRules
from qc_pipeline.registers.chain import MACHINE, NewEvent, RegisterEvent, iso
from qc_pipeline.registers.complaint_clocks import due_dates, uncertainty, written
from qc_pipeline.registers.people import same_person
from qc_pipeline.registers.steps import Machine, applied, in_words, not_before, opening, step
from qc_pipeline.registers.timeline import DayKind, DueDate

ComplaintState = Literal[
    "received", "declined", "logged", "collection_paused", "triaged", "evidence_locked",
    "preliminary_check", "first_reply_sent", "investigating", "extended", "escalated",
    "proposal", "satisfied", "not_satisfied", "resolved", "withdrawn", "archived",
    "bank_filed", "closed", "reopened",
]  # fmt: skip
COMPLAINT_STATES: tuple[ComplaintState, ...] = get_args(ComplaintState)
PROPOSED = "complaint.proposed"
RECEIVED = "complaint.received"
ACCEPTED = "complaint.accepted"
DECLINED = "complaint.declined"
LINKED = "complaint.linked"
PAUSED = "complaint.paused"
REPORTED = "complaint.reported"
CONTACTED = "complaint.contacted"
TEAM_ASSIGNED = "complaint.team_assigned"
TRIAGED = "complaint.triaged"
EVIDENCE_LOCKED = "complaint.evidence_locked"
EVIDENCE_ADDED = "complaint.evidence_added"
CHECKED = "complaint.checked"
REPLIED = "complaint.replied"
INVESTIGATED = "complaint.investigated"
PROGRESSED = "complaint.progressed"
EXTENDED = "complaint.extended"
ESCALATED = "complaint.escalated"
DECIDED = "complaint.decided"
UPHELD = "complaint.upheld"
TRANSFERRED = "complaint.transferred"
SATISFIED = "complaint.satisfied"
NOT_SATISFIED = "complaint.not_satisfied"
RESOLVED = "complaint.resolved"
WITHDRAWN = "complaint.withdrawn"
ARCHIVED = "complaint.archived"
FILED = "complaint.filed"
CLOSED = "complaint.closed"
REOPENED = "complaint.reopened"
BREACHED = "complaint.breached"
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
    "withdrawn": frozenset({"archived", "reopened"}),
    "archived": frozenset({"bank_filed", "reopened"}),
    "bank_filed": frozenset({"closed", "reopened"}),
    "closed": frozenset({"reopened"}),
    "reopened": frozenset({"investigating"}),
}
ENDED = frozenset({"declined", "resolved", "withdrawn", "archived", "bank_filed", "closed"})
"""States in which nothing is asked of the customer any more, and collection isn't paused."""
_IN_HAND = frozenset(COMPLAINT_STATES) - ENDED - {"received"}
_LOGGED = frozenset(COMPLAINT_STATES) - {"received", "declined"}


@dataclass(frozen=True, slots=True)
class ComplainingCall:
    """A call in which the customer spoke of complaining, in the order of the words."""

    call_id: str
    agent_id: str
    case_id: str | None
    started_at: datetime
    words: tuple[str, ...]
    phone: str | None = None
    customer_id: str | None = None
    bank: str | None = None


@dataclass(frozen=True, slots=True)
class Complaint:
    """A complaint (a row of `complaints`).

    `due_uncertain` says why a due date may be wrong. `agents`: everybody complained about.
    `clocks`, `met`, `breaches`: see `complaint_clocks`. `evidence`: `kind:id=sha256`; `gaps`:
    `call_id: why there is no recording`. `validity`: upheld | partly_upheld | not_upheld.
    """

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
    clocks: tuple[str, ...] = ()
    met: tuple[str, ...] = ()
    breaches: tuple[str, ...] = ()
    reference: str | None = None
    phone: str | None = None
    customer_id: str | None = None
    bank: str | None = None
    bank_due_at: datetime | None = None
    complainant: str | None = None
    agents: tuple[str, ...] = ()
    triage: str | None = None
    complex_case: bool = False
    team: str | None = None
    team_at: datetime | None = None
    contacted_at: datetime | None = None
    paused_at: datetime | None = None
    evidence: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    preliminary: str | None = None
    reply: str | None = None
    last_progress_at: datetime | None = None
    extension_approval: str | None = None
    decision: str | None = None
    validity: str | None = None
    upheld_at: datetime | None = None
    codes: tuple[str, ...] = ()
    satisfaction: str | None = None
    exit_approval: str | None = None
    transfer: str | None = None
    resolved_at: datetime | None = None
    withdrawn_at: datetime | None = None
    archive: str | None = None
    bank_receipt: str | None = None
    closed_at: datetime | None = None
    reopened: int = 0
    handled_by: tuple[str, ...] = ()


MACHINE_OF_COMPLAINTS = Machine(
    what="complaint",
    record=Complaint,
    key="complaint_id",
    transitions=TRANSITIONS,  # type: ignore[arg-type]
    leads={
        PROPOSED: "received", RECEIVED: "logged", ACCEPTED: "logged", DECLINED: "declined",
        PAUSED: "collection_paused", TRIAGED: "triaged", EVIDENCE_LOCKED: "evidence_locked",
        CHECKED: "preliminary_check", REPLIED: "first_reply_sent",
        INVESTIGATED: "investigating", EXTENDED: "extended", ESCALATED: "escalated",
        DECIDED: "proposal", SATISFIED: "satisfied", NOT_SATISFIED: "not_satisfied",
        RESOLVED: "resolved", WITHDRAWN: "withdrawn", ARCHIVED: "archived", FILED: "bank_filed",
        CLOSED: "closed", REOPENED: "reopened",
        LINKED: None, REPORTED: None, CONTACTED: None, TEAM_ASSIGNED: None,
        EVIDENCE_ADDED: None, PROGRESSED: None, UPHELD: None, TRANSFERRED: None, BREACHED: None,
    },
    opens=frozenset({PROPOSED, RECEIVED}),
    stays_in={
        LINKED: frozenset({"received"}) | _IN_HAND,
        REPORTED: _IN_HAND,
        CONTACTED: _IN_HAND,
        TEAM_ASSIGNED: _IN_HAND,
        EVIDENCE_ADDED: _LOGGED - {"logged", "collection_paused", "triaged", "closed"},
        PROGRESSED: _IN_HAND,
        UPHELD: frozenset({"proposal"}),
        TRANSFERRED: _LOGGED,
        BREACHED: _LOGGED,
    },
)  # fmt: skip


def complaint_id_for(call_id: str) -> str:
    """The id of the complaint proposed from a call: the same call, the same record."""
    return _id("in_call", call_id)


def complaint_id_of(channel: str, source: str, reference: str) -> str:
    """The id of a complaint that came with a `reference` of its `source` (a bank's name, or
    the channel's): the same reference, the same record.
    """
    return _id(channel, source, reference)


def _id(*parts: str) -> str:
    return "C" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class NewComplaint:
    """A complaint as somebody brings it: by hand, or a row of a file. None means unknown."""

    channel: str
    received_at: datetime
    text: str
    reference: str
    bank: str | None = None
    bank_due_at: datetime | None = None
    case_id: str | None = None
    customer_id: str | None = None
    phone: str | None = None
    agent_id: str | None = None
    complainant: str | None = None


def decide_propose(
    call: ComplainingCall, *, at: datetime, rules: ComplaintRules, policy_version: str,
    day_kind: DayKind,
) -> NewEvent:  # fmt: skip
    """The event that proposes a complaint from `call`; received when the call was made."""
    due = due_dates(
        rules, received_at=call.started_at, logged_at=None, detected_at=at, day_kind=day_kind
    )
    return opening(
        MACHINE_OF_COMPLAINTS, PROPOSED, complaint_id_for(call.call_id), by=MACHINE, at=at,
        channel="in_call", received_at=call.started_at, proposed_at=at, logged_at=None,
        first_reply_at=None, decided_at=None, **_due_values(due, logged=False),
        calls=(call.call_id,),
        case_id=call.case_id, agent_id=call.agent_id, agents=(call.agent_id,),
        words=call.words[:_WORDS_KEPT], phone=call.phone, customer_id=call.customer_id,
        bank=call.bank, proposed=True, decided_by=None, note=None, policy_version=policy_version,
    )  # fmt: skip


def decide_receive(
    new: NewComplaint, *, by: str, at: datetime, rules: ComplaintRules, policy_version: str,
    day_kind: DayKind, complaint_id: str | None = None,
) -> NewEvent:  # fmt: skip
    """The event of `by` entering a complaint that came through a channel: received and logged.

    Raises RegisterError for an unknown channel, no text, a time after `at`, a bank's due date
    before the complaint, or if it concerns `by`.
    """
    if new.channel not in rules.channels:
        raise RegisterError(
            f"there is no channel {new.channel!r}", remedy=f"use {', '.join(rules.channels)}"
        )
    text = in_words(new.text, "a complaint needs its words", "say what it is about")
    in_words(new.reference, "a complaint needs a reference", "give the number its source uses")
    not_before(at, new.received_at, "the complaint was received")
    if new.bank_due_at is not None:
        not_before(new.bank_due_at, new.received_at, "the complaint was received")
    if same_person(by, new.agent_id):
        raise RegisterError(
            f"the complaint concerns {by}", remedy="the collector complained about never handles it"
        )
    due = due_dates(
        rules, received_at=new.received_at, logged_at=at, bank_due_at=new.bank_due_at,
        day_kind=day_kind,
    )  # fmt: skip
    source = new.bank or new.channel
    return opening(
        MACHINE_OF_COMPLAINTS, RECEIVED,
        complaint_id or complaint_id_of(new.channel, source, new.reference), by=by, at=at,
        channel=new.channel, received_at=new.received_at, proposed_at=at, logged_at=at,
        first_reply_at=None, decided_at=None, **_due_values(due), calls=(), case_id=new.case_id,
        agent_id=new.agent_id, agents=(new.agent_id,) if new.agent_id else (), words=(text,),
        reference=new.reference.strip(), phone=new.phone, customer_id=new.customer_id,
        bank=new.bank, bank_due_at=new.bank_due_at, complainant=new.complainant, proposed=False,
        decided_by=by, note=None, policy_version=policy_version, handled_by=(by,),
    )  # fmt: skip


def decide_accept(
    complaint: Complaint, *, by: str, at: datetime, rules: ComplaintRules, day_kind: DayKind,
    note: str | None = None,
) -> NewEvent:  # fmt: skip
    """The event of `by` accepting a proposed complaint into the register.

    Raises RegisterError if it isn't proposed any more, `by` is the collector complained
    about, or `at` lies before the complaint itself.
    """
    _check_proposed(complaint, by=by, at=at, to="logged")
    due = due_dates(
        rules, received_at=complaint.received_at, logged_at=at, detected_at=complaint.proposed_at,
        bank_due_at=complaint.bank_due_at, day_kind=day_kind,
    )  # fmt: skip
    return step(
        MACHINE_OF_COMPLAINTS, complaint, ACCEPTED, by=by, at=at, **_due_values(due), logged_at=at,
        proposed=False, decided_by=by, note=note, handled_by=(by,),
    )  # fmt: skip


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
    return step(
        MACHINE_OF_COMPLAINTS, complaint, DECLINED, by=by, at=at, proposed=False, decided_by=by,
        note=note,
    )  # fmt: skip


def apply(complaint: Complaint | None, event: RegisterEvent) -> Complaint:
    """The complaint after `event`. Raises RegisterError if the event can't follow the state."""
    changed: Complaint = applied(
        MACHINE_OF_COMPLAINTS, complaint, event, values=_todays_values(event)
    )
    return changed


def may_move(complaint: Complaint, to: ComplaintState) -> bool:
    """Whether the register allows `complaint` to become `to`."""
    return to in TRANSITIONS[complaint.state]


def check_handler(complaint: Complaint, by: str) -> None:
    """Raises RegisterError if `by` is among those complained about (3.3)."""
    if any(same_person(by, agent) for agent in (complaint.agent_id, *complaint.agents)):
        raise RegisterError(
            f"complaint {complaint.complaint_id} concerns {by}",
            remedy="the collector complained about never handles it",
        )


def _check_proposed(complaint: Complaint, *, by: str, at: datetime, to: ComplaintState) -> None:
    if not complaint.proposed or not may_move(complaint, to):
        raise RegisterError(
            f"complaint {complaint.complaint_id} is {complaint.state}, decided by "
            f"{complaint.decided_by}",
            remedy="only a proposed complaint can be accepted or declined",
        )
    check_handler(complaint, by)
    if at < complaint.received_at:
        raise RegisterError(
            f"complaint {complaint.complaint_id} was received on "
            f"{complaint.received_at:%Y-%m-%d %H:%M}",
            remedy="give a later time",
        )


def _due_values(due: Mapping[str, DueDate], *, logged: bool = True) -> dict[str, Any]:
    running = {name: date.at for name, date in due.items() if logged or name != "decision"}
    return {
        "first_reply_due": due["first_reply"].at,
        "decision_due": due["decision"].at,
        "due_uncertain": uncertainty(due.values()),
        "clocks": written(running),
    }


def _todays_values(event: RegisterEvent) -> dict[str, Any] | None:
    """What an entry of the first release writes, which named its fields without `set`."""
    details = event.details
    if "set" in details or event.action not in (PROPOSED, ACCEPTED, DECLINED):
        return None
    values = dict(details)
    if event.action == PROPOSED:
        values |= {
            "proposed_at": iso(event.at), "logged_at": None, "first_reply_at": None,
            "decided_at": None, "proposed": True, "decided_by": None, "note": None,
        }  # fmt: skip
    else:
        values |= {"proposed": False, "decided_by": event.actor}
    if event.action == ACCEPTED:
        values["logged_at"] = iso(event.at)
    if event.action != DECLINED:
        values["clocks"] = [
            f"first_reply={details['first_reply_due']}", f"decision={details['decision_due']}"
        ]  # fmt: skip
    return values
