from __future__ import annotations

from qc_pipeline.speech.heard import Heard
from qc_pipeline.speech.roles import agent_probability, roles_of, roles_of_voices
from tests.speech.builders import heard

AGENT = (
    "您好，请问是陈女士本人吗？",
    "我这边是某某公司的，工号三零一，受银行委托，电话有录音。",
    "麻烦报下身份证后四位。",
    "您那笔信用卡逾期四十天了，今天能还多少？",
)
CUSTOMER = ("你哪里的？", "我就是。", "二五二八。", "我现在没钱，下个月发工资一定还。")


def dialogue(agent_channel: int) -> list[Heard]:
    turns: list[Heard] = []
    for index, (question, answer) in enumerate(zip(AGENT, CUSTOMER, strict=True)):
        turns.append(heard(question, channel=agent_channel, start_s=20.0 * index))
        turns.append(heard(answer, channel=1 - agent_channel, start_s=20.0 * index + 12))
    return turns


def test_the_channel_map_decides_also_when_the_talk_leaves_it_open() -> None:
    small_talk = [heard("好的。", channel=0), heard("今天天气不错。", channel=1, start_s=5.0)]
    for turns in (dialogue(1), small_talk):
        mapped = roles_of(turns, channels=2, channel_map="customer,agent")
        assert dict(mapped.speaker_of) == {0: "customer", 1: "agent"}
        assert (mapped.source, mapped.confidence) == ("channel_map", 1.0)


def test_a_map_that_the_talk_plainly_contradicts_names_nobody() -> None:
    swapped = roles_of(dialogue(0), channels=2, channel_map="customer,agent")
    assert set(swapped.speaker_of.values()) == {"unknown"}
    assert swapped.source == "contradicted"
    assert swapped.confidence > 0.95


def test_voices_are_named_by_what_they_say_or_not_at_all() -> None:
    named = roles_of_voices(dialogue(1), confidence=0.8)
    assert dict(named.speaker_of) == {0: "customer", 1: "agent"}
    assert named.source == "voices"
    alike = roles_of_voices(dialogue(1), confidence=0.3)
    assert set(alike.speaker_of.values()) == {"unknown"}
    assert (alike.source, alike.confidence) == ("single", 0.0)
    nothing_said = roles_of_voices(
        [heard("嗯。", channel=0), heard("好。", channel=1)], confidence=0.9
    )
    assert set(nothing_said.speaker_of.values()) == {"unknown"}


def test_without_a_map_content_and_timing_decide() -> None:
    for agent_channel in (0, 1):
        roles = roles_of(dialogue(agent_channel), channels=2, channel_map=None)
        assert roles.speaker_of[agent_channel] == "agent"
        assert roles.speaker_of[1 - agent_channel] == "customer"
        assert roles.source == "content"
        assert roles.confidence >= 0.9


def test_swapping_the_channels_swaps_the_probability() -> None:
    straight = agent_probability(dialogue(0), channel=0)
    swapped = agent_probability(dialogue(1), channel=0)
    assert abs(straight + swapped - 1) < 1e-9


def test_doubt_leaves_everybody_unknown() -> None:
    small_talk = [heard("今天天气不错", channel=0), heard("是啊挺好的", channel=1, start_s=3)]
    roles = roles_of(small_talk, channels=2, channel_map=None)
    assert set(roles.speaker_of.values()) == {"unknown"}
    assert roles.source == "none"
    assert roles.confidence < 0.9


def test_on_one_channel_nobody_is_told_apart() -> None:
    mono = [heard(text, channel=0, start_s=10.0 * i) for i, text in enumerate(AGENT + CUSTOMER)]
    roles = roles_of(mono, channels=1, channel_map="mono")
    assert dict(roles.speaker_of) == {0: "unknown"}
    assert (roles.source, roles.confidence) == ("single", 0.0)


def test_more_than_two_channels_have_no_known_roles() -> None:
    roles = roles_of(dialogue(0), channels=3, channel_map="agent,customer")
    assert set(roles.speaker_of.values()) == {"unknown"}


def test_an_empty_call_has_no_roles() -> None:
    roles = roles_of([], channels=2, channel_map=None)
    assert set(roles.speaker_of.values()) == {"unknown"}
    assert roles.confidence == 0.5
