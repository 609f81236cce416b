"""Recognition writes the right sounds in wrong characters. A lawful call misheard that way must
not be accused outright, and an unlawful one must still be found.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import pytest
from pypinyin.constants import PHRASES_DICT

from qc_pipeline.detect.context_lexicon import ContextLexicon
from qc_pipeline.detect.phonetic import sound_of
from qc_pipeline.policy.load import Policy
from tests.detect.calls import Judged, context_of, judge, read, spoken

SEEDS = range(4)
SHARE_MISHEARD = 0.12


@lru_cache(maxsize=1)
def homophones() -> Mapping[str, list[str]]:
    """Sound -> the characters in use that have it."""
    in_use = sorted({character for phrase in PHRASES_DICT for character in phrase})
    by_sound: dict[str, list[str]] = defaultdict(list)
    for character in in_use:
        by_sound[sound_of(character)].append(character)
    return by_sound


def misheard(text: str, chance: random.Random) -> str:
    def hear(character: str) -> str:
        alike = homophones().get(sound_of(character), [])
        return chance.choice(alike) if alike and chance.random() < SHARE_MISHEARD else character

    return "".join(map(hear, text))


def judged(
    call: dict[str, Any], chance: random.Random, lexicon: ContextLexicon, policy: Policy
) -> Judged:
    turns = [(turn[0], misheard(turn[1], chance)) for turn in call["turns"]]
    return judge(context_of(call), spoken(turns), lexicon=lexicon, policy=policy)


def test_mishearing_changes_characters_but_no_sound() -> None:
    text = "身份证后四位麻烦您报一下"
    heard = misheard(text, random.Random(1))
    assert heard != text
    assert sound_of(heard) == sound_of(text)


@pytest.mark.parametrize("code", ["opening_incomplete", "identity_unverified"])
def test_a_lawful_call_misheard_is_hardly_ever_accused(
    lexicon: ContextLexicon, policy: Policy, code: str
) -> None:
    accused = calls = 0
    for seed in SEEDS:
        chance = random.Random(seed)
        for call in read("lawful_calls.json"):
            calls += 1
            accused += code in judged(call, chance, lexicon, policy).codes()
    assert accused <= 0.02 * calls


def test_most_of_what_is_missing_is_still_found(lexicon: ContextLexicon, policy: Policy) -> None:
    found = wanted = 0
    for seed in SEEDS:
        chance = random.Random(seed)
        for call in read("dialogues.json"):
            if call.get("mono"):
                continue
            codes = {f.code for f in judged(call, chance, lexicon, policy).findings}
            wanted += len(call["expect"].get("findings", []))
            found += len(codes & set(call["expect"].get("findings", [])))
    assert found >= 0.85 * wanted
