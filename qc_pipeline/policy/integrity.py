"""How far a recording may stray from its call record, and what its sound may show."""

from __future__ import annotations

from pydantic import Field

from qc_pipeline.policy.base import PolicyFile


class IntegrityLimits(PolicyFile):
    """Seconds, decibels, and ratios (of the call record's length; of all samples)."""

    length_tolerance_s: float = Field(ge=0)
    length_tolerance_ratio: float = Field(ge=0, lt=1)
    ring_allowance_s: float = Field(ge=0)
    # A policy file from before these were measured has none of them.
    gap_s: float = Field(1, ge=0.5)
    floor_step_db: float = Field(10, ge=8)
    clipped_ratio: float = Field(0.02, gt=0, lt=1)
    least_snr_db: float = Field(5, ge=0)

    def tolerance_s(self, length_s: float) -> float:
        """What a length of `length_s` seconds may stray."""
        return max(self.length_tolerance_s, self.length_tolerance_ratio * length_s)
