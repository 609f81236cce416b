"""What a pattern must contain: strings that wake it, so that it need not be tried elsewhere."""

from __future__ import annotations

from itertools import groupby

from qc_pipeline.detect.pattern_parts import (
    Choice,
    Element,
    Gap,
    Sequence,
    count_words,
    words_of,
)

_MAX_ANCHORS = 400
_RARE = 0.01


def anchors_of(sequence: Sequence) -> tuple[frozenset[str], ...]:
    """The best few groups of strings of which a match must contain one each.

    A group is good when talk rarely contains any of its strings, for then it seldom wakes
    the pattern in vain.
    """
    groups: list[frozenset[str]] = []
    for is_gap, stretch in groupby(sequence, key=lambda element: isinstance(element, Gap)):
        if not is_gap:
            groups.extend(_stretch_anchors(tuple(stretch)))
    ranked = sorted(((_commonness(group), place) for place, group in enumerate(groups)))
    kept = ranked[: 1 if ranked and ranked[0][0] < _RARE else 3]
    return tuple(groups[place] for _, place in kept)


def _commonness(group: frozenset[str]) -> float:
    """A rough chance that an utterance contains one of these strings."""
    lengths = list(map(len, group))
    one, two = lengths.count(1), lengths.count(2)
    return one * 0.05 + two * 0.05**2 + (len(lengths) - one - two) * 0.05**3


def _stretch_anchors(stretch: Sequence) -> list[frozenset[str]]:
    groups: list[frozenset[str]] = []
    pending: Sequence = ()
    for element in stretch:
        if count_words((*pending, element)) <= _MAX_ANCHORS:
            pending = (*pending, element)
            continue
        groups.extend(_closed(pending))
        if count_words((element,)) <= _MAX_ANCHORS:
            pending = (element,)
            continue
        pending = ()
        groups.extend(_choice_anchors(element))
    groups.extend(_closed(pending))
    return groups


def _closed(pending: Sequence) -> list[frozenset[str]]:
    words = frozenset(words_of(pending, most=_MAX_ANCHORS) or [""])
    return [] if "" in words else [words]


def _choice_anchors(element: Element) -> list[frozenset[str]]:
    """A choice too large or too gappy to spell out: one anchor group of each alternative."""
    if not isinstance(element, Choice):
        return []
    united: set[str] = set(element.plain)
    for option in element.compound:
        inner = anchors_of(option)
        if not inner:
            return []
        united |= inner[0]  # the rarest of this alternative's groups
    return [frozenset(united)]
