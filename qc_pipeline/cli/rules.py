"""`qc rules`: the rules themselves, their own examples, and what they cover of the rulebook."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from difflib import get_close_matches

import click
from rich.table import Table

from qc_pipeline.cli.detection import load_detection
from qc_pipeline.cli.options import json_option, wide_console
from qc_pipeline.detect.check import check_rules
from qc_pipeline.errors import UsageError
from qc_pipeline.policy import Policy
from qc_pipeline.reports.rulebook_coverage import (
    NO_CODE,
    STATES,
    STATES_ZH,
    CoveredRow,
    code_heading,
    count_states,
    covered_by,
    rulebook_coverage,
)


@click.group()
def rules() -> None:
    """The rules: check their own examples, list them, show what they cover."""


@rules.command("check")
def check_command() -> None:
    """Run every rule's own examples. Exit code 1 if one fails."""
    detectors, policy = load_detection(classifier="none")
    rule_set = detectors.rules
    failures = check_rules(rule_set, policy=policy)
    for failure in failures:
        click.echo(str(failure))
    click.echo(f"{len(rule_set.rules)} rules, {len(failures)} failing examples")
    if failures:
        raise click.exceptions.Exit(1)


@rules.command("list")
@click.option("--code", help="Only rules of this code.")
def list_command(code: str | None) -> None:
    """Every rule of the lexicons: id, version, code, severity, rulebook rows, name.

    Rules that are code (openings, notes, contact, recordings) are named by `qc rules coverage`.
    """
    detectors, policy = load_detection(classifier="none")
    rule_set = detectors.rules
    if code is not None:
        _check_known("code", [code], known=list(policy.taxonomy.codes))
    listed = [rule for rule in rule_set.rules if code in (None, rule.code)]
    if not listed:
        click.echo(f"no lexicon rule of code {code}; see qc rules coverage --code {code}", err=True)
    for rule in listed:
        click.echo(
            f"{rule.id}\tv{rule.version}\t{rule.code}\t{rule.severity}\t"
            f"{','.join(rule.rulebook)}\t{rule.name}"
        )


@rules.command("coverage")
@click.argument("ids", metavar="[ROW]...", nargs=-1)
@click.option("--state", type=click.Choice(STATES), help="Only rows in this state.")
@click.option("--code", help=f"Only rows of this code ({NO_CODE}: rows that are on no card).")
@json_option
def coverage_command(
    ids: tuple[str, ...], state: str | None, code: str | None, as_json: bool
) -> None:
    """What covers each row of the rulebook: counts per code, then the rows.

    ROW is a rulebook id, such as CC-01 FV-08; without, every row. States: automated (rules
    look for breaches), registered (a register or import covers it), planned (what is missing),
    out_of_reach (what it would need).
    """
    detectors, policy = load_detection(classifier="none")
    rule_set = detectors.rules
    rows = rulebook_coverage(rule_set, policy=policy)
    _check_known("rulebook row", ids, known=[row.id for row in rows])
    if code is not None:
        _check_known("code", [code], known=sorted({row.code or NO_CODE for row in rows}))
    chosen = [
        row
        for row in rows
        if (not ids or row.id in ids)
        and state in (None, row.state)
        and code in (None, row.code or NO_CODE)
    ]
    if as_json:
        click.echo(json.dumps([asdict(row) for row in chosen], ensure_ascii=False, indent=1))
    else:
        _print_coverage(chosen, policy=policy)


def _check_known(what: str, asked: Sequence[str], *, known: Sequence[str]) -> None:
    unknown = [name for name in asked if name not in known]
    if unknown:
        few = known if len(known) <= 30 else get_close_matches(unknown[0], known, n=3)
        remedy = f"use one of {', '.join(few)}" if few else "see `qc rules coverage`"
        raise UsageError(f"there is no {what} {', '.join(unknown)}", remedy=remedy)


def _print_coverage(rows: Sequence[CoveredRow], *, policy: Policy) -> None:
    counts = Table("代码", *(STATES_ZH[state] for state in STATES), "合计")
    by_code = count_states(rows, policy=policy)
    for code, numbers in by_code.items():
        cells = [numbers[state] for state in STATES]
        counts.add_row(code_heading(code, policy), *map(str, (*cells, sum(cells))))
    total = [sum(numbers[state] for numbers in by_code.values()) for state in STATES]
    counts.add_row("合计", *map(str, (*total, len(rows))))
    table = Table()
    for heading in ("条款", "状态"):
        table.add_column(heading, no_wrap=True)
    for heading in ("要求", "由何覆盖、缺什么"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(row.id, STATES_ZH[row.state], row.summary, covered_by(row))
    console = wide_console()
    console.print(counts)
    console.print(table)
