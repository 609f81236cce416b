"""Content characters: what is compared, and the way back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_pipeline.detect.content import content_of, fold

ANY_TEXT = st.text(max_size=200)
MARKS = st.text(alphabet="，、：；“”《》（） …—·😀", max_size=4)


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("你再不还……，就上门！", "你再不还就上门！"),
        ("加我ＱＱ 12３", "加我qq123"),
        ("欠錢還錢", "欠钱还钱"),
        ("还3.5千。", "还35千。"),
        ("好吧. 再见.", "好吧。再见。"),
        ("等等...再说", "等等再说"),
        ("真的?真的!", "真的？真的！"),
        ("😀💢", ""),
        ("", ""),
        ("𠮷野家İ", "𠮷野家İ"),
    ],
)
def test_what_counts_as_content(text: str, content: str) -> None:
    assert fold(text) == content


@given(ANY_TEXT)
def test_every_content_character_has_its_place_in_the_text(text: str) -> None:
    content = content_of(text)
    assert len(content.offsets) == len(content.text)
    assert list(content.offsets) == sorted(set(content.offsets))
    for place, offset in enumerate(content.offsets):
        assert fold(text[offset] + "x")[:1] == content.text[place] or text[offset] == "."


@given(ANY_TEXT)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet="你我他还钱上门警察", min_size=1, max_size=12), MARKS)
def test_marks_inside_a_text_don_t_count(words: str, marks: str) -> None:
    middle = len(words) // 2
    assert fold(words[:middle] + marks + words[middle:]) == words


def test_a_span_covers_the_marks_inside_it() -> None:
    content = content_of("“你，再 不还”")
    assert content.span(0, 4) == (1, 7)
    assert content.original[slice(*content.span(0, 4))] == "你，再 不还"


def test_pauses_are_kept_for_the_guards() -> None:
    content = content_of("不是吓唬你，明天、后天 上门。走")
    assert content.spoken == "不是吓唬你，明天后天，上门。走"
    assert [content.spoken[content.spoken_at(at)] for at in range(len(content.text))] == list(
        content.text
    )
