"""Does a field visit's recording begin and end with its statements (rulebook RI-14, RI-15)?

Before the first contact the collectors say time, who they are, whom they visit and where, and that
the recording begins; on leaving the same, and that it ends. Whether the second collector answered
is left to the listener: one microphone holds everybody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from qc_pipeline.detect.context_lexicon import ContextLexicon, PhraseGroup
from qc_pipeline.detect.proposals import propose
from qc_pipeline.detect.reliability import doubts_about
from qc_pipeline.policy.load import Policy
from qc_pipeline.records import BuiltInRule, CallContext, Finding, Severity, Utterance

_CODE, _SUB_CODE = "record_integrity", "ri_recording"
_SEVERITY: Severity = "major"  # as rows RI-14 and RI-15 have it
BEGINS = BuiltInRule("required.visit_opening", _CODE, "外访录音缺开始口播", ("RI-14",))
ENDS = BuiltInRule("required.visit_closing", _CODE, "外访录音缺结束口播", ("RI-15",))
RULES = (BEGINS, ENDS)
_DIGITS = "零一二三四五六七八九"
_SPOKEN = rf"\d{{1,2}}|[{_DIGITS}十]{{1,3}}"
_TIME = re.compile(
    rf"(?P<hours>{_SPOKEN})[点时:：](?:(?P<half>半)|(?P<quarters>[一三])刻|(?P<minutes>{_SPOKEN}))?"
)
_SLOTS: Mapping[PhraseGroup, str] = {"visit_officer": "外访员", "visit_place": "地点"}


def visit_findings(
    context: CallContext,
    utterances: Sequence[Utterance],
    *,
    lexicon: ContextLexicon,
    policy: Policy,
) -> tuple[Finding, ...]:
    """At most one finding for each end of a field visit's recording; none for a telephone call.

    A statement that names not all it should is left to a human: names and addresses are what
    recognition garbles first.
    """
    if context.call.source != "field_visit" or not utterances:
        return ()
    within_s = policy.required.visit_statement_within_s
    start_s, end_s = utterances[0].start_s, max(u.end_s for u in utterances)
    first = [u for u in utterances if u.start_s <= start_s + within_s]
    last = [u for u in utterances if u.end_s >= end_s - within_s]
    # Who speaks doesn't matter here: the statement must be there.
    doubts = tuple(
        doubt
        for doubt in doubts_about(utterances, policy=policy)
        if not doubt.startswith("speaker_unknown")
    )
    began = _judged(context, first, "recording_begins", lexicon=lexicon)
    ended = _judged(context, last, "recording_ends", lexicon=lexicon)
    backwards = _backwards(first, last) if began is not None and ended is not None else None
    found: list[Finding] = []
    for rule, words, lacks, utterance in (
        (BEGINS, f"开头 {within_s:.0f} 秒内", began, utterances[0]),
        (ENDS, f"最后 {within_s:.0f} 秒内", ended, utterances[-1]),
    ):
        why: tuple[str, ...] = ()
        unsure: tuple[str, ...] = ()
        if lacks is None:
            why = (f"visit_statement: {words}没有{rule.name.removeprefix('外访录音缺')}",)
        elif lacks:
            why = (
                f"visit_statement: {rule.name.removeprefix('外访录音缺')}没有说{'、'.join(lacks)}",
            )
            unsure = ("slot_unheard: 时间、姓名、地址容易识别错，请听录音确认",)
        elif rule is ENDS and backwards is not None:
            why = (f"visit_statement: {backwards}",)
            unsure = ("slot_unheard: 时间、姓名、地址容易识别错，请听录音确认",)
        if why:
            found.append(
                propose(
                    context, code=_CODE, sub_code=_SUB_CODE, rule_id=rule.id, severity=_SEVERITY,
                    reasons=(*why, f"rulebook: {rule.cites()}"), doubts=(*doubts, *unsure),
                    utterance=utterance,
                )
            )  # fmt: skip
    return tuple(found)


def _judged(
    context: CallContext,
    utterances: Sequence[Utterance],
    statement: PhraseGroup,
    *,
    lexicon: ContextLexicon,
) -> list[str] | None:
    """What the statement in these utterances doesn't say, in Chinese; None: there is none."""
    texts = [utterance.text for utterance in utterances]
    if not any(lexicon.says(statement, text) for text in texts):
        return None
    lacks = [] if any(_clock(text) is not None for text in texts) else ["时间"]
    lacks += [
        what
        for group, what in _SLOTS.items()
        if not any(lexicon.says(group, text) for text in texts)
    ]
    return lacks


def _backwards(first: Sequence[Utterance], last: Sequence[Utterance]) -> str | None:
    """In Chinese, that the visit ends before it begins; None where it doesn't."""
    began = next((at for u in first if (at := _clock(u.text)) is not None), None)
    ended = next((at for u in reversed(last) if (at := _clock(u.text)) is not None), None)
    if began is None or ended is None or ended >= began:
        return None
    return f"结束口播的时间 {_shown(ended)} 早于开始口播的 {_shown(began)}"


def _clock(text: str) -> int | None:
    """The first time of day said in `text`, in minutes; None when there is none."""
    for match in _TIME.finditer(text):
        hours, minutes = _number(match["hours"]), _number(match["minutes"] or "")
        if match["quarters"]:
            minutes = 15 * _number(match["quarters"])
        if match["half"]:
            minutes = 30
        if hours < 24 and minutes < 60:
            return hours * 60 + minutes
    return None


def _number(said: str) -> int:
    """Arabic or spoken, below a hundred: 15, 十五, 零五, 二十."""
    if said.isdecimal():
        return int(said)
    tens, ten, ones = said.rpartition("十")
    value = _DIGITS.index(tens[-1]) if tens else 1
    return (value * 10 if ten else 0) + (_DIGITS.index(ones[-1]) if ones else 0)


def _shown(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"
