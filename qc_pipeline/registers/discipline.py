"""Disciplinary cases: their states, what a verdict does to them, and how events change them.

One case stands for one (agent, call, code): ten hits of one code in one call are one
occurrence. Plain functions; nothing here touches the store. Decisions look at the policy and
end up whole in the event, so that a replay needs no policy. Counting is in `counting`, what
people do with a case in `sanctions`, cases of other people in `liability`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, get_args

from qc_pipeline.errors import RegisterError
from qc_pipeline.policy.discipline import Discipline
from qc_pipeline.records import SEVERITIES, Severity
from qc_pipeline.registers.chain import NewEvent, RegisterEvent, iso, moment
from qc_pipeline.registers.people import same_person
from qc_pipeline.registers.review import FindingReview, JudgedFinding

CaseState = Literal[
    "detected", "under_review", "rejected", "confirmed", "notified", "objection_heard",
    "no_objection", "sanction_proposed", "approved", "returned", "executed", "closed",
    "suspended", "reversed",
]  # fmt: skip
CASE_STATES: tuple[CaseState, ...] = get_args(CaseState)
FIRST_STATES: tuple[CaseState, ...] = ("detected", "under_review")
OPENED = "case.opened"
FINDINGS_CHANGED = "case.findings_changed"
MOVED = "case.moved"
COUNTED = "case.counted"
RECEIVED = "case.received"
OBJECTED = "case.objected"
CIRCUMSTANCE = "case.circumstance"
SANCTION_NOTIFIED = "case.sanction_notified"
SANCTION_RECEIVED = "case.sanction_received"
SANCTION_ACCEPTED = "case.sanction_accepted"
SANCTION_CHANGED = "case.sanction_changed"
GATE_PASSED = "case.gate_passed"
REFERRED = "case.referred"
MONEY_TO_RETURN = "case.money_to_return"
NO_SANCTION = "none"
"""The chosen level of a person who is let off."""
Basis = Literal["own", "bystander", "joint_liability"]
"""Whose conduct a case is about: one's own, one's silence, or that of one's people."""

# Rulebook 3.2. `suspended` goes back only to the state it left (see `may_move`). A reversal is
# possible from confirmation on, because an appeal is decided while execution still waits, and
# after the end, because one that comes late may be admitted. What was approved is returned when
# what is known of the case has changed since.
TRANSITIONS: Mapping[CaseState, frozenset[CaseState]] = {
    "detected": frozenset({"under_review", "suspended"}),
    "under_review": frozenset({"confirmed", "rejected", "suspended"}),
    "rejected": frozenset(),
    "confirmed": frozenset({"notified", "suspended", "reversed"}),
    "notified": frozenset({"objection_heard", "no_objection", "suspended", "reversed"}),
    "objection_heard": frozenset({"sanction_proposed", "suspended", "reversed"}),
    "no_objection": frozenset({"sanction_proposed", "suspended", "reversed"}),
    "sanction_proposed": frozenset({"approved", "returned", "suspended", "reversed"}),
    "approved": frozenset({"executed", "returned", "suspended", "reversed"}),
    "returned": frozenset({"sanction_proposed", "suspended", "reversed"}),
    "executed": frozenset({"closed", "reversed"}),
    "closed": frozenset({"reversed"}),
    "suspended": frozenset(
        {"detected", "under_review", "confirmed", "notified", "objection_heard", "no_objection",
         "sanction_proposed", "approved", "returned"}
    ),
    "reversed": frozenset(),
}  # fmt: skip
# Only a confirmed case counts (rulebook 3.2), and goes on counting until it is reversed.
COUNTING: frozenset[CaseState] = frozenset(
    {"confirmed", "notified", "objection_heard", "no_objection", "sanction_proposed", "approved",
     "returned", "executed", "closed"}
)  # fmt: skip
_ALIVE = frozenset(CASE_STATES) - {"rejected", "reversed"}
# What may be noted without a step, and in which states.
NOTES: Mapping[str, frozenset[CaseState]] = {
    RECEIVED: frozenset({"notified"}),
    OBJECTED: frozenset({"notified"}),
    CIRCUMSTANCE: _ALIVE - {"closed"},
    SANCTION_NOTIFIED: frozenset({"approved"}),
    SANCTION_RECEIVED: frozenset({"approved"}),
    SANCTION_ACCEPTED: frozenset({"approved"}),
    SANCTION_CHANGED: frozenset({"approved", "executed", "closed", "suspended"}),
    GATE_PASSED: frozenset({"approved"}),
    REFERRED: _ALIVE - {"closed"},
    MONEY_TO_RETURN: frozenset({"executed", "closed"}),
}


@dataclass(frozen=True, slots=True)
class Case:
    """A disciplinary case (a row of `discipline_cases`).

    Counts and proposal (`level`, `level_to`, `consequences` ...) are the ladder's and empty while
    it doesn't count; `chosen_level` (`none`: let off), `chosen_consequences` and `amounts`
    (`fine=200.00`, yuan) are what people chose. `handled_by` are all who proposed, approved,
    returned or, where it rests on no finding, confirmed; `to_return_yuan` is money taken that has lost its ground.
    """

    case_id: str
    agent_id: str
    call_id: str
    code: str
    severity: Severity
    state: CaseState
    conduct_at: datetime
    opened_at: datetime
    changed_at: datetime
    findings: tuple[str, ...]
    suspended_from: CaseState | None = None
    notified_at: datetime | None = None
    occurrence_same: int | None = None
    occurrence_any: int | None = None
    level: str | None = None
    level_to: str | None = None
    consequences: tuple[str, ...] = ()
    ladder_rows: tuple[str, ...] = ()
    open_points: tuple[str, ...] = ()
    policy_version: str | None = None
    linked_to: str | None = None
    basis: Basis = "own"
    facts: tuple[str, ...] = ()
    loss_yuan: Decimal | None = None
    effect_assessed: bool = False
    complaints: tuple[str, ...] = ()
    notice_way: str | None = None
    received_at: datetime | None = None
    receipt: str | None = None
    objection_due: datetime | None = None
    objected_at: datetime | None = None
    objection: str | None = None
    hearing: str | None = None
    chosen_level: str | None = None
    chosen_consequences: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ()
    choice_reason: str | None = None
    proposed_by: str | None = None
    approved_by: str | None = None
    gate_by: str | None = None
    gate: str | None = None
    sanction_notified_at: datetime | None = None
    sanction_received_at: datetime | None = None
    appeal_due: datetime | None = None
    accepted_at: datetime | None = None
    due_uncertain: str | None = None
    executed_by: str | None = None
    executed_at: datetime | None = None
    referral: str | None = None
    to_return_yuan: Decimal | None = None
    handled_by: tuple[str, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether this case is confirmed and not taken back."""
        return (self.suspended_from or self.state) in COUNTING

    @property
    def alive(self) -> bool:
        """Whether it is neither rejected nor reversed."""
        return self.state in _ALIVE


def money_of(case: Case) -> dict[str, Decimal]:
    """What the chosen consequences cost, in yuan."""
    pairs = (each.partition("=") for each in case.amounts)
    return {name: Decimal(amount) for name, _, amount in pairs}


# --- what people do ---------------------------------------------------------------------------


def decide_after_verdict(
    finding: JudgedFinding, reviews: Sequence[FindingReview], cases: Sequence[Case], *,
    by: str, at: datetime, rules: Discipline,
) -> list[NewEvent]:  # fmt: skip
    """What a verdict on `finding` does to the case of its agent, call and code.

    `reviews` are the reviews of that call and code, this verdict (or the decision on an appeal)
    included; `cases` those of the agent. The first confirmation opens the case `under_review`,
    the one that makes a finding count confirms it, and when no finding is left it is rejected,
    or reversed if it had been confirmed.
    """
    standing = [
        review
        for review in reviews
        if review.state in ("awaiting_second", "confirmed")
        and review.responsible_party == "agent"
        and review.severity in rules.case_severities
    ]
    confirmed = [review for review in standing if review.state == "confirmed"]
    same_subject = [
        case
        for case in cases
        if (case.call_id, case.code) == (finding.call_id, finding.code) and case.basis == "own"
    ]
    live = [case for case in same_subject if case.alive]
    events: list[NewEvent] = []
    if live and live[0].counts and not confirmed:
        events += decide_take_back(live[0], by=by, at=at, note=None)
        live = []
    if not live and not standing:
        return events
    names = sorted(review.finding_id for review in standing)
    severity = min(
        (review.severity for review in confirmed or standing),
        key=SEVERITIES.index,
        default=finding.severity,
    )
    if live:
        case_id, state = live[0].case_id, live[0].state
        if (list(live[0].findings), live[0].severity) != (names, severity) and (
            names or state != "under_review"
        ):
            payload: dict[str, Any] = {"findings": names, "severity": severity}
            events.append(NewEvent(at, by, FINDINGS_CHANGED, case_id, payload))
    else:
        state = "under_review"
        opened = decide_open(
            finding, by=by, at=at, severity=severity, state=state, findings=names,
            ordinal=len(same_subject),
        )  # fmt: skip
        case_id = opened.subject
        events.append(opened)
    if state == "under_review" and (confirmed or not standing):
        to = "confirmed" if confirmed else "rejected"
        events.append(NewEvent(at, by, MOVED, case_id, {"from": state, "to": to, "note": None}))
    return events


def decide_open(
    conduct: JudgedFinding, *, by: str, at: datetime, severity: Severity, state: CaseState,
    findings: Sequence[str], ordinal: int, agent_id: str | None = None, basis: Basis = "own",
    linked_to: str | None = None,
) -> NewEvent:  # fmt: skip
    """The event that opens a case about `conduct`, the `ordinal`-th of its kind (from 0):
    against who made the call, or on another `basis` against `agent_id`.
    """
    person = agent_id or conduct.agent_id
    parts = [person, conduct.call_id, conduct.code, str(ordinal)]
    if basis != "own":
        parts += [basis, str(linked_to)]
    payload = {
        "agent_id": person,
        "call_id": conduct.call_id,
        "code": conduct.code,
        "severity": severity,
        "state": state,
        "conduct_at": iso(conduct.conduct_at),
        "findings": list(findings),
        "linked_to": linked_to,
        "basis": basis,
    }
    case_id = "D" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
    return NewEvent(at, by, OPENED, case_id, payload)


def decide_take_back(case: Case, *, by: str, at: datetime, note: str | None) -> list[NewEvent]:
    """The events that end `case` because its ground is gone: reversed if it was confirmed (what
    was paid is to be returned), else rejected.
    """
    path: list[CaseState] = [case.suspended_from] if case.suspended_from else []
    last = case.suspended_from or case.state
    if last in COUNTING:
        path.append("reversed")
    else:
        path += ["under_review", "rejected"] if last == "detected" else ["rejected"]
    changes: dict[str, Any] = {}
    paid = sum(money_of(case).values(), Decimal(0))
    if case.executed_at is not None and paid:
        changes["to_return_yuan"] = str(paid)
    events, state = [], case.state
    for to in path:
        payload = {"from": state, "to": to, "note": note, **(changes if to == "reversed" else {})}
        events.append(NewEvent(at, by, MOVED, case.case_id, payload))
        state = to
    return events


def decide_move(
    case: Case, to: CaseState, *, by: str, at: datetime, note: str | None = None, **changes: Any
) -> NewEvent:
    """The event of `by` moving `case` on; `changes` are fields that the step sets, as JSON.

    Raises RegisterError if rulebook 3.2 forbids the step, it is dated before the last one, or
    `by` is the person concerned.
    """
    if not may_move(case, to):
        legal = [state for state in CASE_STATES if may_move(case, state)]
        raise RegisterError(
            f"case {case.case_id} is {case.state}: it can't become {to}",
            remedy=f"possible now: {', '.join(legal) or 'nothing, it is finished'}",
        )
    check_order(case, at=at)
    if same_person(by, case.agent_id):
        raise RegisterError(
            f"case {case.case_id} concerns {by}", remedy="somebody else has to handle it"
        )
    payload = {"from": case.state, "to": to, "note": note, **changes}
    return NewEvent(at, by, MOVED, case.case_id, payload)


def decide_note(case: Case, action: str, *, by: str, at: datetime, **details: Any) -> NewEvent:
    """The event of `by` noting something on `case` without a step; `details` as JSON, those
    named like a field of the case set it. Raises RegisterError if it can't be noted in this
    state, or is dated before the last change.
    """
    if case.state not in NOTES[action]:
        possible = [state for state in CASE_STATES if state in NOTES[action]]
        raise RegisterError(
            f"case {case.case_id} is {case.state}: that can't be recorded now",
            remedy=f"possible while it is {', '.join(possible)}",
        )
    check_order(case, at=at)
    return NewEvent(at, by, action, case.case_id, details)


def check_order(case: Case, *, at: datetime) -> None:
    """Raises RegisterError if `at` lies before the last change of `case`."""
    if at < case.changed_at:
        raise RegisterError(
            f"case {case.case_id} was last changed on {case.changed_at:%Y-%m-%d %H:%M:%S}",
            remedy="give a later time",
        )


def may_move(case: Case, to: CaseState) -> bool:
    """Whether rulebook 3.2 allows `case` to become `to`."""
    if case.state == "suspended":
        return to == case.suspended_from
    return to in TRANSITIONS[case.state]


# --- events to state --------------------------------------------------------------------------


def apply(case: Case | None, event: RegisterEvent) -> Case:
    """The case after `event`. Raises RegisterError if the event can't follow the state."""
    details = event.details
    if case is None:
        if event.action != OPENED or details["state"] not in FIRST_STATES:
            raise RegisterError(f"entry {event.seq}: {event.action} on an unknown case")
        return Case(
            case_id=event.subject,
            agent_id=details["agent_id"],
            call_id=details["call_id"],
            code=details["code"],
            severity=details["severity"],
            state=details["state"],
            conduct_at=moment(details["conduct_at"]),
            opened_at=event.at,
            changed_at=event.at,
            findings=tuple(details["findings"]),
            linked_to=details["linked_to"],
            basis=details.get("basis", "own"),
            # Who proposed that somebody knew and was silent doesn't decide on it as well.
            handled_by=(event.actor,) if details.get("basis") == "bystander" else (),
        )
    if event.action == FINDINGS_CHANGED:
        changed = replace(case, findings=tuple(details["findings"]), severity=details["severity"])
        # Another severity is another proposal: without counts the next recount makes it.
        return changed if changed.severity == case.severity else _uncounted(changed)
    if event.action == COUNTED and case.counts:
        return replace(case, **{name: _value(name, held) for name, held in details.items()})
    if event.action == MOVED and details["from"] == case.state and may_move(case, details["to"]):
        to: CaseState = details["to"]
        moved = replace(
            _noted(case, event),
            state=to,
            suspended_from=case.state if to == "suspended" else None,
            notified_at=event.at if to == "notified" and not case.notified_at else case.notified_at,
        )
        return moved if moved.counts else _uncounted(moved)
    if case.state in NOTES.get(event.action, ()):
        noted = _noted(case, event)
        return _uncounted(noted) if event.action == CIRCUMSTANCE else noted
    raise RegisterError(f"entry {event.seq}: {event.action} can't follow {case.state}")


_MOMENTS = frozenset(
    {"received_at", "objection_due", "objected_at", "sanction_notified_at",
     "sanction_received_at", "appeal_due", "accepted_at", "executed_at"}
)  # fmt: skip
_YUAN = frozenset({"loss_yuan", "to_return_yuan"})
_TEXTS = frozenset(
    {"notice_way", "receipt", "objection", "hearing", "chosen_level", "choice_reason",
     "proposed_by", "approved_by", "gate_by", "gate", "due_uncertain", "executed_by", "referral",
     "effect_assessed"}
)  # fmt: skip
_LISTS = frozenset({"facts", "complaints", "chosen_consequences", "amounts", "handled_by"})
_SET_BY_PEOPLE = _MOMENTS | _YUAN | _TEXTS | _LISTS


def _noted(case: Case, event: RegisterEvent) -> Case:
    """The case with the fields that the event's payload names."""
    held = {name: held for name, held in event.details.items() if name in _SET_BY_PEOPLE}
    return replace(
        case, changed_at=event.at, **{name: _value(name, each) for name, each in held.items()}
    )


def _value(name: str, held: Any) -> Any:
    if held is None:
        return None
    if name in _MOMENTS:
        return moment(held)
    if name in _YUAN:
        return Decimal(held)
    return tuple(held) if isinstance(held, list) else held


def _uncounted(case: Case) -> Case:
    return replace(
        case, occurrence_same=None, occurrence_any=None, level=None, level_to=None,
        consequences=(), ladder_rows=(), open_points=(), policy_version=None,
    )  # fmt: skip
