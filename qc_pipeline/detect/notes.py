"""The collector's note against the recording (rulebook NR-01..NR-05, POLICY "Notes").

Three kinds, named by the first reason: `note_false` (critical: the note says what the
recording contradicts), `note_omission` (major: what the business must know was left out) and
`note_form` (minor: empty, subjective, late). Rather silent than a false accusation: something
is false only when the recording clearly says otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from qc_pipeline.detect.content import fold
from qc_pipeline.detect.context_lexicon import ContextLexicon, PhraseGroup
from qc_pipeline.detect.dates import spoken_dates
from qc_pipeline.detect.dialogue import heard
from qc_pipeline.detect.numbers import spoken_amounts
from qc_pipeline.detect.opening import introduction
from qc_pipeline.detect.proposals import propose
from qc_pipeline.detect.reliability import doubts_about
from qc_pipeline.policy.load import Policy
from qc_pipeline.records import (
    BuiltInRule,
    CallContext,
    CallEvent,
    EventKind,
    Finding,
    ListenerSpan,
    Severity,
    Utterance,
)

_CODE = "record_integrity"
RULES = tuple(
    BuiltInRule(f"note.{name}", _CODE, zh, rows)
    for name, zh, rows in (
        ("false_identity", "备注称已核身，录音没有", ("NR-01",)),
        ("false_introduction", "备注称已自报家门，录音没有", ("NR-01",)),
        ("false_no_complaint", "备注称无投诉，客户说了投诉", ("NR-01", "NR-05")),
        ("false_no_dispute", "备注称无异议，客户提了异议", ("NR-01", "NR-05")),
        ("false_promise", "备注称客户承诺，录音没有", ("NR-01",)),
        ("false_promise_date", "备注的承诺日期与录音不符", ("NR-01", "NR-13")),
        ("false_promise_amount", "备注的承诺金额与录音不符", ("NR-01", "NR-13")),
        ("omits_complaint", "备注漏记客户投诉", ("NR-05",)),
        ("omits_dispute", "备注漏记客户质疑", ("NR-05",)),
        ("omits_emergency", "备注漏记人身危险", ("NR-05", "NR-06")),
        ("omits_promise", "备注漏记承诺还款", ("NR-05",)),
        ("omits_waiver", "备注漏记答应减免", ("NR-05",)),
        ("too_short", "备注过于简单", ("NR-02", "NR-03")),
        ("subjective", "备注含主观评价", ("NR-04",)),
        ("late", "备注补录过晚", ("NR-04",)),
    )
)
FORM_RULES = frozenset({"note.too_short", "note.subjective", "note.late"})
_RULE_BY_ID = {rule.id: rule for rule in RULES}
_PARTIES = {"debtor", "guarantor", "co_borrower", "authorised_agent"}
_DATE_NOT_HEARD = "date_not_heard: 录音中没有识别出日期，请人工判断"
_SEVERITIES: Mapping[str, Severity] = {
    "note_false": "critical",
    "note_omission": "major",
    "note_form": "minor",
}
_MUST_TELL: tuple[tuple[EventKind, PhraseGroup, str], ...] = (
    ("complaint", "note_tells_complaint", "客户投诉"),
    ("dispute", "note_tells_dispute", "客户质疑交易或金额"),
    ("emergency", "note_tells_emergency", "客户流露轻生或人身危险"),
)
_DENIALS: tuple[tuple[PhraseGroup, EventKind, str], ...] = (
    ("note_no_complaint", "complaint", "客户明确提出投诉"),
    ("note_no_dispute", "dispute", "客户提出异议"),
)


@dataclass(frozen=True, slots=True)
class _Difference:
    """One difference: rule, kind, the two sides, and where in the recording."""

    rule: str
    kind: str
    topic: str
    note: str
    recording: str
    utterance: Utterance | None = None
    doubts: tuple[str, ...] = ()


def note_findings(
    context: CallContext,
    utterances: Sequence[Utterance],
    *,
    events: Sequence[CallEvent],
    listeners: Sequence[ListenerSpan],
    policy: Policy,
    lexicon: ContextLexicon,
) -> tuple[Finding, ...]:
    """Differences between note and recording, as findings `record_integrity/ri_note`.

    A call without a note column (`agent_note` None) has none; an empty note is one of form.
    """
    note = context.call.agent_note
    if note is None:
        return ()
    reader = _Reader(context, note, utterances, events, listeners, policy, lexicon)
    false = tuple(reader.contradictions()) if fold(note) else ()
    told_wrong = {difference.topic for difference in false}
    omitted = [one for one in reader.omissions() if one.topic not in told_wrong]
    shaky = doubts_about(utterances, policy=policy)
    return tuple(
        propose(
            context,
            code=_CODE,
            sub_code="ri_note",
            rule_id=difference.rule,
            severity=_SEVERITIES[difference.kind],
            detector="note",
            reasons=(
                f"{difference.kind}: 备注「{difference.note}」；录音：{difference.recording}",
                f"rulebook: {_RULE_BY_ID[difference.rule].cites()}",
            ),
            doubts=difference.doubts + (shaky if difference.kind != "note_form" else ()),
            utterance=difference.utterance,
        )
        for difference in (*false, *omitted, *reader.faults_of_form())
    )


class _Reader:
    """One call's note beside its recording."""

    def __init__(
        self,
        context: CallContext,
        note: str,
        utterances: Sequence[Utterance],
        events: Sequence[CallEvent],
        listeners: Sequence[ListenerSpan],
        policy: Policy,
        lexicon: ContextLexicon,
    ) -> None:
        self._context = context
        self._note = note
        self._heard = heard(utterances)
        self._events = events
        self._listeners = listeners
        self._limits = policy.required
        self._lexicon = lexicon
        self._on = context.call.started_at.date()

    # --- false ------------------------------------------------------------------------------

    def contradictions(self) -> Iterator[_Difference]:
        yield from self._identity()
        yield from self._introduction()
        for group, kind, recording in _DENIALS:
            claimed, event = self._lexicon.first(group, self._note), self._first(kind)
            if claimed and event:
                yield _Difference(
                    f"note.false_no_{kind}", "note_false", kind, claimed.text,
                    f"{recording}（「{event.matched}」）", self._said_at(event),
                )  # fmt: skip
        yield from self._promise()

    def _identity(self) -> Iterator[_Difference]:
        claimed = self._lexicon.first("note_identity_verified", self._note)
        asked = self._first("identity_asked") or self._first("identity_confirmed")
        settled = any(span.role in _PARTIES for span in self._listeners)
        debt = self._first("debt_word")
        if claimed and debt and not asked and not settled:
            yield _Difference(
                "note.false_identity", "note_false", "identity", claimed.text,
                "坐席没有核实身份就谈及欠款", self._said_at(debt),
            )  # fmt: skip

    def _introduction(self) -> Iterator[_Difference]:
        claimed = self._lexicon.first("note_introduced", self._note)
        debt = self._first("debt_word")
        if claimed is None or debt is None:
            return
        introduced = introduction(self._context, self._heard, lexicon=self._lexicon)
        if introduced.company is None:
            yield _Difference(
                "note.false_introduction", "note_false", "introduction", claimed.text,
                "坐席始终没有自报公司", self._said_at(debt),
            )  # fmt: skip

    def _promise(self) -> Iterator[_Difference]:
        claimed = self._lexicon.first("note_promised", self._note)
        if claimed is None:
            return
        promises = [event for event in self._events if event.kind == "promise"]
        declined = self._declined_after(promises[-1] if promises else None)
        if not promises and declined is not None:
            yield _Difference(
                "note.false_promise", "note_false", "promise", claimed.text,
                f"客户没有承诺（「{declined.text}」）", declined,
            )  # fmt: skip
        if promises:
            yield from self._promise_details(promises)

    def _promise_details(self, promises: Sequence[CallEvent]) -> Iterator[_Difference]:
        """Date and sum of the note that nobody named in the call."""
        details: list[dict[str, Any]] = [json.loads(event.detail) for event in promises]
        at = self._said_at(promises[-1])
        noted = [day for day, until in self._days(self._note) if day == until]
        spoken = [days for utterance in self._heard for days in self._days(utterance.text)]
        agreed_days = sorted({one["date_from"] for one in details if one["date_from"]})
        if noted and not any(first <= day <= last for day in noted for first, last in spoken):
            yield _Difference(
                rule="note.false_promise_date",
                kind="note_false",
                topic="promise",
                note=f"还款日 {noted[0]:%Y-%m-%d}",
                recording=f"约定的是 {'、'.join(agreed_days)}" if agreed_days else "没有约定日期",
                utterance=at,
                doubts=() if agreed_days else (_DATE_NOT_HEARD,),
            )
        sums = [amount.value for amount in spoken_amounts(self._note)]
        named = {amount.value for u in self._heard for amount in spoken_amounts(u.text)}
        agreed_sums = sorted({Decimal(one["amount"]) for one in details if one["amount"]})
        if sums and agreed_sums and not set(sums) & named:
            yield _Difference(
                rule="note.false_promise_amount",
                kind="note_false",
                topic="promise",
                note=f"还款 {sums[0]:f} 元",
                recording="约定的是 " + "、".join(f"{value:f} 元" for value in agreed_sums),
                utterance=at,
            )

    def _days(self, text: str) -> list[tuple[date, date]]:
        return [
            (one.first, one.last)
            for one in spoken_dates(text, on=self._on)
            if one.first is not None and one.last is not None
        ]

    def _declined_after(self, promise: CallEvent | None) -> Utterance | None:
        """The last time the customer declined to promise."""
        since = promise.start_s if promise else -1.0
        declining = (
            utterance
            for utterance in reversed(self._heard)
            if utterance.speaker == "customer"
            and utterance.start_s > since
            and self._lexicon.says("payment_declined", utterance.text)
        )
        return next(declining, None)

    # --- left out ---------------------------------------------------------------------------

    def omissions(self) -> Iterator[_Difference]:
        for kind, group, what in _MUST_TELL:
            event = self._first(kind)
            if event and not self._lexicon.says(group, self._note):
                yield self._omission(kind, what, event.matched, self._said_at(event))
        promise = next((e for e in self._events if e.kind == "promise" and _is_firm(e)), None)
        if promise and not self._lexicon.says("note_tells_promise", self._note):
            at = self._said_at(promise)
            yield self._omission("promise", "客户承诺还款", promise.matched, at)
        if self._lexicon.says("note_tells_waiver", self._note):
            return
        for utterance in self._heard:
            said = self._lexicon.first("waiver_given", utterance.text)
            if utterance.speaker == "agent" and said:
                yield self._omission("waiver", "坐席答应减免", said.text, utterance)
                return

    def _omission(
        self, topic: str, what: str, words: str, utterance: Utterance | None
    ) -> _Difference:
        return _Difference(
            f"note.omits_{topic}", "note_omission", topic, _shortened(self._note) or "（空）",
            f"{what}（「{words}」），备注没有写", utterance,
        )  # fmt: skip

    # --- form -------------------------------------------------------------------------------

    def faults_of_form(self) -> Iterator[_Difference]:
        call, limits = self._context.call, self._limits
        if len(fold(self._note)) < limits.note_least_characters:
            what = "备注过于简单" if fold(self._note) else "备注为空"
            yield _form("note.too_short", self._note or "（空）", what)
        said = self._lexicon.first("note_subjective", self._note)
        if said:
            yield _form("note.subjective", said.text, "备注含主观评价")
        if call.note_at is not None:
            ended = call.started_at + timedelta(seconds=call.duration_s or 0)
            if call.note_at - ended > timedelta(hours=limits.note_late_after_hours):
                text = f"{call.note_at:%Y-%m-%d %H:%M}"
                yield _form("note.late", text, f"通话结束于 {ended:%Y-%m-%d %H:%M}")

    # --- looking up -------------------------------------------------------------------------

    def _first(self, kind: EventKind) -> CallEvent | None:
        return next((event for event in self._events if event.kind == kind), None)

    def _said_at(self, event: CallEvent) -> Utterance | None:
        return next((u for u in self._heard if u.index == event.utterance_index), None)


def _form(rule: str, note: str, what: str) -> _Difference:
    return _Difference(rule, "note_form", "form", note, what)


def _is_firm(promise: CallEvent) -> bool:
    """Accepted, with a day: what the next caller must know."""
    detail = json.loads(promise.detail)
    return bool(detail["accepted"] and detail["date_from"])


def _shortened(note: str) -> str:
    return note if len(note) <= 40 else note[:39] + "…"
