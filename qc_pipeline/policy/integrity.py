"""How far a recording's length may stray from its call record."""

from __future__ import annotations

from pydantic import Field

from qc_pipeline.policy.base import PolicyFile


class IntegrityLimits(PolicyFile):
    """Seconds, except the ratio (of the call record's length)."""

    length_tolerance_s: float = Field(ge=0)
    length_tolerance_ratio: float = Field(ge=0, lt=1)
    ring_allowance_s: float = Field(ge=0)

    def tolerance_s(self, length_s: float) -> float:
        """What a length of `length_s` seconds may stray."""
        return max(self.length_tolerance_s, self.length_tolerance_ratio * length_s)
