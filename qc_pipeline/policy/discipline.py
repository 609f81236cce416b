"""Models of `discipline.yaml` and `review.yaml`."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from qc_pipeline.policy.base import PolicyFile, PolicyModel, TimeLimit
from qc_pipeline.records import Severity

Fact = Literal[
    "offence_against_state_law",
    "severe_circumstances",
    "complaint_caused",
    "complaint_upheld",
    "especially_bad",
    "serious_consequence",
    "significant_effect",
    "lasting_harm",
    "bank_instruction",
    "concealment",
    "outside_complaint",
    "stopped_and_reported",
    "system_fault",
]
FACTS: tuple[Fact, ...] = get_args(Fact)
FactKind = Literal["ground", "aggravating", "exonerating"]


class Condition(PolicyModel):
    """When a ladder row applies: everything that is given must hold.

    `first` asks for the first occurrence of any code; `facts` must be established, those in
    `without` must not be; amounts are yuan and compared strictly.
    """

    first: bool | None = None
    severity: tuple[Severity, ...] = ()
    occurrence_same_from: int | None = Field(None, ge=1)
    occurrence_any_from: int | None = Field(None, ge=1)
    loss_above_yuan: Decimal | None = Field(None, ge=0)
    facts: tuple[Fact, ...] = ()
    without: tuple[Fact, ...] = ()


class LadderRow(PolicyModel):
    """One row of the ladder, with its source.

    `at_least` is a minimum level; `to` makes it a range from which a person chooses.
    """

    id: str
    zh: str
    rulebook: tuple[str, ...] = Field(min_length=1)
    when: Condition
    at_least: str | None = None
    to: str | None = None
    consequences: tuple[str, ...] = ()


class Consequence(PolicyModel):
    """What may stand beside a level; `amount` names the least amount it needs. What costs the
    person `money` passes the legal/HR gate; `payable` is an amount of yuan; `needs` is a fact
    without which it can't be chosen.
    """

    zh: str
    amount: str | None = None
    money: bool = False
    payable: bool = False
    needs: Fact | None = None


class EstablishedFact(PolicyModel):
    """What can be established about a case: a ground of the ladder, aggravating, exonerating."""

    zh: str
    kind: FactKind
    source: str


class Windows(PolicyModel):
    """How long the person concerned may object or appeal, from receipt of the notice."""

    finding: TimeLimit
    sanction: TimeLimit


class MoneyGate(PolicyModel):
    """What legal/HR checks before money is taken; None is unset, and the gate refuses.

    `deduction_cap_percent` of the month's wage, `minimum_wage_yuan` that must be left,
    whether the rules must have been acknowledged in writing.
    """

    deduction_cap_percent: Decimal | None = Field(None, gt=0, le=100)
    minimum_wage_yuan: Decimal | None = Field(None, ge=0)
    acknowledgement_required: bool | None = None


class Discipline(PolicyFile):
    """Counting and the ladder (rulebook 3.2, POLICY "Discipline")."""

    occurrence_window_months: int = Field(ge=1)
    repeat_requires_notice: bool
    case_severities: tuple[Severity, ...]
    amounts: dict[str, Decimal | None]
    windows: Windows
    money_gate: MoneyGate
    notice_ways: dict[str, str]
    suspend_reasons: dict[str, str]
    facts: dict[Fact, EstablishedFact]
    levels: dict[str, str]
    consequences: dict[str, Consequence]
    ladder: tuple[LadderRow, ...]

    def rank(self, level: str) -> int:
        """How severe a level is, 0 for the mildest."""
        return list(self.levels).index(level)

    def facts_of(self, kind: FactKind) -> frozenset[Fact]:
        """The facts of one kind."""
        return frozenset(name for name, fact in self.facts.items() if fact.kind == kind)

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        if missing := set(FACTS) - set(self.facts):
            raise ValueError(f"facts lacks {sorted(missing)}")
        for consequence in self.consequences.values():
            if consequence.amount is not None and consequence.amount not in self.amounts:
                raise ValueError(f"amounts has no {consequence.amount}")
        ids = [row.id for row in self.ladder]
        if len(set(ids)) != len(ids):
            raise ValueError("two ladder rows have the same id")
        for row in self.ladder:
            unknown = set(row.consequences) - set(self.consequences)
            levels = [level for level in (row.at_least, row.to) if level is not None]
            unknown |= set(levels) - set(self.levels)
            if unknown:
                raise ValueError(f"ladder row {row.id} names unknown {sorted(unknown)}")
            if sorted(levels, key=self.rank) != levels:
                raise ValueError(f"ladder row {row.id}: `to` is milder than `at_least`")
        return self


class RejectReason(PolicyModel):
    """Why a reviewer rejects; `key` is the key to press."""

    key: str = Field(min_length=1, max_length=1)
    zh: str
    note_required: bool = False


class Sample(PolicyModel):
    """Calls without findings that people hear all the same: `share` of them (0..1), and so many
    of each collector and month at least. `seed` decides which. `share_of_tasks` of what a reviewer
    is given, while nothing urgent waits, are such calls.
    """

    seed: str
    share: float = Field(ge=0, le=1)
    least_per_agent_month: int = Field(ge=0)
    share_of_tasks: float = Field(0.1, ge=0, le=1)


class Review(PolicyFile):
    """How people decide on findings (POLICY "Triage order")."""

    second_reviewer: tuple[Severity, ...]
    undo_minutes: int = Field(ge=0)
    lock_minutes: int = Field(ge=1)
    uncertain_share: float = Field(0.1, ge=0, le=1)
    sample: Sample
    age_limits: dict[Severity, TimeLimit]
    reject_reasons: dict[str, RejectReason]

    @model_validator(mode="after")
    def _keys_differ(self) -> Self:
        keys = [reason.key for reason in self.reject_reasons.values()]
        if len(set(keys)) != len(keys):
            raise ValueError("two reject reasons share a key")
        return self
