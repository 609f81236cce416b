"""Windows hold every piece of a long utterance, never more than the model can read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qc_pipeline.detect.classifier import Excerpt
from qc_pipeline.detect.learned.encoding import (
    BEGIN,
    END,
    LISTENER_WORDS,
    LONGEST,
    PREVIOUS_PIECES,
    TEXT_PIECES,
    encode,
)

tokenizers = pytest.importorskip("tokenizers")


@pytest.fixture(scope="module")
def tokenizer():  # type: ignore[no-untyped-def]
    characters = sorted(set("你再不还钱我就上门本人担保共借代理第三方未知：喂"))
    pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    pieces += [(character, -1.0) for character in characters]
    return tokenizers.Tokenizer(tokenizers.models.Unigram(pieces, unk_id=3))


def test_a_short_utterance_is_one_window(tokenizer) -> None:  # type: ignore[no-untyped-def]
    (window,) = encode(Excerpt("我就上门", "喂", "debtor"), tokenizer)
    assert window.ids[0] == BEGIN
    assert window.ids[-1] == END
    assert tokenizer.decode(list(window.ids[window.text])).replace(" ", "") == "我就上门"


def test_half_a_surrogate_pair_is_no_obstacle(tokenizer) -> None:  # type: ignore[no-untyped-def]
    assert encode(Excerpt("上\ud83d门", "\udc00", "debtor"), tokenizer)


def test_no_words_no_window(tokenizer) -> None:  # type: ignore[no-untyped-def]
    assert encode(Excerpt("", "喂", "debtor"), tokenizer) == []


def test_only_the_end_of_a_long_previous_utterance_is_read(tokenizer) -> None:  # type: ignore[no-untyped-def]
    (window,) = encode(Excerpt("上门", "钱" * 500 + "喂", "debtor"), tokenizer)
    before = window.ids[: window.text.start]
    assert len(before) <= PREVIOUS_PIECES + 12
    assert tokenizer.encode("喂").ids[0] in before


@settings(deadline=None)
@given(
    length=st.integers(1, 12_000),
    before=st.integers(0, 300),
    listener=st.sampled_from(sorted(LISTENER_WORDS)),
)
def test_every_piece_is_in_a_window_and_none_is_too_long(length, before, listener, tokenizer):  # type: ignore[no-untyped-def]
    text = ("你再不还钱我就上门" * (length // 9 + 1))[:length]
    windows = encode(Excerpt(text, "喂" * before, listener), tokenizer)
    pieces = len(tokenizer.encode(text).ids)
    assert all(len(window.ids) <= LONGEST for window in windows)
    covered = sum(window.text.stop - window.text.start for window in windows)
    assert covered >= pieces
    assert windows[0].text.stop - windows[0].text.start == min(pieces, TEXT_PIECES)
    last = windows[-1].ids[windows[-1].text]
    assert tuple(tokenizer.encode(text).ids[-len(last) :]) == last
