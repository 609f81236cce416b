"""What customers say that registers must know of."""

from __future__ import annotations

import json

import pytest

from qc_pipeline.detect.context_lexicon import ContextLexicon
from qc_pipeline.detect.events import call_events
from qc_pipeline.records import CallEvent
from tests.detect.calls import GREETING, context_of, read, spoken

TOLD = {"complaint", "dispute", "emergency", "refusal", "objection"}


def events_of(lexicon: ContextLexicon, *turns: tuple[str, str]) -> tuple[CallEvent, ...]:
    return call_events(context_of(), spoken(turns), listeners=(), lexicon=lexicon)


@pytest.mark.parametrize(("text", "kind"), read("customer_words.json"))
def test_what_a_customers_words_amount_to(
    lexicon: ContextLexicon, text: str, kind: str | None
) -> None:
    kinds = {event.kind for event in events_of(lexicon, ("c", text))} & TOLD
    assert kind in kinds if kind else not kinds


@pytest.mark.parametrize(("text", "kind"), [row for row in read("customer_words.json") if row[1]])
def test_the_collectors_own_words_make_no_complaint(
    lexicon: ContextLexicon, text: str, kind: str
) -> None:
    assert not {event.kind for event in events_of(lexicon, ("a", text))} & TOLD


def test_with_unknown_speakers_the_event_says_so(lexicon: ContextLexicon) -> None:
    (event,) = events_of(lexicon, ("?", "我要投诉你们"))
    assert (event.kind, event.detail) == ("complaint", "说话人未知")


def test_a_promise_carries_date_and_amount(lexicon: ContextLexicon) -> None:
    events = events_of(
        lexicon,
        *GREETING,
        ("a", "您什么时候能还？"),
        ("c", "这个月二十六号还两千二"),
        ("a", "好，记下了"),
    )
    (promise,) = [json.loads(event.detail) for event in events if event.kind == "promise"]
    assert promise == {
        "kind": "made", "date_from": "2026-03-26", "date_to": "2026-03-26",
        "amount": "2200", "whole": False, "accepted": True,
    }  # fmt: skip


def test_only_the_first_debt_word_is_an_event(lexicon: ContextLexicon) -> None:
    events = events_of(lexicon, ("a", "受松岭银行委托"), ("a", "您信用卡逾期了"), ("a", "欠三千"))
    assert [event.utterance_index for event in events if event.kind == "debt_word"] == [1]


def test_taking_up_the_offer_not_to_be_called_is_a_refusal(lexicon: ContextLexicon) -> None:
    events = events_of(lexicon, ("a", "您要是不想再接到电话，我给您登记"), ("c", "那你登记上吧"))
    assert [event.kind for event in events] == ["refusal"]


def test_the_time_of_an_event_is_that_of_its_words(lexicon: ContextLexicon) -> None:
    events = events_of(lexicon, ("a", "您好"), ("c", "我要投诉"))
    assert [event.start_s for event in events] == [4.0]
