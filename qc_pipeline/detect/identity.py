"""Was it settled who is listening before the debt came up (rulebook CC-52..CC-54)?"""

from __future__ import annotations

from collections.abc import Sequence

from qc_pipeline.detect.context_lexicon import ContextLexicon, Said
from qc_pipeline.detect.debt_talk import debt_word, debt_words
from qc_pipeline.detect.dialogue import heard
from qc_pipeline.detect.listener import IdentityStep, identity_data, identity_steps
from qc_pipeline.detect.proposals import propose
from qc_pipeline.detect.reliability import doubts_about
from qc_pipeline.detect.scene import listener_at
from qc_pipeline.policy.load import Policy
from qc_pipeline.records import (
    BuiltInRule,
    CallContext,
    Finding,
    ListenerSpan,
    Role,
    Severity,
    Speaker,
    Utterance,
)

_CODE = "identity_unverified"
IDENTITY = BuiltInRule(
    "required.identity", _CODE, "未核实身份就谈欠款", ("CC-52", "CC-53", "CC-54")
)
RULES = (IDENTITY,)
_BOTH_SIDES: frozenset[Speaker] = frozenset({"agent", "customer", "unknown"})


def identity_findings(
    context: CallContext,
    utterances: Sequence[Utterance],
    *,
    listeners: Sequence[ListenerSpan],
    lexicon: ContextLexicon,
    policy: Policy,
) -> tuple[Finding, ...]:
    """At most one finding: the first debt word to somebody whose role was not settled, or to
    a third party who was neither asked about nor stated his relation (what is told to a known
    relative is disclosure, another code).
    """
    steps = identity_steps(context, utterances, lexicon=lexicon)
    for utterance, said in debt_words(utterances, lexicon=lexicon):
        role = listener_at(utterance.index, context=context, listeners=listeners)
        before = [step for step in steps if step.utterance.start_s < utterance.start_s]
        if role == "unknown" and _settled_by_somebody(utterances, utterance, lexicon):
            continue
        if role == "unknown":
            return (_to_unknown(context, utterances, utterance, said, before, lexicon, policy),)
        if role == "third_party" and not _relation_known(before):
            return (_to_stranger(context, utterances, utterance, said, before, policy),)
    return ()


def _relation_known(steps: Sequence[IdentityStep]) -> bool:
    return any(step.kind in {"relation_asked", "relation_stated"} for step in steps)


def _to_unknown(
    context: CallContext,
    utterances: Sequence[Utterance],
    utterance: Utterance,
    said: Said,
    before: Sequence[IdentityStep],
    lexicon: ContextLexicon,
    policy: Policy,
) -> Finding:
    asked = any(step.kind in {"asked", "checked"} for step in before)
    what = "已问身份但对方未确认" if asked else "未核实身份"
    doubts: list[str] = []
    if any(step.kind == "tacit" for step in before):
        doubts.append("tacit_answer: 对方只说“你说”，没有正面确认，请人工判断")
    if _raised_by_customer(utterances, utterance, lexicon):
        doubts.append("raised_by_customer: 对方先提到这笔款，请人工判断是否本人")
    return _finding(
        context,
        utterances,
        utterance,
        said,
        reasons=(
            f"identity_unverified: {what}就谈及欠款（「{said.text}」）",
            f"rulebook: {IDENTITY.cites('CC-52', 'CC-53')}",
        ),
        doubts=tuple(doubts),
        listener="unknown",
        severity=policy.taxonomy.severity_of(_CODE),
        policy=policy,
    )


def _to_stranger(
    context: CallContext,
    utterances: Sequence[Utterance],
    utterance: Utterance,
    said: Said,
    before: Sequence[IdentityStep],
    policy: Policy,
) -> Finding:
    denied = any(step.kind == "other" and "不是本人" in step.reason for step in before)
    return _finding(
        context,
        utterances,
        utterance,
        said,
        reasons=(
            f"identity_unverified: 对方不是本人，未问明与欠款人的关系就谈及欠款（「{said.text}」）",
            f"rulebook: {IDENTITY.cites(*(('CC-53', 'CC-54') if denied else ('CC-54',)))}",
        ),
        doubts=(),
        listener="third_party",
        severity="critical" if denied else policy.taxonomy.severity_of(_CODE),
        policy=policy,
    )


def _finding(
    context: CallContext,
    utterances: Sequence[Utterance],
    utterance: Utterance,
    said: Said,
    *,
    reasons: tuple[str, ...],
    doubts: tuple[str, ...],
    listener: Role,
    severity: Severity,
    policy: Policy,
) -> Finding:
    lost = doubts_about(utterances, policy=policy, until_s=utterance.start_s, speakers=_BOTH_SIDES)
    return propose(
        context,
        code=_CODE,
        rule_id=IDENTITY.id,
        severity=severity,
        reasons=reasons,
        doubts=(*doubts, *lost),
        utterance=utterance,
        span=(said.start, said.end),
        listener=listener,
    )


def _settled_by_somebody(
    utterances: Sequence[Utterance], until: Utterance, lexicon: ContextLexicon
) -> bool:
    """On mono recordings: somebody asked who is there, and somebody said that it is he."""
    if until.speaker != "unknown":
        return False
    texts = [u.text for u in heard(utterances) if u.start_s < until.start_s]
    asked = any(lexicon.says("name_asked", t) or lexicon.says("identity_checked", t) for t in texts)
    return asked and any(
        lexicon.says("self_confirmed", t) or lexicon.says("answers_yes", t) or identity_data(t)
        for t in texts
    )


def _raised_by_customer(
    utterances: Sequence[Utterance], until: Utterance, lexicon: ContextLexicon
) -> bool:
    return any(
        utterance.speaker == "customer" and debt_word(utterance.text, lexicon=lexicon)
        for utterance in heard(utterances)
        if utterance.start_s < until.start_s
    )
