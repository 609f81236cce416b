"""Operators at their edges; docs/rules.md shows (and tests) the plain use of each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qc_pipeline.detect.judge import detect_scene
from qc_pipeline.detect.rules import RuleSet
from qc_pipeline.detect.scene import build_scene
from qc_pipeline.policy.load import Policy
from qc_pipeline.records import (
    SHANGHAI,
    CallContext,
    CallEvent,
    CallRecord,
    Finding,
    ListenerSpan,
    Speaker,
    Utterance,
    UtteranceSound,
)
from tests.detect.conftest import MakeRules

RULE = "code: threat_intimidation\nrules:\n  - {id: t.one, version: 1, name: 一, when: %s}\n"


def call(*said: tuple[Speaker, str] | tuple[Speaker, str, float]) -> list[Utterance]:
    """Utterances of four seconds, five apart unless a start is given."""
    made = []
    for index, (speaker, text, *at) in enumerate(said):
        start = at[0] if at else index * 5.0
        made.append(Utterance(index, speaker, start, start + 4, text, text, 0.9))
    return made


def fired(
    rules: RuleSet, policy: Policy, utterances: list[Utterance], **known: object
) -> list[int]:
    """The utterances in which a rule fires."""
    return [f.utterance_index for f in findings(rules, policy, utterances, **known)]  # type: ignore[misc]


def findings(
    rules: RuleSet,
    policy: Policy,
    utterances: list[Utterance],
    *,
    events: tuple[CallEvent, ...] = (),
    listeners: tuple[ListenerSpan, ...] = (),
    record: CallRecord | None = None,
) -> tuple[Finding, ...]:
    from datetime import datetime

    record = record or CallRecord("C1", datetime(2026, 11, 2, 10, tzinfo=SHANGHAI), "A1")
    scene = build_scene(
        CallContext(call=record), utterances, bank=rules.bank, events=events, listeners=listeners
    )
    return detect_scene(scene, rules=rules, policy=policy)[0]


@pytest.mark.parametrize(
    ("text", "fires"),
    [
        ("还钱一二三上门", True),
        ("还钱一二三四上门", False),
        ("上门还钱", True),
        ("还钱。上门", True),
    ],
)
def test_near_counts_characters_between(
    text: str, fires: bool, make_rules: MakeRules, policy: Policy
) -> None:
    rules = make_rules(RULE % "{near: {first: [还钱], second: [上门], within: 3}}")
    assert bool(fired(rules, policy, call(("agent", text)))) is fires


def test_near_spans_both(make_rules: MakeRules, policy: Policy) -> None:
    rules = make_rules(RULE % "{near: {first: [还钱], second: [上门]}}")
    (finding,) = findings(rules, policy, call(("agent", "你再上门，先还钱，好")))
    assert finding.matched == "上门，先还钱"


def test_previous_looks_only_so_far_back(make_rules: MakeRules, policy: Policy) -> None:
    rules = make_rules(RULE % "{all: [随便, {previous: {says: [投诉], within: 2}}]}")
    said = [
        ("customer", "投诉"),
        ("customer", "喂"),
        ("agent", "随便"),
        ("customer", "哦"),
        ("agent", "随便"),
    ]
    assert fired(rules, policy, call(*said)) == [2]  # type: ignore[arg-type]


def test_previous_of_an_unknown_speaker_is_anybody(make_rules: MakeRules, policy: Policy) -> None:
    rules = make_rules(RULE % "{all: [随便, {previous: {says: [投诉]}}]}")
    assert fired(rules, policy, call(("unknown", "投诉"), ("unknown", "随便"))) == [1]


def test_context_measures_from_edge_to_edge(make_rules: MakeRules, policy: Policy) -> None:
    rules = make_rules(RULE % "{all: [随便, {context: {says: [投诉], seconds: 10}}]}")
    assert fired(rules, policy, call(("customer", "投诉", 0), ("agent", "随便", 14))) == [1]
    assert fired(rules, policy, call(("customer", "投诉", 0), ("agent", "随便", 14.1))) == []
    assert fired(rules, policy, call(("agent", "随便", 0), ("customer", "投诉", 14))) == [0]


def test_count_fires_once(make_rules: MakeRules, policy: Policy) -> None:
    rules = make_rules(RULE % "{count: {says: [快点], at_least: 2}}")
    assert fired(rules, policy, call(*[("agent", "快点")] * 4)) == [1]  # type: ignore[arg-type]


def test_turns_are_stretches_of_talk(make_rules: MakeRules, policy: Policy) -> None:
    rules = make_rules(RULE % "{all: [还钱, {position: {first_turns: 1}}]}")
    said = [("agent", "还钱"), ("agent", "还钱"), ("customer", "还钱"), ("agent", "还钱")]
    assert fired(rules, policy, call(*said)) == [0, 1]  # type: ignore[arg-type]


def test_events_count_only_from_before(make_rules: MakeRules, policy: Policy) -> None:
    rules = make_rules(RULE % "{all: [还钱, {established: [refusal]}]}")
    said = call(("agent", "还钱"), ("customer", "不还"), ("agent", "还钱"))
    refusal = CallEvent("refusal", 1, 5.0, "不还")
    assert fired(rules, policy, said, events=(refusal,)) == [2]
    assert fired(rules, policy, said) == []
    assert rules.uses_events


def test_the_listener_changes_over_a_call(make_rules: MakeRules, policy: Policy) -> None:
    rules = make_rules(RULE % "{all: [还钱, {listener: [third_party]}]}")
    said = call(*[("agent", "还钱")] * 3)  # type: ignore[arg-type]
    listeners = (
        ListenerSpan(0, "unknown", ""),
        ListenerSpan(1, "third_party", ""),
        ListenerSpan(2, "debtor", ""),
    )
    assert fired(rules, policy, said, listeners=listeners) == [1]


def test_none_never_widens_by_sound(make_rules: MakeRules, policy: Policy) -> None:
    rules = make_rules(RULE % "{all: [上门], none: [我们上法院去]}")
    assert fired(rules, policy, call(("agent", "上门，我们上法院去"))) == []
    assert fired(rules, policy, call(("agent", "上门，我们上发源去"))) == [0]


def test_a_condition_without_words_rests_on_the_whole_utterance(
    make_rules: MakeRules, policy: Policy
) -> None:
    rules = make_rules(RULE % "{position: {first_turns: 1}}")
    (finding,) = findings(rules, policy, call(("agent", "“喂？”"), ("customer", "嗯")))
    assert (finding.start, finding.end, finding.matched) == (1, 3, "喂？")
    assert findings(rules, policy, call(("agent", "……"))) == ()


def test_all_spans_the_words_of_its_first_part_and_needs_every_part_to_stand(
    make_rules: MakeRules, policy: Policy
) -> None:
    rules = make_rules(RULE % "{all: [[上门, 堵门], [单位, 学校]]}")
    (finding,) = findings(rules, policy, call(("agent", "我去单位堵门")))
    assert finding.matched == "堵门"
    assert findings(rules, policy, call(("agent", "不会去单位，明天上门"))) == ()


def test_any_of_very_many_combinations_stays_small(make_rules: MakeRules, policy: Policy) -> None:
    both = "{any: [{all: [上, 门]}, {all: [门, 上]}, {all: [上, 来]}]}"
    rules = make_rules(RULE % f"{{all: [{', '.join([both] * 8)}]}}")
    assert len(findings(rules, policy, call(("agent", "上门来")))) == 1


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ("{measure: loudness, at_least: 10}", [1]),
        ("{measure: loudness, at_most: 0}", [0]),
        ("{measure: pace, at_least: 5, at_most: 6}", [2]),
        ("{measure: silence, at_least: 5}", [2]),
        ("{measure: interruptions, at_least: 2}", [2]),
    ],
)
def test_how_something_was_said_can_be_asked_for(
    make_rules: MakeRules, policy: Policy, bounds: str, expected: list[int]
) -> None:
    rules = make_rules(RULE % f"{{all: [听着, {{acoustic: {bounds}}}]}}")
    sounds = (
        UtteranceSound(-26, 0.0, 4.0, 0.2, 0.0, False),
        UtteranceSound(-14, 12.0, 4.5, 0.3, 1.0, True),
        UtteranceSound(-25, 1.0, 5.5, 6.0, 1.2, True),
    )
    spoken = [
        replace(utterance, sound=sound)
        for utterance, sound in zip(call(*[("agent", "你听着")] * 3), sounds, strict=True)
    ]
    assert fired(rules, policy, spoken) == expected
    unmeasured = [replace(utterance, sound=None) for utterance in spoken]
    assert fired(rules, policy, unmeasured) == []
