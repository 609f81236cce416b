"""Detection on voices that didn't write it: a floor, so that a change that costs much is seen.

The voices are for measuring: don't write rules or training lines to fit them."""

from __future__ import annotations

import pytest

from qc_pipeline.detect.detectors import load_detectors
from qc_pipeline.detect.rules import RuleSet, load_rules
from qc_pipeline.learn.corpus import CorpusLine, load_corpus
from qc_pipeline.learn.measure import measure
from qc_pipeline.policy import Policy, load_policy
from qc_pipeline.settings import load_settings, packaged_dir
from tests.data.voices import held_out


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy(load_settings().policy_dir)


@pytest.fixture(scope="module")
def rules(policy: Policy) -> RuleSet:
    return load_rules(load_settings().lexicon_dir, taxonomy=policy.taxonomy)


@pytest.fixture(scope="module")
def both(policy: Policy) -> RuleSet:
    detectors = load_detectors(load_settings(), policy=policy)
    assert detectors.without_classifier is None
    return detectors.rules


@pytest.fixture(scope="module")
def unseen() -> list[CorpusLine]:
    """The held-out voices, the corpus's test voices, and plain talk."""
    return [*held_out(), *load_corpus(packaged_dir("models") / "corpus").written["test"]]


def test_rules_alone_find_most_violations_and_accuse_few_innocents(
    rules: RuleSet, policy: Policy, unseen: list[CorpusLine]
) -> None:
    measured = measure(unseen, rules=rules, policy=policy)
    assert measured.recall >= 0.60
    assert measured.false_rate <= 0.08


@pytest.mark.slow
def test_the_model_finds_more_at_few_false_flags(
    both: RuleSet, policy: Policy, unseen: list[CorpusLine]
) -> None:
    measured = measure(unseen, rules=both, policy=policy)
    assert measured.recall >= 0.86
    assert measured.false_rate <= 0.11
