"""Rules are checked by their own examples."""

from __future__ import annotations

from pathlib import Path

import pytest

from qc_pipeline.detect.check import check_rules, main
from qc_pipeline.detect.rules import RuleSet
from qc_pipeline.policy.load import Policy
from tests.detect.conftest import DATA, MakeRules

RULE = """\
code: threat_intimidation
rules:
  - id: threat.one
    version: 1
    name: 一
    when: [堵门]
    hits: [%s]
    misses: [%s]
"""


def test_true_examples_pass(small_rules: RuleSet, policy: Policy) -> None:
    assert check_rules(small_rules, policy=policy) == ()


def test_failing_examples_are_named_with_the_reason(make_rules: MakeRules, policy: Policy) -> None:
    rules = make_rules(RULE % ("堵门, 我们不会堵门, 您好", "好的, 明天堵门"))
    failures = [(f.kind, f.example, f.why) for f in check_rules(rules, policy=policy)]
    assert failures == [
        ("hit", "我们不会堵门", "negation: 「不会」否定了「堵门」"),
        ("hit", "您好", "没有任何用语匹配"),
        ("miss", "明天堵门", "匹配到「堵门」（lexicon）"),
    ]


def test_a_rule_needs_two_examples_of_each_kind(make_rules: MakeRules, policy: Policy) -> None:
    rules = make_rules(RULE % ("堵门", "好的, 您好"))
    (failure,) = check_rules(rules, policy=policy)
    assert failure.kind == "too_few"
    assert check_rules(rules, policy=policy, codes=["abuse_insult"]) == ()


def test_a_quarantined_hit_is_a_hit(make_rules: MakeRules, policy: Policy) -> None:
    rules = make_rules(RULE % ("{text: 堵门, speaker: unknown}, 堵门", "好的, 您好"))
    assert check_rules(rules, policy=policy) == ()


def test_the_command_ends_with_what_it_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(DATA / "lexicon")]) == 0
    assert "0 failures" in capsys.readouterr().out
    (tmp_path / "threat_intimidation.yaml").write_text(RULE % ("您好, 堵门", "好的, 嗯"), "utf-8")
    assert main([str(tmp_path), "threat_intimidation"]) == 1
    assert "应命中而未命中: 您好" in capsys.readouterr().out
    assert main([str(tmp_path), "--list"]) == 0
    assert "threat.one\tv1\tcritical\t一" in capsys.readouterr().out
    (tmp_path / "threat_intimidation.yaml").write_text("[", "utf-8")
    assert main([str(tmp_path)]) == 2
    assert "not valid YAML" in capsys.readouterr().err
