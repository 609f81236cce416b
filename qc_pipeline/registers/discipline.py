"""Disciplinary cases: states, occurrence counting, and what a verdict does to them.

One case stands for one (agent, call, code): ten hits of one code in one call are one
occurrence. Plain functions; nothing here touches the store. Decisions look at the policy and
end up whole in the event, so that a replay needs no policy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, get_args

from qc_pipeline.errors import RegisterError
from qc_pipeline.policy.discipline import Discipline
from qc_pipeline.records import SEVERITIES, Severity
from qc_pipeline.registers.chain import MACHINE, NewEvent, RegisterEvent, iso, moment
from qc_pipeline.registers.ladder import Circumstances, propose_level
from qc_pipeline.registers.review import FindingReview, JudgedFinding
from qc_pipeline.registers.timeline import months_before

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

# Rulebook 3.2. `suspended` goes back only to the state it left (see `may_move`). A reversal is
# possible from confirmation on, because an appeal is decided while execution still waits.
TRANSITIONS: Mapping[CaseState, frozenset[CaseState]] = {
    "detected": frozenset({"under_review", "suspended"}),
    "under_review": frozenset({"confirmed", "rejected", "suspended"}),
    "rejected": frozenset(),
    "confirmed": frozenset({"notified", "suspended", "reversed"}),
    "notified": frozenset({"objection_heard", "no_objection", "suspended", "reversed"}),
    "objection_heard": frozenset({"sanction_proposed", "suspended", "reversed"}),
    "no_objection": frozenset({"sanction_proposed", "suspended", "reversed"}),
    "sanction_proposed": frozenset({"approved", "returned", "suspended", "reversed"}),
    "approved": frozenset({"executed", "suspended", "reversed"}),
    "returned": frozenset({"sanction_proposed", "suspended", "reversed"}),
    "executed": frozenset({"closed", "reversed"}),
    "closed": frozenset(),
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


@dataclass(frozen=True, slots=True)
class Case:
    """A disciplinary case (a row of `discipline_cases`). Counts and proposal are empty while
    it doesn't count.
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

    @property
    def counts(self) -> bool:
        """Whether this case is an occurrence."""
        return (self.suspended_from or self.state) in COUNTING


@dataclass(frozen=True, slots=True)
class Occurrence:
    """The how-manieth step a case is: for its code (key A) and for any code (key B)."""

    same: int
    any: int


# --- counting --------------------------------------------------------------------------------


def count_occurrences(cases: Iterable[Case], *, rules: Discipline) -> dict[str, Occurrence]:
    """Occurrence numbers of one agent's cases that count, by case_id.

    Ordered by time of the conduct. Looks back `occurrence_window_months`; conduct exactly that
    old no longer counts. With `repeat_requires_notice` only conduct after notice of an earlier
    case starts a new step: whatever was done before the notice belongs to the same step
    (rulebook DS-07, DS-17, POLICY "Discipline").
    """
    ordered = sorted(
        (case for case in cases if case.counts), key=lambda case: (case.conduct_at, case.case_id)
    )
    counted = {}
    for position, case in enumerate(ordered):
        opens = months_before(case.conduct_at, rules.occurrence_window_months)
        earlier = [each for each in ordered[:position] if each.conduct_at > opens]
        same = [each for each in earlier if each.code == case.code]
        counted[case.case_id] = Occurrence(
            same=_step(case, same, needs_notice=rules.repeat_requires_notice),
            any=_step(case, earlier, needs_notice=rules.repeat_requires_notice),
        )
    return counted


def _step(case: Case, earlier: Sequence[Case], *, needs_notice: bool) -> int:
    if not needs_notice:
        return 1 + len(earlier)
    step, noticed_at = 1, None
    for each in (*earlier, case):
        if noticed_at is not None and each.conduct_at > noticed_at:
            step, noticed_at = step + 1, None
        if each.notified_at is not None:
            # A clock that ran wrong must not date a notice before its own conduct.
            notice = max(each.notified_at, each.conduct_at)
            noticed_at = min(noticed_at or notice, notice)
    return step


def decide_counts(
    cases: Iterable[Case], *, at: datetime, rules: Discipline, policy_version: str
) -> list[NewEvent]:
    """Events for those of one agent's cases whose counts changed, with the new proposal.

    A case whose counts stay keeps its proposal, whatever the policy says by now.
    """
    by_id = {case.case_id: case for case in cases}
    events = []
    for case_id, occurrence in count_occurrences(by_id.values(), rules=rules).items():
        case = by_id[case_id]
        if (case.occurrence_same, case.occurrence_any) == (occurrence.same, occurrence.any):
            continue
        proposal = propose_level(
            Circumstances(
                severity=case.severity,
                occurrence_same=occurrence.same,
                occurrence_any=occurrence.any,
            ),
            rules=rules,
        )
        payload = {
            "occurrence_same": occurrence.same,
            "occurrence_any": occurrence.any,
            "level": proposal.level,
            "level_to": proposal.level_to,
            "consequences": list(proposal.consequences),
            "ladder_rows": list(proposal.rows),
            "open_points": list(proposal.open_points),
            "policy_version": policy_version,
        }
        events.append(
            NewEvent(at=at, actor=MACHINE, action=COUNTED, subject=case_id, payload=payload)
        )
    return events


# --- what people do ---------------------------------------------------------------------------


def decide_after_verdict(
    finding: JudgedFinding, reviews: Sequence[FindingReview], cases: Sequence[Case], *,
    by: str, at: datetime, rules: Discipline,
) -> list[NewEvent]:  # fmt: skip
    """What a verdict on `finding` does to the case of its agent, call and code.

    `reviews` are the reviews of that call and code, this verdict included; `cases` those of
    the agent. The first confirmation opens the case `under_review`, the one that makes a
    finding count confirms it, and when no finding is left it is rejected.
    """
    standing = [
        review
        for review in reviews
        if review.state != "rejected"
        and review.responsible_party == "agent"
        and review.severity in rules.case_severities
    ]
    confirmed = [review for review in standing if review.state == "confirmed"]
    same_subject = [
        case for case in cases if (case.call_id, case.code) == (finding.call_id, finding.code)
    ]
    live = [case for case in same_subject if case.state not in ("rejected", "reversed")]
    if not live and not standing:
        return []
    names = sorted(review.finding_id for review in standing)
    severity = min(
        (review.severity for review in confirmed or standing),
        key=SEVERITIES.index,
        default=finding.severity,
    )
    events = []
    if live:
        case_id, state = live[0].case_id, live[0].state
        if (list(live[0].findings), live[0].severity) != (names, severity) and (
            names or state != "under_review"
        ):
            payload: dict[str, Any] = {"findings": names, "severity": severity}
            events.append(NewEvent(at, by, FINDINGS_CHANGED, case_id, payload))
    else:
        case_id, state = _case_id(finding, ordinal=len(same_subject)), "under_review"
        payload = {
            "agent_id": finding.agent_id,
            "call_id": finding.call_id,
            "code": finding.code,
            "severity": severity,
            "state": state,
            "conduct_at": iso(finding.conduct_at),
            "findings": names,
            "linked_to": None,
        }
        events.append(NewEvent(at, by, OPENED, case_id, payload))
    if state == "under_review" and (confirmed or not standing):
        to = "confirmed" if confirmed else "rejected"
        events.append(NewEvent(at, by, MOVED, case_id, {"from": state, "to": to, "note": None}))
    return events


def decide_move(
    case: Case, to: CaseState, *, by: str, at: datetime, note: str | None = None
) -> NewEvent:
    """The event of `by` moving `case` on. Raises RegisterError if rulebook 3.2 forbids the
    step, it is dated before the last one, or `by` is the person concerned.
    """
    if not may_move(case, to):
        legal = [state for state in CASE_STATES if may_move(case, state)]
        raise RegisterError(
            f"case {case.case_id} is {case.state}: it can't become {to}",
            remedy=f"possible now: {', '.join(legal) or 'nothing, it is finished'}",
        )
    if at < case.changed_at:
        raise RegisterError(
            f"case {case.case_id} was last changed on {case.changed_at:%Y-%m-%d %H:%M:%S}",
            remedy="give a later time",
        )
    if by == case.agent_id:
        raise RegisterError(
            f"case {case.case_id} concerns {by}", remedy="somebody else has to handle it"
        )
    return NewEvent(at, by, MOVED, case.case_id, {"from": case.state, "to": to, "note": note})


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
        )
    if event.action == FINDINGS_CHANGED:
        changed = replace(case, findings=tuple(details["findings"]), severity=details["severity"])
        # Another severity is another proposal: without counts the next recount makes it.
        return changed if changed.severity == case.severity else _uncounted(changed)
    if event.action == COUNTED and case.counts:
        lists = {
            name: tuple(details[name]) for name in ("consequences", "ladder_rows", "open_points")
        }
        return replace(case, **{**details, **lists})
    if event.action == MOVED and details["from"] == case.state and may_move(case, details["to"]):
        to: CaseState = details["to"]
        moved = replace(
            case,
            state=to,
            changed_at=event.at,
            suspended_from=case.state if to == "suspended" else None,
            notified_at=event.at if to == "notified" and not case.notified_at else case.notified_at,
        )
        return moved if moved.counts else _uncounted(moved)
    raise RegisterError(f"entry {event.seq}: {event.action} can't follow {case.state}")


def _uncounted(case: Case) -> Case:
    return replace(
        case, occurrence_same=None, occurrence_any=None, level=None, level_to=None,
        consequences=(), ladder_rows=(), open_points=(), policy_version=None,
    )  # fmt: skip


def _case_id(finding: JudgedFinding, *, ordinal: int) -> str:
    parts = [finding.agent_id, finding.call_id, finding.code, str(ordinal)]
    return "D" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
