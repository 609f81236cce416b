"""The language model that tells characters of one sound apart, counted from the corpus.

Two sources: what the corpus' training voices and the people they talk to say (up to three
characters in a row, Witten-Bell smoothing), and the words of jieba's dictionary with their
frequencies. Which syllables a recogniser takes for which is counted from the training lines
that were spoken and recognised. Validation and test voices are never read here.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import jieba
import numpy as np
from pypinyin import Style, lazy_pinyin, pinyin
from rapidfuzz.distance import Levenshtein

from qc_pipeline.detect.phonetic import fold_syllable
from qc_pipeline.learn.corpus import Corpus, spoken
from qc_pipeline.speech.respelling import BOUNDARY, OTHER, PAUSES, NGrams

DICTIONARY = Path(jieba.__file__).with_name("dict.txt")

_TALK = 0.9  # weight of collection talk against the dictionary
_SAME_SOUND = 3.0  # nats that believing in another character costs: of the same syllable,
_NEAR_SOUND = 6.0  # of a syllable that dialects blur with it,
_MISHEARD = 2.0  # of one that the recogniser confuses with it: this, and how rarely it does
_SELDOM = 0.004  # confusions rarer than this are noise
_ALTERNATIVES = 32  # for each character, the likeliest
_DAMPED = 0.8  # exponent of the dictionary's frequencies: they come from newspapers
_RARE_WORD = 3  # less frequent words are left out, and
_RARE_CHARACTER = 20.0  # ... characters of which there is less than this
_PAUSE = 0.1  # how often a pause follows, where nothing else tells
_STAND_IN = "\0"  # boundary and other have no character


@dataclass(frozen=True, slots=True)
class Words:
    """The dictionary, damped: characters alone, at the start and end of words, in a row."""

    whole: float
    characters: Mapping[str, float]
    starts: Mapping[str, float]
    ends: Mapping[str, float]
    pairs: Mapping[str, float]
    pair_ends: Mapping[str, float]
    triples: Mapping[str, float]

    def after(self, before: str, character: str) -> float:
        """Probability of `character` after up to two characters of one stretch."""
        alone = (self.starts.get(character, 0.0) + 0.5) / (self.whole + 4000)
        last = before[-1:]
        held = self.characters.get(last, 0.0)
        if not held:
            return alone
        two = self.pairs.get(last + character, 0.0) + (self.ends.get(last, 0.0) + 1) * alone
        two /= held + 1
        held = self.pairs.get(before, 0.0) if len(before) > 1 else 0.0
        if not held:
            return two
        three = self.triples.get(before + character, 0.0) + self.pair_ends.get(before, 0.0) * alone
        return 0.5 * (three + 20 * two) / (held + 20) + 0.5 * two


@dataclass(frozen=True, slots=True)
class Talk:
    """Counts over what was said: by length of the row, and what each row was followed by."""

    rows: tuple[Counter[str], ...]
    follows: Mapping[str, int]
    kinds: Mapping[str, int]

    def after(self, before: str, character: str, base: float) -> float:
        """Witten-Bell probability of `character`; `base` is what is believed without counts."""
        believed = base
        for length in range(len(before) + 1):
            row = before[len(before) - length :]
            held = self.follows.get(row, 0)
            if not held:
                break
            kinds = self.kinds[row]
            count = self.rows[length].get(row + character, 0)
            believed = (count + kinds * believed) / (held + kinds)
        return believed


def build_ngrams(corpus: Corpus, *, dictionary: Path = DICTIONARY) -> NGrams:
    """The model from the training voices of `corpus` and a dictionary."""
    lines = corpus.written["train"]
    talk = count_talk(text for line in lines for text in (line.text, line.previous) if text)
    words = count_words(dictionary)
    originals = {line.id: line.text for line in lines}
    confused = count_confusions([
        (originals[line.id.removesuffix("~")], line.text) for line in corpus.noisy["train"]
    ])  # fmt: skip
    hanzi = {c for c, held in words.characters.items() if held >= _RARE_CHARACTER}
    hanzi |= {c for c in talk.rows[0] if _is_hanzi(c)}
    # Boundary and other first; "\0" stands for the one, "\1" for the other.
    characters = "\0\1" + "".join(sorted(hanzi))
    return _tabulated(characters, talk, words, confused)


def count_talk(texts: Iterable[str]) -> Talk:
    """Rows of one to three characters, pauses among them."""
    rows: tuple[Counter[str], ...] = (Counter(), Counter(), Counter())
    follows: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for text in texts:
        stretches = "".join(_STAND_IN if c in PAUSES else c for c in text).split(_STAND_IN)
        for stretch in filter(None, stretches):
            said = _STAND_IN + "".join(c if _is_hanzi(c) else "\1" for c in stretch) + _STAND_IN
            for at in range(1, len(said)):
                for length in range(min(at, 2) + 1):
                    before = said[at - length : at]
                    row = before + said[at]
                    kinds[before] += row not in rows[length]
                    rows[length][row] += 1
                    follows[before] += 1
    return Talk(rows, follows, kinds)


def count_words(dictionary: Path) -> Words:
    """Characters and rows inside the words of a dictionary: `word frequency ...` a line."""
    counts: list[defaultdict[str, float]] = [defaultdict(float) for _ in range(6)]
    characters, starts, ends, pairs, pair_ends, triples = counts
    whole = 0.0
    for line in dictionary.read_text("utf-8").splitlines():
        word, frequency, *_ = line.split()
        if int(frequency) < _RARE_WORD or not all(map(_is_hanzi, word)):
            continue
        weight = int(frequency) ** _DAMPED
        whole += weight
        starts[word[0]] += weight
        ends[word[-1]] += weight
        for character in word:
            characters[character] += weight
        for at in range(len(word) - 1):
            pairs[word[at : at + 2]] += weight
        pair_ends[word[-2:]] += weight if len(word) > 1 else 0.0
        for at in range(len(word) - 2):
            triples[word[at : at + 3]] += weight
    return Words(whole, characters, starts, ends, pairs, pair_ends, triples)


def count_confusions(pairs: Sequence[tuple[str, str]]) -> dict[str, dict[str, float]]:
    """Heard syllable → said syllable → probability that the one is heard for the other, from
    (said, heard) texts.
    """
    taken: Counter[tuple[str, str]] = Counter()
    total: Counter[str] = Counter()
    for said_text, heard_text in pairs:
        said, heard = lazy_pinyin(spoken(said_text)), lazy_pinyin(spoken(heard_text))
        total.update(said)
        for step in Levenshtein.opcodes(said, heard):
            if step.tag == "replace":
                taken.update(zip(said[step.src_start : step.src_end],
                                 heard[step.dest_start : step.dest_end], strict=False))  # fmt: skip
    confused: dict[str, dict[str, float]] = defaultdict(dict)
    for (said_one, heard_one), count in taken.items():
        share = count / (total[said_one] + 5)
        if count > 1 and share >= _SELDOM and said_one.isalpha() and heard_one.isalpha():
            confused[heard_one][said_one] = share
    return dict(confused)


def _tabulated(
    characters: str, talk: Talk, words: Words, confused: Mapping[str, Mapping[str, float]]
) -> NGrams:
    size = len(characters)
    number = {c: i for i, c in enumerate(characters)}

    def probability(before: str, character: str) -> float:
        known = before.replace(_STAND_IN, "")
        general = _PAUSE if character == _STAND_IN else words.after(known, character)
        return _TALK * talk.after(before, character, general) + (1 - _TALK) * general

    alone = {c: probability("", c) for c in characters}
    two = {
        row: probability(row[0], row[1])
        for row in {*talk.rows[1], *words.pairs}
        if row[0] in number and row[1] in number
    }
    three = {
        row: probability(row[:2], row[2])
        for row in {*talk.rows[2], *words.triples}
        if all(c in number for c in row) and row[:2] in two
    }
    left_one = _left(two, alone)

    def backed(row: str) -> float:
        return two.get(row, left_one.get(row[0], 1.0) * alone[row[1]])

    left_two = _left(three, {row[1:]: backed(row[1:]) for row in three})
    pairs = sorted(two, key=lambda row: number[row[0]] * size + number[row[1]])
    triples = sorted(
        three,
        key=lambda row: (number[row[0]] * size + number[row[1]]) * size + number[row[2]],
    )
    starts, alternatives, costs = _alternatives(characters, alone, confused)
    return NGrams(
        characters=characters,
        general=_logs(words.after("", c) for c in characters),
        unigrams=_logs(alone[c] for c in characters),
        backoffs=_logs(left_one.get(c, 1.0) for c in characters),
        bigram_keys=np.array([number[r[0]] * size + number[r[1]] for r in pairs], np.int64),
        bigrams=_logs(two[row] for row in pairs),
        bigram_backoffs=_logs(left_two.get(row, 1.0) for row in pairs),
        trigram_keys=np.array(
            [(number[r[0]] * size + number[r[1]]) * size + number[r[2]] for r in triples], np.int64
        ),
        trigrams=_logs(three[row] for row in triples),
        starts=starts,
        alternatives=alternatives,
        costs=costs,
    )


def _left(longer: Mapping[str, float], shorter: Mapping[str, float]) -> dict[str, float]:
    """For each row, what its known followers leave, over what they leave without the row."""
    taken: defaultdict[str, float] = defaultdict(float)
    lower: defaultdict[str, float] = defaultdict(float)
    for row, value in longer.items():
        taken[row[:-1]] += value
        lower[row[:-1]] += shorter[row[1:]]
    return {
        before: min(1.0, max(1 - held, 1e-3) / max(1 - lower[before], 1e-3))
        for before, held in taken.items()
    }


def _alternatives(
    characters: str, alone: Mapping[str, float], confused: Mapping[str, Mapping[str, float]]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    by_sound: defaultdict[str, list[str]] = defaultdict(list)
    by_blur: defaultdict[str, list[str]] = defaultdict(list)
    for character in characters[OTHER + 1 :]:
        for syllable in _syllables(character):
            by_sound[syllable].append(character)
            by_blur[fold_syllable(syllable)].append(character)
    starts, numbers, costs = [0], [], []
    number = {c: i for i, c in enumerate(characters)}
    for index, heard in enumerate(characters):
        price = {heard: 0.0}
        if index not in (BOUNDARY, OTHER):
            sounds = _syllables(heard)
            offers = [(c, _SAME_SOUND) for s in sounds for c in by_sound[s]]
            offers += [(c, _NEAR_SOUND) for s in sounds for c in by_blur[fold_syllable(s)]]
            offers += [
                (c, _MISHEARD - math.log(share))
                for said, share in confused.get(sounds[0], {}).items()
                for c in by_sound[said]
            ]
            for character, cost in offers:
                if character != heard:
                    price[character] = min(cost, price.get(character, cost))
        others = sorted(
            (c for c in price if c != heard), key=lambda c: (price[c] - math.log(alone[c]), c)
        )
        kept = sorted([heard, *others[: _ALTERNATIVES - 1]], key=number.__getitem__)
        numbers += [number[c] for c in kept]
        costs += [price[c] for c in kept]
        starts.append(len(numbers))
    return np.array(starts, np.int64), np.array(numbers, np.int64), np.array(costs, np.float32)


@cache
def _syllables(character: str) -> tuple[str, ...]:
    """Its two commonest readings, without tone."""
    return tuple(dict.fromkeys(pinyin(character, style=Style.NORMAL, heteronym=True)[0]))[:2]


def _logs(values: Iterable[float]) -> np.ndarray:
    return np.log(np.maximum(np.array(list(values), np.float64), 1e-9)).astype(np.float32)


def _is_hanzi(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"
