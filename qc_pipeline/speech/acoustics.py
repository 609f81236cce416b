"""What can be measured of the sound itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qc_pipeline.speech.segment import Samples, Span

SILENCE_DBFS = -120.0
DIGITAL_SILENCE_DBFS = -80.0  # below the noise of any telephone line, even 8-bit companded


def speech_seconds(spans: Sequence[Span]) -> float:
    """Seconds in which anybody speaks; two people speaking at once count once."""
    total = 0.0
    until = 0.0
    for span in sorted(spans, key=lambda span: span.start_s):
        total += max(0.0, span.end_s - max(span.start_s, until))
        until = max(until, span.end_s)
    return total


def level_dbfs(samples: Samples) -> float:
    """Root mean square level in dB of full scale; -120 for digital silence or no samples."""
    if samples.size == 0:
        return SILENCE_DBFS
    mean_square = float(np.mean(np.square(samples, dtype=np.float64)))
    return max(SILENCE_DBFS, 10 * float(np.log10(max(mean_square, 1e-12))))


def level_between(samples: Samples, start_s: float, end_s: float, *, sample_rate: int) -> float:
    """Level of `start_s..end_s` of one channel (float32 [frames]), as `level_dbfs`."""
    return level_dbfs(samples[round(start_s * sample_rate) : round(end_s * sample_rate)])
