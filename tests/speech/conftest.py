"""Short excerpts of the sample calls and the packaged model, for tests that really recognise."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from qc_pipeline.intake.decode import Audio, decode_audio
from qc_pipeline.settings import SpeechSettings
from qc_pipeline.speech.models import get_model
from qc_pipeline.speech.recognise import load_transcriber
from qc_pipeline.speech.transcriber import Transcriber

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
RATE = 16_000


@pytest.fixture(scope="session")
def excerpt() -> Callable[[str, float, float], Audio]:
    """Seconds `start_s` to `end_s` of a sample call."""

    def cut(call: str, start_s: float, end_s: float) -> Audio:
        path = SAMPLES / f"{call}.ogg"
        if not path.is_file():
            pytest.skip("the sample calls aren't here")
        audio = decode_audio(path)
        first, last = (round(t * audio.sample_rate) for t in (start_s, end_s))
        return Audio(np.ascontiguousarray(audio.samples[:, first:last]), audio.sample_rate)

    return cut


@pytest.fixture(scope="session")
def transcriber() -> Transcriber:
    """The packaged Whisper model under default settings, one thread."""
    get_model("base")
    return load_transcriber(SpeechSettings())
