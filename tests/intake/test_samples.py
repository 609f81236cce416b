"""The samples are what their README says, agree with the truth, and can be rebuilt."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from qc_pipeline.errors import RecordingMissing, RecordingUnreadable
from qc_pipeline.intake.decode import decode_audio
from qc_pipeline.intake.integrity import compare_with_call_record
from qc_pipeline.intake.locate import locate_recording, orphans
from qc_pipeline.intake.manifest import ManifestReading, read_manifest
from qc_pipeline.intake.probe import probe_recording
from qc_pipeline.intake.tables import TablesReading, read_tables
from qc_pipeline.policy import load_policy
from qc_pipeline.records import CallRecord, Recording
from qc_pipeline.settings import PACKAGE_DIR

SAMPLES = Path(__file__).parents[2] / "samples"
TRUTHS = [json.loads(path.read_text("utf-8")) for path in sorted(SAMPLES.glob("truth/*.json"))]
LIMITS = load_policy(PACKAGE_DIR / "policy").integrity


@pytest.fixture(scope="module")
def manifest() -> ManifestReading:
    return read_manifest(SAMPLES / "manifest.csv")


@pytest.fixture(scope="module")
def calls(manifest: ManifestReading) -> dict[str, CallRecord]:
    return {call.call_id: call for call in manifest.calls}


@pytest.fixture(scope="module")
def tables() -> TablesReading:
    return read_tables(SAMPLES)


def probed(call: CallRecord) -> Recording:
    return probe_recording(locate_recording(call, recordings_dir=SAMPLES, roots=()))


def test_manifest_and_tables_are_clean(manifest: ManifestReading, tables: TablesReading) -> None:
    assert (manifest.rejected, manifest.notices) == ((), ())
    assert (tables.rejected, tables.notices) == ((), ())
    assert tables.tables.present == {
        "cases", "staff", "phones", "accounts", "designations", "approvals", "flags", "payments",
    }  # fmt: skip


@pytest.mark.parametrize("truth", TRUTHS, ids=lambda truth: truth["id"])
def test_a_spoken_call_agrees_with_its_truth(
    truth: dict[str, object], calls: dict[str, CallRecord], tables: TablesReading
) -> None:
    call = calls[str(truth["id"])]
    assert call.started_at.isoformat() == truth["started_at"]
    for name in ("agent_id", "customer_id", "case_id", "bank", "agent_note"):
        assert getattr(call, name) == truth[name]
    recording = probed(call)
    assert (recording.container, recording.channels) == ("ogg", 2)
    assert compare_with_call_record(call, recording, limits=LIMITS) is None
    known = [
        case for case in tables.tables.cases
        if case.case_id == call.case_id and case.as_of and case.as_of <= call.started_at
    ]  # fmt: skip
    assert known
    assert float(known[-1].amount_due or 0) == truth["amount_due"]
    assert known[-1].legal_status == "none"
    assert any(e.phone == call.phone and e.case_id == call.case_id for e in tables.tables.phones)
    (person,) = [p for p in tables.tables.staff if p.agent_id == call.agent_id]
    assert person.team == call.team


def test_there_are_sixteen_truths() -> None:
    assert len(TRUTHS) == 16


def test_some_rows_leave_the_channels_to_be_worked_out(calls: dict[str, CallRecord]) -> None:
    kinds = Counter(call.channels for call in calls.values() if call.recording)
    assert kinds["agent,customer"] > kinds[None] >= 3
    assert kinds["mono"] == 1


@pytest.mark.parametrize(
    ("call_id", "kind", "codec", "channels"),
    [("x01", "ogg", "opus", 1), ("x02", "mp3", "mp3", 2), ("x03", "wav", "pcm_alaw", 2)],
)
def test_the_other_formats(
    calls: dict[str, CallRecord], call_id: str, kind: str, codec: str, channels: int
) -> None:
    recording = probed(calls[call_id])
    assert (recording.container, recording.codec, recording.channels) == (kind, codec, channels)
    assert 30 < recording.duration_s < 45
    assert compare_with_call_record(calls[call_id], recording, limits=LIMITS) is None


def test_each_damaged_or_missing_recording_shows_its_fault(calls: dict[str, CallRecord]) -> None:
    with pytest.raises(RecordingUnreadable):
        probed(calls["x04"])
    contradiction = compare_with_call_record(calls["x05"], probed(calls["x05"]), limits=LIMITS)
    assert contradiction is not None
    assert "截断" in contradiction.what
    silent = decode_audio(locate_recording(calls["x06"], recordings_dir=SAMPLES, roots=()))
    assert abs(silent.samples).max() < 0.02
    with pytest.raises(RecordingMissing):
        probed(calls["x07"])
    assert (calls["x08"].recording, calls["x08"].answered) == (None, False)
    assert probed(calls["x09"]).sha256 == probed(calls["x02"]).sha256


def test_one_number_was_dialled_five_times_in_a_day(calls: dict[str, CallRecord]) -> None:
    dials = Counter((call.phone, call.started_at.date()) for call in calls.values())
    assert sorted(dials.values())[-2:] == [4, 5]
    assert dials[calls["s01"].phone, calls["s01"].started_at.date()] == 5


def test_one_recording_belongs_to_no_call(manifest: ManifestReading) -> None:
    assert orphans(SAMPLES, manifest.calls) == ("20261014-151200-A014.ogg",)


def test_numbers_are_invented(calls: dict[str, CallRecord], tables: TablesReading) -> None:
    numbers = {call.phone for call in calls.values()} | {p.phone for p in tables.tables.phones}
    assert all(str(number).startswith("1990000") for number in numbers)


def test_rebuilding_gives_the_same(tmp_path: Path) -> None:
    builder().build(tmp_path)
    rebuilt = sorted(path.name for path in tmp_path.iterdir())
    assert (tmp_path / "manifest.csv").read_bytes() == (SAMPLES / "manifest.csv").read_bytes()
    for name in rebuilt:
        # Another CPU may round the encoders' arithmetic otherwise; the length stays.
        there, here = (folder / name for folder in (SAMPLES, tmp_path))
        assert abs(there.stat().st_size - here.stat().st_size) <= 0.02 * there.stat().st_size
    builder().build(tmp_path / "again")
    for name in rebuilt:
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / name).read_bytes()


def builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_samples", SAMPLES / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module
