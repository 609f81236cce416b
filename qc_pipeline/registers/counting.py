"""Counting: the how-manieth step a case is, and what the ladder proposes for it then."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from qc_pipeline.policy import Policy
from qc_pipeline.policy.discipline import Discipline, Fact
from qc_pipeline.registers.chain import MACHINE, NewEvent
from qc_pipeline.registers.discipline import (
    COUNTED,
    MONEY_TO_RETURN,
    Case,
    money_of,
)
from qc_pipeline.registers.ladder import Circumstances, Proposal, choice_fits, propose_level
from qc_pipeline.registers.timeline import months_before


@dataclass(frozen=True, slots=True)
class Occurrence:
    """The how-manieth step a case is: for its code (key A) and for any code (key B)."""

    same: int
    any: int


def count_occurrences(cases: Iterable[Case], *, policy: Policy) -> dict[str, Occurrence]:
    """Occurrence numbers of one agent's cases that count, by case_id.

    Ordered by time of the conduct. Looks back `occurrence_window_months`; conduct exactly that
    old no longer counts. With `repeat_requires_notice` only conduct after notice of an earlier
    case starts a new step: whatever was done before the notice belongs to the same step
    (rulebook DS-07, DS-17, POLICY "Discipline"). A superior's joint liability is no occurrence
    of his own. Each case is counted by the policy that was in force at its conduct.
    """
    ordered = sorted(
        (case for case in cases if case.counts and case.basis != "joint_liability"),
        key=lambda case: (case.conduct_at, case.case_id),
    )
    counted = {}
    for position, case in enumerate(ordered):
        rules = policy.at(case.conduct_at).discipline
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


def decide_counts(cases: Iterable[Case], *, at: datetime, policy: Policy) -> list[NewEvent]:
    """Events for those of one agent's cases whose counts or circumstances changed, with the new
    proposal, and with money already taken that has lost its ground.

    The ladder is that of the policy in force at each conduct. A case whose counts stay keeps its
    proposal.
    """
    by_id = {case.case_id: case for case in cases}
    events = []
    for case_id, occurrence in count_occurrences(by_id.values(), policy=policy).items():
        case = by_id[case_id]
        if (case.occurrence_same, case.occurrence_any) == (occurrence.same, occurrence.any):
            continue
        then = policy.at(case.conduct_at)
        rules = then.discipline
        proposal = propose_level(circumstances_of(case, occurrence), rules=rules)
        payload: dict[str, Any] = {
            "occurrence_same": occurrence.same,
            "occurrence_any": occurrence.any,
            "level": proposal.level,
            "level_to": proposal.level_to,
            "consequences": list(proposal.consequences),
            "ladder_rows": list(proposal.rows),
            "open_points": [*proposal.open_points, *_about_the_choice(case, proposal, rules)],
            "policy_version": then.version,
        }
        events.append(NewEvent(at, MACHINE, COUNTED, case_id, payload))
        lost = _without_ground(case, proposal)
        if lost > (case.to_return_yuan or 0):
            owed = {"to_return_yuan": str(lost), "because": "处分依据已变"}
            events.append(NewEvent(at, MACHINE, MONEY_TO_RETURN, case_id, owed))
    return events


def circumstances_of(case: Case, occurrence: Occurrence) -> Circumstances:
    """What the ladder looks at in `case`."""
    return Circumstances(
        severity=case.severity,
        occurrence_same=occurrence.same,
        occurrence_any=occurrence.any,
        facts=frozenset(cast("tuple[Fact, ...]", case.facts)),
        loss_yuan=case.loss_yuan,
        effect_assessed=case.effect_assessed,
    )


def _about_the_choice(case: Case, proposal: Proposal, rules: Discipline) -> list[str]:
    if case.chosen_level is None or choice_fits(
        case.chosen_level, low=proposal.level, high=proposal.level_to, facts=case.facts, rules=rules
    ):
        return []
    if case.executed_at is not None:
        return ["处分已执行而依据已变，须复核"]
    return ["已选处分不合现有建议，须退回重新提出"]


def _without_ground(case: Case, proposal: Proposal) -> Decimal:
    """Yuan taken for consequences that were proposed then and are no longer."""
    if case.executed_at is None:
        return Decimal(0)
    return sum(
        (
            yuan
            for name, yuan in money_of(case).items()
            # What a person chose beyond the proposal never rested on the ladder.
            if name in case.consequences and name not in proposal.consequences
        ),
        Decimal(0),
    )
