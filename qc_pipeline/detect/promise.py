"""Promises to pay: who promised what for when, and whether the collector let one go without a
date or an amount (rulebook CC-58, NR-12).

A promise is what the customer says he will pay, offers to pay and the collector takes up, or
answers when asked for a day or a sum. Dates and sums named by either side from shortly before
the promise to the end of the call belong to it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Literal

from qc_pipeline.detect.context_lexicon import ContextLexicon, Said
from qc_pipeline.detect.dates import SpokenDate, spoken_dates
from qc_pipeline.detect.debt_talk import debt_word
from qc_pipeline.detect.dialogue import Turn, turns_of
from qc_pipeline.detect.numbers import SpokenNumber, spoken_amounts
from qc_pipeline.detect.proposals import propose
from qc_pipeline.detect.reliability import doubts_about
from qc_pipeline.detect.scene import listener_at
from qc_pipeline.policy.load import Policy
from qc_pipeline.records import BuiltInRule, CallContext, Finding, ListenerSpan, Utterance

PROMISE = BuiltInRule(
    "required.promise", "record_integrity", "承诺还款没有日期或金额", ("CC-58", "NR-12")
)
RULES = (PROMISE,)

PromiseKind = Literal["made", "offered", "answered", "assented"]

# Shortly before a promise its date and sum may already have been named in the question.
_QUESTION_TURNS = 3
_CLOSING = "，。！？；,!?;"
_CLAUSE = re.compile(r"[^，。！？；,!?;]+[，。！？；,!?;]?")
_QUESTION = re.compile(
    r"[？?]$|[吗么呢]\W?$|[行成好中]不[行成好中]?[啊呀呢]?\W?$|可(?:以吗|不可以)\W?$"
)
_REMAINDER = re.compile(r"(?:剩下?|余下?|其余|剩余|另外)的?那?$")
_TODAY = ("今天", "今晚", "今儿", "今日", "当天")


@dataclass(frozen=True, slots=True)
class Promise:
    """What a customer promised at `utterance`.

    `dates` and `amounts` are all that belong to it, his own first. `accepted_by` is the
    collector's utterance that took it up. `asked_after`: the collector asked for day or sum
    afterwards. `whole`: all of what is due is meant.
    """

    kind: PromiseKind
    utterance: Utterance
    said: Said
    dates: tuple[SpokenDate, ...]
    amounts: tuple[SpokenNumber, ...]
    whole: bool
    accepted_by: Utterance | None
    asked_after: bool

    def day(self, *, widest: int) -> SpokenDate | None:
        """The first date of at most `widest` days; None when none is that definite."""
        return next((one for one in self.dates if 0 < (one.days() or 0) <= widest), None)

    @property
    def amount(self) -> Decimal | None:
        """The first sum named."""
        return self.amounts[0].value if self.amounts else None


def promises_in(
    context: CallContext,
    utterances: Sequence[Utterance],
    *,
    listeners: Sequence[ListenerSpan],
    lexicon: ContextLexicon,
) -> tuple[Promise, ...]:
    """Every promise to pay, in order of time. A third party's words are none."""
    reader = _Reader(context, turns_of(utterances), lexicon)
    found: list[Promise] = []
    for place, turn in enumerate(reader.turns):
        role = listener_at(turn.first_index, context=context, listeners=listeners)
        if turn.speaker == "customer" and role != "third_party":
            promise = reader.promise_at(place)
            if promise is not None:
                found.append(promise)
    return tuple(found)


def promise_findings(
    context: CallContext,
    utterances: Sequence[Utterance],
    *,
    listeners: Sequence[ListenerSpan],
    lexicon: ContextLexicon,
    policy: Policy,
) -> tuple[Finding, ...]:
    """At most one finding: a promise accepted, nobody asked on, and in the whole call no
    promise got both a day and a sum.
    """
    limits = policy.required
    promises = promises_in(context, utterances, listeners=listeners, lexicon=lexicon)
    lacking: list[tuple[Promise, Utterance, list[str]]] = []
    for promise in promises:
        lacks = []
        if promise.day(widest=limits.promise_widest_range_days) is None:
            lacks.append("日期")
        if promise.amount is None and not promise.whole:
            lacks.append("金额")
        if not lacks:
            return ()
        if promise.accepted_by is not None and not promise.asked_after:
            lacking.append((promise, promise.accepted_by, lacks))
    if not lacking:
        return ()
    promise, accepted, lacks = lacking[-1]
    return (
        propose(
            context,
            code=PROMISE.code,
            sub_code="ri_ptp",
            rule_id=PROMISE.id,
            severity=policy.taxonomy.severity_of(PROMISE.code, "ri_ptp"),
            reasons=(
                f"promise_incomplete: 客户说「{promise.utterance.text}」，"
                f"坐席认可但没有约定还款{'和'.join(lacks)}",
                f"rulebook: {PROMISE.cites()}",
            ),
            doubts=(
                *_details_lost(promise, lacks, lexicon),
                *doubts_about(utterances, policy=policy),
            ),
            utterance=accepted,
            listener=listener_at(accepted.index, context=context, listeners=listeners),
        ),
    )


def _details_lost(
    promise: Promise, lacks: Sequence[str], lexicon: ContextLexicon
) -> tuple[str, ...]:
    """What is missing may have been said and not recognised, unless the customer was vague."""
    if "日期" in lacks and not promise.dates:
        return ("date_not_heard: 录音中没有识别出任何时间说法，请人工判断",)
    vague_sum = lexicon.says("part_amount", promise.utterance.text)
    if lacks == ["金额"] and not vague_sum:
        return ("amount_not_heard: 录音中没有识别出金额，请人工判断",)
    return ()


class _Reader:
    """Reads promises out of the turns of one call."""

    def __init__(
        self, context: CallContext, turns: tuple[Turn, ...], lexicon: ContextLexicon
    ) -> None:
        self.turns = turns
        self._lexicon = lexicon
        self._on = context.call.started_at.date()

    def promise_at(self, place: int) -> Promise | None:
        """The first promise of the customer's turn at `place`."""
        for utterance in self.turns[place].utterances:
            read = self._read(utterance, place)
            if read is None:
                continue
            kind, said = read
            accepted = self._accepted_by(place)
            if kind == "offered" and accepted is None:
                continue
            return self._with_details(
                Promise(kind, utterance, said, (), (), False, accepted, False), place
            )
        return None

    def _read(self, utterance: Utterance, place: int) -> tuple[PromiseKind, Said] | None:
        text, lexicon = utterance.text, self._lexicon
        for start, clause in _clauses(text):
            if lexicon.says("no_promise", clause):
                continue
            said = lexicon.first("promise_made", clause) or self._pays(clause, text)
            if said is None:
                continue
            whole = Said(start + said.start, start + said.end, said.text)
            return ("offered" if _QUESTION.search(clause) else "made"), whole
        if (said := lexicon.first("promise_made", text)) and not lexicon.says("no_promise", text):
            return "made", said
        if said := lexicon.first("payment_offered", text):
            return "offered", said
        return self._answer(text, place)

    def _pays(self, clause: str, text: str) -> Said | None:
        """还 as "repay" (not "still"), in an utterance that names a time or a sum."""
        if not (self._dates(text) or spoken_amounts(text)):
            return None
        closed = clause if clause[-1] in _CLOSING else clause + "。"
        return next(iter(self._lexicon.spans("pays", closed)), None)

    def _answer(self, text: str, place: int) -> tuple[PromiseKind, Said] | None:
        """A day or sum given when asked for one, or a yes to those the collector named."""
        before = self.turns[place - 1] if place else None
        if before is None or before.speaker != "agent":
            return None
        if self._lexicon.says("payment_declined", text) or self._lexicon.says("no_promise", text):
            return None
        named = [(one.start, one.end) for one in self._dates(text)]
        named += [(one.start, one.end) for one in spoken_amounts(text)]
        asked = any(self._lexicon.says("payment_asked", u.text) for u in before.utterances)
        if asked and named:
            start, end = min(named)
            return "answered", Said(start, end, text[start:end])
        said = self._lexicon.first("assents", text)
        if said and any(self._proposes(u.text) for u in before.utterances):
            return "assented", said
        return None

    def _proposes(self, text: str) -> bool:
        """The collector names a day for a payment: 那您明天把两千二还了，行吗."""
        dated = any(one.precision != "vague" for one in self._dates(text))
        return dated and any(
            self._lexicon.spans("pays", clause) or self._lexicon.says("whole_amount", clause)
            for _, clause in _clauses(text)
        )

    def _accepted_by(self, place: int) -> Utterance | None:
        if place + 1 >= len(self.turns):
            return None
        following = self.turns[place + 1]
        if following.speaker != "agent":
            return None
        return next(
            (u for u in following.utterances if self._lexicon.says("promise_accepted", u.text)),
            None,
        )

    def _with_details(self, promise: Promise, place: int) -> Promise:
        own = self.turns[place].utterances
        later = [u for turn in self.turns[place + 1 :] for u in turn.utterances]
        asked = max(0, place - _QUESTION_TURNS)
        before = [u for turn in reversed(self.turns[asked:place]) for u in turn.utterances]
        dates: list[SpokenDate] = []
        amounts: list[SpokenNumber] = []
        for utterance in (*own, *later, *before):
            mine = utterance.speaker == "customer"
            dates += (
                one for one in self._dates(utterance.text) if mine or self._meant(one, utterance)
            )
            amounts += (
                one
                for one in spoken_amounts(utterance.text)
                if not _REMAINDER.search(utterance.text[: one.start])
            )
        texts = [utterance.text for utterance in (*own, *later) if utterance.speaker == "customer"]
        whole = any(self._lexicon.says("whole_amount", text) for text in texts)
        if not amounts and not any(self._lexicon.says("part_amount", text) for text in texts):
            whole = whole or self._sum_was_named(place)
        return replace(
            promise,
            dates=tuple(dates),
            amounts=tuple(amounts),
            whole=whole,
            asked_after=any(
                self._lexicon.says("payment_asked", u.text) for u in later if u.speaker == "agent"
            ),
        )

    def _meant(self, day: SpokenDate, utterance: Utterance) -> bool:
        """今天 in the collector's mouth is a date only together with paying."""
        spelled = utterance.text[day.start : day.end]
        return not spelled.startswith(_TODAY) or self._proposes(utterance.text)

    def _sum_was_named(self, place: int) -> bool:
        """Did the collector name what is due before the promise?"""
        return any(
            spoken_amounts(u.text) and debt_word(u.text, lexicon=self._lexicon)
            for turn in self.turns[:place]
            if turn.speaker == "agent"
            for u in turn.utterances
        )

    def _dates(self, text: str) -> tuple[SpokenDate, ...]:
        vague = ((said.start, said.end) for said in self._lexicon.find("vague_time", text))
        return spoken_dates(text, on=self._on, vague=vague)


def _clauses(text: str) -> list[tuple[int, str]]:
    return [(match.start(), match.group()) for match in _CLAUSE.finditer(text)]


def date_text(day: date | None) -> str | None:
    """ISO, or None."""
    return None if day is None else day.isoformat()
