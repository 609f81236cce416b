"""Objections of customers: answered in the call, or by a date (rulebook 3.3, CC-61).

What detection heard in a call comes as `proposed`: a person accepts it, or declines it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from qc_pipeline.errors import RegisterError
from qc_pipeline.policy.complaints import ObjectionKind
from qc_pipeline.registers.chain import MACHINE, NewEvent, RegisterEvent, iso
from qc_pipeline.registers.people import check_not_heard_by, same_person
from qc_pipeline.registers.steps import Machine, applied, in_words, not_before, opening, step
from qc_pipeline.registers.timeline import DayKind, DueDate, due_date

ObjectionState = Literal[
    "proposed", "declined", "raised", "answered_in_call", "reply_due", "replied"
]  # fmt: skip
PROPOSED = "objection.proposed"
ACCEPTED, DECLINED = "objection.accepted", "objection.declined"
RAISED, ANSWERED = "objection.raised", "objection.answered"
DEFERRED, REPLIED = "objection.deferred", "objection.replied"
BREACHED = "objection.breached"


@dataclass(frozen=True, slots=True)
class Objection:
    """An objection (a row of `objections`). `reply_due` None with state reply_due: nobody has
    set by when, and `due_uncertain` says so. Of one that was declined, `answer` says why.
    """

    objection_id: str
    state: ObjectionState
    kind: str
    text: str
    raised_at: datetime
    recorded_by: str
    recorded_at: datetime
    case_id: str | None = None
    call_id: str | None = None
    agent_id: str | None = None
    reply_due: datetime | None = None
    due_uncertain: str | None = None
    replied_by: str | None = None
    replied_at: datetime | None = None
    answer: str | None = None
    breached_at: datetime | None = None


MACHINE_OF_OBJECTIONS = Machine(
    what="objection",
    record=Objection,
    key="objection_id",
    transitions={
        "proposed": frozenset({"raised", "declined"}),
        "declined": frozenset(),
        "raised": frozenset({"answered_in_call", "reply_due"}),
        "answered_in_call": frozenset(),
        "reply_due": frozenset({"replied"}),
        "replied": frozenset(),
    },
    leads={
        PROPOSED: "proposed", ACCEPTED: "raised", DECLINED: "declined",
        RAISED: "raised", ANSWERED: "answered_in_call", DEFERRED: "reply_due",
        REPLIED: "replied", BREACHED: None,
    },
    opens=frozenset({RAISED, PROPOSED}),
    stays_in={BREACHED: frozenset({"reply_due", "replied"})},
)  # fmt: skip


def decide_raise(
    objection_id: str, *, by: str, at: datetime, raised_at: datetime, kind: str, text: str,
    kinds: dict[str, ObjectionKind], case_id: str | None = None, call_id: str | None = None,
    agent_id: str | None = None,
) -> NewEvent:  # fmt: skip
    """`by` records an objection; the machine (`MACHINE`) only proposes it. Raises RegisterError
    for an unknown kind or no words.
    """
    if kind not in kinds:
        raise RegisterError(f"there is no objection {kind!r}", remedy=f"use {', '.join(kinds)}")
    text = in_words(text, "an objection needs its words", "say what the customer objects to")
    not_before(at, raised_at, "the objection was raised")
    return opening(
        MACHINE_OF_OBJECTIONS, PROPOSED if by == MACHINE else RAISED, objection_id, by=by, at=at,
        kind=kind, text=text, raised_at=raised_at, recorded_by=by, recorded_at=at, case_id=case_id, call_id=call_id,
        agent_id=agent_id,
    )  # fmt: skip


def decide_accept(
    objection: Objection, *, by: str, at: datetime, kinds: dict[str, ObjectionKind],
    kind: str | None = None,
) -> NewEvent:  # fmt: skip
    """`by` accepts what was heard, as an objection of `kind`. Not the collector whose call it was."""
    chosen = kind or objection.kind
    if chosen not in kinds:
        raise RegisterError(f"there is no objection {chosen!r}", remedy=f"use {', '.join(kinds)}")
    check_not_heard_by(by, objection.agent_id, f"objection {objection.objection_id}")
    return _step(
        objection, ACCEPTED, by=by, at=at, kind=chosen, recorded_by=by, recorded_at=at
    )  # fmt: skip


def decide_decline(objection: Objection, *, by: str, at: datetime, reason: str) -> NewEvent:
    """What was heard is no objection. Not for the collector whose call it was to say."""
    name = f"objection {objection.objection_id}"
    reason = in_words(reason, f"declining {name} needs a reason", "say why")
    check_not_heard_by(by, objection.agent_id, name)
    return _step(objection, DECLINED, by=by, at=at, answer=reason, replied_by=by, replied_at=at)


def decide_answered(objection: Objection, *, by: str, at: datetime, answer: str) -> NewEvent:
    """It was answered in the call itself."""
    answer = in_words(answer, "the answer is missing", "say what was answered")
    return _step(objection, ANSWERED, by=by, at=at, answer=answer, replied_by=by, replied_at=at)


def decide_defer(
    objection: Objection, *, by: str, at: datetime, kinds: dict[str, ObjectionKind],
    day_kind: DayKind, promised: datetime | None = None,
) -> NewEvent:  # fmt: skip
    """A reply is owed: by what was `promised` to the customer or by the kind's limit, whichever
    is earlier; without both the date is unknown, and says so.
    """
    limit = kinds[objection.kind].limit
    due = due_date(objection.raised_at, limit, day_kind=day_kind) if limit else None
    if promised is not None:
        not_before(promised, objection.raised_at, "the objection was raised")
        due = DueDate(promised) if due is None or promised < due.at else due
    uncertain = due.uncertain if due else "答复期限未设置（objections.limit），也未与客户约定"
    return _step(
        objection, DEFERRED, by=by, at=at, reply_due=due.at if due else None,
        due_uncertain=uncertain,
    )  # fmt: skip


def decide_reply(objection: Objection, *, by: str, at: datetime, answer: str) -> list[NewEvent]:
    """It was replied to; too late is recorded as a breach."""
    answer = in_words(answer, "the reply is missing", "say what was replied")
    events = [
        _step(objection, REPLIED, by=by, at=at, answer=answer, replied_by=by, replied_at=at)
    ]  # fmt: skip
    return events + decide_breach(objection, at=at)


def decide_breach(objection: Objection, *, at: datetime) -> list[NewEvent]:
    """The event that the reply's date has passed by `at`, if that is so and isn't recorded."""
    due = objection.reply_due
    if objection.state != "reply_due" or due is None or at <= due or objection.breached_at:
        return []
    details = {"due": iso(due), "set": {"breached_at": iso(at)}}
    return [NewEvent(at, MACHINE, BREACHED, objection.objection_id, details)]


def apply(objection: Objection | None, event: RegisterEvent) -> Objection:
    """The objection after `event`. Raises RegisterError if the event can't follow the state."""
    changed: Objection = applied(MACHINE_OF_OBJECTIONS, objection, event)
    return changed


def _step(objection: Objection, action: str, *, by: str, at: datetime, **values: Any) -> NewEvent:
    not_before(at, objection.raised_at, "the objection was raised")
    if action == REPLIED and same_person(by, objection.agent_id):
        raise RegisterError(
            f"the objection was raised in a call of {by}", remedy="somebody else has to reply"
        )
    return step(MACHINE_OF_OBJECTIONS, objection, action, by=by, at=at, **values)
