"""Words, and rules over words."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import jieba
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qc_pipeline.detect.segmentation import ContextualRules, Segmenter

PLAIN = Segmenter()


@settings(deadline=None)  # the first call reads the dictionary
@given(st.text(max_size=40))
def test_words_cover_the_text_exactly(text: str) -> None:
    tokens = PLAIN.tokenise(text)
    assert "".join(token.text for token in tokens) == text
    assert all(text[token.start : token.end] == token.text for token in tokens)


def test_own_words_are_kept_whole() -> None:
    text = "这笔代偿款"
    assert "代偿款" not in [token.text for token in PLAIN.tokenise(text)]
    own = Segmenter(["代偿款"])
    assert "代偿款" in [token.text for token in own.tokenise(text)]


def test_own_words_do_not_leak_into_jieba_or_another_segmenter() -> None:
    Segmenter(["催收专员王五"]).tokenise("催收专员王五")
    assert "催收专员王五" not in [token.text for token in PLAIN.tokenise("催收专员王五")]
    assert "催收专员王五" not in jieba.dt.FREQ


def test_search_words_leave_out_punctuation_and_repeat_nothing() -> None:
    words = PLAIN.search_words("信用卡，信用卡逾期了！ ABC")
    assert "信用卡" in words
    assert "abc" in words
    assert len(words) == len(set(words))
    assert all(word[0].isalnum() for word in words)


@pytest.mark.parametrize(
    ("text", "repays"), [("明天还钱", True), ("我还没吃饭", False), ("先还六千", True)]
)
def test_a_rule_over_words_tells_repay_from_still(text: str, repays: bool) -> None:
    rules = ContextualRules(
        {"pays": [[{"ORTH": "还"}, {"ORTH": {"IN": ["钱", "六千"]}}], [{"ORTH": "还钱"}]]},
        segmenter=PLAIN,
    )
    assert bool(rules.find(text)) is repays


@settings(deadline=None, max_examples=30)  # every example makes a pipeline
@given(st.text(max_size=30))
def test_spans_are_characters_of_the_text(text: str) -> None:
    rules = ContextualRules({"any": [[{"IS_DIGIT": True}]]}, segmenter=PLAIN)
    for span in rules.find(text):
        assert text[span.start : span.end].isdigit()


def test_cutting_prints_nothing_and_writes_no_shared_cache(tmp_path: Path) -> None:
    code = (
        "from qc_pipeline.detect.segmentation import Segmenter;"
        "assert Segmenter().tokenise('今天还钱')"
    )
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"TMPDIR": str(tmp_path), "PATH": ""},
    )
    assert run.stdout == run.stderr == ""
    assert list(tmp_path.iterdir()) == []
    assert tempfile.gettempdir() != str(tmp_path)
