"""Recognised windows taken apart again: which words were said in which turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qc_pipeline.records import Speaker, Utterance, Word
from qc_pipeline.speech.hallucination import Evidence, squeezed
from qc_pipeline.speech.normalise import NormalText, normalise
from qc_pipeline.speech.segment import Span, Turn, Window
from qc_pipeline.speech.transcriber import Recognised, RecognisedWord

_HOLE_S = 0.8  # shorter stretches may be a cough or a hum
_FEWEST_CHARACTERS_PER_S = 1.2


@dataclass(frozen=True, slots=True)
class Heard:
    """One turn and the words recognised in it, their times being those of the recording.

    The probabilities are the worst of the windows the turn was heard in, `language` the one
    found in them (None: as the settings say). `other_words`: those of the hearing that wasn't
    believed; None where the turn was heard once.
    """

    turn: Turn
    words: tuple[RecognisedWord, ...]
    average_log_probability: float
    no_speech_probability: float
    language: str | None = None
    other_words: tuple[str, ...] | None = None

    @property
    def text(self) -> str:
        """The recognised text as it came."""
        return "".join(word.text for word in self.words)

    @property
    def probability(self) -> float:
        """Mean probability of the words, 0..1."""
        if not self.words:
            return 0.0
        return min(1.0, sum(word.probability for word in self.words) / len(self.words))

    @property
    def characters_per_s(self) -> float:
        """How much text the turn's speech holds: Mandarin has four to six a second."""
        return len(squeezed(self.text)) / max(self.turn.speech_s, 0.1)

    @property
    def has_holes(self) -> bool:
        """Whether a stretch of its speech came back with next to no text."""
        for span in self.turn.spans:
            if span.length_s < _HOLE_S:
                continue
            inside = "".join(
                word.text
                for word in self.words
                if span.start_s <= (word.start_s + word.end_s) / 2 <= span.end_s
            )
            if len(squeezed(inside)) < _FEWEST_CHARACTERS_PER_S * span.length_s:
                return True
        return False

    @property
    def evidence(self) -> Evidence:
        """What the hallucination checks look at."""
        return Evidence(
            text=self.text,
            speech_s=self.turn.speech_s,
            probability=self.probability,
            average_log_probability=self.average_log_probability,
            no_speech_probability=self.no_speech_probability,
        )


def hear(
    turns: Sequence[Turn], windows: Sequence[Window], results: Sequence[Recognised]
) -> list[Heard]:
    """What was heard in each of `turns`, in their order; a turn without words has none.

    A word belongs to the stretch of speech its middle lies in.
    """
    turn_of: Mapping[Span, int] = {
        span: index for index, turn in enumerate(turns) for span in turn.spans
    }
    words: list[list[RecognisedWord]] = [[] for _ in turns]
    log_probability = [0.0] * len(turns)
    no_speech = [0.0] * len(turns)
    language: list[str | None] = [None] * len(turns)
    for window, result in zip(windows, results, strict=True):
        for index in {turn_of[piece.span] for piece in window.pieces}:
            log_probability[index] = min(log_probability[index], result.average_log_probability)
            no_speech[index] = max(no_speech[index], result.no_speech_probability)
            language[index] = result.language
        for word in result.words:
            index = turn_of[window.span_at((word.start_s + word.end_s) / 2)]
            turn = turns[index]
            start_s, end_s = (
                min(max(time_s, turn.start_s), turn.end_s)
                for time_s in window.original_times(word.start_s, word.end_s)
            )
            words[index].append(RecognisedWord(word.text, start_s, end_s, word.probability))
    return [
        Heard(turn, tuple(words[index]), log_probability[index], no_speech[index], language[index])
        for index, turn in enumerate(turns)
    ]


def utterance_of(
    heard: Heard, *, index: int, speaker: Speaker, suspect: str | None, language: str
) -> Utterance:
    """The turn as an utterance, with normalised text and the words' offsets into it."""
    normal: NormalText = normalise([word.text for word in heard.words], language=language)
    return Utterance(
        index=index,
        speaker=speaker,
        start_s=round(heard.turn.start_s, 3),
        end_s=round(heard.turn.end_s, 3),
        text=normal.text,
        raw_text=normal.raw,
        confidence=round(heard.probability, 4),
        suspect=suspect,
        channel=heard.turn.channel,
        other_text=None
        if heard.other_words is None
        else normalise(heard.other_words, language=language).text,
        words=tuple(
            Word(
                start=start,
                end=end,
                start_s=round(word.start_s, 3),
                end_s=round(word.end_s, 3),
                probability=round(word.probability, 4),
            )
            for word, (start, end) in zip(heard.words, normal.spans, strict=True)
            if end > start
        ),
    )
