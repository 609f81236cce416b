"""Did the collector say who is calling (rulebook CC-50, CC-51; POLICY "Opening")?

Company and name or staff number must come before the first word about the debt and within a
few collector turns of the right party answering. Recognition garbles names, so a company-like
word and a name-like one suffice; what poses as a court or the bank itself is no company.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qc_pipeline.detect.content import fold
from qc_pipeline.detect.context_lexicon import ContextLexicon
from qc_pipeline.detect.debt_talk import debt_words
from qc_pipeline.detect.dialogue import Turn, heard, turns_of
from qc_pipeline.detect.phonetic import sound_of
from qc_pipeline.detect.proposals import propose
from qc_pipeline.detect.reliability import doubts_about
from qc_pipeline.detect.scene import listener_at
from qc_pipeline.policy.load import Policy
from qc_pipeline.records import BuiltInRule, CallContext, Finding, ListenerSpan, Utterance

_CODE = "opening_incomplete"
OPENING = BuiltInRule("required.opening", _CODE, "开场没有自报家门", ("CC-50", "CC-85", "FV-18"))
ENTRUSTING_BANK = BuiltInRule("required.entrusting_bank", _CODE, "首通未说明委托银行", ("CC-51",))
RULES = (OPENING, ENTRUSTING_BANK)
_PARTIES = {"debtor", "guarantor", "co_borrower", "authorised_agent"}

# "of such a company" + a few characters up to the pause that are no word for something else
_MISHEARD_NAME = re.compile(r"[的得地德等]?(?P<name>[^\W的得地德等啊呀哈嘛吧]{1,5})(?=\W|$)")

_Place = tuple[float, int, int]
"""(time, utterance index, character): for telling what was said first."""


@dataclass(frozen=True, slots=True)
class Introduction:
    """Where a company-like and a name-like word were first said; None: never.

    `after_company` is what was said right after the company, when it may be a name misheard.
    """

    company: _Place | None
    name: _Place | None
    after_company: str = ""

    @property
    def complete(self) -> _Place | None:
        """From where on both had been said."""
        if self.company is None or self.name is None:
            return None
        return max(self.company, self.name)

    def missing_before(self, place: _Place) -> str:
        """In Chinese, what had not been said before `place`."""
        lacks = [
            what
            for what, said in (("公司", self.company), ("姓名或工号", self.name))
            if said is None or said >= place
        ]
        return "和".join(lacks)


def introduction(
    context: CallContext, utterances: Sequence[Utterance], *, lexicon: ContextLexicon
) -> Introduction:
    """How the collector (or, on mono recordings, anybody) introduced himself."""
    company: _Place | None = None
    name: _Place | None = None
    after_company = ""
    approved = _approved_wordings(context)
    for turn in turns_of(utterances):
        said_before = ""
        for utterance in turn.utterances if turn.speaker != "customer" else ():
            # a pause may fall inside "of such a company" / "my name is so and so"
            text = said_before + utterance.text
            shift = len(said_before)
            if company is None and (found := _company_at(text, approved, lexicon)) is not None:
                company = _place(utterance, max(0, found[0] - shift))
                tail = _MISHEARD_NAME.match(text, found[1])
                after_company = tail["name"] if tail else ""
            if name is None and (at := _name_at(text, lexicon)) is not None:
                name = _place(utterance, max(0, at - shift))
            said_before = utterance.text
    return Introduction(company, name, after_company)


def _company_at(
    text: str, approved: Sequence[str], lexicon: ContextLexicon
) -> tuple[int, int] | None:
    said = lexicon.first("company_like", text)
    if said is not None:
        return said.start, said.end
    sound = sound_of(fold(text))
    heard_so = any(sound_of(wording) in sound for wording in approved)
    return (0, len(text)) if heard_so else None


def _name_at(text: str, lexicon: ContextLexicon) -> int | None:
    named = (
        *lexicon.find("self_named", text),
        *lexicon.find("self_named_unclear", text),
        *lexicon.spans("self_name", text),
    )
    return min((said.start for said in named), default=None)


def opening_findings(
    context: CallContext,
    utterances: Sequence[Utterance],
    *,
    listeners: Sequence[ListenerSpan],
    lexicon: ContextLexicon,
    policy: Policy,
) -> tuple[Finding, ...]:
    """At most one finding. Inbound calls, and calls in which neither the debt came up nor the
    right party was reached, need no opening.
    """
    if context.call.direction == "inbound":
        return ()
    introduced = introduction(context, utterances, lexicon=lexicon)
    deadline = _deadline(context, utterances, listeners, lexicon, policy)
    if deadline is None:
        return ()
    utterance, span, place, why = deadline
    complete = introduced.complete
    doubts = doubts_about(utterances, policy=policy, until_s=place[0])
    listener = listener_at(utterance.index, context=context, listeners=listeners)
    severity = policy.taxonomy.severity_of(_CODE)
    if complete is None or complete >= place:
        if introduced.name is None and introduced.after_company:
            doubts += (f"name_unclear: 公司之后的「{introduced.after_company}」可能是没听清的姓名",)
        late = "，之后才补报" if complete else ""
        return (
            propose(
                context,
                code=_CODE,
                rule_id=OPENING.id,
                severity=severity,
                reasons=(
                    f"opening_incomplete: {why}没有自报{introduced.missing_before(place)}{late}",
                    f"rulebook: {_opening_rows(context)}",
                ),
                doubts=doubts,
                utterance=utterance,
                span=span,
                listener=listener,
            ),
        )
    if context.first_call_of_case and not _names_the_bank(context, utterances, lexicon):
        return (
            propose(
                context,
                code=_CODE,
                rule_id=ENTRUSTING_BANK.id,
                severity=severity,
                reasons=(
                    "entrusting_bank_missing: 本案首次通话，未说明受哪家银行委托",
                    f"rulebook: {ENTRUSTING_BANK.cites()}",
                ),
                doubts=doubts,
                utterance=utterance,
                span=span,
                listener=listener,
            ),
        )
    return ()


def _opening_rows(context: CallContext) -> str:
    at_the_door = context.call.source == "field_visit"
    return OPENING.cites("FV-18") if at_the_door else OPENING.cites("CC-50", "CC-85")


def message_only_opening(
    context: CallContext,
    utterances: Sequence[Utterance],
    *,
    listeners: Sequence[ListenerSpan],
    lexicon: ContextLexicon,
    policy: Policy,
    message_at: int,
) -> tuple[Finding, ...]:
    """What would be said against the opening of a call that only left a message (at utterance
    `message_at`), to be suppressed: who asks a relative for no more need not say more
    (rulebook 0.4 guard 7).
    """
    introduced = introduction(context, utterances, lexicon=lexicon)
    utterance = next(u for u in utterances if u.index == message_at)
    if introduced.complete is not None:
        return ()
    missing = introduced.missing_before(_place(utterance, len(utterance.text)))
    return (
        propose(
            context,
            code=_CODE,
            rule_id=OPENING.id,
            severity=policy.taxonomy.severity_of(_CODE),
            reasons=(
                f"opening_incomplete: 没有自报{missing}",
                "message_only: 只请他人转告回电，未谈欠款，不判开场不完整",
            ),
            utterance=utterance,
            listener=listener_at(message_at, context=context, listeners=listeners),
        ),
    )


def _deadline(
    context: CallContext,
    utterances: Sequence[Utterance],
    listeners: Sequence[ListenerSpan],
    lexicon: ContextLexicon,
    policy: Policy,
) -> tuple[Utterance, tuple[int, int], _Place, str] | None:
    """By when the opening had to be complete: the utterance, its telling words, their place
    and how to say so; None when it never had to be.
    """
    limits: list[tuple[Utterance, tuple[int, int], _Place, str]] = []
    first_debt = next(debt_words(utterances, lexicon=lexicon), None)
    if first_debt is not None:
        utterance, said = first_debt
        place = _place(utterance, said.start)
        limits.append((utterance, (said.start, said.end), place, "谈及欠款前"))
    turn = _last_turn_allowed(utterances, listeners, policy.required.opening_agent_turns)
    if turn is not None:
        utterance = turn.utterances[-1]
        place = _place(utterance, len(utterance.text))
        why = f"对方应答后 {policy.required.opening_agent_turns} 句话内"
        limits.append((utterance, (0, len(utterance.text)), place, why))
    return min(limits, key=lambda limit: limit[2], default=None)


def _last_turn_allowed(
    utterances: Sequence[Utterance], listeners: Sequence[ListenerSpan], turns: int
) -> Turn | None:
    settled = next((span.from_utterance for span in listeners if span.role in _PARTIES), None)
    if settled is None:
        return None
    answered = next((u.start_s for u in utterances if u.index == settled), None)
    if answered is None:
        return None
    after = [
        turn
        for turn in turns_of(utterances)
        if turn.speaker == "agent" and turn.utterances[0].start_s >= answered
    ]
    return after[turns - 1] if len(after) >= turns else None


def _place(utterance: Utterance, character: int) -> _Place:
    return utterance.start_s, utterance.index, character


def _approved_wordings(context: CallContext) -> tuple[str, ...]:
    bank = context.call.bank
    return tuple(
        fold(one.wording)
        for one in context.designations
        if fold(one.wording) and (one.bank is None or bank is None or one.bank == bank)
    )


def _names_the_bank(
    context: CallContext, utterances: Sequence[Utterance], lexicon: ContextLexicon
) -> bool:
    bank = fold(context.call.bank or "")
    return any(
        lexicon.says("entrusting_bank", utterance.text)
        or (bank != "" and bank in fold(utterance.text))
        for utterance in heard(utterances)
        if utterance.speaker != "customer"
    )
