"""Text-only lines (CONTRACT "Utterances for text-only detection")."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from qc_pipeline.detect.line import TextLine, case_facts, detect_line, parse_line
from qc_pipeline.detect.rules import RuleSet
from qc_pipeline.errors import LineError
from qc_pipeline.policy.load import Policy


def test_a_line_is_read_with_its_context() -> None:
    written = {
        "id": 7, "text": "你弟弟逾期了", "speaker": "agent", "callee": "third_party",
        "prev": "谁啊", "case": {"legal_status": "filed", "amount_due": "12.50"},
    }  # fmt: skip
    line = parse_line(json.dumps(written))
    assert line == TextLine(
        "7",
        "你弟弟逾期了",
        "agent",
        "third_party",
        "谁啊",
        written["case"],  # type: ignore[arg-type]
    )


def test_what_is_not_given_is_unknown() -> None:
    line = parse_line('{"id": "a", "text": "", "speaker": null, "extra": 1}')
    assert (line.speaker, line.callee, line.prev, line.case) == ("agent", "unknown", None, {})


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("{", "not JSON"),
        ("[]", "a JSON object"),
        ('{"text": "a"}', "'id' is missing"),
        ('{"id": "a"}', "'text' is missing"),
        ('{"id": true, "text": "a"}', "`id` must"),
        ('{"id": "a", "text": 7}', "must be texts"),
        ('{"id": "a", "text": "a", "prev": []}', "must be texts"),
        ('{"id": "a", "text": "a", "speaker": "dog"}', "`speaker` is 'dog'"),
        ('{"id": "a", "text": "a", "callee": "uncle"}', "`callee` is 'uncle'"),
        ('{"id": "a", "text": "a", "case": "x"}', "`case` must"),
        ('{"id": "a", "text": "a", "case": {"legal_status": "sued"}}', "legal_status"),
        ('{"id": "a", "text": "a", "case": {"credit_reportable": 2}}', "credit_reportable"),
        ('{"id": "a", "text": "a", "case": {"amount_due": "much"}}', "amount_due"),
    ],
)
def test_a_bad_line_says_what_is_wrong(written: str, complaint: str) -> None:
    with pytest.raises(LineError, match=complaint):
        parse_line(written)


@pytest.mark.parametrize(
    ("given", "reportable"), [(1, True), ("0", False), (True, True), ("false", False), ("", None)]
)
def test_facts_in_any_spelling(given: object, reportable: bool | None) -> None:
    facts = case_facts({"credit_reportable": given, "amount_due": 3})
    assert facts is not None
    assert facts.credit_reportable is reportable
    assert facts.amount_due == Decimal(3)
    assert case_facts({}) is None


def test_the_line_before_is_context_and_is_not_judged(small_rules: RuleSet, policy: Policy) -> None:
    line = TextLine(id="1", text="好的", speaker="customer", prev="我带人去你家")
    assert detect_line(line, rules=small_rules, policy=policy) == ((), ())


def test_without_facts_a_claim_about_the_case_goes_to_a_human(
    small_rules: RuleSet, policy: Policy
) -> None:
    (finding,), _ = detect_line(
        TextLine(id="1", text="你的案子已经起诉了"), rules=small_rules, policy=policy
    )
    assert finding.status == "quarantined"
