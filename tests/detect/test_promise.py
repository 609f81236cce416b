"""Promises to pay, and those let go without a date or an amount."""

from __future__ import annotations

from typing import Any

import pytest

from qc_pipeline.detect.context_lexicon import ContextLexicon
from qc_pipeline.detect.listener import listener_timeline
from qc_pipeline.detect.promise import Promise, promises_in
from qc_pipeline.policy.load import Policy
from tests.detect.calls import GREETING, context_of, judge, read, spoken


def promises(lexicon: ContextLexicon, *turns: tuple[str, str]) -> tuple[Promise, ...]:
    context, utterances = context_of(), spoken([*GREETING, *turns])
    listeners = listener_timeline(context, utterances, lexicon=lexicon)
    return promises_in(context, utterances, listeners=listeners, lexicon=lexicon)


@pytest.mark.parametrize("row", read("promises.json"), ids=lambda row: row["says"])
def test_a_promise_taken_up_needs_date_and_amount(
    lexicon: ContextLexicon, policy: Policy, row: dict[str, Any]
) -> None:
    """complete: true = a full promise, false = one left vague, null = none to be judged."""
    turns = [*GREETING, ("a", row["asks"]), ("c", row["says"]), ("a", row["replies"])]
    said = judge(context_of(), spoken(turns), lexicon=lexicon, policy=policy)
    left_vague = [f for f in said.findings if f.sub_code == "ri_ptp"]
    assert bool(left_vague) is (row["complete"] is False)
    if row["complete"] is not None:
        assert said.promises()
    for finding in left_vague:
        assert finding.severity == "minor"
        assert finding.utterance == row["replies"]


def test_the_finding_names_what_is_missing(lexicon: ContextLexicon, policy: Policy) -> None:
    turns = [*GREETING, ("a", "您看怎么处理？"), ("c", "我二十六号先还一部分"), ("a", "好的")]
    (finding,) = judge(context_of(), spoken(turns), lexicon=lexicon, policy=policy).findings
    assert "没有约定还款金额" in finding.reasons[0]
    assert "日期" not in finding.reasons[0]


def test_details_that_come_later_complete_it(lexicon: ContextLexicon, policy: Policy) -> None:
    vague = [*GREETING, ("a", "您看怎么处理？"), ("c", "过几天我就还"), ("a", "行")]
    later = [*vague, ("c", "二十号吧，还三千"), ("a", "好")]
    for turns, found in ((vague, 1), (later, 0)):
        said = judge(context_of(), spoken(turns), lexicon=lexicon, policy=policy)
        assert len(said.findings) == found


def test_a_promise_nobody_took_up_is_not_judged(lexicon: ContextLexicon, policy: Policy) -> None:
    turns = [*GREETING, ("a", "您看怎么处理？"), ("c", "过几天我就还")]
    said = judge(context_of(), spoken(turns), lexicon=lexicon, policy=policy)
    assert said.findings == ()


def test_an_offer_counts_once_the_collector_takes_it(lexicon: ContextLexicon) -> None:
    offer = ("c", "我先还一千行不行？")
    assert promises(lexicon, ("a", "您看怎么办"), offer, ("a", "不行，太少了")) == ()
    (promise,) = promises(lexicon, ("a", "您看怎么办"), offer, ("a", "行，可以"))
    assert (promise.kind, promise.amount) == ("offered", 1000)


def test_a_yes_to_the_collectors_proposal_takes_over_its_date_and_sum(
    lexicon: ContextLexicon,
) -> None:
    (promise,) = promises(lexicon, ("a", "那您明天还两千二，可以吧"), ("c", "行，没问题"))
    assert promise.kind == "assented"
    assert promise.amount == 2200
    day = promise.day(widest=7)
    assert day is not None
    assert str(day.first) == "2026-03-12"


@pytest.mark.parametrize(
    "words",
    ["我还没发工资", "他说下周就还", "我上个月还了两千", "拿什么还", "我明天还要上班", "凭什么还"],
)
def test_words_about_paying_that_promise_nothing(lexicon: ContextLexicon, words: str) -> None:
    assert promises(lexicon, ("a", "您看怎么办"), ("c", words), ("a", "好")) == ()


def test_a_remainder_is_not_the_sum_promised(lexicon: ContextLexicon) -> None:
    (promise, *_) = promises(
        lexicon, ("a", "您看怎么办"), ("c", "二十号先还一千，剩下的两千三下个月"), ("a", "好")
    )
    assert [amount.value for amount in promise.amounts] == [1000]
