"""The part of the encoder's vocabulary that Mandarin speech needs, and its tokeniser."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import opencc

from qc_pipeline.detect.learned.encoding import UNKNOWN

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_HAN = re.compile(r"[\u4e00-\u9fff]+")
_MARKS = re.compile(r"[0-9A-Za-z，。！？、：；…“”‘’（）,.!?:;()%~—-]")
_NUMBER = re.compile(r"[0-9]{1,4}")
_SPECIAL = 4


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`kept`: ids of the encoder's own pieces; `pieces`: their text and log-probability."""

    kept: tuple[int, ...]
    pieces: tuple[tuple[str, float], ...]


def mandarin_vocabulary(pieces: tuple[tuple[str, float], ...], *, size: int) -> Vocabulary:
    """The `size` likeliest pieces of simplified Chinese, digits, letters and punctuation.

    Single characters come before words: with them every text can be written.
    """
    simplified = opencc.OpenCC("t2s")
    singles: list[tuple[float, int]] = []
    words: list[tuple[float, int]] = []
    for number, (text, score) in enumerate(pieces[_SPECIAL:], _SPECIAL):
        if _HAN.fullmatch(text) and simplified.convert(text) == text:
            (singles if len(text) == 1 else words).append((-score, number))
        elif _MARKS.fullmatch(text) or _NUMBER.fullmatch(text):
            singles.append((-score, number))
    room = max(0, size - _SPECIAL - len(singles))
    kept = sorted([number for _, number in singles + sorted(words)[:room]])
    numbers = (*range(_SPECIAL), *kept)
    return Vocabulary(numbers, tuple(pieces[number] for number in numbers))


def tokeniser(vocabulary: Vocabulary) -> Tokenizer:
    """Cuts text into the likeliest pieces (unigram model), full and half width alike."""
    from tokenizers import Tokenizer, models, normalizers

    model: Any = models.Unigram(list(vocabulary.pieces), unk_id=UNKNOWN, byte_fallback=False)
    made = Tokenizer(model)
    made.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(" ", "")])
    return made
