"""Model of `complaints.yaml`."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from qc_pipeline.policy.base import PolicyFile, TimeLimit


class Clock(TimeLimit):
    """A time limit that runs from the moment the complaint was received or logged."""

    zh: str
    start: Literal["received", "logged"]
    source: str


class ComplaintRules(PolicyFile):
    """Channels and clocks of the complaint register (rulebook 3.3, POLICY "Complaints")."""

    channels: dict[str, str]
    clocks: dict[str, Clock]

    @model_validator(mode="after")
    def _needed_clocks(self) -> Self:
        missing = {"first_reply", "decision"} - set(self.clocks)
        if missing:
            raise ValueError(f"clocks lacks {sorted(missing)}")
        return self
