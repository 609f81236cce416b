"""The deadline pass as a Prefect flow, every hour: what `qc complaint deadlines` does.

Prefect sees counts; the entries stay in the register's log.

    python -m flows.deadlines
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from prefect import flow, get_run_logger

from qc_pipeline.registers.complaint_desk import record_breaches
from qc_pipeline.registers.promise_desk import record_late_objections, settle_promises
from qc_pipeline.registers.spot_check_desk import record_late_spot_checks
from qc_pipeline.settings import load_settings
from qc_pipeline.store.store import Store


@dataclass(frozen=True, slots=True)
class DeadlineCounts:
    """What Prefect keeps of a pass: numbers only."""

    complaint_clocks: int
    objections: int
    spot_checks: int
    promises_settled: int


@flow(name="deadlines", persist_result=False, validate_parameters=True)
def deadlines(home: str | None = None) -> DeadlineCounts:
    """Record every clock that has run out since the last pass; idempotent."""
    settings = load_settings(home=Path(home) if home else None)
    store, keys = Store(settings.home), settings.keys
    counts = DeadlineCounts(
        complaint_clocks=len(record_breaches(store, keys=keys)),
        objections=len(record_late_objections(store, keys=keys)),
        spot_checks=len(record_late_spot_checks(store, keys=keys)),
        promises_settled=len(settle_promises(store, keys=keys)),
    )
    get_run_logger().info("%s", counts)
    return counts


if __name__ == "__main__":
    deadlines()
