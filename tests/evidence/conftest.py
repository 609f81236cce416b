"""A home with one call judged from a real recording's bytes, and what people said of it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from qc_pipeline.intake.probe import probe_recording
from qc_pipeline.intake.recording_store import LocalRecordingStore
from qc_pipeline.policy import Policy, load_policy
from qc_pipeline.records import CaseFacts, ReferenceTables
from qc_pipeline.registers.desk import confirm
from qc_pipeline.settings import Settings
from qc_pipeline.store.store import Store
from qc_pipeline.store.versions import keep_version
from tests.replay import homes

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "s01.ogg"
PHONE = "13800001111"
TURNS = (
    ("agent", "你好，我是恒信公司的工号一零二三，请问是李女士吗？"),
    ("customer", "是我，有什么事？"),
    ("agent", "你今天不还钱，明天我就带人去你家门口堵你，让你全家不得安宁。"),
    ("customer", f"你别来，我的电话是{PHONE}，有事打电话。"),
)


@dataclass(frozen=True, slots=True)
class Judged:
    """A home in which two people confirmed the critical finding of a call."""

    settings: Settings
    store: Store
    policy: Policy
    recordings: LocalRecordingStore
    finding_id: str
    case_id: str


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """Made once; each test gets a copy."""
    folder = tmp_path_factory.mktemp("evidence")
    settings = Settings(home=folder / "home", keys=folder / "keys", classifier="none")
    kept = LocalRecordingStore(settings.home / "recordings")
    recording = probe_recording(SAMPLE)
    recording = replace(recording, key=kept.put(SAMPLE, recording))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(homes, "recording_of", lambda written: recording)
        return _judged(settings, kept, recording.duration_s)


@pytest.fixture
def judged(once: Judged, tmp_path: Path) -> Judged:
    home, keys = tmp_path / "home", tmp_path / "keys"
    shutil.copytree(once.settings.home, home)
    shutil.copytree(once.settings.keys, keys)
    return replace(
        once,
        settings=once.settings.model_copy(update={"home": home, "keys": keys}),
        store=Store(home),
        recordings=LocalRecordingStore(home / "recordings"),
    )


def _judged(settings: Settings, kept: LocalRecordingStore, duration_s: float) -> Judged:
    call = homes.a_call(
        "20260303-A01", *TURNS, phone=PHONE, agent_note=f"客户{PHONE}情绪激动",
        duration_s=duration_s, case_id="K1",
    )  # fmt: skip
    case = CaseFacts("K1", as_of=homes.MARCH - timedelta(days=1), days_overdue=40)
    store = homes.judge(
        settings, [call], ReferenceTables(cases=(case,), present=frozenset({"cases"}))
    )
    policy = load_policy(settings.policy_dir)
    with store.reading() as session:
        (row,) = [
            row
            for row in session.rows(
                "evidence/findings", {"finding_ids": [], "whole_calls": ["20260303-A01"]}
            )
            if row["code"] == "threat_intimidation" and row["severity"] == "critical"
        ][:1]
    keep_version(settings.home, "policy", row["policy_version"], settings.policy_dir)
    keep_version(settings.home, "rules", row["rules_version"], settings.lexicon_dir)
    acting = {"policy": policy, "keys": settings.keys}
    confirm(store, row["finding_id"], by="r1", at=homes.later(60), **acting)
    verdict = confirm(store, row["finding_id"], by="r2", at=homes.later(90), **acting)
    assert verdict.case is not None
    return Judged(settings, store, policy, kept, row["finding_id"], verdict.case.case_id)
