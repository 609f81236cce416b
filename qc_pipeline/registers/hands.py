"""Who acts on a case, and who may not: nobody handles what concerns himself."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from qc_pipeline.errors import RegisterError
from qc_pipeline.registers.discipline import Case
from qc_pipeline.registers.people import same_person


@dataclass(frozen=True, slots=True)
class Hand:
    """Who acts, when, and who else has a stake in the case: the persons of linked cases."""

    by: str
    at: datetime
    concerned: frozenset[str] = frozenset()


def check_hand(case: Case, hand: Hand) -> None:
    """Raises RegisterError if `hand` has a stake in `case`."""
    if same_person(hand.by, case.agent_id):
        raise RegisterError(
            f"case {case.case_id} concerns {hand.by}", remedy="somebody else has to handle it"
        )
    if any(same_person(hand.by, person) for person in hand.concerned):
        raise RegisterError(
            f"{hand.by} is concerned by a case linked to {case.case_id}",
            remedy="somebody without a stake in it has to handle it",
        )


def in_words(text: str, what: str, remedy: str) -> str:
    """`text`, trimmed. Raises RegisterError if there is none."""
    if not text.strip():
        raise RegisterError(what, remedy=remedy)
    return text.strip()


def listed(names: Collection[str]) -> str:
    """Names as an error message lists them."""
    return ", ".join(names)
