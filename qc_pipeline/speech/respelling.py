"""Characters that sound alike, told apart by what collectors and customers usually say.

A base-size recogniser hears most syllables and errs among the characters that share them
(委托 → 伟托). A small language model of collection talk picks, for each recognised character,
among those that sound the same or that the recogniser is known to confuse with it. One
character stands for one: offsets and times stay as they are, and the text as recognised is kept
beside. Talk that isn't like what the model knows is left as it was heard.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from qc_pipeline.errors import ModelError
from qc_pipeline.records import Utterance
from qc_pipeline.settings import packaged_dir

BOUNDARY = 0  # punctuation, and both ends of an utterance
OTHER = 1  # everything the model has no character for: letters, digits, rare characters
PAUSES = frozenset("，。？！；：、,.?!;: …—“”《》（）()")

_FAMILIAR = 1.0  # nats per character; collection talk has 1.3 to 3, read news 0.5 (docs/speech.md)
_FEWEST = 12  # characters; less says nothing about what kind of talk it is
_WIDTH = 16
_DOUBTFUL, _CERTAIN = 0.5, 1.5  # what a change costs where the recogniser gave 0 or 1
_LONGEST_SPARE = 3  # expansions looked at before equal states are joined, in beam widths

Ids = NDArray[np.int64]
Logs = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class NGrams:
    """Log probabilities of up to three characters in a row, with back-off, and for every
    character what may have been said instead and what believing so costs (nats).

    Keys are sorted: `first * size + second`, `(first * size + second) * size + third`. The
    alternatives of character i are `alternatives[starts[i]:starts[i + 1]]`, itself among them.
    """

    characters: str
    general: Logs  # how frequent a character is anywhere, not in collection talk
    unigrams: Logs
    backoffs: Logs
    bigram_keys: Ids
    bigrams: Logs
    bigram_backoffs: Logs
    trigram_keys: Ids
    trigrams: Logs
    starts: Ids
    alternatives: Ids
    costs: Logs

    @property
    def size(self) -> int:
        """How many characters there are, boundary and other included."""
        return len(self.unigrams)

    def log_probability(self, second_last: Ids, last: Ids, character: Ids) -> Logs:
        """Of `character` after the two before it; the arrays are broadcast."""
        pair = last * self.size + character
        at, known = _find(self.bigram_keys, pair)
        two = np.where(
            known, self.bigrams[at], self.backoffs[last] + self.unigrams[character]
        )  # fmt: skip
        before = second_last * self.size + last
        at, seen = _find(self.bigram_keys, before)
        backoff = np.where(seen, self.bigram_backoffs[at], np.float32(0))
        at, known = _find(self.trigram_keys, before * self.size + character)
        result: Logs = np.where(known, self.trigrams[at], backoff + two)
        return result

    def ids(self, text: str) -> Ids:
        """`text` as the model's characters."""
        table = _table(self.characters)
        return np.array(
            [BOUNDARY if c in PAUSES else table.get(c, OTHER) for c in text], np.int64
        )  # fmt: skip


def respell(utterances: Sequence[Utterance], ngrams: NGrams) -> list[Utterance]:
    """`utterances` of one call with their characters chosen by context; unchanged if the call
    isn't the kind of talk that `ngrams` knows.
    """
    if familiarity([utterance.text for utterance in utterances], ngrams) < _FAMILIAR:
        return list(utterances)
    return [
        replace(utterance, text=spelled(utterance.text, certainty(utterance), ngrams))
        for utterance in utterances
    ]


def familiarity(texts: Sequence[str], ngrams: NGrams) -> float:
    """How much better the model foretells the characters than their general frequency does:
    nats per character; 0.0 if there are too few to tell.
    """
    gained: list[Logs] = []
    for text in texts:
        ids = ngrams.ids(text)
        context = np.concatenate([np.zeros(2, np.int64), ids])
        # What comes before a pause says nothing about what comes after it.
        second_last = np.where(context[1:-1] == BOUNDARY, BOUNDARY, context[:-2])
        known = ids > OTHER
        foretold = ngrams.log_probability(second_last, context[1:-1], ids)
        gained.append((foretold - ngrams.general[ids])[known])
    every = np.concatenate(gained) if gained else np.zeros(0, np.float32)
    return float(every.mean()) if len(every) >= _FEWEST else 0.0


def certainty(utterance: Utterance) -> Logs:
    """The recogniser's probability for each character of the text; 1.0 where no word is."""
    result = np.ones(len(utterance.text), np.float32)
    for word in utterance.words:
        result[word.start : word.end] = word.probability
    return result


def spelled(text: str, certain: Logs, ngrams: NGrams) -> str:
    """`text` with the likeliest characters; `certain` is 0..1 for each of them."""
    ids = ngrams.ids(text)
    prices = _DOUBTFUL + (_CERTAIN - _DOUBTFUL) * certain
    said = list(text)
    edges = [-1, *np.flatnonzero(ids == BOUNDARY).tolist(), len(ids)]
    for before, after in pairwise(edges):
        first = before + 1
        chosen = _likeliest(ids[first:after], prices[first:after], ngrams)
        for place, character in enumerate(chosen, first):
            if character != ids[place]:
                said[place] = ngrams.characters[character]
    return "".join(said)


def _likeliest(ids: Ids, prices: Logs, ngrams: NGrams) -> list[int]:
    """The likeliest characters between two pauses, by beam search."""
    score = np.zeros(1, np.float32)
    second_last = last = np.zeros(1, np.int64)
    steps: list[tuple[Ids, Ids]] = []
    for heard, price in zip(ids.tolist(), prices.tolist(), strict=True):
        among = slice(ngrams.starts[heard], ngrams.starts[heard + 1])
        options = ngrams.alternatives[among]
        reach = (
            score[:, np.newaxis]
            + ngrams.log_probability(second_last[:, np.newaxis], last[:, np.newaxis], options)
            - ngrams.costs[among] * np.float32(price)
        ).ravel()
        best = np.argsort(-reach, kind="stable")[: _LONGEST_SPARE * _WIDTH]
        parent, option = np.divmod(best, len(options))
        character = options[option]
        # Of states that continue alike only the best one matters.
        _, firsts = np.unique(last[parent] * ngrams.size + character, return_index=True)
        keep = np.sort(firsts)[:_WIDTH]
        score, parent, character = reach[best[keep]], parent[keep], character[keep]
        second_last, last = last[parent], character
        steps.append((parent, character))
    if not steps:
        return []
    end = np.full(1, BOUNDARY)
    at = int(np.argmax(score + ngrams.log_probability(second_last, last, end)))
    chosen: list[int] = []
    for parent, character in reversed(steps):
        chosen.append(int(character[at]))
        at = int(parent[at])
    return chosen[::-1]


def _find(keys: Ids, wanted: Ids) -> tuple[Ids, NDArray[np.bool_]]:
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return at, keys[at] == wanted


@lru_cache(maxsize=2)
def _table(characters: str) -> dict[str, int]:
    return {c: i for i, c in enumerate(characters) if i > OTHER}


# --- the file -------------------------------------------------------------------------------


def ngrams_file() -> Path:
    """The packaged file."""
    return packaged_dir("models") / "respelling" / "ngrams.npz"


@lru_cache(maxsize=1)
def packaged_ngrams() -> NGrams:
    """The packaged model. Raises ModelError when it is missing or damaged."""
    return read_ngrams(ngrams_file())


@lru_cache(maxsize=1)
def ngrams_sha256() -> str:
    """What tells one packaged model from another; empty when there is none."""
    path = ngrams_file()
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def read_ngrams(path: Path) -> NGrams:
    """The model in `path`. Raises ModelError when it is missing or damaged."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
            characters = "".join(map(chr, arrays["characters"].tolist()))
            bigram_keys = np.cumsum(arrays["bigram_steps"], dtype=np.int64)
            trigram_keys = np.cumsum(arrays["trigram_steps"], dtype=np.int64)
            starts = np.concatenate([[0], np.cumsum(arrays["counts"], dtype=np.int64)])
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise ModelError(
            f"同音字模型 {path} 缺失或损坏：{error}",
            remedy="重新安装 qc-pipeline，或设 speech.respell: false（只用识别原文）",
        ) from None
    return NGrams(
        characters=characters,
        general=arrays["general"].astype(np.float32),
        unigrams=arrays["unigrams"].astype(np.float32),
        backoffs=arrays["backoffs"].astype(np.float32),
        bigram_keys=bigram_keys,
        bigrams=arrays["bigrams"].astype(np.float32),
        bigram_backoffs=arrays["bigram_backoffs"].astype(np.float32),
        trigram_keys=trigram_keys,
        trigrams=arrays["trigrams"].astype(np.float32),
        starts=starts,
        alternatives=arrays["alternatives"].astype(np.int64),
        costs=arrays["costs"].astype(np.float32),
    )


def write_ngrams(path: Path, ngrams: NGrams) -> None:
    """Write the model as `read_ngrams` reads it; logarithms are kept to three digits."""
    np.savez_compressed(
        path,
        characters=np.array([ord(c) for c in ngrams.characters], np.uint32),
        general=ngrams.general.astype(np.float16),
        unigrams=ngrams.unigrams.astype(np.float16),
        backoffs=ngrams.backoffs.astype(np.float16),
        bigram_steps=np.diff(ngrams.bigram_keys, prepend=0).astype(np.uint32),
        bigrams=ngrams.bigrams.astype(np.float16),
        bigram_backoffs=ngrams.bigram_backoffs.astype(np.float16),
        trigram_steps=np.diff(ngrams.trigram_keys, prepend=0),
        trigrams=ngrams.trigrams.astype(np.float16),
        counts=np.diff(ngrams.starts).astype(np.uint8),
        alternatives=ngrams.alternatives.astype(np.uint16),
        costs=ngrams.costs.astype(np.float16),
    )
