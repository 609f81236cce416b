"""How the shell lists the entries of a register."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from qc_pipeline.cli.options import open_home, print_json, wide_console
from qc_pipeline.cli.register_options import shown_moment
from qc_pipeline.store.masks import mask_number, mask_text


def print_register(
    home: Path | None, query: str, columns: Sequence[tuple[str, str]], *, as_json: bool
) -> None:
    """The rows of `export/QUERY`, as JSON or as a table of `columns` (name, heading); personal
    numbers are masked.
    """
    _, store, _ = open_home(home)
    with store.reading() as session:
        rows = session.rows(f"export/{query}")
    for row in rows:
        for name, value in row.items():
            if isinstance(value, str):
                row[name] = mask_number(value) if name == "phone" else mask_text(value)
    if as_json:
        print_json(rows)
        return
    table = Table()
    for name, zh in columns:
        # An id that is cut can't be copied into the next command.
        table.add_column(zh, no_wrap=name == columns[0][0], overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row[name]) for name, _ in columns))
    wide_console().print(table)


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, list):
        return "、".join(str(item) for item in value) or "–"
    return shown_moment(value) if hasattr(value, "astimezone") else str(value)
