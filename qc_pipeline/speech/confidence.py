"""How well a call was heard as a whole.

Dialects the model hardly knows, and lines too bad to follow, don't show in single words only:
the whole call is heard badly. Then no single word of it should decide anything: every utterance
is marked, so that what rests on it waits for a human.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qc_pipeline.records import Utterance

HARD_TO_HEAR = "hard_to_hear: 整通识别把握低，可能是方言或线路差"

_DOUBTFUL = 0.55  # mean word probability; sample calls have 0.79 to 0.86 (docs/speech.md)
_FEWEST = 30  # characters; of less a call may be two mumbled words


def call_confidence(utterances: Sequence[Utterance]) -> float | None:
    """Mean probability of the words by their characters; None where too little was heard."""
    weighed = [
        (word.probability, word.end - word.start)
        for utterance in utterances
        for word in utterance.words
    ]
    characters = sum(length for _, length in weighed)
    if characters < _FEWEST:
        return None
    return sum(probability * length for probability, length in weighed) / characters


def doubt_whole_call(utterances: Sequence[Utterance]) -> list[Utterance]:
    """`utterances`, every one marked when the call as a whole was badly heard."""
    confidence = call_confidence(utterances)
    if confidence is None or confidence >= _DOUBTFUL:
        return list(utterances)
    return [
        replace(utterance, suspect=utterance.suspect or HARD_TO_HEAR) for utterance in utterances
    ]
