"""A call that was badly heard as a whole is for a human."""

from __future__ import annotations

from qc_pipeline.records import Utterance, Word
from qc_pipeline.speech.confidence import HARD_TO_HEAR, call_confidence, doubt_whole_call


def said(characters: int, probability: float, suspect: str | None = None) -> Utterance:
    words = tuple(Word(i, i + 1, i / 4, (i + 1) / 4, probability) for i in range(characters))
    text = "啥" * characters
    return Utterance(0, "customer", 0, 9, text, text, probability, suspect, words=words)


def test_a_call_of_doubtful_words_is_doubted_throughout() -> None:
    dialect = [said(40, 0.4), said(5, 0.9), said(20, 0.3, "repetition: x")]
    marked = doubt_whole_call(dialect)
    assert [u.suspect for u in marked] == [HARD_TO_HEAR, HARD_TO_HEAR, "repetition: x"]
    assert [u.text for u in marked] == [u.text for u in dialect]


def test_a_badly_heard_sentence_in_a_good_call_stands_alone() -> None:
    call = [said(200, 0.85), said(10, 0.2)]
    assert doubt_whole_call(call) == call


def test_of_a_few_words_nothing_is_concluded() -> None:
    assert call_confidence([said(10, 0.1)]) is None
    assert doubt_whole_call([said(10, 0.1)]) == [said(10, 0.1)]
    assert doubt_whole_call([]) == []
