"""Pieces of an excerpt for the linear part of the classifier: characters and sounds.

Grams of characters see the words; grams of toneless syllables, with blurred sounds made one, see
them through a recogniser's homophones. Each gram falls into one of `BUCKETS` by its checksum, so
no vocabulary is kept.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qc_pipeline.detect.classifier import Excerpt
from qc_pipeline.detect.content import fold
from qc_pipeline.detect.learned.encoding import LISTENER_WORDS
from qc_pipeline.detect.phonetic import fold_syllable

BUCKETS = 1 << 17
_LONGEST = 4
_PREVIOUS_END = 40  # characters of what was said before that count
_BLOCKS = (("c", 1.0), ("s", 1.0), ("p", 0.4))
"""Characters of the utterance, its sounds, sounds of what was said before; how much each counts."""
_MARKS = str.maketrans("āáǎàēéěèêḿńňǹōóǒòīíǐìūúǔùüǖǘǚǜ", "aaaaeeeeemnnnooooiiiiuuuuvvvvv")

Floats = NDArray[np.float32]


class Grams:
    """A linear model over grams. Outputs: log-odds per code, and last that the words are plain
    talk.
    """

    def __init__(self, path: Path) -> None:
        with np.load(path) as stored:
            self._weights: Floats = stored["weights"].astype(np.float32) * stored["scales"]
            self._bias: Floats = stored["bias"].astype(np.float32)

    def odds(self, excerpts: Sequence[Excerpt]) -> Floats:
        """[excerpts, codes + 1]."""
        out = np.tile(self._bias, (len(excerpts), 1))
        for place, excerpt in enumerate(excerpts):
            buckets, values = gram_row(excerpt)
            out[place] += values @ self._weights[buckets]
        return out


def gram_row(excerpt: Excerpt) -> tuple[NDArray[np.int64], Floats]:
    """Buckets (each once, ascending) and weights; every block has length one before weighing."""
    said, before = fold(excerpt.text), fold(excerpt.previous)
    listener = LISTENER_WORDS[excerpt.listener][:1]
    pieces = (
        (listener, *said),
        (listener, *syllables(said)),
        syllables(before)[-_PREVIOUS_END:],
    )
    row: dict[int, float] = {}
    for (name, weight), sequence in zip(_BLOCKS, pieces, strict=True):
        counts = Counter(_grams(name, sequence))
        raw = {gram: 1 + math.log(count) for gram, count in counts.items()}
        length = math.sqrt(sum(value * value for value in raw.values()))
        for gram, value in raw.items():
            bucket = zlib.crc32(gram.encode("utf-8", "replace")) % BUCKETS
            row[bucket] = row.get(bucket, 0.0) + weight * value / length
    buckets = sorted(row)
    return np.array(buckets, np.int64), np.array([row[b] for b in buckets], np.float32)


def syllables(content: str) -> list[str]:
    """How each character sounds, coarsely; a character without a reading stands for itself."""
    return [_syllable(character) for character in content]


@cache
def _syllable(character: str) -> str:
    reading = _readings().get(ord(character))
    return fold_syllable(reading.split(",")[0].translate(_MARKS)) if reading else character


@lru_cache(maxsize=1)
def _readings() -> dict[int, str]:
    from pypinyin.pinyin_dict import pinyin_dict

    return pinyin_dict


def _grams(name: str, pieces: Sequence[str]) -> Iterable[str]:
    for size in range(1, _LONGEST + 1):
        for start in range(len(pieces) - size + 1):
            yield f"{name} {' '.join(pieces[start : start + size])}"
