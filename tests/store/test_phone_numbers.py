"""When two ways of writing are the same number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_pipeline.store.phone_numbers import phone_key


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("13800138000", "13800138000"),
        ("138 0013-8000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("+86 138 0013 8000", "13800138000"),
        ("0086-13800138000", "13800138000"),
        ("8613800138000", "13800138000"),
        ("013800138000", "13800138000"),  # a dialler's trunk zero
        ("138****8000", "138****8000"),
        ("021-8765 4321", "02187654321"),
        ("(021)87654321", "02187654321"),
        ("+86 21 8765 4321", "02187654321"),
        ("95588", "95588"),
        ("", None),
        ("未知", None),
        ("****", None),
        (None, None),
    ],
)
def test_a_number_has_one_key(written: str | None, key: str | None) -> None:
    assert phone_key(written) == key


@given(st.text(alphabet="0123456789*+- ()", max_size=20))
def test_a_key_is_its_own_key(written: str) -> None:
    key = phone_key(written)
    assert phone_key(key) == key


@given(st.integers(3, 9), st.text("0123456789", min_size=9, max_size=9))
def test_no_two_mobiles_share_a_key(second: int, rest: str) -> None:
    assert phone_key(f"1{second}{rest}") == f"1{second}{rest}"
