"""Who is on the line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qc_pipeline.detect.context_lexicon import ContextLexicon
from qc_pipeline.detect.listener import identity_steps, listener_timeline
from qc_pipeline.records import Role
from tests.detect.calls import GREETING, context_of, read, spoken


def role_after(lexicon: ContextLexicon, *turns: tuple[str, str], callee: Role = "debtor") -> Role:
    spans = listener_timeline(context_of({"callee": callee}), spoken(turns), lexicon=lexicon)
    return spans[-1].role


@pytest.mark.parametrize(("asks", "answers", "role"), read("answers.json"))
def test_what_an_answer_makes_of_the_listener(
    lexicon: ContextLexicon, asks: str, answers: str, role: Role
) -> None:
    assert role_after(lexicon, ("a", asks), ("c", answers)) == role


def test_a_call_starts_with_an_unknown_listener(lexicon: ContextLexicon) -> None:
    (span,) = listener_timeline(context_of(), (), lexicon=lexicon)
    assert (span.from_utterance, span.role) == (0, "unknown")


def test_a_text_only_line_keeps_its_settled_callee(lexicon: ContextLexicon) -> None:
    context = context_of({"settled_listener": "third_party"})
    (span,) = listener_timeline(context, spoken([("c", "是我")]), lexicon=lexicon)
    assert span.role == "third_party"


@pytest.mark.parametrize("callee", ["debtor", "guarantor", "co_borrower", "authorised_agent"])
def test_a_positive_answer_makes_him_the_one_meant(lexicon: ContextLexicon, callee: Role) -> None:
    assert role_after(lexicon, *GREETING, callee=callee) == callee


def test_a_contact_who_confirms_his_own_name_stays_a_third_party(lexicon: ContextLexicon) -> None:
    asked = ("a", "您好，请问您是苗女士吗？")
    assert role_after(lexicon, asked, ("c", "对，我是"), callee="third_party") == "third_party"


def test_asked_for_at_a_contacts_number_the_debtor_himself_answers(
    lexicon: ContextLexicon,
) -> None:
    asked = ("a", "您好，麻烦叫一下苗先生接电话")
    assert role_after(lexicon, asked, ("c", "我就是"), callee="third_party") == "debtor"


def test_handing_over_makes_the_listener_unknown_again(lexicon: ContextLexicon) -> None:
    turns = (
        ("a", "请问梅先生在吗"),
        ("c", "我是他媳妇"),
        ("a", "麻烦请他接电话"),
        ("c", "他回来了，在旁边，电话给他"),
    )
    assert role_after(lexicon, *turns) == "unknown"
    assert role_after(lexicon, *turns, ("a", "请问是梅先生本人吗"), ("c", "嗯我是")) == "debtor"


def test_a_settled_debtor_may_speak_of_relatives(lexicon: ContextLexicon) -> None:
    assert role_after(lexicon, *GREETING, ("c", "他不在家，他是我弟，你打错人了")) == "debtor"


def test_a_settled_debtor_who_turns_out_to_be_his_wife(lexicon: ContextLexicon) -> None:
    assert role_after(lexicon, *GREETING, ("c", "其实我是他老婆")) == "third_party"


def test_unknown_speakers_settle_nothing(lexicon: ContextLexicon) -> None:
    turns = tuple(("?", text) for _, text in GREETING)
    assert role_after(lexicon, *turns) == "unknown"


@pytest.mark.parametrize(
    ("suspect", "role"),
    [
        ("phantom: 编造", "unknown"),
        ("no_speech: 没有语音", "unknown"),
        ("word_probability: 低", "debtor"),
    ],
)
def test_made_up_text_settles_nothing_but_badly_heard_text_may(
    lexicon: ContextLexicon, suspect: str, role: Role
) -> None:
    utterances = [replace(utterance, suspect=suspect) for utterance in spoken(GREETING)]
    assert listener_timeline(context_of(), utterances, lexicon=lexicon)[-1].role == role


@pytest.mark.parametrize("answer", ["二五八零", "2580", "二五八X，身份证在这", "要算二零，说吧"])
def test_an_answer_to_the_identity_check_settles_it(lexicon: ContextLexicon, answer: str) -> None:
    asked = ("a", "喂，您报下先奋政后思伟")  # as recognition hears 身份证后四位
    assert role_after(lexicon, asked, ("c", answer)) == "debtor"


def test_a_guarantor_admits_his_signature(lexicon: ContextLexicon) -> None:
    turns = (("a", "冯国梁？这笔贷款得找你"), ("c", "我是签了字，可他说这个月就还"))
    assert role_after(lexicon, *turns, callee="guarantor") == "guarantor"


def test_the_debtor_who_signed_his_own_contract_is_no_guarantor(lexicon: ContextLexicon) -> None:
    assert role_after(lexicon, *GREETING, ("c", "合同我是签了字的")) == "debtor"


def test_every_step_says_where_and_why(lexicon: ContextLexicon) -> None:
    steps = identity_steps(context_of(), spoken(GREETING), lexicon=lexicon)
    assert [step.kind for step in steps] == ["asked", "confirmed", "checked", "confirmed"]
    for step in steps:
        assert step.utterance.text[step.said.start : step.said.end] == step.said.text
        assert step.reason


def test_the_one_meant_may_come_to_the_phone_unannounced(lexicon: ContextLexicon) -> None:
    wife = (("a", "请问梅先生在吗"), ("c", "我是他媳妇"))
    assert role_after(lexicon, *wife, ("a", "请问是梅先生本人吗"), ("c", "嗯，是我")) == "debtor"
    assert role_after(lexicon, *wife, ("a", "您是梅太太吧"), ("c", "嗯，是我")) == "third_party"
