"""From hits to findings."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from qc_pipeline.detect.content import fold
from qc_pipeline.detect.judge import detect_scene
from qc_pipeline.detect.line import TextLine, detect_line, line_context
from qc_pipeline.detect.rules import RuleSet, load_rules
from qc_pipeline.detect.scene import build_scene
from qc_pipeline.policy.load import Policy
from qc_pipeline.records import Finding, Utterance, Word, finding_id


def found(rules: RuleSet, policy: Policy, text: str) -> tuple[Finding, ...]:
    return detect_line(TextLine(id="1", text=text), rules=rules, policy=policy)[0]


def test_several_hits_of_one_rule_in_one_utterance_are_one_finding(
    small_rules: RuleSet, policy: Policy
) -> None:
    assert len(found(small_rules, policy, "我们来堵门，天天堵门，上门闹事")) == 1


def test_rules_of_one_code_on_the_same_words_are_one_finding(
    small_rules: RuleSet, policy: Policy
) -> None:
    (finding,) = found(small_rules, policy, "你给我闭嘴")
    assert (finding.rule_id, finding.severity) == ("conduct.shut_up", "major")
    assert finding.reasons[-1] == "also: 同时命中 conduct.shut_up_rudely"


def test_rules_of_different_codes_each_have_their_finding(
    small_rules: RuleSet, policy: Policy
) -> None:
    findings = found(small_rules, policy, "你给我闭嘴，我带人去你家")
    assert [f.code for f in findings] == ["service_conduct", "threat_intimidation"]


def test_a_match_by_sound_says_so_and_counts_less(small_rules: RuleSet, policy: Policy) -> None:
    (plain,) = found(small_rules, policy, "马上影响你的征信")
    (heard,) = found(small_rules, policy, "马上影响你的真心")
    assert (plain.detector, heard.detector) == ("lexicon", "phonetic")
    assert 0 < heard.score < plain.score == 0.85
    assert heard.reasons[0].startswith("sound_alike: ")


def test_reasons_name_the_rule_in_chinese(small_rules: RuleSet, policy: Policy) -> None:
    (finding,) = found(small_rules, policy, "我带人去你家")
    assert finding.reasons == ("rule: 扬言带人上门（CC-01）",)


def test_times_come_from_the_words_where_there_are_words(
    small_rules: RuleSet, policy: Policy
) -> None:
    words = (
        Word(0, 3, 10.0, 10.6, 0.9),
        Word(4, 10, 11.0, 12.5, 0.9),
        Word(11, 13, 12.6, 13.0, 0.9),
    )
    utterance = Utterance(
        3, "agent", 10.0, 13.0, "听好了，我带人去你家，明白", "", 0.9, words=words
    )
    context = line_context("C1", callee="debtor", case={})
    scene = build_scene(context, [utterance], bank=small_rules.bank)
    ((finding,), _) = detect_scene(scene, rules=small_rules, policy=policy)
    assert (finding.start_s, finding.end_s, finding.matched) == (11.0, 12.5, "带人去你家")
    assert finding.utterance_index == 3
    assert finding.finding_id == finding_id(
        call_id="C1", code="threat_intimidation", rule_id="threat.gang_visit",
        utterance_index=3, start=5, end=10,
    )  # fmt: skip


PIECES = st.sampled_from(
    ["我带人去你家", "警察就上门", "不会", "你不还", "坐牢", "，", "。", "？", "如果有人说", "😀", " ",
     "影响你的真心", "已经起诉", "刚才说错了", "放心", "您刚才说", "利息全免", "我是法院的", "“", "吗"]
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=12).map("".join)


@given(TEXTS)
def test_every_finding_stands_in_its_text(small_rules: RuleSet, policy: Policy, text: str) -> None:
    findings, suppressed = detect_line(
        TextLine(id="1", text=text), rules=small_rules, policy=policy
    )
    for finding in findings + suppressed:
        assert finding.start is not None
        assert finding.end is not None
        assert 0 <= finding.start < finding.end <= len(text)
        assert finding.matched == text[finding.start : finding.end]
        assert fold(finding.matched)
        assert 0 < finding.score <= 1
        assert all(": " in reason for reason in finding.reasons)
    assert len({f.finding_id for f in findings + suppressed}) == len(findings + suppressed)


@given(TEXTS)
def test_what_is_suppressed_gives_its_reason(
    small_rules: RuleSet, policy: Policy, text: str
) -> None:
    _, suppressed = detect_line(TextLine(id="1", text=text), rules=small_rules, policy=policy)
    assert all(len(finding.reasons) > 1 for finding in suppressed)


@given(st.text(max_size=300))
def test_any_text_can_be_judged(small_rules: RuleSet, policy: Policy, text: str) -> None:
    detect_line(TextLine(id="1", text=text, prev=text), rules=small_rules, policy=policy)


def test_a_very_long_text_is_judged_in_time(small_rules: RuleSet, policy: Policy) -> None:
    text = ("你不还，我带人去你家，警察上门，不会坐牢" * 500)[:10_000]
    assert found(small_rules, policy, text)


def test_what_a_rules_own_exception_bars_is_kept_as_suppressed(
    tmp_path: Path, policy: Policy
) -> None:
    (tmp_path / "service_conduct.yaml").write_text(
        "code: service_conduct\n"
        "rules:\n"
        "  - id: demo.hurry\n"
        "    version: 1\n"
        "    name: 催促\n"
        "    when: {any: [{all: [快点还], none: [慢慢]}, 磨蹭]}\n"
        "    hits: [你快点还, 别磨蹭]\n"
        "    misses: [您慢慢来不用快点还, 您好]\n",
        "utf-8",
    )
    rules = load_rules(tmp_path, taxonomy=policy.taxonomy)
    line = TextLine(id="1", text="您慢慢来，想快点还也行")
    findings, suppressed = detect_line(line, rules=rules, policy=policy)
    assert findings == ()
    (stopped,) = suppressed
    assert (stopped.rule_id, stopped.matched) == ("demo.hurry", "快点还")
    assert stopped.reasons[-1] == "exception: 规则把「慢慢」这样的说法除外"
