"""Shared by the tests of detection: the real policy, and small rule folders of their own."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from qc_pipeline.detect.context_lexicon import ContextLexicon
from qc_pipeline.detect.rules import RuleSet, load_rules
from qc_pipeline.policy.load import Policy, load_policy
from qc_pipeline.settings import PACKAGE_DIR, packaged_dir

MakeRules = Callable[..., RuleSet]
DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def policy() -> Policy:
    return load_policy(PACKAGE_DIR / "policy")


@pytest.fixture(scope="session")
def small_rules(policy: Policy) -> RuleSet:
    """The tests' own lexicon, which stands in for the product's."""
    return load_rules(DATA / "lexicon", taxonomy=policy.taxonomy)


@pytest.fixture(scope="session")
def lexicon(policy: Policy) -> ContextLexicon:
    """The product's own context phrases."""
    return load_rules(packaged_dir("lexicons"), taxonomy=policy.taxonomy).context


@pytest.fixture
def make_rules(tmp_path: Path, policy: Policy) -> MakeRules:
    """A rule set from YAML text: one rule file, and word classes if wanted."""

    def make(rules: str, *, classes: str = "", code: str = "threat_intimidation") -> RuleSet:
        (tmp_path / "classes").mkdir(exist_ok=True)
        (tmp_path / f"{code}.yaml").write_text(textwrap.dedent(rules), "utf-8")
        if classes:
            text = "classes:\n" + textwrap.indent(textwrap.dedent(classes), "  ")
            (tmp_path / "classes" / "test.yaml").write_text(text, "utf-8")
        return load_rules(tmp_path, taxonomy=policy.taxonomy)

    return make
