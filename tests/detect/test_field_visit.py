"""A field visit's recording begins and ends with its statements (RI-14, RI-15)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qc_pipeline.detect.context_lexicon import ContextLexicon
from qc_pipeline.detect.field_visit import visit_findings
from qc_pipeline.policy.load import Policy
from qc_pipeline.records import Finding
from tests.detect.calls import context_of, spoken

BEGIN = (
    "现在是二零二六年三月二日十点十五分，外访员王刚，外访员李敏，"
    "开始对客户张某的住宅地址松岭路八号进行外访，现在开始录音"
)
MIDDLE = ("您好，我们是德信公司的，张先生在家吗", "在，进来说吧", "这笔账单您看什么时候方便处理")
END = "现在是十点五十二分，外访员王刚，完成对客户张某的住宅地址松岭路八号的外访，现在关闭录音"


def found(
    lexicon: ContextLexicon, policy: Policy, *texts: str, source: str = "field_visit"
) -> dict[str, Finding]:
    context = context_of({"source": source})
    # One microphone: nobody knows who speaks. Long pauses keep the two ends apart.
    said = [
        replace(utterance, start_s=place * 100.0, end_s=place * 100.0 + 5.0)
        for place, utterance in enumerate(spoken([("?", text) for text in texts]))
    ]
    return {f.rule_id: f for f in visit_findings(context, said, lexicon=lexicon, policy=policy)}


def test_both_statements_complete(lexicon: ContextLexicon, policy: Policy) -> None:
    assert found(lexicon, policy, BEGIN, *MIDDLE, END) == {}


def test_a_telephone_call_needs_none(lexicon: ContextLexicon, policy: Policy) -> None:
    assert found(lexicon, policy, *MIDDLE, source="phone") == {}


def test_knocking_without_a_word_and_leaving_without_one(
    lexicon: ContextLexicon, policy: Policy
) -> None:
    both = found(lexicon, policy, *MIDDLE)
    assert set(both) == {"required.visit_opening", "required.visit_closing"}
    for finding in both.values():
        assert (finding.code, finding.sub_code, finding.severity) == (
            "record_integrity", "ri_recording", "major",
        )  # fmt: skip
        assert finding.status == "open"
    assert "没有开始口播" in both["required.visit_opening"].reasons[0]
    assert "RI-15" in both["required.visit_closing"].reasons[1]


@pytest.mark.parametrize(
    ("begin", "lacks"),
    [
        ("外访员王刚，开始对客户张某的住宅进行外访，现在开始录音", "时间"),
        ("现在是十点一刻，开始对客户的住宅进行外访，开始录音", "外访员"),
        ("现在是上午10点15分，外访员王刚，现在开始录音", "地点"),
    ],
)
def test_what_a_statement_leaves_out_is_named_and_left_to_a_human(
    lexicon: ContextLexicon, policy: Policy, begin: str, lacks: str
) -> None:
    finding = found(lexicon, policy, begin, *MIDDLE, END)["required.visit_opening"]
    assert f"没有说{lacks}" in finding.reasons[0]
    assert finding.status == "quarantined"


def test_an_end_before_the_beginning_is_named(lexicon: ContextLexicon, policy: Policy) -> None:
    early = END.replace("十点五十二分", "九点半")
    finding = found(lexicon, policy, BEGIN, *MIDDLE, early)["required.visit_closing"]
    assert "9:30 早于开始口播的 10:15" in finding.reasons[0]
    assert finding.status == "quarantined"


def test_a_statement_in_the_middle_is_neither(lexicon: ContextLexicon, policy: Policy) -> None:
    both = found(lexicon, policy, MIDDLE[0], BEGIN, *MIDDLE, END, MIDDLE[1])
    assert set(both) == {"required.visit_opening", "required.visit_closing"}
