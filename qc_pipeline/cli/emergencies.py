"""`qc emergency`: what was heard that cannot wait."""

from __future__ import annotations

from pathlib import Path

import click

from qc_pipeline.cli.options import by_option, home_option, json_option, open_home
from qc_pipeline.cli.register_options import at_option, when
from qc_pipeline.cli.register_tables import print_register
from qc_pipeline.registers import linked_desk as desk


@click.group()
def emergency() -> None:
    """Emergencies heard in calls: taken over, step by step, until a superior signs."""


@emergency.command("list")
@home_option
@json_option
def emergency_list(home: Path | None, as_json: bool) -> None:
    """Every emergency, also those that nobody has taken over."""
    print_register(home, "emergencies", (("call_id", "通话"), ("state", "状态"), ("signalled_at", "时间"),
          ("agent_id", "坐席"), ("words", "原话"), ("acknowledged_by", "接手"),
          ("superior", "上级"), ("signed_by", "签字")), as_json=as_json)  # fmt: skip


@emergency.command("acknowledge")
@click.argument("call_id")
@click.option("--note", required=True, help="What was done.")
@by_option
@at_option
@home_option
def emergency_acknowledge(
    call_id: str, note: str, by: str, at: str | None, home: Path | None
) -> None:
    """Take over the emergency of a call; no collection until a superior signs."""
    settings, store, policy = open_home(home)
    done = desk.acknowledge_emergency(
        store, call_id, by=by, at=when(at), note=note, policy=policy, keys=settings.keys
    )
    click.echo(f"{done.call_id}：{done.state}，由 {done.acknowledged_by} 接手")


@emergency.command("step")
@click.argument("call_id")
@click.argument("step", type=click.Choice(["calmed", "notified", "help_called", "followed_up",
                                           "closed"]))  # fmt: skip
@click.option("--note", required=True, help="What was done.")
@click.option("--superior", help="Who was told (with notified).")
@by_option
@at_option
@home_option
def emergency_step(
    call_id: str, step: str, note: str, superior: str | None, by: str, at: str | None,
    home: Path | None,
) -> None:  # fmt: skip
    """The next step, in this order."""
    settings, store, _ = open_home(home)
    done = desk.record_emergency_step(
        store, call_id, step, by=by, at=when(at), note=note, keys=settings.keys, superior=superior
    )
    click.echo(f"{done.call_id}：{done.state}")


@emergency.command("sign")
@click.argument("call_id")
@click.option("--note", required=True, help="Why collection may resume.")
@by_option
@at_option
@home_option
def emergency_sign(call_id: str, note: str, by: str, at: str | None, home: Path | None) -> None:
    """A superior of the collector lets collection resume."""
    settings, store, _ = open_home(home)
    done = desk.sign_emergency(store, call_id, by=by, at=when(at), note=note, keys=settings.keys)
    click.echo(f"{done.call_id}：{done.signed_by} 已签字，可恢复催收")
