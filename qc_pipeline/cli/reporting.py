"""`qc report`: figures with their denominators, lists for a bank or a regulator."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import pyarrow as pa

from qc_pipeline.cli.options import home_option, open_home
from qc_pipeline.cli.replaying import period_of
from qc_pipeline.errors import UsageError
from qc_pipeline.records import SHANGHAI
from qc_pipeline.reports import figures
from qc_pipeline.reports.figures import PARTS, Row, Span
from qc_pipeline.reports.page import write_page
from qc_pipeline.reports.reviewers import agreement, reviewer_work
from qc_pipeline.store.export_formats import TABLE_FORMATS, writer
from qc_pipeline.store.masks import mask_number, mask_text
from qc_pipeline.store.store import Store

_FORMATS = (*TABLE_FORMATS, "html")


def _options(function: Callable[..., None]) -> Callable[..., None]:
    for option in (
        home_option,
        click.option("--unmasked", is_flag=True, help="Show telephone numbers."),
        click.option("-o", "--output", type=click.Path(path_type=Path, allow_dash=True),
                     default=Path("-"), help="File; - is standard output."),
        click.option("--format", "file_format", type=click.Choice(_FORMATS),
                     help="Default: as the file's suffix says, else jsonl."),
        click.option("--bank", help="Only this bank's calls."),
        click.option("--until", metavar="DAY", help="Calls up to this day, or before this moment."),
        click.option("--since", metavar="DAY", help="Calls from this day or moment on."),
    ):  # fmt: skip
        function = option(function)
    return function


@click.group()
def report() -> None:
    """Figures with denominators and intervals; lists for a bank, an auditor, a regulator."""


@report.command("precision")
@click.option("--by", type=click.Choice(["rule", "code"]), default="rule", show_default=True)
@_options
def precision(by: Any, **options: Any) -> None:
    """How many of the machine's findings people confirmed, by rule or code (Wilson, 95 %)."""
    _deliver("precision", lambda store, span: figures.precision(store, span, by=by), **options)


@report.command("recall")
@_options
def recall(**options: Any) -> None:
    """How many calls with a violation the machine found, estimated from the blind sample."""
    _, _, policy = open_home(options["home"])
    _deliver(
        "recall",
        lambda store, span: [asdict(figures.recall(store, span, policy=policy))],
        **options,
    )


@report.command("rates")
@click.option("--by", type=click.Choice(PARTS), default="agent", show_default=True)
@click.option("--code", help="Only violations of this code.")
@_options
def rates(by: Any, code: str | None, **options: Any) -> None:
    """Confirmed violations per 100 calls heard, critical counts, first cases and repeats."""
    _deliver("rates", lambda store, span: figures.rates(store, span, by=by, code=code), **options)


@report.command("reviewers")
@_options
def reviewers(**options: Any) -> None:
    """Verdicts given in the period: how many an hour, how many did not stand; by reviewer."""
    _, _, policy = open_home(options["home"])
    _deliver("reviewers", lambda store, span: reviewer_work(store, span, policy=policy), **options)


@report.command("agreement")
@_options
def agreement_of_two(**options: Any) -> None:
    """How far first and second reviewers agree: share, interval, Cohen's kappa."""
    _deliver("agreement", lambda store, span: [asdict(agreement(store, span))], **options)


@report.command("coverage")
@_options
def coverage(**options: Any) -> None:
    """In which state the call records of a period ended."""
    _deliver("coverage", figures.coverage, **options)


@report.command("complaints")
@_options
def complaints(**options: Any) -> None:
    """Complaints by channel: first replies and decisions in time, late, overdue."""
    now = datetime.now(SHANGHAI)
    _deliver(
        "complaints",
        lambda store, span: figures.complaint_timeliness(store, span, as_of=now),
        **options,
    )


@report.command("calls")
@_options
def calls(**options: Any) -> None:
    """Every call record of a period, whether its recording can be had, and why not."""
    _deliver("calls", figures.call_list, **options)


@report.command("trail")
@click.argument("customer_id")
@_options
def trail(customer_id: str, **options: Any) -> None:
    """The whole contact trail of one customer: dials, messages, hashes, findings."""
    _deliver("trail", lambda store, _: figures.contact_trail(store, customer_id), **options)


@report.command("dials")
@click.argument("phone")
@_options
def dials(phone: str, **options: Any) -> None:
    """How often a number was dialled, by day."""
    _deliver("dials", lambda store, span: figures.dial_counts(store, phone, span), **options)


def _deliver(
    title: str, ask: Callable[[Store, Span], Sequence[Row]], *, since: str | None,
    until: str | None, bank: str | None, file_format: str | None, output: Path, unmasked: bool,
    home: Path | None,
) -> None:  # fmt: skip
    _, store, _ = open_home(home)
    period = period_of(since, until)
    rows = list(ask(store, Span(period.since, period.until, bank)))
    if not unmasked:
        rows = [_masked(row) for row in rows]
    chosen = file_format or output.suffix.lower().removeprefix(".")
    if chosen not in _FORMATS:
        chosen = "jsonl"
    if str(output) == "-":
        _write(title, rows, chosen, sys.stdout.buffer)
        return
    try:
        with output.open("wb") as file:
            _write(title, rows, chosen, file)
    except OSError as error:
        raise UsageError(
            f"{output} can't be written: {error.strerror}", remedy="choose another -o"
        ) from error
    click.echo(f"{output}：{len(rows)} 行", err=True)


def _write(title: str, rows: Sequence[Row], file_format: str, file: Any) -> None:
    if file_format == "html":
        write_page(title, rows, file=file)
        return
    table = pa.Table.from_pylist(list(rows)) if rows else pa.table({})
    with writer(file_format, file, title=title, schema=table.schema) as write:
        for batch in table.to_batches():
            write(batch)


def _masked(row: Row) -> Row:
    hidden: Row = {}
    if row.get("phone"):
        hidden["phone"] = mask_number(row["phone"])
    if row.get("text"):
        hidden["text"] = mask_text(row["text"])
    return {**row, **hidden}
