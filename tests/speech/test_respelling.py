from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qc_pipeline.errors import ModelError
from qc_pipeline.records import Utterance, Word
from qc_pipeline.speech.respelling import (
    PAUSES,
    familiarity,
    ngrams_sha256,
    packaged_ngrams,
    read_ngrams,
    respell,
    spelled,
    write_ngrams,
)

NGRAMS = packaged_ngrams()
COLLECTION = "您好，我是受银行委托处理信用卡逾期的，请问您这个月什么时候能还款。"
NEWS = "台风登陆以后沿海多地出现强降雨，气象部门继续发布橙色预警信号。"


def chosen(text: str, certain: float = 0.5) -> str:
    return spelled(text, np.full(len(text), certain, np.float32), NGRAMS)


def utterance(text: str, index: int = 0) -> Utterance:
    words = tuple(Word(i, i + 1, i / 4, (i + 1) / 4, 0.5) for i in range(len(text)))
    return Utterance(index, "agent", 0.0, 9.0, text, text, 0.5, words=words)


@pytest.mark.parametrize(
    ("heard", "said"),
    [
        ("我是银行伟托的", "我是银行委托的"),
        ("会影响您的正信", "会影响您的征信"),
        ("您的信用卡已经愈期了", "您的信用卡已经逾期了"),
        ("条款在和同里写着", "条款在合同里写着"),
    ],
)
def test_characters_of_one_sound_are_told_apart_by_what_stands_around(
    heard: str, said: str
) -> None:
    assert chosen(heard) == said


def test_what_was_heard_well_is_left_alone() -> None:
    assert chosen(COLLECTION, 1.0) == COLLECTION


def test_the_more_certain_the_recogniser_the_more_it_takes_to_disagree() -> None:
    changed = [
        sum(a != b for a, b in zip(text, chosen(text, certain), strict=True))
        for text in ["他说错林我替他跟您道欠", "探不懂找律师先谈"]
        for certain in (0.0, 1.0)
    ]
    assert changed[0] >= changed[1]
    assert changed[2] >= changed[3]


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=40))
def test_one_character_stands_for_one_and_only_hanzi_change(text: str) -> None:
    result = chosen(text)
    assert len(result) == len(text)
    for before, after in zip(text, result, strict=True):
        assert before == after or ("\u4e00" <= before <= "\u9fff" and "\u4e00" <= after <= "\u9fff")


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from("我你他银行还款不是的了，。"), max_size=12))
def test_a_pause_parts_what_stands_around_it(characters: list[str]) -> None:
    first, second = "".join(characters), "正信有问题"
    assert chosen(f"{first}。{second}") == f"{chosen(first)}。{chosen(second)}"


def test_probabilities_after_a_context_sum_to_about_one() -> None:
    every = np.arange(NGRAMS.size)
    for context in ("委托", "的征", "信用", "明天"):
        second_last, last = NGRAMS.ids(context)
        total = np.exp(NGRAMS.log_probability(second_last, last, every)).sum()
        assert 0.85 < total < 1.25  # the dictionary's share of pauses isn't normalised


def test_collection_talk_is_familiar_and_news_are_not() -> None:
    assert familiarity([COLLECTION], NGRAMS) > 1.5
    assert familiarity([NEWS], NGRAMS) < 1.0
    assert familiarity(["喂"], NGRAMS) == familiarity([], NGRAMS) == 0.0


def test_talk_unlike_what_the_model_knows_stays_as_it_was_heard() -> None:
    odd = "台风登路以后严海多地出现强降与"
    assert [u.text for u in respell([utterance(odd)], NGRAMS)] == [odd]
    known = respell([utterance(COLLECTION), utterance("会影响您的正信", 1)], NGRAMS)
    assert [u.text for u in known] == [COLLECTION, "会影响您的征信"]
    assert known[1].raw_text == "会影响您的正信"
    assert known[1].words == utterance("会影响您的正信").words


def test_the_file_reads_back_as_it_was_written(tmp_path: Path) -> None:
    write_ngrams(tmp_path / "copy.npz", NGRAMS)
    again = read_ngrams(tmp_path / "copy.npz")
    assert again.characters == NGRAMS.characters
    for name in ("bigram_keys", "trigram_keys", "trigrams", "starts", "alternatives", "costs"):
        assert np.array_equal(getattr(again, name), getattr(NGRAMS, name)), name


def test_a_missing_or_damaged_file_names_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 broken")
    for name in ("broken.npz", "absent.npz"):
        with pytest.raises(ModelError, match="respell") as raised:
            read_ngrams(tmp_path / name)
        assert name in str(raised.value)
    assert len(ngrams_sha256()) == 64


def test_boundaries_are_punctuation_only() -> None:
    assert not any(character.isalnum() for character in PAUSES)
