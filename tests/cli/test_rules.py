"""`qc rules`: what is asked for is shown, what isn't there is an error."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Run


def test_rows_asked_for_by_id_are_shown_with_what_covers_them(qc: Run) -> None:
    done = qc("rules", "coverage", "CC-50", "FV-07", "DS-02")
    assert done.returncode == 0, done.stderr
    assert "required.opening" in done.stdout
    assert "ladder.repeat_same" in done.stdout
    assert "照片" in done.stdout
    assert "CC-01" not in done.stdout


def test_json_has_every_row_of_the_rulebook(qc: Run) -> None:
    rows = json.loads(qc("rules", "coverage", "--json").stdout)
    assert len({row["id"] for row in rows}) == len(rows) == 293
    assert set(rows[0]) == {
        "id", "code", "type", "summary", "state", "rules", "by", "reason",
    }  # fmt: skip


def test_state_and_code_narrow_the_rows(qc: Run) -> None:
    asked = ("--json", "--state", "registered", "--code", "none")
    rows = json.loads(qc("rules", "coverage", *asked).stdout)
    assert rows
    assert {(row["state"], row["code"]) for row in rows} == {("registered", None)}


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("coverage", "CC-01", "CC-999"), "CC-999"),
        (("coverage", "--code", "bogus"), "bogus"),
        (("coverage", "--state", "bogus"), "bogus"),
        (("list", "--code", "bogus"), "bogus"),
    ],
)
def test_what_does_not_exist_is_an_error(qc: Run, arguments: tuple[str, ...], word: str) -> None:
    done = qc("rules", *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert word in done.stderr
    assert "Traceback" not in done.stderr


def test_a_code_without_lexicon_rules_says_where_its_rules_are(qc: Run) -> None:
    done = qc("rules", "list", "--code", "contact_time_breach")
    assert (done.returncode, done.stdout) == (0, "")
    assert "qc rules coverage --code contact_time_breach" in done.stderr
