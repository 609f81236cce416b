"""What the commands of several registers share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers.history import parse_moment
from qc_pipeline.registers.register_import import Imported

F = TypeVar("F", bound=Callable[..., Any])


def at_option(function: F) -> F:
    """`--at TIME`."""
    return click.option(
        "--at", metavar="TIME", help="When it was done, if not now (2026-03-01T09:30)."
    )(function)


def import_options(function: F) -> F:
    """`--column-map FILE`."""
    return click.option(
        "--column-map", type=click.Path(path_type=Path, dir_okay=False),
        help="YAML that says how the file names these columns.",
    )(function)  # fmt: skip


def when(text: str | None) -> datetime:
    """A moment as given, or now."""
    return parse_moment(text) if text else datetime.now(SHANGHAI)


def shown_moment(moment: datetime | None) -> str:
    """A moment as tables show it."""
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "–"


def print_imported(done: Imported) -> None:
    """What an import did: new entries, known ones, notices, and every bad row with its remedy."""
    for notice in done.notices:
        click.echo(f"提示：{notice}", err=True)
    for problem in done.rejected:
        click.echo(f"未导入：{problem}", err=True)
    click.echo(f"新登记 {len(done.new)} 条，已有 {done.known} 条，未导入 {len(done.rejected)} 条")
    calls = dict(done.linked)
    for subject in done.new:
        call_id = calls.get(subject)
        click.echo(f"  {subject}" + (f"：关联通话 {call_id}" if call_id else ""))
