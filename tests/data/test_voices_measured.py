"""Rules alone on voices that didn't write them: a floor, so that a change that costs much is seen.

The voices are for measuring: don't write rules to fit them."""

from __future__ import annotations

from qc_pipeline.detect.rules import load_rules
from qc_pipeline.policy import load_policy
from qc_pipeline.settings import load_settings
from tests.data.voices import VOICES, measure, read_voice


def test_rules_alone_find_most_violations_and_accuse_few_innocents() -> None:
    settings = load_settings()
    policy = load_policy(settings.policy_dir)
    rules = load_rules(settings.lexicon_dir, taxonomy=policy.taxonomy)
    lines = [line for path in sorted(VOICES.glob("*.jsonl")) for line in read_voice(path)]
    measured = measure(lines, rules=rules, policy=policy)
    assert measured.recall >= 0.60
    assert measured.false_rate <= 0.16
