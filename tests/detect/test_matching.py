"""Matching by sound, with what keeps false alarms down; regular expressions."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qc_pipeline.detect.content import content_of
from qc_pipeline.detect.line import TextLine, detect_line
from qc_pipeline.detect.matching import Hit, Matcher, PatternBank, compile_regex, find_regex
from qc_pipeline.detect.patterns import parse_pattern
from qc_pipeline.detect.rules import RuleSet, load_rules
from qc_pipeline.errors import RuleError
from qc_pipeline.policy.load import Policy
from qc_pipeline.settings import packaged_dir

CLASSES = {"court": ("法院", "法庭"), "kin": ("爸", "妈妈")}


@pytest.fixture(scope="module")
def rules(policy: Policy) -> RuleSet:
    """The product's own."""
    return load_rules(packaged_dir("lexicons"), taxonomy=policy.taxonomy)


def scan(pattern: str, text: str, *, sound_alike: bool = True) -> tuple[Hit, ...]:
    bank = PatternBank()
    number = bank.add(parse_pattern(pattern, classes=CLASSES), sound_alike=sound_alike)
    return bank.scan(text).find(number)


@pytest.mark.parametrize(
    ("pattern", "heard"),
    [
        ("我们是<court>的", "我们是发源的"),
        ("影响[你|您]的征信", "会影响你的真心"),
        ("加我(的)微信", "你加我威信"),
        ("转到…支付宝", "转到我那支附宝"),
        ("上门…{4}找你<kin>", "我上门去早你妈妈"),
        ("我们去…<court>", "我们去一趟发院"),
    ],
)
def test_misheard_words_are_found_by_sound(pattern: str, heard: str) -> None:
    hits = scan(pattern, heard)
    assert [hit.channel for hit in hits] == ["phonetic"]
    assert 0.5 <= hits[0].likeness < 1
    assert scan(pattern, heard, sound_alike=False) == ()


@pytest.mark.parametrize(
    ("pattern", "said", "why"),
    [
        ("起诉", "启诉", "too few characters to go by sound"),
        ("我是刑警", "我是心今", "half of four characters are different"),
        ("我…支行", "我批下来执行了", "too few characters for a word alone beside a gap"),
        ("带你…<court>", "带你去发园", "nothing of a word alone beside a gap is as written"),
        ("他[去|上]<court>了", "他趣法院了", "a one-character alternative must be that character"),
        ("找你<kin>要钱", "找你八要钱", "so must a one-character word of a class"),
        ("加我微信", "加我，威信", "nothing is misheard over a pause"),
        ("我们是<court>的", "我们是银行的", "it doesn't sound alike"),
    ],
)
def test_sound_alone_is_not_enough(pattern: str, said: str, why: str) -> None:
    assert scan(pattern, said) == (), why


def test_identical_text_is_a_match_by_characters() -> None:
    assert [hit.channel for hit in scan("我们是<court>的", "我们是法院的")] == ["lexicon"]


def test_the_words_of_a_hit_are_what_the_pattern_names() -> None:
    bank = PatternBank()
    number = bank.add(parse_pattern("带人…{4}去<court>", classes=CLASSES), sound_alike=True)
    for text in ("带人明天去法院", "带人明天去发院"):
        scanned = bank.scan(text)
        (hit,) = scanned.find(number)
        assert [text[start:end] for start, end in scanned.words(hit)] == ["带人", text[4:]]


def test_every_place_is_found() -> None:
    hits = scan("不还…{2}[坐牢|上门]", "不还坐牢，不还就上门。不还，坐牢")
    assert [(hit.start, hit.end) for hit in hits] == [(0, 4), (4, 9), (10, 14)]


def test_equal_patterns_are_kept_once() -> None:
    bank = PatternBank()
    pattern = parse_pattern("上门", classes={})
    assert bank.add(pattern, sound_alike=True) == bank.add(pattern, sound_alike=True) == 0
    assert bank.add(pattern, sound_alike=False) == 1
    assert bank.scan("上门").woken == {0, 1}


def test_an_empty_bank_finds_nothing() -> None:
    assert PatternBank().scan("上门").woken == frozenset()


@pytest.mark.parametrize("text", ["", "，。", "😀", "a" * 10_000, "带" * 10_000, "𠮷" * 50])
def test_any_text_can_be_scanned(text: str) -> None:
    assert scan("带…{12}人…{12}去…{12}家…{12}门", text) == ()


@settings(deadline=None)
@given(st.text(alphabet="你还不钱就上门去找爸妈法院。？吗了a", max_size=40))
def test_which_engine_runs_a_pattern_makes_no_difference(text: str) -> None:
    for source in ("[你|你还]…{3}(不)钱", "^…{2}[上|去]门", "[吗|了]…{1}$", "<kin>…{4}<court>|就"):
        pattern = parse_pattern(source, classes=CLASSES)
        content = content_of(text)
        linear = find_regex(compile_regex(pattern.regex), content.text, content.encoded)
        hits = Matcher(pattern, sound_alike=False).by_characters(content)
        assert [(hit.start, hit.end) for hit in hits] == [(hit.start, hit.end) for hit in linear]


@pytest.mark.parametrize(
    "text", ["还" * 400, "你再不" * 130, "😀" * 300, "𠮷还钱" * 120, "a你1" * 130]
)
def test_no_pattern_of_the_product_runs_away_on_a_monotonous_text(
    rules: RuleSet, policy: Policy, text: str
) -> None:
    began = time.process_time()
    detect_line(TextLine("1", text), rules=rules, policy=policy)
    assert time.process_time() - began < 20  # exponential time would be years


def test_long_text_and_greedy_patterns_take_no_time() -> None:
    text = "带人去家" * 2_500
    started = time.perf_counter()
    scan("带…{40}带…{40}带…{40}带…{40}门", text)
    scan("(带)(人)(去)(家)[带|人|去|家]…{40}(带)(人)门", text)
    assert time.perf_counter() - started < 5


def test_regular_expressions_run_in_linear_time() -> None:
    started = time.perf_counter()
    assert find_regex(compile_regex("(a+)+$"), *_encoded("a" * 5000 + "b")) == ()
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize("regex", ["(", "(?=上)门", r"(上)\1", "x{5000}"])
def test_what_re2_cannot_run_is_refused(regex: str) -> None:
    with pytest.raises(RuleError, match="RE2"):
        compile_regex(regex)


def test_regular_expressions_give_places_in_characters() -> None:
    content = content_of("好😀，快还快还！")
    hits = find_regex(compile_regex("(?:快还){2}"), content.text, content.encoded)
    assert [(hit.start, hit.end) for hit in hits] == [(1, 5)]


def _encoded(text: str) -> tuple[str, bytes]:
    return text, text.encode()
