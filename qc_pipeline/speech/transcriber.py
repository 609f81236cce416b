"""The seam to a recogniser: windows of sound in, words with times and probabilities out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from qc_pipeline.speech.segment import Window


@dataclass(frozen=True, slots=True)
class RecognisedWord:
    """A word as recognised; times are seconds from the start of its window."""

    text: str
    start_s: float
    end_s: float
    probability: float


@dataclass(frozen=True, slots=True)
class Recognised:
    """What was heard in one window. The words' texts joined are the whole text.

    `average_log_probability` and `no_speech_probability` are of the window as a whole;
    `language` is the one it was found to be in, None where the settings name it.
    """

    words: tuple[RecognisedWord, ...]
    average_log_probability: float
    no_speech_probability: float
    language: str | None = None

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(word.text for word in self.words)


class Transcriber(Protocol):
    """A recogniser. It must survive pickling: worker processes load their own model."""

    @property
    def name(self) -> str:
        """The model's name, as it stands in transcripts."""

    @property
    def fingerprint(self) -> str:
        """What tells this model from any other: part of the configuration's hash."""

    def transcribe(
        self, windows: Sequence[Window], *, hotwords: Sequence[str] = ()
    ) -> list[Recognised]:
        """One result for each window, in order. What a window yields must not depend on which
        other windows came with it.
        """

    def transcribe_again(self, windows: Sequence[Window]) -> list[Recognised]:
        """As `transcribe`, for windows it failed on (no text, loops, improbable text): slower,
        in whatever way is likeliest to succeed there.
        """
