"""`qc export`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from qc_pipeline.cli.options import home_option
from qc_pipeline.settings import load_settings
from qc_pipeline.store.export import TABLES, export_table, export_transcripts
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
@click.option("--unmasked", is_flag=True, help="Show phone, ID-card and bank-card numbers.")
@home_option
def export(
    table: str, file_format: str | None, output: Path, unmasked: bool, home: Path | None
) -> None:
    """Write TABLE out. Personal numbers are masked with ＊ of the same length unless --unmasked."""
    store = Store(load_settings(home=home).home)
    target = sys.stdout.buffer if str(output) == "-" else output
    if file_format is None:
        file_format = _format_named_by(output)
    if table == "transcripts":
        export_transcripts(store, format=file_format or "vtt", target=target, unmasked=unmasked)
    else:
        export_table(store, table, format=file_format or "jsonl", target=target, unmasked=unmasked)


def _format_named_by(output: Path) -> str | None:
    suffix = output.suffix.lower().removeprefix(".")
    return suffix if suffix in (*TABLE_FORMATS, *TRANSCRIPT_FORMATS) else None
