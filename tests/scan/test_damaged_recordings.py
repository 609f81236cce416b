"""Each damaged recording ends in the right state with the right message; the rest goes on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from qc_pipeline.intake.integrity import RULES, suspicions
from qc_pipeline.intake.probe import probe_recording
from qc_pipeline.intake.soundness import measure_soundness
from qc_pipeline.policy import load_policy
from qc_pipeline.scan.night import ScanRequest
from qc_pipeline.scan.run import scan
from qc_pipeline.settings import Settings
from tests.scan.conftest import write_manifest
from tests.scan.damaged import DAMAGED, SAMPLES, Damaged
from tests.scan.exports import everything
from tests.speech.diarisation import SHARED

INTEGRITY = {rule.id for rule in RULES}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("damaged")
    for damaged in DAMAGED:
        damaged.make(folder / damaged.name)
    return folder


@pytest.fixture(scope="module")
def tables(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict]]:
    """What one scan over all of them leaves behind."""
    rows = [
        {
            "call_id": damaged.name, "started_at": "2026-10-13T10:22:00+08:00", "agent_id": "A1",
            "recording": damaged.name, "answered": 1, "channels": damaged.channels,
            "talk_s": damaged.talk_s or "",
        }
        for damaged in DAMAGED
    ]  # fmt: skip
    home = tmp_path_factory.mktemp("home")
    settings = Settings(home=home, keys=home.parent / "keys")
    summary = scan(ScanRequest(write_manifest(home, rows), recordings=folder), settings=settings)
    assert summary.failures == ()
    return everything(home)


@pytest.mark.slow
@pytest.mark.parametrize("damaged", DAMAGED, ids=lambda d: d.name)
def test_it_ends_in_the_right_state_with_the_right_message(
    tables: dict[str, list[dict]], damaged: Damaged
) -> None:
    (coverage,) = (row for row in tables["coverage"] if row["call_id"] == damaged.name)
    assert coverage["state"] == damaged.state, coverage["reason"]
    assert damaged.says in coverage["reason"]
    found = {
        row["rule_id"]: row
        for row in tables["findings"]
        if row["call_id"] == damaged.name and row["rule_id"] in INTEGRITY
    }
    assert set(found) - {damaged.also} == ({damaged.rule} if damaged.rule else set())
    if damaged.rule:
        finding = found[damaged.rule]
        assert finding["sub_code"] == "ri_recording"
        assert finding["status"] == ("open" if damaged.state == "mismatch" else "quarantined")
        assert damaged.says in finding["reasons"][0]


@pytest.mark.slow
def test_swapped_channels_put_no_words_into_anybodys_mouth(tables: dict[str, list[dict]]) -> None:
    spoken = [row for row in tables["utterances"] if row["call_id"] == "swapped.wav"]
    assert len(spoken) > 5
    assert {row["speaker"] for row in spoken} == {"unknown"}


def _untouched() -> list[Path]:
    """Recordings that are whole: the sample calls and, where at hand, real voices."""
    samples = [*sorted(SAMPLES.glob("s*.ogg")), SAMPLES / "x01-mono.ogg", SAMPLES / "x02.mp3",
               SAMPLES / "x03-alaw.wav", SAMPLES / "x06-silent.ogg"]  # fmt: skip
    return [*samples, *sorted((SHARED / "speech").glob("**/*.flac")),
            *sorted((SHARED / "speech").glob("*.wav"))]  # fmt: skip


def test_whole_recordings_are_not_accused() -> None:
    limits = load_policy(Settings().policy_dir).integrity
    for path in _untouched():
        probed = probe_recording(path)
        sound = measure_soundness(path, sample_rate=probed.sample_rate, container=probed.container)
        assert suspicions(sound, limits=limits) == (), path.name


@pytest.mark.slow
def test_six_hours_fit_into_memory(folder: Path, high_water: Callable[[str, Path], float]) -> None:
    """Two channels of six hours at 16 kHz are 2.76 GB as samples; nothing is held twice."""
    measured = high_water("from qc_pipeline.intake.soundness import measure_soundness;"
                          "measure_soundness(path, sample_rate=8000, container='flac')",
                          folder / "six-hours.flac")  # fmt: skip
    assert measured < 0.4
    decoded = high_water("from qc_pipeline.intake.decode import decode_audio;"
                         "decode_audio(path)", folder / "six-hours.flac")  # fmt: skip
    assert decoded < 3.4


@pytest.fixture
def high_water() -> Callable[[str, Path], float]:
    """The most memory (GB) a fresh process ever held while it ran a program on `path`."""

    def run(program: str, path: Path) -> float:
        whole = (
            f"import re, sys; from pathlib import Path; path = Path(sys.argv[1]); {program};"
            "print(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1])"
        )
        done = subprocess.run(
            [sys.executable, "-c", whole, str(path)], capture_output=True, text=True, check=True
        )
        return int(done.stdout) / 1e6

    return run
