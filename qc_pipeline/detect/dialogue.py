"""A call as an exchange: what was really heard, and who spoke in turn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qc_pipeline.records import Speaker, Utterance

# What `Utterance.suspect` says of text that was never spoken (see speech/hallucination).
_MADE_UP = frozenset({"phantom", "prompt_echo", "repetition", "no_speech"})


@dataclass(frozen=True, slots=True)
class Turn:
    """Utterances of one speaker in a row."""

    speaker: Speaker
    utterances: tuple[Utterance, ...]

    @property
    def text(self) -> str:
        """What was said, one utterance after the other, for reading, not for offsets."""
        return "，".join(utterance.text for utterance in self.utterances)

    @property
    def first_index(self) -> int:
        return self.utterances[0].index

    @property
    def last_index(self) -> int:
        return self.utterances[-1].index


def heard(utterances: Iterable[Utterance]) -> tuple[Utterance, ...]:
    """The utterances with words in them that recognition did not make up, in order of time.

    Words that were only recognised badly are kept: they may be what is being looked for.
    """
    real = (u for u in utterances if not _made_up(u) and any(map(str.isalnum, u.text)))
    return tuple(sorted(real, key=lambda utterance: (utterance.start_s, utterance.index)))


def _made_up(utterance: Utterance) -> bool:
    return (utterance.suspect or "").split(":")[0] in _MADE_UP


def turns_of(utterances: Iterable[Utterance]) -> tuple[Turn, ...]:
    """What was heard as turns."""
    turns: list[list[Utterance]] = []
    for utterance in heard(utterances):
        if turns and turns[-1][-1].speaker == utterance.speaker:
            turns[-1].append(utterance)
        else:
            turns.append([utterance])
    return tuple(Turn(held[0].speaker, tuple(held)) for held in turns)


def mean_confidence(utterances: Sequence[Utterance]) -> float:
    """Recognition confidence, 0..1, weighted by length; 0 when nothing was heard."""
    characters = sum(len(utterance.text) for utterance in utterances)
    if not characters:
        return 0.0
    return sum(utterance.confidence * len(utterance.text) for utterance in utterances) / characters


def speakers_known(utterances: Iterable[Utterance]) -> bool:
    """Whether every utterance heard has a speaker, and there are any."""
    speakers = {utterance.speaker for utterance in heard(utterances)}
    return bool(speakers) and "unknown" not in speakers


def span_seconds(utterance: Utterance, start: int, end: int) -> tuple[float, float]:
    """When the characters `start:end` were said: by the words' times, else the utterance's."""
    words = [word for word in utterance.words if word.start < end and start < word.end]
    if not words:
        return utterance.start_s, utterance.end_s
    return words[0].start_s, words[-1].end_s
