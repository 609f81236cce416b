"""`qc export`."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import click

from qc_pipeline.cli.options import home_option
from qc_pipeline.errors import UsageError
from qc_pipeline.registers.history import parse_moment, reading_as_of
from qc_pipeline.settings import load_settings
from qc_pipeline.store.export import OF_REGISTERS, TABLES, export_table, export_transcripts
from qc_pipeline.store.export_formats import TABLE_FORMATS
from qc_pipeline.store.store import Store
from qc_pipeline.store.subtitles import TRANSCRIPT_FORMATS


@click.command()
@click.argument("table", type=click.Choice([*TABLES, "transcripts"]))
@click.option("--format", "file_format", default=None,
              type=click.Choice([*TABLE_FORMATS, *TRANSCRIPT_FORMATS]),
              help="jsonl, csv, parquet, xlsx; for transcripts: vtt, srt, json. "
                   "Default: as the file's suffix says, else jsonl or vtt.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path, allow_dash=True), default=Path("-"),
              help="File (for transcripts: a file or a folder); - is standard output.")  # fmt: skip
@click.option("--as-of", metavar="TIME",
              help="A register as it stood then (2026-03-01, 2026-03-01T09:30).")  # fmt: skip
@click.option("--unmasked", is_flag=True, help="Show phone, ID-card and bank-card numbers.")
@home_option
def export(
    table: str, file_format: str | None, output: Path, as_of: str | None, unmasked: bool,
    home: Path | None,
) -> None:  # fmt: skip
    """Write TABLE out. Personal numbers are masked with ＊ of the same length unless --unmasked."""
    store = Store(load_settings(home=home).home)
    target = sys.stdout.buffer if str(output) == "-" else output
    if file_format is None:
        file_format = _format_named_by(output)
    reading = None
    if as_of is not None:
        if table not in OF_REGISTERS:
            raise UsageError(
                f"{table} is no register", remedy="--as-of goes with " + ", ".join(OF_REGISTERS)
            )
        reading = partial(reading_as_of, store, parse_moment(as_of))
    if table == "transcripts":
        export_transcripts(store, format=file_format or "vtt", target=target, unmasked=unmasked)
    else:
        export_table(
            store, table, format=file_format or "jsonl", target=target, unmasked=unmasked,
            reading=reading,
        )  # fmt: skip


def _format_named_by(output: Path) -> str | None:
    suffix = output.suffix.lower().removeprefix(".")
    return suffix if suffix in (*TABLE_FORMATS, *TRANSCRIPT_FORMATS) else None
