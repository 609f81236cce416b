"""Sounds: one code per character, equal where telephones blur."""

from __future__ import annotations

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from qc_pipeline.detect.content import fold
from qc_pipeline.detect.phonetic import fold_syllable, has_sound, sound_of, sounding_like


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("征信", "真心"), ("征信", "正信"), ("逾期", "语气"), ("逾期", "预期"), ("起诉", "启诉"),
        ("罚息", "发息"), ("老赖", "老来"), ("微信", "威信"), ("法院", "发源"), ("支付宝", "直附保"),
        ("加我", "家我"), ("委托", "伟托"), ("上门", "桑门"), ("牛奶", "流来"), ("湖南", "福兰"),
        ("1千", "一千"), ("欠錢", "欠钱"),
    ],
)  # fmt: skip
def test_what_recognition_confuses_sounds_alike(said: str, heard: str) -> None:
    assert sound_of(fold(said)) == sound_of(fold(heard))


@pytest.mark.parametrize(
    ("one", "other"), [("上门", "下门"), ("抓", "专"), ("将", "见"), ("黑", "飞")]
)
def test_what_sounds_different_stays_different(one: str, other: str) -> None:
    assert sound_of(one) != sound_of(other)


@pytest.mark.parametrize(
    ("syllable", "folded"),
    [("zhang", "zan"), ("cheng", "cen"), ("shi", "si"), ("ning", "lin"), ("jiang", "jiang"),
     ("huang", "fan"), ("hui", "fei"), ("guang", "guan")],
)  # fmt: skip
def test_blurred_syllables(syllable: str, folded: str) -> None:
    assert fold_syllable(syllable) == folded


@given(st.text(max_size=100))
def test_a_sound_has_one_code_per_character(text: str) -> None:
    content = fold(text)
    assert len(sound_of(content)) == len(content)


def test_what_cannot_be_read_stands_for_itself() -> None:
    assert sound_of("qq。？") == "qq。？"
    assert not has_sound("q")
    assert has_sound("还")
    assert has_sound("7")


_TEXTS = st.text(st.sampled_from("还环钱前法院发源征信正信1一Aa.。，"), min_size=1, max_size=6)


@given(_TEXTS, _TEXTS)
def test_the_expression_finds_what_sounds_like_the_words_and_nothing_else(
    words: str, text: str
) -> None:
    found = re2.search(sounding_like(words), text) is not None
    assert found == (sound_of(words) in sound_of(text))
