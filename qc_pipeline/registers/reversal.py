"""What a decision on an appeal does to every register, shown before it is done and done the same
way: findings, cases, counts and proposals of other cases, money. Nothing is deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from qc_pipeline.errors import RegisterError
from qc_pipeline.policy import Policy
from qc_pipeline.policy.discipline import Discipline
from qc_pipeline.records import Severity
from qc_pipeline.registers import appeals, discipline, review
from qc_pipeline.registers.appeals import Appeal, Outcome
from qc_pipeline.registers.chain import FIRST_PREVIOUS, NewEvent, RegisterEvent, link
from qc_pipeline.registers.discipline import (
    NO_SANCTION,
    SANCTION_CHANGED,
    Case,
    CaseState,
    decide_note,
    money_of,
)
from qc_pipeline.registers.ladder import choice_fits
from qc_pipeline.registers.liability import Superiors
from qc_pipeline.registers.projections import Registers, copied, fold
from qc_pipeline.registers.recount import Append, follow
from qc_pipeline.registers.review import JudgedFinding


@dataclass(frozen=True, slots=True)
class Decision:
    """How somebody decides an appeal: `severity` for a finding that stands as milder, `level`
    for a milder sanction (with `consequences` and `amounts`, if these change too).
    """

    outcome: Outcome
    reasons: str
    severity: Severity | None = None
    level: str | None = None
    consequences: tuple[str, ...] | None = None
    amounts: Mapping[str, Decimal] | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything a decision may touch: the appeal, the finding (if it is about one), the
    registers around them, and who can't decide.
    """

    appeal: Appeal
    finding: JudgedFinding | None
    registers: Registers
    hands: frozenset[str]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a case stands, as far as a decision may change it."""

    state: CaseState
    occurrence_same: int | None
    occurrence_any: int | None
    level: str | None
    level_to: str | None
    consequences: tuple[str, ...]
    chosen_level: str | None
    to_return_yuan: Decimal | None


@dataclass(frozen=True, slots=True)
class CaseEffect:
    """A case that stands otherwise after a decision; `before` is None for a case it opens."""

    case_id: str
    agent_id: str
    call_id: str
    code: str
    before: Standing | None
    after: Standing


@dataclass(frozen=True, slots=True)
class Reversal:
    """What a decision changes: the finding's state and severity, cases, and yuan to be returned
    that were not before.
    """

    appeal_id: str
    outcome: Outcome
    finding_id: str | None
    finding_before: tuple[str, Severity] | None
    finding_after: tuple[str, Severity] | None
    cases: tuple[CaseEffect, ...]
    to_return_yuan: Decimal


def preview_reversal(
    situation: Situation, decision: Decision, *, by: str, at: datetime, policy: Policy,
    superiors: Callable[[Case], Superiors] = lambda _: Superiors(),
) -> Reversal:  # fmt: skip
    """What `decision` would change. Pure: the situation stays as it is.

    Raises RegisterError exactly when the decision itself would be refused.
    """
    registers = copied(situation.registers)
    carry_out(
        replace(situation, registers=registers), decision, append=_imagined(), superiors=superiors,
        by=by, at=at, policy=policy,
    )  # fmt: skip
    return difference(situation.appeal, situation.registers, registers, decision)


def carry_out(
    situation: Situation, decision: Decision, *, append: Append,
    superiors: Callable[[Case], Superiors], by: str, at: datetime, policy: Policy,
) -> list[RegisterEvent]:  # fmt: skip
    """Append the decision and all that follows, folded into the situation's registers.

    Raises RegisterError if the appeal can't be decided like that, or not by `by`.
    """
    appeal, registers = situation.appeal, situation.registers
    owed_before = _owed(registers.cases.values())
    decided = partial(
        appeals.decide_outcome, appeal, by=by, at=at, outcome=decision.outcome,
        reasons=decision.reasons, hands=situation.hands, severity=decision.severity,
        level=decision.level,
    )  # fmt: skip
    decided()  # refuses who may not decide, and what the outcome lacks, before anything is appended
    effects = _effects(situation, decision, by=by, at=at, policy=policy)
    entries = append(effects)
    fold(registers, entries)
    further: list[NewEvent] = []
    if situation.finding is not None and effects:
        finding = situation.finding
        further = discipline.decide_after_verdict(
            finding, list(registers.reviews.values()),
            [case for case in registers.cases.values() if case.agent_id == finding.agent_id],
            by=by, at=at, rules=policy.at(finding.conduct_at).discipline,
        )  # fmt: skip
    entries += follow(
        registers, further, append=append, superiors=superiors, by=by, at=at, policy=policy
    )
    entries += _milder_after_mitigation(
        situation, decision, append=append, by=by, at=at, policy=policy
    )
    owed = _owed(registers.cases.values()) - owed_before
    last = append([decided(to_return_yuan=owed if owed else None)])
    fold(registers, last)
    return entries + last


def difference(appeal: Appeal, before: Registers, after: Registers, decision: Decision) -> Reversal:
    """How the registers differ after a decision."""
    changed = []
    for case_id, case in sorted(after.cases.items()):
        known = before.cases.get(case_id)
        was, now = standing_of(known) if known else None, standing_of(case)
        if was != now:
            changed.append(CaseEffect(case_id, case.agent_id, case.call_id, case.code, was, now))
    finding_id = appeal.finding_id
    return Reversal(
        appeal_id=appeal.appeal_id,
        outcome=decision.outcome,
        finding_id=finding_id,
        finding_before=_verdict(before, finding_id),
        finding_after=_verdict(after, finding_id),
        cases=tuple(sorted(changed, key=lambda each: (each.agent_id, each.case_id))),
        to_return_yuan=_owed(after.cases.values()) - _owed(before.cases.values()),
    )


def standing_of(case: Case) -> Standing:
    """The part of a case that a decision may change."""
    return Standing(
        state=case.state,
        occurrence_same=case.occurrence_same,
        occurrence_any=case.occurrence_any,
        level=case.level,
        level_to=case.level_to,
        consequences=case.consequences,
        chosen_level=case.chosen_level,
        to_return_yuan=case.to_return_yuan,
    )


def _effects(
    situation: Situation, decision: Decision, *, by: str, at: datetime, policy: Policy
) -> list[NewEvent]:
    appeal = situation.appeal
    if decision.outcome == "dismissed":
        return []
    if appeal.against == "finding":
        held = situation.registers.reviews[appeal.finding_id or ""]
        if decision.outcome == "upheld":
            return [
                review.decide_overturn(
                    held, by=by, at=at, appeal_id=appeal.appeal_id, reasons=decision.reasons
                )
            ]
        if decision.severity is None:
            return []
        return [
            review.decide_mitigate(
                held, by=by, at=at, severity=decision.severity, appeal_id=appeal.appeal_id,
                reasons=decision.reasons,
            )
        ]  # fmt: skip
    case = situation.registers.cases[appeal.case_id or ""]
    if appeal.against == "case":
        note = f"申诉 {appeal.appeal_id}：{decision.reasons}"
        return discipline.decide_take_back(case, by=by, at=at, note=note) if case.alive else []
    level = decision.level if decision.outcome == "partly_upheld" else NO_SANCTION
    if level is None or not case.alive:
        return []
    rules = policy.at(case.conduct_at).discipline
    _check_milder(case, level, rules=rules)
    return [_sanction_changed(case, appeal, decision, level, by=by, at=at, rules=rules)]


def _milder_after_mitigation(
    situation: Situation, decision: Decision, *, append: Append, by: str, at: datetime,
    policy: Policy,
) -> list[RegisterEvent]:  # fmt: skip
    """A finding that stands as milder may leave a sanction that was carried out too grave."""
    appeal, registers = situation.appeal, situation.registers
    case = registers.cases.get(appeal.case_id or "")
    if appeal.against != "finding" or decision.severity is None or case is None:
        return []
    rules = policy.at(case.conduct_at).discipline
    if decision.level is None:
        if case.executed_at is not None and case.alive and not _fits(case, rules=rules):
            span = f"{case.level} to {case.level_to}" if case.level_to else f"{case.level}"
            raise RegisterError(
                f"{case.chosen_level} was carried out in case {case.case_id}, now {span} is proposed",
                remedy="name the milder level as well",
            )
        return []
    _check_milder(case, decision.level, rules=rules)
    changed = _sanction_changed(case, appeal, decision, decision.level, by=by, at=at, rules=rules)
    entries = append([changed])
    fold(registers, entries)
    return entries


def _sanction_changed(
    case: Case, appeal: Appeal, decision: Decision, level: str, *, by: str, at: datetime,
    rules: Discipline,
) -> NewEvent:  # fmt: skip
    consequences, amounts = _lighter(case, level, decision, rules=rules)
    was = sum(money_of(case).values(), Decimal(0))
    details: dict[str, Any] = {
        "chosen_level": level,
        "chosen_consequences": list(consequences),
        "amounts": [f"{name}={yuan}" for name, yuan in amounts.items()],
        "choice_reason": f"申诉 {appeal.appeal_id}：{decision.reasons}",
        "appeal_id": appeal.appeal_id,
    }
    if case.executed_at is not None:
        back = was - sum(amounts.values(), Decimal(0))
        details["to_return_yuan"] = str(max(back, case.to_return_yuan or Decimal(0)))
    return decide_note(case, SANCTION_CHANGED, by=by, at=at, **details)


def _lighter(
    case: Case, level: str, decision: Decision, *, rules: Discipline
) -> tuple[Sequence[str], Mapping[str, Decimal]]:
    """Consequences and amounts of the milder sanction: those of before unless the decision says
    less; none when the person is let off.
    """
    if level == NO_SANCTION:
        return (), {}
    held, paid = case.chosen_consequences, money_of(case)
    wanted = held if decision.consequences is None else decision.consequences
    if not set(wanted) <= set(held):
        raise RegisterError(
            f"the sanction of case {case.case_id} had no {', '.join(sorted(set(wanted) - set(held)))}",
            remedy="an appeal never makes a sanction graver",
        )
    given = decision.amounts or {}
    amounts = {name: given.get(name, yuan) for name, yuan in paid.items() if name in wanted}
    for name, yuan in given.items():
        if name not in amounts or yuan > paid[name] or yuan < 0:
            raise RegisterError(
                f"{name}: {yuan} is more than case {case.case_id} had for it, or no part of it",
                remedy="an appeal never makes a sanction graver",
            )
    return wanted, amounts


def _check_milder(case: Case, level: str, *, rules: Discipline) -> None:
    if level != NO_SANCTION and level not in rules.levels:
        raise RegisterError(
            f"there is no level {level!r}",
            remedy=f"use {', '.join(rules.levels)} or {NO_SANCTION}",
        )
    chosen = case.chosen_level
    if chosen is None or chosen == NO_SANCTION:
        raise RegisterError(
            f"case {case.case_id} has no sanction to make milder", remedy="leave the level out"
        )
    if level != NO_SANCTION and rules.rank(level) >= rules.rank(chosen):
        raise RegisterError(
            f"{level} isn't milder than {chosen} of case {case.case_id}",
            remedy="name a milder one, or dismiss the appeal",
        )


def _fits(case: Case, *, rules: Discipline) -> bool:
    return case.chosen_level is None or choice_fits(
        case.chosen_level, low=case.level, high=case.level_to, facts=case.facts, rules=rules
    )


def _owed(cases: Iterable[Case]) -> Decimal:
    return sum((case.to_return_yuan or Decimal(0) for case in cases), Decimal(0))


def _verdict(registers: Registers, finding_id: str | None) -> tuple[str, Severity] | None:
    held = registers.reviews.get(finding_id or "")
    return None if held is None else (held.state, held.severity)


def _imagined() -> Append:
    """Links events to nothing: a preview keeps none of them."""
    linked = 0

    def append(events: Iterable[NewEvent]) -> list[RegisterEvent]:
        nonlocal linked
        found = []
        for event in events:
            linked += 1
            found.append(link(event, seq=linked, prev_hash=FIRST_PREVIOUS, key=b"preview"))
        return found

    return append
