"""Detection on a whole call, with the rules that come with the product."""

from __future__ import annotations

from datetime import datetime

import pytest

from qc_pipeline.detect.call import CallDetection, detect_call
from qc_pipeline.detect.rules import RuleSet, load_rules
from qc_pipeline.policy.load import Policy
from qc_pipeline.records import SHANGHAI, CallContext, CallRecord, Speaker, Utterance
from qc_pipeline.settings import packaged_dir


@pytest.fixture(scope="module")
def product_rules(policy: Policy) -> RuleSet:
    return load_rules(packaged_dir("lexicons"), taxonomy=policy.taxonomy)


def detect(rules: RuleSet, policy: Policy, *said: tuple[Speaker, str]) -> CallDetection:
    utterances = [
        Utterance(index, speaker, index * 5.0, index * 5.0 + 4, text, text, 0.9)
        for index, (speaker, text) in enumerate(said)
    ]
    started = datetime(2026, 11, 2, 10, tzinfo=SHANGHAI)
    context = CallContext(call=CallRecord("C1", started, "A1", callee="debtor"))
    return detect_call(context, utterances, rules=rules, policy=policy)


OPENING: tuple[tuple[Speaker, str], ...] = (
    ("agent", "您好，我是诚远公司的李明，工号0123，请问是张伟先生本人吗？"),
    ("customer", "对，我是张伟。"),
)


def test_an_orderly_call_has_no_findings(product_rules: RuleSet, policy: Policy) -> None:
    detection = detect(
        product_rules,
        policy,
        *OPENING,
        ("agent", "您在青岳银行的信用卡本期应还两千二百元，您看什么时候方便处理？"),
        ("customer", "二十六号我还两千二。"),
        ("agent", "好的，那就登记十一月二十六号还两千二百元，请还到您本人的卡里，再见。"),
    )
    assert [(f.code, f.matched) for f in detection.findings] == []
    assert [span.role for span in detection.listeners] == ["unknown", "debtor"]
    assert {"identity_confirmed", "promise"} <= {event.kind for event in detection.events}


def test_a_threat_is_found_where_it_was_said(product_rules: RuleSet, policy: Policy) -> None:
    detection = detect(
        product_rules,
        policy,
        *OPENING,
        ("agent", "您的信用卡逾期了，今天再不还，明天我就带人上你家堵门。"),
        ("customer", "你敢！"),
    )
    threats = [f for f in detection.findings if f.code == "threat_intimidation"]
    assert {f.utterance_index for f in threats} == {2}
    assert all(f.status == "open" and f.listener == "debtor" for f in threats)


def test_the_customer_s_words_are_kept_as_suppressed(
    product_rules: RuleSet, policy: Policy
) -> None:
    detection = detect(
        product_rules, policy, *OPENING, ("customer", "你们再打，明天我就带人上你家堵门。")
    )
    assert [f for f in detection.findings if f.code == "threat_intimidation"] == []
    assert any(
        f.code == "threat_intimidation" and f.reasons[1].startswith("speaker: ")
        for f in detection.suppressed
    )


def test_findings_are_in_order_of_time(product_rules: RuleSet, policy: Policy) -> None:
    detection = detect(
        product_rules,
        policy,
        ("agent", "明天我就带人上你家堵门。"),
        ("customer", "什么？"),
        ("agent", "你就是个废物，明天我就带人上你家堵门。"),
    )
    places = [-1 if f.utterance_index is None else f.utterance_index for f in detection.findings]
    assert len(places) >= 3
    assert places == sorted(places)


def test_an_empty_call_is_no_error(product_rules: RuleSet, policy: Policy) -> None:
    assert detect(product_rules, policy).suppressed == ()


def test_debt_before_the_listener_is_known_is_an_identity_matter_not_a_disclosure(
    product_rules: RuleSet, policy: Policy
) -> None:
    detection = detect(
        product_rules,
        policy,
        ("agent", "喂，您在青岳银行的信用卡欠了两万八，逾期三个月了。"),
        ("customer", "什么事？"),
    )
    assert "third_party_disclosure" not in {f.code for f in detection.findings}
    assert "identity_unverified" in {f.code for f in detection.findings}


def test_the_same_words_to_a_settled_third_party_are_a_disclosure(
    product_rules: RuleSet, policy: Policy
) -> None:
    detection = detect(
        product_rules,
        policy,
        ("agent", "您好，请问是张伟先生吗？"),
        ("customer", "他不在，我是他妈。"),
        ("agent", "他在青岳银行的信用卡欠了两万八，逾期三个月了。"),
    )
    assert "third_party_disclosure" in {f.code for f in detection.findings}


def test_on_a_recording_without_speakers_a_disclosure_waits_for_a_human(
    product_rules: RuleSet, policy: Policy
) -> None:
    detection = detect(
        product_rules, policy, ("unknown", "他在青岳银行的信用卡欠了两万八，逾期三个月了。")
    )
    found = {f.code: f.status for f in detection.findings}
    assert found["third_party_disclosure"] == "quarantined"
