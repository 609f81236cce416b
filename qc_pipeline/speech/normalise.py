"""Simplified Chinese out of a recogniser that mixes scripts, with offsets that stay right."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

CHINESE = frozenset({"zh", "yue"})

_HAN = "\u3400-\u9fff\U00020000-\U0003ffff"
_WIDE = str.maketrans(",?!;:", "，？！；：")
_NARROW_AFTER_HAN = re.compile(rf"(?<=[{_HAN}，。？！；：])[,?!;:]+(?!\d)")
_ALSO = str.maketrans("妳祂", "你他")  # OpenCC takes them for words of their own
_SPACE_BETWEEN_HAN = re.compile(rf"(?<=[{_HAN}]) (?=[{_HAN}])")


@dataclass(frozen=True, slots=True)
class NormalText:
    """`text` for readers and rules, `raw` as recognised; `spans` are each word's half-open
    code-point offsets into `text` (empty spans where nothing of a word is left).
    """

    text: str
    raw: str
    spans: tuple[tuple[int, int], ...]


def normalise(words: Sequence[str], *, language: str) -> NormalText:
    """The text of `words` joined. For Chinese: simplified characters, full-width punctuation
    after a Chinese character, a comma where the recogniser wrote a space between two.
    """
    raw = "".join(words)
    parts = list(words)
    if language in CHINESE:
        parts = _simplified(parts)
    text = "".join(parts)
    if language in CHINESE:
        # One character for one: offsets stay as they are.
        text = _NARROW_AFTER_HAN.sub(lambda match: match.group().translate(_WIDE), text)
        text = _SPACE_BETWEEN_HAN.sub("，", text)
    left = len(text) - len(text.lstrip())
    kept = text.strip()
    spans: list[tuple[int, int]] = []
    at = -left
    for part in parts:
        start, end = (min(max(edge, 0), len(kept)) for edge in (at, at + len(part)))
        spans.append((start, end))
        at += len(part)
    return NormalText(kept, raw.strip(), tuple(spans))


def _simplified(parts: Sequence[str]) -> list[str]:
    """Converted as a whole, so that context decides; word by word if that changes lengths."""
    joined = "".join(parts)
    converted: str = _converter().convert(joined).translate(_ALSO)
    if len(converted) != len(joined):
        return [_converter().convert(part).translate(_ALSO) for part in parts]
    result: list[str] = []
    at = 0
    for part in parts:
        result.append(converted[at : at + len(part)])
        at += len(part)
    return result


@lru_cache(maxsize=1)
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")
