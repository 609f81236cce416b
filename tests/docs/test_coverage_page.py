"""docs/coverage.md says what the rules and registers cover now."""

from __future__ import annotations

from pathlib import Path

from qc_pipeline.detect.rules import load_rules
from qc_pipeline.policy.load import load_policy
from qc_pipeline.reports.rulebook_coverage import coverage_page, rulebook_coverage
from qc_pipeline.settings import PACKAGE_DIR, packaged_dir

PAGE = Path(__file__).parents[2] / "docs" / "coverage.md"


def test_the_page_is_current() -> None:
    policy = load_policy(PACKAGE_DIR / "policy")
    rules = load_rules(packaged_dir("lexicons"), taxonomy=policy.taxonomy)
    page = coverage_page(rulebook_coverage(rules, policy=policy), policy=policy)
    assert PAGE.read_text("utf-8") == page, (
        "run: python -m qc_pipeline.reports.rulebook_coverage > docs/coverage.md"
    )
