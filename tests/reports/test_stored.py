"""What reports read from the store."""

from __future__ import annotations

from pathlib import Path

import pytest

from qc_pipeline.detect.notes import FORM_RULES, RULES
from qc_pipeline.reports.stored import found_codes
from qc_pipeline.store.loader import load_calls, load_outcomes
from qc_pipeline.store.store import Store
from tests.store.builders import a_call, a_finding, an_outcome


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path)
    made.migrate()
    return made


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_note_only_badly_kept_is_not_a_note_that_differs(store: Store, rule) -> None:
    note = a_finding("C1", rule.code, sub_code="ri_note", rule_id=rule.id)
    load_calls(store, [a_call("C1")])
    load_outcomes(store, [an_outcome("C1", note)])
    found = [each.code for each in found_codes(store, ["C1"]).get("C1", [])]
    assert found == ([] if rule.id in FORM_RULES else ["record_integrity/ri_note"])


def test_the_rules_of_form_are_rules_about_notes() -> None:
    assert {rule.id for rule in RULES} > FORM_RULES
