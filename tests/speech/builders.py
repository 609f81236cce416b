"""Small makers of spans, turns, windows, and recognisers that say what they are told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from qc_pipeline.speech.heard import Heard
from qc_pipeline.speech.segment import Span, Turn, Window
from qc_pipeline.speech.transcriber import Recognised, RecognisedWord

RATE = 16_000


def heard(
    text: str, *, channel: int = 0, start_s: float = 0.0, speech_s: float | None = None
) -> Heard:
    """A turn in which `text` was said at four characters a second."""
    length = speech_s if speech_s is not None else max(0.5, len(text) / 4)
    turn = Turn(channel, (Span(channel, start_s, start_s + length),))
    each = length / max(1, len(text))
    words = tuple(
        RecognisedWord(char, start_s + i * each, start_s + (i + 1) * each, 0.9)
        for i, char in enumerate(text)
    )
    return Heard(turn, words, -0.3, 0.1)


def says(text: str, *, probability: float = 0.9) -> Callable[[Window], Recognised]:
    """A recogniser's answer: `text` spread evenly over the window."""

    def answer(window: Window) -> Recognised:
        each = window.duration_s / max(1, len(text))
        return Recognised(
            tuple(
                RecognisedWord(char, i * each, (i + 1) * each, probability)
                for i, char in enumerate(text)
            ),
            -0.3,
            0.1,
        )

    return answer


@dataclass
class ScriptedTranscriber:
    """Answers every window by `answer` and remembers what it was given."""

    answer: Callable[[Window], Recognised]
    name: str = "scripted"
    fingerprint: str = "0" * 16

    def __post_init__(self) -> None:
        self.given: list[Window] = []

    def transcribe(
        self, windows: Sequence[Window], *, hotwords: Sequence[str] = ()
    ) -> list[Recognised]:
        self.given += windows
        return [self.answer(window) for window in windows]

    def transcribe_again(self, windows: Sequence[Window]) -> list[Recognised]:
        return self.transcribe(windows)


def noise(seconds: float, *, level: float = 0.1, seed: int = 0) -> np.ndarray:
    """White noise, float32 [frames]."""
    generator = np.random.default_rng(seed)
    return (generator.standard_normal(round(seconds * RATE)) * level).astype(np.float32)
