"""Appeals: who may file one, when, and who decides it. Plain functions, nothing stored here.

The collector appeals against a finding (3 working days) or a sanction (5), from receipt of its
notice (POLICY "Discipline"); against a case itself, like a finding, if it rests on none: a linked
one, or one that a complaint opened. Who reviewed, proposed or approved never decides. What a decision
leads to in the other registers is in `reversal`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, get_args

from qc_pipeline.errors import RegisterError
from qc_pipeline.records import Severity
from qc_pipeline.registers.chain import NewEvent, RegisterEvent, iso, moment
from qc_pipeline.registers.hands import in_words
from qc_pipeline.registers.people import same_person
from qc_pipeline.registers.timeline import DueDate

Against = Literal["finding", "sanction", "case"]
AppealState = Literal[
    "late", "open", "refused", "withdrawn", "upheld", "partly_upheld", "dismissed"
]  # fmt: skip
APPEAL_STATES: tuple[AppealState, ...] = get_args(AppealState)
Outcome = Literal["upheld", "partly_upheld", "dismissed"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
WAITING: frozenset[AppealState] = frozenset({"late", "open"})
FILED = "appeal.filed"
ADMITTED = "appeal.admitted"
REFUSED = "appeal.refused"
WITHDRAWN = "appeal.withdrawn"
DECIDED = "appeal.decided"


@dataclass(frozen=True, slots=True)
class Appeal:
    """An appeal (a row of `appeals`). `due_at` is None where the window had not begun: no notice
    had been received. `late` waits for somebody to admit it in spite of the date. `severity` and
    `level` are what a partly upheld one came to, `to_return_yuan` what was taken too much.
    """

    appeal_id: str
    against: Against
    finding_id: str | None
    case_id: str | None
    agent_id: str
    state: AppealState
    filed_at: datetime
    due_at: datetime | None
    due_uncertain: str | None
    grounds: str
    late_cause: str | None = None
    admitted_by: str | None = None
    admitted_at: datetime | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    reasons: str | None = None
    severity: Severity | None = None
    level: str | None = None
    to_return_yuan: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Contested:
    """What an appeal is about: a confirmed finding (`case_id` is its case, if there is one), the
    sanction of a case, or a case itself. `due` is when the window ends, None while it hasn't begun; `hands`
    are those who reviewed, proposed, approved or have a stake in it.
    """

    against: Against
    finding_id: str | None
    case_id: str | None
    agent_id: str
    due: DueDate | None
    hands: frozenset[str]

    @property
    def subject(self) -> str:
        """What it is called."""
        if self.against == "finding":
            return f"finding {self.finding_id}"
        if self.against == "case":
            return f"case {self.case_id}"
        return f"the sanction of case {self.case_id}"


def decide_file(
    contested: Contested, known: Iterable[Appeal], *, by: str, at: datetime, grounds: str,
    late_cause: str | None = None,
) -> NewEvent:  # fmt: skip
    """The event of the collector (`by`) appealing. Too late is refused, unless `late_cause` says
    why: then somebody has to admit it first.

    Raises RegisterError for anybody else, without grounds, or if it was appealed already.
    """
    if not same_person(by, contested.agent_id):
        raise RegisterError(
            f"{contested.subject} concerns {contested.agent_id}", remedy="only he can appeal"
        )
    earlier = [each for each in known if _is_about(each, contested)]
    for each in earlier:
        if each.state != "withdrawn":
            raise RegisterError(
                f"{contested.subject} was appealed on {each.filed_at:%Y-%m-%d} "
                f"({each.appeal_id}: {each.state})",
                remedy="there is one appeal",
            )
    grounds = in_words(grounds, "an appeal needs grounds", "say what is wrong")
    due = contested.due
    late = due is not None and at > due.at
    if late and due is not None and not (late_cause and late_cause.strip()):
        raise RegisterError(
            f"the window to appeal {contested.subject} ended on {due.at:%Y-%m-%d %H:%M}",
            remedy="a late appeal has to give the cause of the delay, and be admitted",
        )
    payload = {
        "against": contested.against,
        "finding_id": contested.finding_id,
        "case_id": contested.case_id,
        "agent_id": contested.agent_id,
        "grounds": grounds,
        "due_at": iso(due.at) if due else None,
        "due_uncertain": due.uncertain if due else None,
        "late_cause": late_cause.strip() if late and late_cause else None,
    }
    parts = [contested.against, contested.finding_id or contested.case_id or "", str(len(earlier))]
    appeal_id = "P" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
    return NewEvent(at, by, FILED, appeal_id, payload)


def decide_admit(
    appeal: Appeal, *, by: str, at: datetime, admitted: bool, reason: str, hands: Collection[str]
) -> NewEvent:
    """The event of `by` admitting a late appeal, or refusing it, with the reason."""
    if appeal.state != "late":
        raise RegisterError(
            f"appeal {appeal.appeal_id} is {appeal.state}", remedy="only a late one is admitted"
        )
    _check_independent(appeal, by=by, at=at, hands=hands)
    reason = in_words(reason, "the decision needs a reason", "say what the delay rests on")
    action = ADMITTED if admitted else REFUSED
    return NewEvent(at, by, action, appeal.appeal_id, {"reason": reason})


def decide_withdraw(appeal: Appeal, *, by: str, at: datetime) -> NewEvent:
    """The event of the collector (`by`) taking his appeal back."""
    if not same_person(by, appeal.agent_id):
        raise RegisterError(
            f"appeal {appeal.appeal_id} is {appeal.agent_id}'s", remedy="only he can withdraw it"
        )
    _check_waiting(appeal, at=at)
    return NewEvent(at, by, WITHDRAWN, appeal.appeal_id, {})


def decide_outcome(
    appeal: Appeal, *, by: str, at: datetime, outcome: Outcome, reasons: str,
    hands: Collection[str], severity: Severity | None = None, level: str | None = None,
    to_return_yuan: Decimal | None = None,
) -> NewEvent:  # fmt: skip
    """The event of `by` deciding an open appeal. Raises RegisterError if `by` reviewed, proposed,
    approved or has a stake in it, without reasons, or if the outcome lacks what it needs.
    """
    if outcome not in OUTCOMES:
        raise RegisterError(
            f"there is no outcome {outcome!r}", remedy=f"use one of {', '.join(OUTCOMES)}"
        )
    if appeal.state == "late":
        raise RegisterError(
            f"appeal {appeal.appeal_id} came late", remedy="it has to be admitted first"
        )
    _check_waiting(appeal, at=at)
    _check_independent(appeal, by=by, at=at, hands=hands)
    reasons = in_words(reasons, "a decision needs reasons", "give them")
    partly = outcome == "partly_upheld"
    if appeal.against == "finding" and partly != (severity is not None):
        raise RegisterError(
            "a severity belongs to a partly upheld appeal against a finding, and only to that",
            remedy="name the milder severity, or leave it out",
        )
    if appeal.against == "case" and partly:
        raise RegisterError(
            f"case {appeal.case_id} stands or falls", remedy="uphold the appeal, or dismiss it"
        )
    if not partly and level is not None:
        raise RegisterError(
            "a level belongs to a partly upheld appeal", remedy="leave it out, or uphold partly"
        )
    if appeal.against == "sanction" and (severity is not None or partly != (level is not None)):
        raise RegisterError(
            "a level belongs to a partly upheld appeal against a sanction, and only to that",
            remedy="name the milder level, or leave it out",
        )
    payload = {
        "outcome": outcome,
        "reasons": reasons,
        "severity": severity,
        "level": level,
        "to_return_yuan": None if to_return_yuan is None else str(to_return_yuan),
    }
    return NewEvent(at, by, DECIDED, appeal.appeal_id, payload)


def apply(appeal: Appeal | None, event: RegisterEvent) -> Appeal:
    """The appeal after `event`. Raises RegisterError if the event can't follow the state."""
    details: dict[str, Any] = event.details
    if appeal is None:
        if event.action != FILED:
            raise RegisterError(f"entry {event.seq}: {event.action} on an unknown appeal")
        return Appeal(
            appeal_id=event.subject,
            against=details["against"],
            finding_id=details["finding_id"],
            case_id=details["case_id"],
            agent_id=details["agent_id"],
            state="late" if details["late_cause"] else "open",
            filed_at=event.at,
            due_at=moment(details["due_at"]) if details["due_at"] else None,
            due_uncertain=details["due_uncertain"],
            grounds=details["grounds"],
            late_cause=details["late_cause"],
        )
    if event.action == ADMITTED and appeal.state == "late":
        return replace(appeal, state="open", admitted_by=event.actor, admitted_at=event.at)
    if event.action == REFUSED and appeal.state == "late":
        return replace(
            appeal, state="refused", decided_by=event.actor, decided_at=event.at,
            reasons=details["reason"],
        )  # fmt: skip
    if event.action == WITHDRAWN and appeal.state in WAITING:
        return replace(appeal, state="withdrawn", decided_at=event.at)
    if event.action == DECIDED and appeal.state == "open":
        returned = details["to_return_yuan"]
        return replace(
            appeal, state=details["outcome"], decided_by=event.actor, decided_at=event.at,
            reasons=details["reasons"], severity=details["severity"], level=details["level"],
            to_return_yuan=None if returned is None else Decimal(returned),
        )  # fmt: skip
    raise RegisterError(f"entry {event.seq}: {event.action} can't follow {appeal.state}")


def _is_about(appeal: Appeal, contested: Contested) -> bool:
    if appeal.against != contested.against:
        return False
    if contested.against == "finding":
        return appeal.finding_id == contested.finding_id
    return appeal.case_id == contested.case_id


def _check_waiting(appeal: Appeal, *, at: datetime) -> None:
    if appeal.state not in WAITING:
        raise RegisterError(
            f"appeal {appeal.appeal_id} is {appeal.state}", remedy="nothing is left to decide"
        )
    if at < (appeal.admitted_at or appeal.filed_at):
        raise RegisterError(
            f"appeal {appeal.appeal_id} was filed on {appeal.filed_at:%Y-%m-%d %H:%M}",
            remedy="give a later time",
        )


def _check_independent(appeal: Appeal, *, by: str, at: datetime, hands: Collection[str]) -> None:
    if at < appeal.filed_at:
        raise RegisterError(
            f"appeal {appeal.appeal_id} was filed on {appeal.filed_at:%Y-%m-%d %H:%M}",
            remedy="give a later time",
        )
    if same_person(by, appeal.agent_id):
        raise RegisterError(
            f"appeal {appeal.appeal_id} is {by}'s own", remedy="somebody else has to decide it"
        )
    if any(same_person(by, hand) for hand in hands):
        raise RegisterError(
            f"{by} had a hand in what appeal {appeal.appeal_id} contests",
            remedy="it is decided by somebody who neither reviewed, proposed nor approved it",
        )
