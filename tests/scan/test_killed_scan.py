"""A scan killed with SIGKILL at any moment and run again ends as an undisturbed scan does."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from qc_pipeline.scan.night import ScanRequest
from qc_pipeline.scan.run import scan
from qc_pipeline.settings import Settings
from tests.scan.conftest import Row, write_manifest
from tests.scan.exports import everything

pytestmark = pytest.mark.slow
Reached = Callable[[Path], bool]


def files(home: Path, pattern: str) -> int:
    return len(list(home.glob(pattern)))


MOMENTS: dict[str, Reached] = {
    "as the home folder appears": lambda home: home.exists(),
    "as the database appears": lambda home: (home / "qc.duckdb").exists(),
    "with the first recording kept": lambda home: files(home, "recordings/*/*") >= 1,
    "with the first transcript": lambda home: files(home, "transcripts/*/*.json") >= 1,
    "with the second detection": lambda home: files(home, "detections/*/*.json") >= 2,
    "with all detections": lambda home: files(home, "detections/*/*.json") >= 3,
}


def test_a_killed_scan_is_completed_by_the_next(
    recordings: Path, rows: list[Row], tmp_path: Path, settings_in: Callable[[str], Settings]
) -> None:
    manifest = write_manifest(tmp_path, rows)
    request = ScanRequest(manifest, recordings=recordings)
    undisturbed = settings_in("undisturbed")
    scan(request, settings=undisturbed)
    expected = everything(undisturbed.home)

    disturbed = settings_in("disturbed")
    for moment, reached in MOMENTS.items():
        _kill_when(reached, manifest, recordings, disturbed.home, moment)
    result = scan(request, settings=disturbed)
    assert result.failures == ()
    assert everything(disturbed.home) == expected
    assert not list(disturbed.home.rglob("*.tmp*")), "half-written files were swept"


def _kill_when(reached: Reached, manifest: Path, recordings: Path, home: Path, moment: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "qc_pipeline", "scan", str(manifest),
         "--recordings", str(recordings), "--home", str(home), "--jobs", "2"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        deadline = time.monotonic() + 120
        while not reached(home) and process.poll() is None:
            assert time.monotonic() < deadline, f"never came to the moment {moment!r}"
            time.sleep(0.01)
        process.kill()  # the parent only: its workers must notice by themselves
        process.wait()
