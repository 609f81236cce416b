from __future__ import annotations

import numpy as np
import pytest

from qc_pipeline.speech.acoustics import (
    DIGITAL_SILENCE_DBFS,
    level_between,
    level_dbfs,
    speech_seconds,
)
from qc_pipeline.speech.segment import Span
from tests.speech.builders import RATE


def test_two_people_at_once_count_once() -> None:
    assert speech_seconds([Span(0, 0, 2), Span(1, 1, 3), Span(0, 5, 6)]) == pytest.approx(4)
    assert speech_seconds([]) == 0


def test_level_is_in_decibels_of_full_scale() -> None:
    assert level_dbfs(np.full(100, 0.1, np.float32)) == pytest.approx(-20, abs=0.01)
    assert level_dbfs(np.zeros(100, np.float32)) == -120
    assert level_dbfs(np.zeros(0, np.float32)) == -120


def test_a_companded_line_at_rest_is_not_digital_silence() -> None:
    idle = np.where(np.arange(RATE) % 2, 8, -8).astype(np.float32) / 32768
    assert level_between(idle, 0.2, 0.8, sample_rate=RATE) > DIGITAL_SILENCE_DBFS
