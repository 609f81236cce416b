"""The pattern language."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qc_pipeline.detect.content import content_of, fold
from qc_pipeline.detect.matching import PatternBank
from qc_pipeline.detect.pattern_parts import words_of
from qc_pipeline.detect.patterns import parse_pattern
from qc_pipeline.errors import RuleError

CLASSES = {"police": ("派出所", "警察"), "court": ("法院",)}


def found(pattern: str, text: str, *, sound_alike: bool = False) -> list[str]:
    bank = PatternBank()
    number = bank.add(parse_pattern(pattern, classes=CLASSES), sound_alike=sound_alike)
    scanned = bank.scan(text)
    spans = [scanned.content.span(hit.start, hit.end) for hit in scanned.find(number)]
    return [text[start:end] for start, end in spans]


@pytest.mark.parametrize(
    ("pattern", "text", "hits"),
    [
        ("你再不还…就上门", "你再不还…我就上门", ["你再不还…我就上门"]),
        ("你再不还…就上门", "你再不还。就上门", []),
        ("你再不还，就上门", "你 再不还就 上门", ["你 再不还就 上门"]),
        ("带[人|弟兄]…{3}你家", "带弟兄去你家", ["带弟兄去你家"]),
        ("带[人|弟兄]…{3}你家", "带弟兄明天晚上去你家", []),
        ("我(们)是<police>", "我是警察，我们是派出所的", ["我是警察", "我们是派出所"]),
        ("(我|咱)们", "咱们", ["咱们"]),
        ("[<police>|<court>的人]来", "法院的人来，警察来", ["法院的人来", "警察来"]),
        ("^你好", "你好，你好", ["你好"]),
        ("再见$", "再见再见。", ["再见"]),
        ("^…{4}再见", "那就这样再见", ["再见"]),
        ("^…{4}再见", "那就先这样再见", []),
        ("^…{4}再见", "好。再见", []),
        ("再见…{2}$", "再见了啊。", ["再见"]),
        ("再见…{2}$", "再见吧您慢走", []),
        ("^…{2}[滚|爬]…{1}$", "你给滚吧", ["滚"]),
        ("^喂$", "喂？", ["喂"]),
        ("闹事|砸店", "来砸店，来闹事", ["砸店", "闹事"]),
        ("加…{2}QQ", "加我ｑｑ", ["加我ｑｑ"]),
        ("…上门…", "明天上门来", ["上门"]),
        ("还錢", "还钱", ["还钱"]),
        ("去…{2}…{2}家", "去你那个家", ["去你那个家"]),
        ("吗？我们", "好吗？我们来，好吗我们来", ["吗？我们"]),
    ],
)
def test_patterns_find(pattern: str, text: str, hits: list[str]) -> None:
    assert found(pattern, text) == hits


@pytest.mark.parametrize(
    ("pattern", "complaint"),
    [
        ("", "nothing to match"),
        ("…", "nothing to match"),
        ("(上门)", "without any particular word"),
        ("[上门|]", "nothing to match"),
        ("[上门", "missing"),
        ("上门]", "unexpected"),
        ("上{3}门…{0}来", "gap is written"),
        ("上…{99}门", "gap is written"),
        ("上…{x}门", "gap is written"),
        ("<nobody>来", "unknown word class <nobody>"),
        ("<police来", "without"),
        ("（上）门", "full-width"),
        ("上^门", "unexpected"),
    ],
)
def test_wrong_patterns_say_what_is_wrong(pattern: str, complaint: str) -> None:
    with pytest.raises(RuleError, match=complaint):
        parse_pattern(pattern, classes=CLASSES)


def test_every_match_contains_its_anchors() -> None:
    pattern = parse_pattern("带[人|弟兄]…{6}[去|上]<court>", classes=CLASSES)
    for text in ("带人去法院", "带弟兄明天上法院"):
        assert found(pattern.source, text)
        for group in pattern.anchors:
            assert any(anchor in text for anchor in group)


def test_the_words_of_a_pattern() -> None:
    pattern = parse_pattern("(我)是[<court>|警察]", classes=CLASSES)
    assert set(words_of(pattern.sequence, most=10) or []) == {
        "是法院",
        "是警察",
        "我是法院",
        "我是警察",
    }
    assert words_of(pattern.sequence, most=3) is None
    assert words_of(parse_pattern("上…门", classes={}).sequence, most=9) is None


# --- what holds for every pattern and text --------------------------------------------------

WORDS = st.text(alphabet="你我再不还上门警察带人去家", min_size=1, max_size=4)
ATOMS = st.recursive(
    WORDS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"[{'|'.join(parts)}]"),
        inner.map(lambda part: f"({part})"),
        st.just("…{3}"),
        st.just("<police>"),
    ),
    max_leaves=5,
)
PATTERNS = st.tuples(WORDS, st.lists(ATOMS, max_size=4)).map(lambda p: p[0] + "".join(p[1]))
TEXTS = st.text(alphabet="你我再不还上门警察带人去家派出所，。！ 法", max_size=60)
MARKS = st.sampled_from(["，", " ", "、", "“", "…", "😀", "--"])


@given(PATTERNS, TEXTS)
def test_a_hit_lies_inside_the_text(pattern: str, text: str) -> None:
    for hit in found(pattern, text, sound_alike=True):
        assert hit
        assert hit in text


@given(PATTERNS, TEXTS, st.data())
def test_punctuation_never_changes_a_hit(pattern: str, text: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text)))
    marked = text[:place] + data.draw(MARKS) + text[place:]
    assert [fold(hit) for hit in found(pattern, text)] == [
        fold(hit) for hit in found(pattern, marked)
    ]


@given(PATTERNS, TEXTS)
def test_matching_by_sound_only_adds(pattern: str, text: str) -> None:
    as_written = found(pattern, text)
    assert not as_written or found(pattern, text, sound_alike=True) == as_written


@given(PATTERNS, TEXTS)
def test_anchors_never_hide_a_match(pattern: str, text: str) -> None:
    """The prefilter lets through whatever the pattern's expression matches."""
    parsed = parse_pattern(pattern, classes=CLASSES)
    if re.search(parsed.regex, content_of(text).text):
        assert found(pattern, text)


@settings(deadline=2000, max_examples=20)
@given(PATTERNS)
def test_no_pattern_hangs(pattern: str) -> None:
    assert isinstance(found(pattern, "带人去家你我上" * 1500, sound_alike=True), list)
