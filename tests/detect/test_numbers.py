"""Spoken Chinese numbers and sums of money."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_pipeline.detect.numbers import spoken_amounts, spoken_numbers

DIGITS = "零一二三四五六七八九"


def spell(value: int) -> str:
    """A whole number as a careful speaker reads it; an independent speller for the round trip."""
    if value >= 10_000:
        high, low = divmod(value, 10_000)
        if not low:
            return spell(high) + "万"
        return spell(high) + "万" + ("零" if low < 1000 else "") + spell(low)
    words = ""
    gap = False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, value = divmod(value, unit)
        if digit:
            words += ("零" if gap and words else "") + DIGITS[digit] + name
            gap = False
        else:
            gap = True
    return words


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("三万八千六百四十二块一毛七", "38642.17"),
        ("两千二", "2200"),
        ("一万五", "15000"),
        ("三万三", "33000"),
        ("六千", "6000"),
        ("两万五", "25000"),
        ("2200元", "2200"),
        ("五百", "500"),
        ("十一万八千二百五", "118250"),
        ("二十万零三千九", "203900"),
        ("四块二毛", "4.2"),
        ("一千二百零七块九", "1207.9"),
        ("八万六千四百三十块五毛五", "86430.55"),
        ("两千零二", "2002"),
        ("3万8千642块1毛7", "38642.17"),
        ("3.5万", "35000"),
        ("38,642.17元", "38642.17"),
        ("两亿三", "230000000"),
        ("三块五毛八分", "3.58"),
    ],
)
def test_a_sum_as_people_say_it(said: str, value: str) -> None:
    (amount,) = spoken_amounts(f"您那笔{said}，")
    assert amount.value == Decimal(value)


@given(st.integers(min_value=100, max_value=99_999_999))
def test_every_spelled_number_reads_back(value: int) -> None:
    text = f"一共{spell(value)}块，对吧"
    (amount,) = spoken_amounts(text)
    assert amount.value == value
    assert text[amount.start : amount.end] == f"{spell(value)}块"


@given(st.integers(min_value=1, max_value=9999), st.integers(1, 9), st.integers(1, 9))
def test_jiao_and_fen_read_back(yuan: int, jiao: int, fen: int) -> None:
    text = f"{spell(yuan)}块{DIGITS[jiao]}毛{DIGITS[fen]}"
    (amount,) = spoken_amounts(text)
    assert amount.value == Decimal(yuan) + Decimal(jiao * 10 + fen) / 100
    assert (amount.start, amount.end) == (0, len(text))


@given(
    st.text(alphabet="零一二两三四五六七八九十百千万亿块毛分0123456789.,，多来几还号", max_size=30)
)
def test_any_mix_of_numerals_gives_ordered_spans_inside_the_text(text: str) -> None:
    reached = 0
    for number in spoken_numbers(text):
        assert reached <= number.start < number.end <= len(text)
        assert number.value >= 0
        reached = number.end


@pytest.mark.parametrize("text", ["一起", "万一", "千万别", "五分钟", "第三百", "三号", "一下"])
def test_words_that_only_look_like_numbers(text: str) -> None:
    assert spoken_numbers(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "三百天", "一万个不愿意", "打12378", "逾期七十来天", "幺二三七八", "后四位三零幺六",
        "尾号3016", "二零二六年", "百分之三十",
    ],
)  # fmt: skip
def test_counts_hotlines_and_tails_are_no_sums(text: str) -> None:
    assert spoken_amounts(text) == ()


@pytest.mark.parametrize(
    ("text", "digits"),
    [("三零幺六，咋的了", "3016"), ("二零七幺五九", "207159"), ("6185，没错", "6185")],
)
def test_digits_read_one_by_one(text: str, digits: str) -> None:
    assert spoken_numbers(text)[0].digits == digits


@pytest.mark.parametrize("text", ["两三千块", "一千多块", "七八百块", "三千来块"])
def test_rough_figures_are_marked(text: str) -> None:
    (amount,) = spoken_amounts(text)
    assert amount.rough


def test_two_sums_in_a_row_stay_apart() -> None:
    assert [amount.value for amount in spoken_amounts("那我先还一千两千的")] == [1000, 2000]


def test_a_count_after_the_yuan_is_not_its_tenth() -> None:
    (amount,) = spoken_amounts("三千块一个月")
    assert amount.value == 3000
