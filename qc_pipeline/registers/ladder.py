"""The ladder: from the circumstances of a case to a proposed level. A proposal is only that."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal

from qc_pipeline.errors import PolicyError
from qc_pipeline.policy.discipline import Condition, Discipline, Fact
from qc_pipeline.records import Severity


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the ladder looks at. `loss_yuan` None means no loss is known; `effect_assessed`
    says whether somebody has looked at the effect at all.
    """

    severity: Severity
    occurrence_same: int
    occurrence_any: int
    facts: frozenset[Fact] = frozenset()
    loss_yuan: Decimal | None = None
    effect_assessed: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the ladder proposes.

    `level` is the highest minimum of the rows that match; with `level_to` a person chooses
    between the two. `amounts` are yuan; `open_points` (zh) says what can't be computed or is
    not yet known.
    """

    level: str | None
    level_to: str | None
    consequences: tuple[str, ...]
    rows: tuple[str, ...]
    rulebook: tuple[str, ...]
    amounts: dict[str, Decimal]
    open_points: tuple[str, ...]


def propose_level(circumstances: Circumstances, *, rules: Discipline) -> Proposal:
    """Every ladder row that matches is taken; the level is the highest minimum (rulebook 3.2)."""
    matching = [row for row in rules.ladder if _matches(row.when, circumstances)]
    minimums = [row.at_least for row in matching if row.at_least]
    ranges_end = [row.to for row in matching if row.to]
    level = max(minimums, key=rules.rank, default=None)
    highest = max(ranges_end, key=rules.rank, default=None)
    if level is None or highest is None or rules.rank(highest) <= rules.rank(level):
        highest = None
    consequences = _distinct(name for row in matching for name in row.consequences)
    amounts, open_points = {}, []
    for name in consequences:
        consequence = rules.consequences[name]
        if consequence.amount is None:
            continue
        try:
            amounts[name] = amount_of(name, rules=rules)
        except PolicyError:
            open_points.append(f"{consequence.zh}金额未设定（{consequence.amount}），不予计算")
    if not circumstances.effect_assessed:
        open_points.append("尚未评估违规影响（DS-18）")
    aggravating = circumstances.facts & rules.facts_of("aggravating")
    exonerating = circumstances.facts & rules.facts_of("exonerating")
    open_points += [f"从重情节：{rules.facts[name].zh}" for name in sorted(aggravating)]
    open_points += [f"从轻或免除情节：{rules.facts[name].zh}" for name in sorted(exonerating)]
    if highest is not None:
        open_points.append("处分级别须由人在区间内选定")
    return Proposal(
        level=level,
        level_to=highest,
        consequences=consequences,
        rows=tuple(row.id for row in matching),
        rulebook=_distinct(source for row in matching for source in row.rulebook),
        amounts=amounts,
        open_points=tuple(open_points),
    )


def amount_of(consequence: str, *, rules: Discipline) -> Decimal:
    """The yuan that `consequence` costs at least.

    Raises PolicyError while the amount is unset: the source leaves it blank (rulebook 0.1).
    """
    name = rules.consequences[consequence].amount
    amount = rules.amounts[name] if name else None
    if amount is None:
        raise PolicyError(
            f"the amount of {consequence} is not set",
            remedy=f"set amounts.{name} in discipline.yaml",
        )
    return amount


def choice_fits(
    chosen: str, *, low: str | None, high: str | None, facts: Collection[str], rules: Discipline
) -> bool:
    """Whether a chosen level (`none`: let off) stands within what the ladder proposes: from `low`
    to `high`, above `low` at will where the row only says "at least", below it or none at all
    only with an exonerating fact.
    """
    if chosen == "none" or low is None or rules.rank(chosen) < rules.rank(low):
        return bool(rules.facts_of("exonerating").intersection(facts))
    return high is None or rules.rank(chosen) <= rules.rank(high)


def _matches(when: Condition, circumstances: Circumstances) -> bool:
    loss = circumstances.loss_yuan or Decimal(0)
    return (
        (when.first is None or when.first == (circumstances.occurrence_any == 1))
        and (not when.severity or circumstances.severity in when.severity)
        and circumstances.occurrence_same >= (when.occurrence_same_from or 1)
        and circumstances.occurrence_any >= (when.occurrence_any_from or 1)
        and (when.loss_above_yuan is None or loss > when.loss_above_yuan)
        and circumstances.facts.issuperset(when.facts)
        and circumstances.facts.isdisjoint(when.without)
    )


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
