"""Policy: the numbers and lists that decide, as validated, versioned YAML."""

from qc_pipeline.policy.load import (
    Code,
    ContactLimits,
    HolidayYear,
    Policy,
    QuietHours,
    StopFlagKind,
    Taxonomy,
    load_policy,
)

__all__ = [
    "Code", "ContactLimits", "HolidayYear", "Policy", "QuietHours", "StopFlagKind",
    "Taxonomy", "load_policy",
]  # fmt: skip
