"""What is really said in a text: its content characters, with the way back to the text.

Rules are matched on content characters only, so that commas, spaces and quotes never hide
a phrase. Letters are lower-cased, full-width forms made plain, traditional characters
simplified, each character on its own, so that every content character has exactly one
place in the original. Sentence ends stay, as 。！？, because a rule's gap must not run
over them.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property, lru_cache

from opencc import OpenCC

SENTENCE_ENDS = "。！？"
_ENDS = {"。": "。", "！": "！", "？": "？", "!": "！", "?": "？", "｡": "。", "\n": "。"}


class _Folding(dict[str, str]):
    """A character's content form; empty for what carries no content. Filled as met."""

    def __init__(self) -> None:
        super().__init__(_ENDS)
        self._simplify = OpenCC("t2s")

    def __missing__(self, character: str) -> str:
        folded = unicodedata.normalize("NFKC", character).lower()
        if len(folded) != 1:
            folded = character
        if unicodedata.category(folded)[0] in "LN":
            simple = self._simplify.convert(folded)
            folded = simple if len(simple) == 1 else folded
        else:
            folded = ""
        self[character] = folded
        return folded


@lru_cache(maxsize=1)
def _folding() -> _Folding:
    return _Folding()


@dataclass(frozen=True)
class Content:
    """`text`: content characters of `original`; `offsets[i]`: where `text[i]` stands there."""

    original: str
    text: str
    offsets: tuple[int, ...]

    @cached_property
    def encoded(self) -> bytes:
        """`text` in UTF-8."""
        return self.text.encode()

    @cached_property
    def spoken(self) -> str:
        """`text` as guards read it: every character of it at its own place, and before those
        where the original pauses (comma, colon, dash, a space between hanzi) a "，".

        Use `spoken_at` to get from a place in `text` to one here.
        """
        return "".join(
            "，" + character if place in self.pauses else character
            for place, character in enumerate(self.text)
        )

    def spoken_at(self, place: int) -> int:
        """Where content character `place` stands in `spoken`."""
        return place + bisect_right(self._pause_places, place)

    @cached_property
    def pauses(self) -> frozenset[int]:
        """The content characters before which the original pauses."""
        return frozenset(
            place
            for place in range(1, len(self.offsets))
            if self.text[place - 1] not in SENTENCE_ENDS
            and _is_pause(self.original[self.offsets[place - 1] + 1 : self.offsets[place]])
        )

    @cached_property
    def _pause_places(self) -> list[int]:
        return sorted(self.pauses)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The half-open span of `original` for content characters `start:end`, which must
        not be empty.
        """
        return self.offsets[start], self.offsets[end - 1] + 1


def content_of(text: str) -> Content:
    """The content characters of `text`. Never fails; empty for text without any."""
    folding = _folding()
    characters: list[str] = []
    offsets: list[int] = []
    for place, character in enumerate(text):
        folded = folding[character]
        if folded:
            characters.append(folded)
            offsets.append(place)
        elif character == "." and _ends_sentence(text, place):
            characters.append("。")
            offsets.append(place)
    return Content(original=text, text="".join(characters), offsets=tuple(offsets))


def fold(text: str) -> str:
    """`text` as content characters."""
    if "." in text:
        return content_of(text).text
    folding = _folding()
    return "".join([folding[character] for character in text])


def _is_pause(between: str) -> bool:
    """Whether the dropped characters between two content characters mark a pause. The
    enumeration comma 、 does not: what is said before it goes for all that follows.
    """
    return any(c in "，,；;：:—…" or c.isspace() for c in between)


def _ends_sentence(text: str, place: int) -> bool:
    """A lone dot that is neither a decimal point nor part of an ellipsis or an address."""
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    return bool(before) and before != "." and (not after or after.isspace())
