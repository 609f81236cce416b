"""Real sound and real files for the intake tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import av
import numpy as np
import pytest

from qc_pipeline.records import SHANGHAI, CallRecord, Recording

STARTED = datetime(2026, 10, 13, 10, 22, tzinfo=SHANGHAI)
HEADER = "call_id,started_at,agent_id"


def tones(*, seconds: float, channels: int = 2, rate: int = 8000) -> np.ndarray:
    """One steady tone per channel, 300 Hz apart: [channels, frames]."""
    clock = np.arange(round(seconds * rate)) / rate
    return np.stack(
        [0.3 * np.sin(2 * np.pi * 300 * (n + 1) * clock) for n in range(channels)]
    ).astype(np.float32)


def encode(
    path: Path, samples: np.ndarray, *, codec: str, kind: str | None = None, rate: int = 8000
) -> Path:
    """Write `samples` to `path` with `codec`; the container follows the suffix unless given."""
    layout = {1: "mono", 2: "stereo", 4: "quad"}[samples.shape[0]]
    with av.open(str(path), "w", format=kind, container_options={"fflags": "+bitexact"}) as out:
        stream = out.add_stream(codec, rate=rate, layout=layout)
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout=layout)
        frame.sample_rate = rate
        frame.pts = 0
        for packet in (*stream.encode(frame), *stream.encode(None)):
            out.mux(packet)
    return path


def main_frequency(channel: np.ndarray, rate: int) -> float:
    """The loudest frequency of a channel, in Hz."""
    spectrum = np.abs(np.fft.rfft(channel))
    return float(np.fft.rfftfreq(len(channel), 1 / rate)[spectrum.argmax()])


@pytest.fixture
def call() -> Callable[..., CallRecord]:
    """A call record with whatever a test needs to say about it."""

    def make(**known: object) -> CallRecord:
        return CallRecord(**{"call_id": "c1", "started_at": STARTED, "agent_id": "A1"} | known)

    return make


@pytest.fixture
def recording() -> Callable[..., Recording]:
    """A probed recording of a given length."""

    def make(duration_s: float) -> Recording:
        return Recording("0" * 64, "", "wav", "pcm_s16le", 8000, 2, duration_s, 1)

    return make


@pytest.fixture
def manifest(tmp_path: Path) -> Callable[..., Path]:
    """A manifest file from its lines (or bytes)."""

    def write(*lines: str, encoding: str = "utf-8", name: str = "manifest.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
        return path

    return write


@pytest.fixture
def stereo_wav(tmp_path: Path) -> Path:
    """Five seconds of two tones as 16-bit PCM."""
    return encode(tmp_path / "call.wav", tones(seconds=5), codec="pcm_s16le")
