"""The rulebook's rows and the statements about them, as files."""

from __future__ import annotations

from pathlib import Path

import pytest

from qc_pipeline.detect.rulebook import load_rulebook, load_statements
from qc_pipeline.detect.rules import load_rules
from qc_pipeline.errors import RuleError
from qc_pipeline.policy.load import Policy
from qc_pipeline.records import BuiltInRule
from qc_pipeline.settings import packaged_dir

GOOD = "rows:\n  - {id: FV-07, state: out_of_reach, zh: 要看照片}\n"


def test_the_rulebook_has_every_row_once_with_a_code_that_exists(policy: Policy) -> None:
    rows = load_rulebook(packaged_dir("lexicons"))
    assert len(rows) == 293
    assert {row.code for row in rows.values()} == {None, "data_security", *policy.taxonomy.codes}


def test_a_statement_knows_its_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "coverage.yaml").write_text("# why\n" + GOOD, "utf-8")
    ((where, row),) = load_statements(tmp_path)
    assert where == f"{tmp_path}/coverage.yaml:3"
    assert (row.id, row.state, row.zh, row.by) == ("FV-07", "out_of_reach", "要看照片", ())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("7", r"coverage\.yaml: expected `rows`"),
        ("", r"coverage\.yaml: expected `rows`"),
        ("rows: {FV-07: planned}", r"coverage\.yaml: expected `rows`"),
        ("rows: [", r"coverage\.yaml:\d+: not valid YAML"),
        ("rows: \x01", r"coverage\.yaml: not valid YAML"),
        ("rows:\n  - FV-07\n", r"coverage\.yaml:2: "),
        ("rows:\n  - {state: planned, zh: 无}\n", r":2: id: Field required"),
        ("rows:\n  - {id: FV-07, zh: 无}\n", r":2: row FV-07: state: Field required"),
        (
            "rows:\n  - {id: FV-07, state: automated, zh: 无}\n",
            r":2: row FV-07: state: .*'out_of_reach'",
        ),
        ("rows:\n  - {id: FV-07, state: planned, zh: ''}\n", r":2: row FV-07: zh: "),
        ("rows:\n  - {id: FV-07, state: planned, zh: 无, why: x}\n", r":2: row FV-07: why: Extra"),
        (
            "rows:\n  - {id: FV-07, state: planned, state: registered, zh: 无}\n",
            r":2: row FV-07: a key stands twice",
        ),
    ],
)
def test_a_bad_file_is_named_with_line_and_row(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "coverage.yaml").write_text(text, "utf-8")
    with pytest.raises(RuleError, match=said):
        load_statements(tmp_path)


def test_a_missing_or_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match=r"coverage\.yaml: No such file"):
        load_statements(tmp_path)
    (tmp_path / "rulebook.yaml").write_bytes(b"rows: [\xff]")
    with pytest.raises(RuleError, match=r"rulebook\.yaml: not UTF-8 at byte 7"):
        load_rulebook(tmp_path)


def test_a_row_of_the_rulebook_stands_there_once(tmp_path: Path) -> None:
    row = "  - {id: FV-07, code: null, type: field_visit, summary: 照片}\n"
    (tmp_path / "rulebook.yaml").write_text("rows:\n" + row * 2, "utf-8")
    with pytest.raises(RuleError, match=r":3: row FV-07 stands here twice"):
        load_rulebook(tmp_path)


def test_statements_are_no_rules_and_change_no_rules_version(
    policy: Policy, tmp_path: Path
) -> None:
    before = load_rules(tmp_path, taxonomy=policy.taxonomy)
    (tmp_path / "coverage.yaml").write_text(GOOD, "utf-8")
    after = load_rules(tmp_path, taxonomy=policy.taxonomy)
    assert (after.rules, after.version) == ((), before.version)


def test_a_built_in_rule_cites_only_rows_it_stands_for() -> None:
    rule = BuiltInRule("required.opening", "opening_incomplete", "开场", ("CC-50", "FV-18"))
    assert rule.cites() == "CC-50、FV-18"
    assert rule.cites("FV-18") == "FV-18"
    with pytest.raises(ValueError, match="CC-51"):
        rule.cites("CC-51")
