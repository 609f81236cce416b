"""A call is judged by the policy in force when it was made (DESIGN 8)."""

import re
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from qc_pipeline.detect.detectors import load_detectors
from qc_pipeline.policy import load_policy
from qc_pipeline.records import SHANGHAI, CallContext, CallRecord
from qc_pipeline.scan.night import ScanRequest
from qc_pipeline.scan.run import scan
from qc_pipeline.scan.work import Workbench, WorkItem, detection_of, work_item
from qc_pipeline.settings import Settings
from tests.scan.conftest import write_manifest
from tests.scan.exports import everything


def dated(folder: Path, since: str, *, name: str = "required.yaml") -> None:
    """`required.yaml` in force from a day on, in this file."""
    text = (Settings().policy_dir / "required.yaml").read_text("utf-8")
    text = re.sub("^effective_from: .*$", f"effective_from: {since}", text, flags=re.M)
    (folder / name).write_text(text.replace("turns: 3", "turns: 4"), "utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "policy"
    shutil.copytree(Settings().policy_dir, made, ignore=shutil.ignore_patterns("*.py*"))
    return made


def test_a_detection_says_which_policy_it_was_made_by(folder: Path) -> None:
    dated(folder, "2026-03-04", name="required@2026-03-04.yaml")
    settings = Settings(policy=folder, classifier="none")
    policy = load_policy(folder)
    rules = load_detectors(settings, policy=policy).rules

    def no_model():
        raise AssertionError("nothing is recognised here")

    bench = Workbench(settings, policy, rules, no_model)

    def work(day: int) -> WorkItem:
        call = CallRecord("c", datetime(2026, 3, day, 12, tzinfo=SHANGHAI), "A1")
        return work_item(
            CallContext(call), recording=None, coverage=None, mismatch=None, findings=(),
            settings=settings, rules=rules, policy=policy, model_fingerprint="m",
        )  # fmt: skip

    made = {day: detection_of(work(day), None, bench=bench).policy_version for day in (2, 3, 4)}
    assert made[2] == made[3] == policy.others[0].version
    assert made[4] == policy.version
    assert made[3] != made[4]


@pytest.mark.slow
def test_a_call_older_than_any_policy_waits_for_one(
    folder: Path, tmp_path: Path, settings_in: Callable[[str], Settings]
) -> None:
    settings = settings_in("home").model_copy(update={"policy": folder})
    old = {"call_id": "old", "started_at": "2025-12-31T10:00:00+08:00", "agent_id": "A1",
           "answered": 0}  # fmt: skip
    request = ScanRequest(write_manifest(tmp_path, [old]))
    dated(folder, "2026-01-01")
    scan(request, settings=settings)
    (row,) = everything(settings.home)["coverage"]
    assert row["state"] == "deferred"
    assert "no policy was in force on 2025-12-31" in row["reason"]

    dated(folder, "2025-01-01")
    scan(request, settings=settings)
    (row,) = everything(settings.home)["coverage"]
    assert row["state"] == "unanswered"
