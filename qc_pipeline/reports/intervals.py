"""How sure a share is."""

from __future__ import annotations

from math import sqrt

_Z = 1.959964  # 95 %


def wilson(hits: float, of: float) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927); 0..1 when nothing was counted.

    Both may be fractions: weighted counts with their effective number.
    """
    if of <= 0:
        return 0.0, 1.0
    share, z2 = hits / of, _Z * _Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z * sqrt(max(0.0, share * (1 - share)) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return max(0.0, middle - half), min(1.0, middle + half)
