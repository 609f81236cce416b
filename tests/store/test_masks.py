"""Personal numbers in text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_pipeline.store.masks import MASK, mask_number, mask_reference, mask_text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("打13800138000找我", "打＊＊＊＊＊＊＊＊＊＊＊找我"),
        ("138-0013-8000", "＊＊＊-＊＊＊＊-＊＊＊＊"),
        ("１３８００１３８０００", "＊" * 11),
        ("座机87654321", "座机＊＊＊＊＊＊＊＊"),
        ("身份证11010519491231002X。", "身份证＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊。"),
        ("卡号6222 0212 3456 7890 123", "卡号＊＊＊＊ ＊＊＊＊ ＊＊＊＊ ＊＊＊＊ ＊＊＊"),
        ("一三八零零一三八零零零", "＊" * 11),
        ("幺三八，零零幺三，八零零零", "＊＊＊，＊＊＊＊，＊＊＊＊"),
        ("六二二二零二一二三四五六七八九零一二三", "＊" * 19),
        ("欠款25000元", "欠款25000元"),
        ("尾号1234的卡", "尾号1234的卡"),
        ("二零二六年三月三号", "二零二六年三月三号"),
        ("2026-03-03 21:05:12 拨出", "2026-03-03 21:05:12 拨出"),
        ("一共一万二千三百块", "一共一万二千三百块"),
        ("拨打12378投诉", "拨打12378投诉"),
        ("", ""),
    ],
)
def test_runs_that_may_be_a_personal_number_are_masked(text: str, masked: str) -> None:
    assert mask_text(text) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("calls/13800138000_1.wav", "calls/＊＊＊＊＊＊＊＊＊＊＊_1.wav"),
        ("与通话 20260303210512001 相同", "与通话 20260303210512001 相同"),
        ("F13800138000ab12", "F13800138000ab12"),  # part of a hash
        ("11010519491231002X", "＊" * 18),
        ("021-87654321", "＊＊＊-＊＊＊＊＊＊＊＊"),
    ],
)
def test_in_names_only_what_is_surely_a_personal_number_is_masked(text: str, masked: str) -> None:
    assert mask_reference(text) == masked


@given(st.text() | st.text(alphabet="0123456789一二三零 -，xX＊年", max_size=60))
def test_masks_keep_the_length_and_touch_nothing_but_digits(text: str) -> None:
    for mask in (mask_text, mask_reference, mask_number):
        masked = mask(text)
        assert len(masked) == len(text)
        assert all(now in (MASK, before) for before, now in zip(text, masked, strict=True))
        assert mask(masked) == masked


@given(
    before=st.text(alphabet="请打您的卡号是电话，。 ", max_size=10),
    number=st.from_regex(r"1[3-9]\d{9}|[1-9]\d{16}[\dX]|62\d{17}", fullmatch=True),
    after=st.text(alphabet="谢谢好吗，。 ", max_size=10),
)
def test_no_phone_id_or_card_survives_in_text(before: str, number: str, after: str) -> None:
    masked = mask_text(before + number + after)
    assert number not in masked
    assert not re.search(r"\d{4}", masked)
