"""The seconds of a recording that a finding is about, as a file anything plays."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np

from qc_pipeline.intake.decode import Decoding

SAMPLE_RATE = 16_000


def cut_clip(recording: Path, *, start_s: float, end_s: float) -> bytes:
    """WAV, 16 bit, 16 kHz, the recording's channels, from `start_s` to `end_s` (seconds).

    Decoded block by block up to the end of the clip. Raises RecordingUnreadable when nothing
    decodes.
    """
    first, last = round(max(0.0, start_s) * SAMPLE_RATE), round(end_s * SAMPLE_RATE)
    position, kept = 0, []
    for block in Decoding(recording, sample_rate=SAMPLE_RATE).blocks():
        begin, position = position, position + block.shape[1]
        if position > first:
            kept.append(block[:, max(0, first - begin) : max(0, last - begin)])
        if position >= last:
            break
    samples = np.concatenate(kept, axis=1) if kept else np.zeros((1, 0), np.float32)
    whole = (np.clip(samples, -1, 1) * 32_767).astype("<i2")
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(whole.shape[0])
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(whole.T.tobytes())
    return written.getvalue()
