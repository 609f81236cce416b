"""The collector's note against the recording."""

from __future__ import annotations

from typing import Any

import pytest

from qc_pipeline.detect.context_lexicon import ContextLexicon
from qc_pipeline.policy.load import Policy
from qc_pipeline.records import Finding
from tests.detect.calls import GREETING, context_of, judge, spoken

DEBT = ("a", "您的信用卡逾期了，欠六千块，什么时候能还？")
PROMISE = ("c", "二十六号我还两千二")
TAKEN = ("a", "好，二十六号，两千二，我登记了。")


def about(
    lexicon: ContextLexicon, policy: Policy, note: str | None, *turns: tuple[str, str], **call: Any
) -> tuple[Finding, ...]:
    context = context_of({"note": note, **call})
    return judge(context, spoken(turns), lexicon=lexicon, policy=policy).notes


@pytest.mark.parametrize(
    "note",
    [
        "本人，核身通过，承诺3月26日还款2200元，手机银行。",
        "客户承诺26号还两千二",
        "已核身，PTP 2200元 3月26日",
        "客户本人接听，约定还款，后续跟进。",
    ],
)
def test_a_note_that_agrees_is_left_alone(
    lexicon: ContextLexicon, policy: Policy, note: str
) -> None:
    assert about(lexicon, policy, note, *GREETING, DEBT, PROMISE, TAKEN) == ()


@pytest.mark.parametrize(
    ("note", "turns", "rule"),
    [
        (
            "已核身，客户称困难",
            (("a", "你那张信用卡欠了六千块知道吧"), ("c", "你谁啊")),
            "note.false_identity",
        ),
        (
            "已表明我司身份，客户称困难",
            (("a", "请问是葛平吗"), ("c", "是我"), ("a", "你信用卡欠六千"), ("c", "哦")),
            "note.false_introduction",
        ),
        (
            "客户配合，未提出投诉",
            (*GREETING, DEBT, ("c", "我要投诉你们"), ("a", "投什么诉")),
            "note.false_no_complaint",
        ),
        (
            "客户对金额无异议",
            (*GREETING, DEBT, ("c", "这卡被人盗刷了"), ("a", "那也要还")),
            "note.false_no_dispute",
        ),
        (
            "客户承诺3月20日还款3000元",
            (*GREETING, DEBT, ("c", "没钱，还不了"), ("a", "那算了")),
            "note.false_promise",
        ),
        (
            "客户承诺3月29日还款2200元",
            (*GREETING, DEBT, PROMISE, TAKEN),
            "note.false_promise_date",
        ),
        (
            "客户承诺3月26日还款5500元",
            (*GREETING, DEBT, PROMISE, TAKEN),
            "note.false_promise_amount",
        ),
    ],
)
def test_what_the_recording_contradicts_is_false(
    lexicon: ContextLexicon,
    policy: Policy,
    note: str,
    turns: tuple[tuple[str, str], ...],
    rule: str,
) -> None:
    (finding,) = about(lexicon, policy, note, *turns)
    assert finding.rule_id == rule
    assert (finding.severity, finding.status) == ("critical", "open")
    assert (finding.code, finding.sub_code) == ("record_integrity", "ri_note")
    assert finding.reasons[0].startswith("note_false: 备注「")
    assert "；录音：" in finding.reasons[0]


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("我要去银保监投诉你们", "note.omits_complaint"),
        ("这笔不是我刷的", "note.omits_dispute"),
        ("我真不想活了", "note.omits_emergency"),
    ],
)
def test_what_the_business_must_know_may_not_be_left_out(
    lexicon: ContextLexicon, policy: Policy, words: str, rule: str
) -> None:
    (finding,) = about(lexicon, policy, "客户态度一般，下周跟进", *GREETING, DEBT, ("c", words))
    assert (finding.rule_id, finding.severity) == (rule, "major")
    assert finding.utterance == words


def test_a_waiver_granted_on_the_phone_belongs_in_the_note(
    lexicon: ContextLexicon, policy: Policy
) -> None:
    waiver = ("a", "违约金我直接给您免了")
    left_out = about(lexicon, policy, "客户称困难，跟进中", *GREETING, DEBT, waiver)
    assert [finding.rule_id for finding in left_out] == ["note.omits_waiver"]
    assert about(lexicon, policy, "答应客户减免违约金", *GREETING, DEBT, waiver) == ()


def test_a_kept_promise_belongs_in_the_note(lexicon: ContextLexicon, policy: Policy) -> None:
    (finding,) = about(lexicon, policy, "客户情绪激动，挂断", *GREETING, DEBT, PROMISE, TAKEN)
    assert finding.rule_id == "note.omits_promise"


def test_a_promise_without_contradiction_is_not_called_false(
    lexicon: ContextLexicon, policy: Policy
) -> None:
    note = "客户承诺3月20日还款3000元"
    assert about(lexicon, policy, note, *GREETING, DEBT, ("c", "嗯嗯"), ("a", "好")) == ()


@pytest.mark.parametrize(
    ("note", "call", "rule"),
    [
        ("", {}, "note.too_short"),
        ("已联", {}, "note.too_short"),
        ("这人是老赖，坏得很，跟进", {}, "note.subjective"),
        (
            "客户称困难，跟进中",
            {"duration_s": 60, "note_at": "2026-03-13T12:00:00+08:00"},
            "note.late",
        ),
    ],
)
def test_faults_of_form_are_minor(
    lexicon: ContextLexicon, policy: Policy, note: str, call: dict[str, Any], rule: str
) -> None:
    (finding,) = about(lexicon, policy, note, *GREETING, ("a", "好的再见"), **call)
    assert (finding.rule_id, finding.severity) == (rule, "minor")


def test_without_a_note_column_nothing_is_said(lexicon: ContextLexicon, policy: Policy) -> None:
    assert about(lexicon, policy, None, *GREETING, DEBT, ("c", "我要投诉")) == ()


def test_a_promptly_written_note_is_not_late(lexicon: ContextLexicon, policy: Policy) -> None:
    call = {"duration_s": 60, "note_at": "2026-03-11T12:05:00+08:00"}
    assert about(lexicon, policy, "客户称困难，跟进中", *GREETING, ("a", "再见"), **call) == ()


def test_on_mono_recordings_a_false_note_waits_for_a_human(
    lexicon: ContextLexicon, policy: Policy
) -> None:
    turns = [("?", text) for _, text in (*GREETING, DEBT, ("c", "我要投诉你们"))]
    (finding,) = about(lexicon, policy, "客户未提出投诉", *turns)
    assert finding.status == "quarantined"
