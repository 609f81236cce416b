"""What counts as talking about the debt (rulebook 0.4 guards 7 and 9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from qc_pipeline.detect.context_lexicon import ContextLexicon, Said
from qc_pipeline.detect.dialogue import heard
from qc_pipeline.detect.numbers import spoken_amounts
from qc_pipeline.records import Utterance

# A smaller sum is small talk (两块钱的事), not what somebody owes.
_SMALLEST_DEBT = Decimal(100)


def debt_word(text: str, *, lexicon: ContextLexicon) -> Said | None:
    """The first word about the debt in what a collector says, or a sum of money.

    "Entrusted by such a bank" alone is none.
    """
    found = list(lexicon.find("debt_word", text))
    found += [
        Said(amount.start, amount.end, text[amount.start : amount.end])
        for amount in spoken_amounts(text)
        if amount.value >= _SMALLEST_DEBT
    ]
    return min(found, key=lambda said: said.start, default=None)


def debt_words(
    utterances: Iterable[Utterance], *, lexicon: ContextLexicon
) -> Iterator[tuple[Utterance, Said]]:
    """The utterances of the collector (or of an unknown speaker) that talk about the debt,
    in order of time, each with its first such word.
    """
    for utterance in heard(utterances):
        if utterance.speaker != "customer" and (said := debt_word(utterance.text, lexicon=lexicon)):
            yield utterance, said
