"""Short recordings cut from the sample calls, so that real recognition stays quick."""

from __future__ import annotations

import csv
import wave
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qc_pipeline.intake.decode import decode_audio
from qc_pipeline.settings import Settings, load_settings

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
COLUMNS = (
    "call_id", "started_at", "agent_id", "recording", "duration_s", "talk_s", "answered",
    "direction", "dial_mode", "phone", "callee", "case_id", "bank", "channels", "agent_note",
)  # fmt: skip

PIECES = {"insult": ("s01", 29.0, 46.0), "threat": ("s01", 48.5, 67.0), "calm": ("s02", 0.5, 16.0)}

Row = dict[str, Any]


def cut(source: str, target: Path, *, start_s: float, end_s: float) -> Path:
    """Seconds `start_s` to `end_s` of a sample call as a 16 kHz, 16-bit wav file."""
    audio = decode_audio(SAMPLES / source)
    first, last = (int(t * audio.sample_rate) for t in (start_s, end_s))
    piece = np.clip(audio.samples[:, first:last], -1, 1)
    with wave.open(str(target), "wb") as file:
        file.setnchannels(piece.shape[0])
        file.setsampwidth(2)
        file.setframerate(audio.sample_rate)
        file.writeframes((piece.T * 32767).astype("<i2").tobytes())
    return target


def write_manifest(folder: Path, rows: Sequence[Row]) -> Path:
    """A manifest with the columns of COLUMNS."""
    path = folder / "manifest.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three short recordings: an insult, a threat, a calm opening."""
    folder = tmp_path_factory.mktemp("recordings")
    for name, (source, start_s, end_s) in PIECES.items():
        cut(f"{source}.ogg", folder / f"{name}.wav", start_s=start_s, end_s=end_s)
    return folder


@pytest.fixture
def rows() -> list[Row]:
    """Call records for the three recordings, one of them at a forbidden hour."""
    common = {
        "agent_id": "A900", "direction": "outbound", "dial_mode": "manual", "answered": 1,
        "callee": "debtor", "channels": "agent,customer",
    }  # fmt: skip
    return [
        {**common, "call_id": "t-insult", "started_at": "2026-10-13T10:22:00+08:00",
         "recording": "insult.wav", "phone": "19900009001", "case_id": "T1"},
        {**common, "call_id": "t-threat", "started_at": "2026-10-13T21:10:00+08:00",
         "recording": "threat.wav", "phone": "19900009001", "case_id": "T1"},
        {**common, "call_id": "t-calm", "started_at": "2026-10-14T15:08:00+08:00",
         "recording": "calm.wav", "phone": "19900009002", "case_id": "T2"},
    ]  # fmt: skip


@pytest.fixture
def settings_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Settings]:
    """Settings for a home folder of this name, with its own keys and one worker: starting a
    second one costs more than it saves on three short recordings.
    """

    def make(name: str) -> Settings:
        monkeypatch.setenv("QC_KEYS", str(tmp_path / "keys"))
        return load_settings(home=tmp_path / name, speech__jobs=1)

    return make
