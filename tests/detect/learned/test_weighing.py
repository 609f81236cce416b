"""Rules and classifier together, in the way docs/classifier.md states."""

from __future__ import annotations

import pytest

from qc_pipeline.detect.learned.weighing import joint
from qc_pipeline.detect.line import TextLine, detect_line
from qc_pipeline.policy.load import Policy
from qc_pipeline.records import Finding
from tests.detect.conftest import MakeRules
from tests.detect.learned.stand_in import StandIn, weights

RULE = """
code: threat_intimidation
rules:
  - id: threat.visit
    version: 1
    name: 扬言上门
    rulebook: []
    when: ["带人去你家"]
    hits: [今晚带人去你家]
    misses: [明天去银行]
"""
VEILED = "你闺女几点放学我心里有数"
BLUNT = "今晚带人去你家坐坐"


@pytest.fixture
def detect(make_rules: MakeRules, policy: Policy):  # type: ignore[no-untyped-def]
    def run(
        text: str, chance: float, *, code: str = "threat_intimidation", **line: object
    ) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
        rules = make_rules(RULE).with_classifier(StandIn({text: {code: chance}}))
        return detect_line(TextLine(id="1", text=text, **line), rules=rules, policy=policy)  # type: ignore[arg-type]

    return run


def test_the_model_alone_is_left_to_a_human(detect) -> None:  # type: ignore[no-untyped-def]
    (finding,), _ = detect(VEILED, 0.6)
    assert (finding.detector, finding.status) == ("classifier", "quarantined")
    assert (finding.start, finding.end) == (0, len(VEILED))
    assert finding.rule_version == "stand-in"
    assert any(reason.startswith("alone:") for reason in finding.reasons)
    assert any("一句训练例句" in reason for reason in finding.reasons)


def test_a_very_sure_model_stands_alone(detect) -> None:  # type: ignore[no-untyped-def]
    (finding,), _ = detect(VEILED, 0.97)
    assert finding.status == "open"


def test_what_turns_on_a_fact_the_model_never_settles(detect) -> None:  # type: ignore[no-untyped-def]
    (finding,), _ = detect(VEILED, 0.99, code="false_legal_claim")
    assert finding.status == "quarantined"
    assert any("取决于事实" in reason for reason in finding.reasons)


def test_below_the_band_the_model_says_nothing(detect) -> None:  # type: ignore[no-untyped-def]
    assert detect(VEILED, 0.39) == ((), ())


def test_agreement_makes_a_rule_surer(detect) -> None:  # type: ignore[no-untyped-def]
    (alone,), _ = detect(BLUNT, 0.5)
    (agreed,), _ = detect(BLUNT, 0.95)
    assert agreed.detector == "lexicon"
    assert agreed.status == "open"
    assert agreed.score > alone.score
    assert any("模型同样认为是" in reason for reason in agreed.reasons)


def test_a_doubt_of_the_model_sends_a_rules_hit_to_a_human(detect) -> None:  # type: ignore[no-untyped-def]
    (finding,), _ = detect(BLUNT, 0.2)
    assert finding.status == "quarantined"
    assert any("与规则不一致" in reason for reason in finding.reasons)


def test_a_firm_denial_suppresses_and_says_so(detect) -> None:  # type: ignore[no-untyped-def]
    found, (suppressed,) = detect(BLUNT, 0.001)
    assert found == ()
    assert any("模型认为不是" in reason for reason in suppressed.reasons)


def test_a_guard_that_stopped_a_rule_counts_against_the_model(detect) -> None:  # type: ignore[no-untyped-def]
    said = "我不会带人去你家的，您放心"
    assert detect(said, 0.7)[0] == ()
    found, _ = detect(said, 0.97)
    assert all(finding.status == "quarantined" for finding in found)


def test_disclosure_needs_a_third_party(detect) -> None:  # type: ignore[no-untyped-def]
    to_himself = detect(VEILED, 0.97, code="third_party_disclosure", callee="debtor")
    to_another = detect(VEILED, 0.97, code="third_party_disclosure", callee="third_party")
    assert to_himself[0] == ()
    assert to_himself[1][0].reasons[-1].startswith("listener:")
    assert to_another[0][0].status == "open"


def test_what_a_customer_says_is_not_put_to_the_model(
    make_rules: MakeRules, policy: Policy
) -> None:
    model = StandIn({})
    rules = make_rules(RULE).with_classifier(model)
    line = TextLine(id="1", text=VEILED, speaker="customer", prev="喂")
    detect_line(line, rules=rules, policy=policy)
    assert model.asked == []


def test_the_model_reads_the_other_sides_last_words(make_rules: MakeRules, policy: Policy) -> None:
    model = StandIn({})
    rules = make_rules(RULE).with_classifier(model)
    detect_line(TextLine(id="1", text=VEILED, prev="你想怎样"), rules=rules, policy=policy)
    assert [(e.text, e.previous, e.listener) for e in model.asked] == [
        (VEILED, "你想怎样", "debtor")
    ]


def test_the_version_of_the_rules_names_the_model_too(make_rules: MakeRules) -> None:
    rules = make_rules(RULE)
    assert rules.with_classifier(StandIn({})).version == f"{rules.version}+stand-in"


def test_a_rule_may_ask_what_the_model_thinks(make_rules: MakeRules, policy: Policy) -> None:
    written = """
code: threat_intimidation
rules:
  - id: threat.meant
    version: 1
    name: 模型与用语同时指向
    rulebook: []
    when:
      all:
        - {says: ["你闺女"]}
        - {classifier: {code: threat_intimidation, at_least: 0.3}}
    hits: []
    misses: [你闺女]
"""
    rules = make_rules(written)
    line = TextLine(id="1", text=VEILED)
    assert detect_line(line, rules=rules, policy=policy)[0] == ()
    model = StandIn({VEILED: {"threat_intimidation": 0.35}})
    (finding,), _ = detect_line(line, rules=rules.with_classifier(model), policy=policy)
    assert finding.rule_id == "threat.meant"


@pytest.mark.parametrize("chance", [0.0, 0.2, 0.5, 0.99, 1.0])
def test_a_rules_word_never_makes_a_finding_less_likely(chance: float) -> None:
    model = StandIn({})
    for standing in model.written.rule_weights:
        assert joint(chance, standing, weighing=model.written) >= min(chance, 1 - 1e-6) - 1e-9


@pytest.mark.parametrize(("confidence", "found"), [(1.0, False), (0.8, True), (0.0, True)])
def test_recognised_words_are_weighed_on_their_own(
    make_rules: MakeRules, policy: Policy, confidence: float, found: bool
) -> None:
    model = StandIn(
        {"": {"threat_intimidation": 0.3}}, written=weights(), heard=weights(quarantined=0.25)
    )
    rules = make_rules(RULE).with_classifier(model)
    line = TextLine(id="1", text=VEILED, confidence=confidence)
    assert bool(detect_line(line, rules=rules, policy=policy)[0]) == found


def test_on_recognised_words_a_rule_can_be_harder_to_overrule(
    make_rules: MakeRules, policy: Policy
) -> None:
    model = StandIn(
        {"": {"threat_intimidation": 0.05}},
        written=weights(dismissed_below=0.5), heard=weights(dismissed_below=0.02),
    )  # fmt: skip
    rules = make_rules(RULE).with_classifier(model)
    written, heard = (
        detect_line(TextLine(id="1", text=BLUNT, confidence=sure), rules=rules, policy=policy)
        for sure in (1.0, 0.7)
    )
    assert written[0] == ()
    assert [finding.status for finding in heard[0]] == ["quarantined"]
