from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qc_pipeline.speech.normalise import normalise

pieces = st.lists(
    st.text(
        alphabet=st.sampled_from("你好您這裏還錢徵信著麼乾隆于於, ,?!.;:。，ab1 2 ０"), max_size=4
    ),
    max_size=12,
)


@given(pieces)
def test_the_words_spans_tile_the_text(words: list[str]) -> None:
    result = normalise(words, language="zh")
    assert len(result.spans) == len(words)
    at = 0
    for start, end in result.spans:
        assert start in (at, end)
        assert start <= end <= len(result.text)
        at = max(at, end)
    assert at == len(result.text)


@given(pieces)
def test_the_raw_text_is_kept_as_it_came(words: list[str]) -> None:
    assert normalise(words, language="zh").raw == "".join(words).strip()


@given(pieces)
def test_normalising_again_changes_nothing(words: list[str]) -> None:
    once = normalise(words, language="zh").text
    assert normalise([once], language="zh").text == once


def test_traditional_becomes_simplified_under_the_same_offsets() -> None:
    result = normalise([" 還", "錢,", "徵", "信 逾", "期?"], language="zh")
    assert result.text == "还钱，征信，逾期？"
    assert result.raw == "還錢,徵信 逾期?"
    assert [result.text[a:b] for a, b in result.spans] == ["还", "钱，", "征", "信，逾", "期？"]


def test_punctuation_inside_numbers_stays() -> None:
    assert normalise(["欠", "1,200.50", "元"], language="zh").text == "欠1,200.50元"


def test_other_languages_are_left_alone() -> None:
    assert normalise([" Hello,", " 還"], language="en").text == "Hello, 還"
