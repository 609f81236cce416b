"""Model of `complaints.yaml`."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from qc_pipeline.policy.base import PolicyFile, PolicyModel, TimeLimit

Triage = Literal["normal", "urgent", "hq_regulator_consumer", "media_judicial"]


class Clock(TimeLimit):
    """A time limit of the complaint register (rulebook 3.3).

    It runs from `start` (`detected`: when the machine proposed it, else when it was received;
    `bank_due`: what the bank set; `progress`: the last progress) until `stop` happens; only for
    the classes in `triage`, if there are any.
    """

    zh: str
    start: Literal[
        "detected", "received", "logged", "bank_due", "progress", "resolved", "upheld", "withdrawn"
    ]
    stop: Literal[
        "paused", "reported", "first_reply", "contacted", "progress", "team_assigned", "decided",
        "withdrawal_recorded", "filed", "transferred",
    ]  # fmt: skip
    triage: tuple[Triage, ...] = ()
    source: str


class ObjectionKind(PolicyModel):
    """A kind of objection; without `limit` nobody has said by when it must be answered."""

    zh: str
    limit: TimeLimit | None = None
    source: str


class Linking(PolicyModel):
    """What speaks for a call being the one a complaint is about; weights add up to a score.

    `minutes_apart`: how far the time a bank names may lie from the beginning of the call it means.
    """

    days_before: int = Field(ge=1)
    minutes_apart: int = Field(10, ge=0)
    same_case: float = Field(ge=0, le=1)
    same_phone: float = Field(ge=0, le=1)
    same_customer: float = Field(ge=0, le=1)
    same_agent: float = Field(ge=0, le=1)
    near_in_time: float = Field(ge=0, le=1)
    words: float = Field(ge=0, le=1)
    least_score: float = Field(ge=0, le=1)


class ComplaintRules(PolicyFile):
    """Channels and clocks of the complaint register (rulebook 3.3, POLICY "Complaints")."""

    channels: dict[str, str]
    triage: dict[Triage, str]
    clocks: dict[str, Clock]
    decision_complex: TimeLimit
    extension: TimeLimit
    empty_replies: tuple[str, ...]
    objections: dict[str, ObjectionKind]
    linking: Linking

    @model_validator(mode="after")
    def _needed_clocks(self) -> Self:
        missing = {"first_reply", "decision"} - set(self.clocks)
        if missing:
            raise ValueError(f"clocks lacks {sorted(missing)}")
        return self
