"""Options that several commands share."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from qc_pipeline.policy import Policy, load_policy
from qc_pipeline.settings import Settings, load_settings
from qc_pipeline.store.store import Store

F = TypeVar("F", bound=Callable[..., Any])


def home_option(function: F) -> F:
    """`--home DIR`."""
    return click.option(
        "--home",
        type=click.Path(path_type=Path, file_okay=False),
        default=None,
        help="Home folder (default: $QC_HOME, else ./var).",
    )(function)


def json_option(function: F) -> F:
    """`--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")(
        function
    )


def by_option(function: F) -> F:
    """`--by USER`."""
    return click.option("--by", required=True, metavar="USER", help="Who decides (required).")(
        function
    )


def open_home(home: Path | None) -> tuple[Settings, Store, Policy]:
    """The settings, store and policy of a home folder."""
    settings = load_settings(home=home)
    return settings, Store(settings.home), load_policy(settings.policy_dir)


def print_json(rows: Sequence[Any]) -> None:
    """Rows as JSON: moments as ISO 8601, money as text."""
    click.echo(json.dumps(list(rows), ensure_ascii=False, indent=1, default=_plain))


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def wide_console() -> Console:
    """A console for tables: as wide as the terminal, and wide enough when there is none."""
    console = Console()
    return console if console.is_terminal else Console(width=120)


@contextmanager
def progress_of_calls(title: str) -> Iterator[tuple[Callable[[int], None], Callable[[], None]]]:
    """A progress bar on a terminal: gives what to call with the number of calls, and after each."""
    console = Console(stderr=True)
    with Progress(
        TextColumn("[progress.description]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    ) as progress:
        bar = progress.add_task(title, total=None)

        def started(calls: int) -> None:
            progress.update(bar, total=calls)

        yield started, lambda: progress.advance(bar)
