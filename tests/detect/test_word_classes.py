"""Word classes."""

from __future__ import annotations

import pytest

from qc_pipeline.detect.word_classes import expand_classes
from qc_pipeline.errors import RuleError


def test_words_are_folded_unique_and_longest_first() -> None:
    assert expand_classes({"im": ("微信", "ＱＱ", "qq", "企鹅号")}) == {
        "im": ("企鹅号", "微信", "qq")
    }


def test_classes_may_use_classes_alternatives_and_optional_parts() -> None:
    classes = expand_classes({"home": ("[你|您]<kin>家", "老(太)家"), "kin": ("爸", "妈")})
    assert set(classes["home"]) == {"你爸家", "你妈家", "您爸家", "您妈家", "老家", "老太家"}


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ({"a": ("<b>",), "b": ("x<c>",), "c": ("<a>y",)}, "a → b → c → a"),
        ({"a": ("<a>",)}, "contains itself"),
        ({"a": ("<nobody>",)}, "unknown word class <nobody>"),
        ({"a": ("，",)}, "no content"),
        ({"a": ("上…门",)}, "without gaps"),
        ({"a": ("^上",)}, "without gaps"),
        ({"d": tuple("零一二三四五六七八九"), "a": ("<d><d><d><d><d>",)}, "without gaps"),
    ],
)
def test_wrong_classes_are_refused(written: dict[str, tuple[str, ...]], complaint: str) -> None:
    with pytest.raises(RuleError, match=complaint):
        expand_classes(written)
