"""The hourly pass records what ran out, once, and tells Prefect numbers only."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

pytest.importorskip("prefect")

from prefect.logging import disable_run_logger

from flows.deadlines import DeadlineCounts, deadlines
from qc_pipeline.policy import load_policy
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers.complaint_desk import add_complaint, read_complaint
from qc_pipeline.registers.complaints import NewComplaint
from qc_pipeline.settings import load_settings
from qc_pipeline.store.store import Store

pytestmark = pytest.mark.filterwarnings("default")  # Prefect's own warnings


def test_the_pass_records_each_clock_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QC_KEYS", str(tmp_path / "keys"))
    settings = load_settings(home=tmp_path / "home")
    store = Store(settings.home)
    store.migrate()
    received = datetime.now(SHANGHAI) - timedelta(days=4)
    held = add_complaint(
        store, NewComplaint("customer", received, "多次骚扰", "R-1"), by="officer",
        at=received + timedelta(minutes=1), policy=load_policy(settings.policy_dir),
        keys=settings.keys,
    )  # fmt: skip
    with disable_run_logger():
        first = deadlines.fn(home=str(settings.home))
        again = deadlines.fn(home=str(settings.home))
    assert first == DeadlineCounts(3, 0, 0, 0), "pause, report, first reply"
    assert again == DeadlineCounts(0, 0, 0, 0)
    breached = read_complaint(store, held.complaint_id).breaches
    assert {entry.partition("=")[0] for entry in breached} == {"pause", "report", "first_reply"}
