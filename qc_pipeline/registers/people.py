"""Who is who: four eyes are only worth something if they are two people's."""

from __future__ import annotations

import unicodedata

from qc_pipeline.errors import RegisterError


def same_person(one: str | None, other: str | None) -> bool:
    """Whether two names are one person's: letter case and character width don't make two."""
    if one is None or other is None:
        return False
    return _folded(one) == _folded(other)


def check_not_heard_by(by: str, agent_id: str | None, what: str) -> None:
    """Raises RegisterError if `by` made the call in which `what` was heard (CP-10)."""
    if same_person(by, agent_id):
        raise RegisterError(
            f"{what} was heard in a call of {by}", remedy="somebody else has to decide on it"
        )


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold().strip()
