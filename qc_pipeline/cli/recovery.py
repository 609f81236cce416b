"""`qc accept-loss`: going on after a restore from a backup."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from qc_pipeline.cli.options import by_option, home_option
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers.log import accept_shortened_log
from qc_pipeline.settings import load_settings
from qc_pipeline.store.store import Store


@click.command("accept-loss")
@click.option("--reason", required=True, help="Which backup was restored, and why.")
@by_option
@home_option
def accept_loss(reason: str, by: str, home: Path | None) -> None:
    """Go on with a register that ends earlier than it did, after a restore from a backup.

    The loss becomes an entry of the register itself, with who, when, why and the numbers lost.
    """
    settings = load_settings(home=home)
    accept_shortened_log(
        Store(settings.home), by=by, at=datetime.now(SHANGHAI), reason=reason, keys=settings.keys
    )
    click.echo("缺失的登记已记入日志；请运行 qc verify 核对")
