"""What people do with appeals, in one transaction each. Every function raises RegisterError
(unknown subject, wrong person, too late ...) with nothing changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from qc_pipeline.errors import RegisterError
from qc_pipeline.policy import Policy
from qc_pipeline.records import CallScore
from qc_pipeline.registers import appeals
from qc_pipeline.registers.appeals import Appeal, Contested
from qc_pipeline.registers.case_desk import day_kind, read_case
from qc_pipeline.registers.chain import NewEvent
from qc_pipeline.registers.discipline import Case
from qc_pipeline.registers.liability import persons_linked
from qc_pipeline.registers.log import check_moment, check_person, writing_register
from qc_pipeline.registers.projections import Registers, copied, fold, from_row, save
from qc_pipeline.registers.recount import cases_around, superiors_of
from qc_pipeline.registers.reversal import (
    Decision,
    Reversal,
    Situation,
    carry_out,
    difference,
    preview_reversal,
)
from qc_pipeline.registers.review import FindingReview, JudgedFinding
from qc_pipeline.registers.timeline import DueDate, due_date
from qc_pipeline.scoring import card_if, rescore
from qc_pipeline.store.store import Session, Store


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision changes, or would change: the registers, and the card of the call."""

    reversal: Reversal
    card_before: CallScore | None
    card_after: CallScore | None


def file_appeal(
    store: Store, *, by: str, at: datetime, policy: Policy, keys: Path, grounds: str,
    finding_id: str | None = None, case_id: str | None = None, late_cause: str | None = None,
    whole: bool = False,
) -> Appeal:  # fmt: skip
    """The collector (`by`) appeals against a confirmed finding or against the sanction of a case;
    with `whole` against a case itself that rests on no finding of his own call.

    Too late is refused, unless `late_cause` says why: then somebody has to admit it.
    """
    if (finding_id is None) == (case_id is None):
        raise RegisterError("name one thing to appeal", remedy="a finding, or a case's sanction")
    with writing_register(store, keys=keys) as log:
        session = log.session
        if finding_id is not None:
            contested = _contested_finding(session, finding_id, policy=policy)
        else:
            case = read_case(session, case_id or "")
            contested = _contested_case(case) if whole else _contested_sanction(case)
        known = [from_row(Appeal, row) for row in session.rows("registers/appeals")]
        event = appeals.decide_file(
            contested, known, by=check_person(by), at=check_moment(at), grounds=grounds,
            late_cause=late_cause,
        )  # fmt: skip
        registers = Registers()
        entries = log.append([event])
        save(session, fold(registers, entries), entries)
    return registers.appeals[event.subject]


def admit_appeal(
    store: Store, appeal_id: str, *, by: str, at: datetime, policy: Policy, keys: Path,
    admitted: bool, reason: str,
) -> Appeal:  # fmt: skip
    """`by` admits a late appeal for its cause, or refuses it, with the reason."""

    def decide(appeal: Appeal, session: Session) -> NewEvent:
        return appeals.decide_admit(
            appeal, by=check_person(by), at=check_moment(at), admitted=admitted, reason=reason,
            hands=_hands(session, appeal),
        )  # fmt: skip

    return _act(store, appeal_id, decide, keys=keys)


def withdraw_appeal(
    store: Store, appeal_id: str, *, by: str, at: datetime, policy: Policy, keys: Path
) -> Appeal:
    """The collector (`by`) takes his appeal back."""

    def decide(appeal: Appeal, _: Session) -> NewEvent:
        return appeals.decide_withdraw(appeal, by=check_person(by), at=check_moment(at))

    return _act(store, appeal_id, decide, keys=keys)


def preview_appeal(
    store: Store, appeal_id: str, decision: Decision, *, by: str, at: datetime, policy: Policy
) -> Decided:
    """What `decision` would change in every register and on the card. Writes nothing; refused
    when the decision itself would be.
    """
    with store.reading() as session:
        situation = _situation(session, appeal_id)
        reversal = preview_reversal(
            situation, decision, by=check_person(by), at=check_moment(at), policy=policy,
            superiors=lambda case: superiors_of(session, case),
        )  # fmt: skip
        if situation.finding is None or reversal.finding_after is None:
            return Decided(reversal, None, None)
        call_id = situation.finding.call_id
        state, severity = reversal.finding_after
        said = {situation.finding.finding_id: (state, severity)}
        return Decided(
            reversal,
            card_if(session, call_id, {}, policy=policy),
            card_if(session, call_id, said, policy=policy),
        )


def decide_appeal(
    store: Store, appeal_id: str, decision: Decision, *, by: str, at: datetime, policy: Policy,
    keys: Path,
) -> Decided:  # fmt: skip
    """`by` decides an appeal; everything that follows is done in the same transaction.

    `by` must not have reviewed, proposed or approved what it is about, or have a stake in it.
    """
    with writing_register(store, keys=keys) as log:
        session = log.session
        situation = _situation(session, appeal_id)
        before = copied(situation.registers)
        call_id = situation.finding.call_id if situation.finding else None
        card = card_if(session, call_id, {}, policy=policy) if call_id else None
        entries = carry_out(
            situation, decision, append=log.append,
            superiors=lambda case: superiors_of(session, case), by=check_person(by),
            at=check_moment(at), policy=policy,
        )  # fmt: skip
        save(session, situation.registers, entries)
        if call_id is None:
            after = None
        else:
            rescore(session, [call_id], policy=policy)
            after = card_if(session, call_id, {}, policy=policy)
        reversal = difference(situation.appeal, before, situation.registers, decision)
    return Decided(reversal, card, after)


def list_appeals(store: Store) -> list[dict[str, Any]]:
    """Every appeal, those that wait first, by when they were filed."""
    with store.reading() as session:
        return session.rows("registers/appeal_list")


# --- what these share -------------------------------------------------------------------------


def _act(
    store: Store, appeal_id: str, decide: Callable[[Appeal, Session], NewEvent], *, keys: Path
) -> Appeal:
    with writing_register(store, keys=keys) as log:
        appeal = _read_appeal(log.session, appeal_id)
        registers = Registers(appeals={appeal_id: appeal})
        entries = log.append([decide(appeal, log.session)])
        save(log.session, fold(registers, entries), entries)
    return registers.appeals[appeal_id]


def _read_appeal(session: Session, appeal_id: str) -> Appeal:
    row = session.one("registers/appeal", {"appeal_id": appeal_id})
    if row is None:
        raise RegisterError(f"there is no appeal {appeal_id}", remedy="see `qc appeal list`")
    return from_row(Appeal, row)


def _situation(session: Session, appeal_id: str) -> Situation:
    appeal = _read_appeal(session, appeal_id)
    registers = Registers(appeals={appeal_id: appeal}, cases=cases_around(session, appeal.agent_id))
    finding = None
    if appeal.finding_id is not None:
        finding = _finding(session, appeal.finding_id)
        reviews = _reviews(session, finding)
        # What people said it is counts here, not what the machine had said.
        finding = replace(finding, code=reviews[finding.finding_id].code)
        registers.reviews = {
            name: each for name, each in reviews.items() if each.code == finding.code
        }
    return Situation(appeal, finding, registers, _hands(session, appeal))


def _contested_finding(session: Session, finding_id: str, *, policy: Policy) -> Contested:
    finding = _finding(session, finding_id)
    reviewed = _review(session, finding)
    if reviewed is None or reviewed.state != "confirmed":
        raise RegisterError(
            f"finding {finding_id} is {reviewed.state if reviewed else finding.status}",
            remedy="only a confirmed finding can be appealed",
        )
    if reviewed.responsible_party != "agent":
        raise RegisterError(
            f"finding {finding_id} is not laid to {finding.agent_id} "
            f"({reviewed.responsible_party})",
            remedy="nothing was taken from his card",
        )
    case = _case_of(session, finding)
    due: DueDate | None = None
    if case is None and reviewed.decided_at is not None:
        due = due_date(
            reviewed.decided_at, policy.discipline.windows.finding, day_kind=day_kind(policy)
        )
    elif case is not None and case.objection_due is not None:
        due = DueDate(case.objection_due, case.due_uncertain)
    return Contested(
        against="finding",
        finding_id=finding_id,
        case_id=case.case_id if case else None,
        agent_id=finding.agent_id,
        due=due,
        hands=frozenset(),
    )


def _contested_case(case: Case) -> Contested:
    if case.basis == "own" and case.findings:
        raise RegisterError(
            f"case {case.case_id} rests on findings: {', '.join(case.findings)}",
            remedy="appeal against these",
        )
    if not case.counts:
        raise RegisterError(
            f"case {case.case_id} is {case.state}", remedy="only a confirmed case can be appealed"
        )
    due = DueDate(case.objection_due, case.due_uncertain) if case.objection_due else None
    return Contested("case", None, case.case_id, case.agent_id, due, frozenset())


def _contested_sanction(case: Case) -> Contested:
    if case.state not in ("approved", "executed", "closed"):
        raise RegisterError(
            f"case {case.case_id} is {case.state}: there is no sanction yet",
            remedy="an approved sanction can be appealed; before that, object or appeal the finding",
        )
    due = DueDate(case.appeal_due, case.due_uncertain) if case.appeal_due else None
    return Contested("sanction", None, case.case_id, case.agent_id, due, frozenset())


def _hands(session: Session, appeal: Appeal) -> frozenset[str]:
    """Who can't decide: reviewers of the findings, who proposed, approved, passed the money or
    carried the sanction out, and those who have a stake in it.
    """
    names: set[str] = set()
    findings = [appeal.finding_id] if appeal.finding_id else []
    if appeal.case_id is not None:
        case = read_case(session, appeal.case_id)
        findings += case.findings
        names |= {*case.handled_by, *filter(None, (case.gate_by, case.executed_by))}
        names |= persons_linked(case, cases_around(session, case.agent_id).values())
    for row in session.rows("registers/reviewers_of", {"findings": findings}):
        names |= {name for name in (row["first_by"], row["decided_by"]) if name}
    return frozenset(names)


def _finding(session: Session, finding_id: str) -> JudgedFinding:
    row = session.one("registers/finding", {"finding_id": finding_id})
    if row is None:
        raise RegisterError(f"there is no finding {finding_id}", remedy="see `qc export findings`")
    # A scan that no longer finds it takes nothing from the right to appeal its verdict.
    row.pop("superseded_at")
    return JudgedFinding(**row)


def _review(session: Session, finding: JudgedFinding) -> FindingReview | None:
    return _reviews(session, finding).get(finding.finding_id)


def _reviews(session: Session, finding: JudgedFinding) -> dict[str, FindingReview]:
    """The reviews of every finding of its call."""
    rows = session.rows("registers/reviews_of_call", {"call_id": finding.call_id})
    return {row["finding_id"]: from_row(FindingReview, row) for row in rows}


def _case_of(session: Session, finding: JudgedFinding) -> Case | None:
    for case in cases_around(session, finding.agent_id).values():
        if case.basis == "own" and case.alive and finding.finding_id in case.findings:
            return case
    return None


__all__ = [
    "Decided", "Decision", "admit_appeal", "decide_appeal", "file_appeal",
    "list_appeals", "preview_appeal", "withdraw_appeal",
]  # fmt: skip
