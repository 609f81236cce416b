"""What happened in a call that registers and other rules need to know."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise

from qc_pipeline.detect.context_lexicon import ContextLexicon, PhraseGroup, Said
from qc_pipeline.detect.debt_talk import debt_words
from qc_pipeline.detect.dialogue import heard, span_seconds, turns_of
from qc_pipeline.detect.listener import StepKind, identity_steps
from qc_pipeline.detect.promise import Promise, date_text, promises_in
from qc_pipeline.detect.scene import listener_at
from qc_pipeline.records import CallContext, CallEvent, EventKind, ListenerSpan, Utterance

_TOLD_BY_CUSTOMERS: tuple[tuple[PhraseGroup, EventKind], ...] = (
    ("emergency", "emergency"),
    ("complaint", "complaint"),
    ("dispute", "dispute"),
    ("refusal", "refusal"),
    ("objection", "objection"),
)
_STEP_EVENTS: dict[StepKind, EventKind] = {
    "asked": "identity_asked",
    "checked": "identity_asked",
    "relation_asked": "identity_asked",
    "confirmed": "identity_confirmed",
}
_SPEAKER_UNKNOWN = "说话人未知"


def call_events(
    context: CallContext,
    utterances: Sequence[Utterance],
    *,
    listeners: Sequence[ListenerSpan],
    lexicon: ContextLexicon,
) -> tuple[CallEvent, ...]:
    """Every event, in order of time.

    Customers' words make complaint, dispute, emergency, refusal and objection; where speakers
    are unknown anybody's do, and `detail` says so. A promise's `detail` is JSON with `kind`,
    `date_from`, `date_to` (ISO or null), `amount` (yuan as text or null), `whole`, `accepted`.
    Of debt words only the first is an event.
    """
    events = [
        *_customer_events(utterances, lexicon),
        *_offered_refusals(utterances, lexicon),
        *(
            _event(_STEP_EVENTS[step.kind], step.utterance, step.said, step.reason)
            for step in identity_steps(context, utterances, lexicon=lexicon)
            if step.kind in _STEP_EVENTS
        ),
        *(
            _event("promise", promise.utterance, promise.said, _promise_detail(promise))
            for promise in promises_in(context, utterances, listeners=listeners, lexicon=lexicon)
        ),
        *_debt_and_message(context, utterances, listeners, lexicon),
    ]
    return tuple(sorted(events, key=lambda event: (event.start_s, event.utterance_index)))


def _customer_events(
    utterances: Sequence[Utterance], lexicon: ContextLexicon
) -> Iterator[CallEvent]:
    for utterance in heard(utterances):
        if utterance.speaker == "agent":
            continue
        detail = _SPEAKER_UNKNOWN if utterance.speaker == "unknown" else ""
        disputed = lexicon.says("dispute", utterance.text)
        for group, kind in _TOLD_BY_CUSTOMERS:
            said = lexicon.first(group, utterance.text)
            if said is not None and not (kind == "objection" and disputed):
                yield _event(kind, utterance, said, detail)


def _offered_refusals(
    utterances: Sequence[Utterance], lexicon: ContextLexicon
) -> Iterator[CallEvent]:
    """The collector offers to note that no more calls are wanted, and the other accepts."""
    turns = turns_of(utterances)
    for before, turn in pairwise(turns):
        if before.speaker != "agent" or turn.speaker != "customer":
            continue
        offered = any(lexicon.says("refusal_offered", u.text) for u in before.utterances)
        utterance = turn.utterances[0]
        said = lexicon.first("accepts_offer", utterance.text)
        if offered and said and not lexicon.says("refusal", utterance.text):
            yield _event("refusal", utterance, said, "接受坐席登记不再来电")


def _debt_and_message(
    context: CallContext,
    utterances: Sequence[Utterance],
    listeners: Sequence[ListenerSpan],
    lexicon: ContextLexicon,
) -> Iterator[CallEvent]:
    first = next(
        ((u, said) for u, said in debt_words(utterances, lexicon=lexicon) if u.speaker == "agent"),
        None,
    )
    if first is not None:
        yield _event("debt_word", *first)
        return
    for utterance in heard(utterances):
        role = listener_at(utterance.index, context=context, listeners=listeners)
        said = lexicon.first("asks_message", utterance.text)
        if utterance.speaker == "agent" and role == "third_party" and said is not None:
            yield _event("message_only", utterance, said, "只请转告回电，未谈欠款")
            return


def _promise_detail(promise: Promise) -> str:
    day = next((one for one in promise.dates if one.first is not None), None)
    return json.dumps(
        {
            "kind": promise.kind,
            "date_from": date_text(day.first if day else None),
            "date_to": date_text(day.last if day else None),
            "amount": None if promise.amount is None else f"{promise.amount:f}",
            "whole": promise.whole,
            "accepted": promise.accepted_by is not None,
        }
    )


def _event(kind: EventKind, utterance: Utterance, said: Said, detail: str = "") -> CallEvent:
    start_s, _ = span_seconds(utterance, said.start, said.end)
    return CallEvent(kind, utterance.index, start_s, said.text, detail)
