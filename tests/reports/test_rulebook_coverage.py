"""Every row of the rulebook is in exactly one state, and the file that states it is checked."""

from __future__ import annotations

import ast
import dataclasses
import re
import shutil
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qc_pipeline.detect.rulebook import load_rulebook, load_statements
from qc_pipeline.detect.rules import RuleSet, load_rules
from qc_pipeline.errors import RuleError
from qc_pipeline.policy import Policy, load_policy
from qc_pipeline.reports.rulebook_coverage import (
    STATES,
    built_in_rules,
    count_states,
    coverage_page,
    covered_by,
    rulebook_coverage,
)
from qc_pipeline.settings import PACKAGE_DIR, packaged_dir
from qc_pipeline.store.contact_findings import CUSTOMER_TALKS, FLOOD, LEAST_GAP

LEXICONS = packaged_dir("lexicons")
WRITTEN = (LEXICONS / "coverage.yaml").read_text("utf-8")
STATED = [row.id for _, row in load_statements(LEXICONS)]
Cover = Callable[[str], object]


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy(PACKAGE_DIR / "policy")


@pytest.fixture(scope="module")
def rules(policy: Policy) -> RuleSet:
    return load_rules(LEXICONS, taxonomy=policy.taxonomy)


@pytest.fixture(scope="module")
def cover(rules: RuleSet, policy: Policy, tmp_path_factory: pytest.TempPathFactory) -> Cover:
    """The coverage of the real rules beside another coverage file."""
    folder = tmp_path_factory.mktemp("lexicon")
    shutil.copy(LEXICONS / "rulebook.yaml", folder)

    def with_statements(text: str) -> object:
        (folder / "coverage.yaml").write_text(text, "utf-8")
        return rulebook_coverage(dataclasses.replace(rules, folder=folder), policy=policy)

    return with_statements


def test_every_row_of_the_rulebook_is_in_one_state(rules: RuleSet, policy: Policy) -> None:
    rows = rulebook_coverage(rules, policy=policy)
    assert [row.id for row in rows] == list(load_rulebook(LEXICONS))
    for row in rows:
        assert row.state in STATES
        assert bool(row.rules) == (row.state == "automated"), row
        assert bool(row.by) == (row.state == "registered"), row
        assert bool(row.reason) == (row.state != "automated"), row


def test_what_is_automated_comes_from_the_rules_themselves(rules: RuleSet, policy: Policy) -> None:
    covered = {row.id: set(row.rules) for row in rulebook_coverage(rules, policy=policy)}
    for rule in (*rules.rules, *built_in_rules(policy)):
        for row_id in rule.rulebook:
            covered[row_id].remove(rule.id)
    assert not any(covered.values()), "a rule stands for a row that it doesn't cite"


@pytest.mark.parametrize(
    ("row_id", "rule"),
    [
        ("CC-01", "threat.gang_visit"),
        ("CC-50", "required.opening"),
        ("CC-53", "required.identity"),
        ("CC-58", "required.promise"),
        ("NR-05", "note.omits_complaint"),
        ("MD-01", "contact.quiet_hours"),
        ("MD-09", "contact.third_party_dials_per_day"),
        ("MD-17", "contact.stop_flag.deceased"),
        ("RI-02", "integrity.missing"),
    ],
)
def test_lexicon_and_built_in_rules_both_count(
    rules: RuleSet, policy: Policy, row_id: str, rule: str
) -> None:
    (row,) = (row for row in rulebook_coverage(rules, policy=policy) if row.id == row_id)
    assert rule in row.rules


def test_built_in_rules_have_codes_of_the_card_and_ids_of_their_own(
    rules: RuleSet, policy: Policy
) -> None:
    built_in = built_in_rules(policy)
    assert {rule.code for rule in built_in} <= set(policy.taxonomy.codes)
    assert all(rule.name and rule.rulebook for rule in built_in)
    ids = [rule.id for rule in (*rules.rules, *built_in)]
    assert len(set(ids)) == len(ids)


def test_no_code_gives_a_finding_a_rule_id_that_is_not_declared(policy: Policy) -> None:
    """A rule id typed into the code would be a rule that no coverage knows of."""
    known = {rule.id for rule in built_in_rules(policy)}
    # Off until the policy sets a number, and no rule that covers a row until then.
    known |= {rule.id for rule in (CUSTOMER_TALKS, LEAST_GAP, FLOOD)}
    typed = re.compile(r"(?:required|note|contact|integrity)\.(?!yaml$)\w")
    for path in sorted(PACKAGE_DIR.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            where = f"{path}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.keyword) and node.arg == "rule_id":
                assert not isinstance(node.value, ast.Constant | ast.JoinedStr), where
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                begun = node.value if typed.match(node.value) else ""
                assert any(rule_id.startswith(begun) for rule_id in known), where


def test_each_stop_flag_of_the_policy_is_a_rule_of_its_own(policy: Policy) -> None:
    ids = {rule.id for rule in built_in_rules(policy)}
    assert {f"contact.stop_flag.{kind}" for kind in policy.contact.stop_flags} <= ids


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ("{id: ZZ-99, state: planned, zh: 无}", "row ZZ-99 is not in the rulebook"),
        ("{id: FV-07, state: planned, zh: 无}", "row FV-07 has a state already"),
        ("{id: CC-50, state: planned, zh: 无}",
         "row CC-50 can't be planned: it is automated by required.opening"),
        ("{id: CC-50, state: out_of_reach, zh: 无}", "row CC-50 can't be out_of_reach"),
        ("{id: MD-01, state: registered, by: [table.approvals], zh: 无}",
         "row MD-01 can't be registered: it is automated by contact.quiet_hours"),
    ],
)  # fmt: skip
def test_a_wrong_statement_is_named_with_file_line_and_row(
    cover: Cover, added: str, said: str
) -> None:
    line = WRITTEN.count("\n") + 1
    with pytest.raises(RuleError, match=re.escape(f"coverage.yaml:{line}: {said}")):
        cover(f"{WRITTEN}  - {added}\n")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("by: [table.flags]", "by: [table.holidays]",
         "row NR-11: there is no register or import table.holidays"),
        ("by: [table.flags], ", "", "row NR-11: `by` belongs to a registered row"),
        ("{id: KP-05, ", "{id: KP-05, by: [export.calls], ", "row KP-05: `by` belongs to"),
        ("{id: DS-20, state: registered, by: [ladder.repeat_same]",
         "{id: DS-20, state: registered, by: [ladder.repeat_any]",
         "row DS-20: ladder.repeat_any stands for DS-07"),
    ],
)  # fmt: skip
def test_a_register_must_be_there_and_stand_for_the_row(
    cover: Cover, old: str, new: str, said: str
) -> None:
    assert WRITTEN.count(old) == 1
    with pytest.raises(RuleError, match=re.escape(said)):
        cover(WRITTEN.replace(old, new))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.sampled_from(STATED), min_size=1, max_size=5, unique=True))
def test_rows_left_without_a_state_are_all_named(cover: Cover, forgotten: list[str]) -> None:
    kept = [
        line
        for line in WRITTEN.splitlines()
        if not any(f"{{id: {row_id}," in line for row_id in forgotten)
    ]
    with pytest.raises(RuleError) as raised:
        cover("\n".join(kept))
    named = re.findall(r"coverage\.yaml: row (\S+) has no state", str(raised.value))
    assert sorted(named) == sorted(forgotten)


def test_counts_add_up_in_the_order_of_the_card(rules: RuleSet, policy: Policy) -> None:
    rows = rulebook_coverage(rules, policy=policy)
    counts = count_states(rows, policy=policy)
    assert list(counts) == [*policy.taxonomy.codes, "data_security", None]
    assert sum(sum(states.values()) for states in counts.values()) == len(rows)


def test_the_page_has_every_row_once(rules: RuleSet, policy: Policy) -> None:
    rows = rulebook_coverage(rules, policy=policy)
    page = coverage_page(rows, policy=policy)
    assert sorted(re.findall(r"^\| ([A-Z]{2}-\d+) \|", page, re.M)) == sorted(r.id for r in rows)
    for row in rows:
        assert covered_by(row, quote="`") in page
