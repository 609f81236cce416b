"""What the encoder reads: the listener, the end of what the other side said, the utterance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qc_pipeline.detect.classifier import Excerpt
from qc_pipeline.records import Role

if TYPE_CHECKING:
    from tokenizers import Tokenizer

BEGIN, PAD, END, UNKNOWN = 0, 1, 2, 3
"""The first four pieces of every vocabulary."""

LISTENER_WORDS: Mapping[Role, str] = {
    "debtor": "本人",
    "guarantor": "担保人",
    "co_borrower": "共借人",
    "authorised_agent": "代理人",
    "third_party": "第三方",
    "unknown": "未知",
}
PREVIOUS_PIECES = 40
TEXT_PIECES = 72
_STEP = 56  # windows of a long text overlap by the rest
LONGEST = PREVIOUS_PIECES + TEXT_PIECES + 12
"""No window is longer, so this many positions suffice."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """Piece ids of one window; `text` is where the utterance itself stands in it."""

    ids: tuple[int, ...]
    text: slice


def encode(excerpt: Excerpt, tokenizer: Tokenizer) -> list[Encoded]:
    """The windows of an excerpt: one, or several that overlap when the utterance is long.
    None for an utterance without words.
    """
    said = tokenizer.encode(_writable(excerpt.text)).ids
    if not said:
        return []
    listener = tokenizer.encode(f"{LISTENER_WORDS[excerpt.listener]}：").ids
    before = tokenizer.encode(_writable(excerpt.previous)).ids[-PREVIOUS_PIECES:]
    head = (BEGIN, *listener, *before, END, END)
    return [
        Encoded((*head, *piece, END), slice(len(head), len(head) + len(piece)))
        for piece in _windows(said)
    ]


def _writable(text: str) -> str:
    """Without halves of surrogate pairs, which the tokeniser refuses."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _windows(said: list[int]) -> list[list[int]]:
    if len(said) <= TEXT_PIECES:
        return [said]
    starts = range(0, len(said) - (TEXT_PIECES - _STEP), _STEP)
    return [said[start : start + TEXT_PIECES] for start in starts]
