"""Opening, identity before the debt, promises: judged on whole dialogues."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from qc_pipeline.detect.context_lexicon import ContextLexicon
from qc_pipeline.detect.opening import introduction
from qc_pipeline.policy.load import Policy
from tests.detect.calls import Judged, context_of, judge, read, spoken


def judged(lexicon: ContextLexicon, policy: Policy, call: dict[str, Any]) -> Judged:
    turns = [("?" if call.get("mono") else turn[0], turn[1]) for turn in call["turns"]]
    return judge(context_of(call), spoken(turns), lexicon=lexicon, policy=policy)


@pytest.mark.parametrize("call", read("dialogues.json"), ids=lambda call: call["id"])
def test_dialogue(lexicon: ContextLexicon, policy: Policy, call: dict[str, Any]) -> None:
    said, expect = judged(lexicon, policy, call), call["expect"]
    assert said.codes(status="quarantined") == sorted(expect.get("quarantined", []))
    if "findings" in expect:
        assert said.codes() == sorted(expect["findings"])
    if "suppressed" in expect:
        assert [finding.code for finding in said.suppressed] == expect["suppressed"]
    if "listeners" in expect:
        known = [[at, role] for at, role in said.roles() if role != "unknown"]
        assert known == expect["listeners"]
    assert set(expect.get("events", [])) <= said.kinds()
    assert not set(expect.get("events_absent", [])) & said.kinds()
    if "promise" in expect:
        assert any(expect["promise"].items() <= promise.items() for promise in said.promises())
    if "notes" in expect:
        assert said.note_kinds() == expect["notes"]
    for code, severity in expect.get("severities", {}).items():
        assert [f.severity for f in said.findings if f.code == code] == [severity]


@pytest.mark.parametrize("call", read("lawful_calls.json"), ids=lambda call: call["id"])
def test_a_lawful_call_is_left_alone(
    lexicon: ContextLexicon, policy: Policy, call: dict[str, Any]
) -> None:
    assert judged(lexicon, policy, call | {"bank": "永丰银行"}).findings == ()


@pytest.mark.parametrize(("text", "complete"), read("openings.json"))
def test_what_counts_as_saying_who_calls(
    lexicon: ContextLexicon, text: str, complete: bool
) -> None:
    introduced = introduction(context_of(), spoken([("a", text)]), lexicon=lexicon)
    assert (introduced.complete is not None) is complete


def test_every_finding_shows_its_words_and_reasons(lexicon: ContextLexicon, policy: Policy) -> None:
    for call in read("dialogues.json"):
        for finding in judged(lexicon, policy, call).findings:
            assert finding.utterance[finding.start : finding.end] == finding.matched
            assert finding.matched
            assert finding.start_s is not None
            assert finding.end_s is not None
            assert finding.detector == "required"
            assert all(": " in reason for reason in finding.reasons)
            assert finding.reasons[1].startswith("rulebook: CC-")


BLUNT = (
    ("a", "喂，你那张卡逾期两个多月了你知道不知道"),
    ("c", "你谁啊"),
    ("a", "你欠的八千块什么时候还"),
)


def test_bad_recognition_leaves_it_to_a_human(lexicon: ContextLexicon, policy: Policy) -> None:
    said = judge(context_of(), spoken(BLUNT, confidence=0.2), lexicon=lexicon, policy=policy)
    assert {finding.status for finding in said.findings} == {"quarantined"}
    assert any(r.startswith("low_confidence") for f in said.findings for r in f.reasons)


def test_suspect_text_before_it_leaves_it_to_a_human(
    lexicon: ContextLexicon, policy: Policy
) -> None:
    first, *rest = spoken(BLUNT)
    utterances = [replace(first, suspect="log_probability: 低"), *rest]
    said = judge(context_of(), utterances, lexicon=lexicon, policy=policy)
    assert said.codes(status="quarantined") == ["identity_unverified", "opening_incomplete"]
    assert any(r.startswith("suspect_text") for f in said.findings for r in f.reasons)


def test_too_little_text_leaves_it_to_a_human(lexicon: ContextLexicon, policy: Policy) -> None:
    said = judge(context_of(), spoken([("a", "还钱")]), lexicon=lexicon, policy=policy)
    assert {finding.status for finding in said.findings} == {"quarantined"}


def test_nothing_heard_is_nothing_found(lexicon: ContextLexicon, policy: Policy) -> None:
    said = judge(context_of(), (), lexicon=lexicon, policy=policy)
    assert said.findings == said.suppressed == said.events == ()


def test_the_opening_may_not_wait_beyond_the_third_turn(
    lexicon: ContextLexicon, policy: Policy
) -> None:
    chat = [
        ("a", "请问是葛平先生吗"), ("c", "是我"), ("a", "最近忙吗"), ("c", "还行"),
        ("a", "生意好吗"), ("c", "一般"), ("a", "家里都好吧"), ("c", "都好"),
    ]  # fmt: skip
    late = [*chat, ("a", "我是德信公司的小李，松岭银行委托")]
    (finding,) = judge(context_of(), spoken(late), lexicon=lexicon, policy=policy).findings
    assert finding.code == "opening_incomplete"
    assert finding.utterance_index == 6
    early = [*chat[:4], ("a", "我是德信公司的小李，松岭银行委托"), *chat[5:]]
    assert judge(context_of(), spoken(early), lexicon=lexicon, policy=policy).findings == ()


def test_in_one_breath_the_order_of_words_decides(lexicon: ContextLexicon, policy: Policy) -> None:
    asked = (("a", "请问是葛平先生吗"), ("c", "是我"))
    first_who = (*asked, ("a", "我是德信公司的小李，您信用卡逾期了"))
    first_debt = (*asked, ("a", "您信用卡逾期了，我是德信公司的小李"))
    for turns, codes in ((first_who, []), (first_debt, ["opening_incomplete"])):
        said = judge(context_of(), spoken(turns), lexicon=lexicon, policy=policy)
        assert said.codes() == codes


def test_a_pause_inside_the_introduction_does_not_hurt(
    lexicon: ContextLexicon, policy: Policy
) -> None:
    turns = [("a", "请问是葛平先生吗"), ("c", "是我"), ("a", "我是德信公司的"), ("a", "小苏"),
             ("a", "您信用卡逾期了")]  # fmt: skip
    assert judge(context_of(), spoken(turns), lexicon=lexicon, policy=policy).findings == ()


@pytest.mark.parametrize(("first_call", "codes"), [(True, ["opening_incomplete"]), (False, [])])
def test_the_first_call_of_a_case_names_the_bank(
    lexicon: ContextLexicon, policy: Policy, first_call: bool, codes: list[str]
) -> None:
    turns = [
        ("a", "请问是葛平先生吗？我是德信公司的小李"), ("c", "是我"),
        ("a", "身份证后四位报一下"), ("c", "二五八零"), ("a", "您欠六千"), ("c", "哦"),
    ]  # fmt: skip
    context = context_of({"first_call": first_call})
    said = judge(context, spoken(turns), lexicon=lexicon, policy=policy)
    assert said.codes() == codes


def test_findings_keep_their_names_on_a_second_run(lexicon: ContextLexicon, policy: Policy) -> None:
    first, second = (
        judge(context_of(), spoken(BLUNT), lexicon=lexicon, policy=policy) for _ in range(2)
    )
    assert first.findings == second.findings
