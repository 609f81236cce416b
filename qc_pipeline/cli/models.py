"""`qc models`."""

from __future__ import annotations

import click
from rich.table import Table

from qc_pipeline.cli.options import wide_console
from qc_pipeline.speech.models import get_model, list_models, verify_model


@click.group()
def models() -> None:
    """Speech models: list, fetch into the cache, verify."""


@models.command("list")
def list_command() -> None:
    """Models that `qc models get` knows, and whether they are in the cache."""
    table = Table("name", "engine", "licence", "cached", "description")
    for card in list_models():
        table.add_row(card.name, card.engine, card.licence, "yes" if card.cached else "no",
                      card.description)  # fmt: skip
    wide_console().print(table)


@models.command("get")
@click.argument("name")
def get_command(name: str) -> None:
    """Put model NAME (from the list, or a hub id ORG/NAME) into the cache and check it."""
    click.echo(f"{name}: {get_model(name)}")


@models.command("verify")
@click.argument("name", default="base")
def verify_command(name: str) -> None:
    """Check every file of model NAME against its SHA-256. Exit code 1 if one differs."""
    verify_model(name)
    click.echo(f"{name}: all files match their SHA-256")
