"""How guards write their vocabulary."""

from __future__ import annotations


def either(expressions: str) -> str:
    """A regular expression for any of the expressions, which are separated by blanks."""
    return "|".join(expressions.split())
