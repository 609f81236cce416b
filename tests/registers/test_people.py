"""Four eyes are two people's."""

from __future__ import annotations

import pytest

from qc_pipeline.registers.people import same_person


@pytest.mark.parametrize(
    ("one", "other"),
    [("anna", "Anna"), ("anna", " anna "), ("Ａ１", "a1"), ("复核员甲", "复核员甲")],
)
def test_other_letters_do_not_make_another_person(one: str, other: str) -> None:
    assert same_person(one, other)


def test_two_people_are_two() -> None:
    assert not same_person("复核员甲", "复核员乙")
    assert not same_person(None, None)
