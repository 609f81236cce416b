"""Who is who: four eyes are only worth something if they are two people's."""

from __future__ import annotations

import unicodedata


def same_person(one: str | None, other: str | None) -> bool:
    """Whether two names are one person's: letter case and character width don't make two."""
    if one is None or other is None:
        return False
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold().strip()
