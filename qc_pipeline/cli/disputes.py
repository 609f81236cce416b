"""`qc dispute`: the customer questions the debt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from qc_pipeline.cli.options import by_option, home_option, json_option, open_home
from qc_pipeline.cli.register_options import at_option, when
from qc_pipeline.cli.register_tables import print_register
from qc_pipeline.registers import heard_desk
from qc_pipeline.registers import linked_desk as desk


@click.group()
def dispute() -> None:
    """Disputes about the debt: raised, paused, supervisor told, passed to the bank, decided."""


@dispute.command("list")
@home_option
@json_option
def dispute_list(home: Path | None, as_json: bool) -> None:
    """Every dispute."""
    print_register(home, "disputes", (("dispute_id", "争议"), ("state", "状态"), ("case_id", "案件"),
          ("call_id", "通话"), ("raised_at", "提出"), ("about", "内容"),
          ("decision", "银行结论")), as_json=as_json)  # fmt: skip


@dispute.command("raise")
@click.option("--about", required=True, help="What the customer disputes.")
@click.option("--raised-at", required=True, metavar="TIME", help="When.")
@click.option("--call", "call_id", help="The call; then case and number are known.")
@click.option("--case", "case_id", help="The case.")
@click.option("--phone", help="The number.")
@by_option
@at_option
@home_option
def dispute_raise(by: str, at: str | None, home: Path | None, raised_at: str, **said: Any) -> None:
    """Record that a customer disputes the debt."""
    settings, store, _ = open_home(home)
    done = desk.raise_dispute(
        store, by=by, at=when(at), keys=settings.keys, raised_at=when(raised_at), **said
    )
    click.echo(f"{done.dispute_id}：{done.state}")


@dispute.command("pause")
@click.argument("dispute_id")
@by_option
@at_option
@home_option
def dispute_pause(dispute_id: str, by: str, at: str | None, home: Path | None) -> None:
    """Collection on the case stops: a flag is in force."""
    settings, store, policy = open_home(home)
    done = desk.pause_for_dispute(
        store, dispute_id, by=by, at=when(at), policy=policy, keys=settings.keys
    )
    click.echo(f"{done.dispute_id}：{done.state}")


@dispute.command("notify")
@click.argument("dispute_id")
@click.option("--supervisor", required=True, help="Who was told.")
@by_option
@at_option
@home_option
def dispute_notify(
    dispute_id: str, supervisor: str, by: str, at: str | None, home: Path | None
) -> None:
    """The supervisor was told."""
    settings, store, _ = open_home(home)
    done = desk.notify_supervisor(
        store, dispute_id, by=by, at=when(at), keys=settings.keys, supervisor=supervisor
    )
    click.echo(f"{done.dispute_id}：{done.state}")


@dispute.command("forward")
@click.argument("dispute_id")
@click.option("--way", required=True, type=click.Choice(["phone", "email"]), help="How.")
@click.option("--to", required=True, help="Who at the bank.")
@by_option
@at_option
@home_option
def dispute_forward(
    dispute_id: str, way: str, to: str, by: str, at: str | None, home: Path | None
) -> None:
    """It was passed on to the bank."""
    settings, store, _ = open_home(home)
    done = desk.forward_dispute(
        store, dispute_id, by=by, at=when(at), keys=settings.keys, way=way, to=to
    )
    click.echo(f"{done.dispute_id}：{done.state}")


@dispute.command("decided")
@click.argument("dispute_id")
@click.option("--decision", required=True, help="What the bank decided.")
@by_option
@at_option
@home_option
def dispute_decided(
    dispute_id: str, decision: str, by: str, at: str | None, home: Path | None
) -> None:
    """The bank decided."""
    settings, store, _ = open_home(home)
    done = desk.record_bank_decision(
        store, dispute_id, by=by, at=when(at), keys=settings.keys, decision=decision
    )
    click.echo(f"{done.dispute_id}：{done.state}")


@dispute.command("end")
@click.argument("dispute_id")
@click.option("--reason", required=True, help="Why collection goes on, or how it was withdrawn.")
@click.option("--withdrawn", is_flag=True, help="The customer withdrew it.")
@by_option
@at_option
@home_option
def dispute_end(
    dispute_id: str, reason: str, withdrawn: bool, by: str, at: str | None, home: Path | None
) -> None:
    """Collection goes on after the bank's decision, or the customer withdrew. The flag is lifted."""
    settings, store, _ = open_home(home)
    done = desk.end_dispute(
        store, dispute_id, by=by, at=when(at), keys=settings.keys, reason=reason,
        withdrawn=withdrawn,
    )  # fmt: skip
    click.echo(f"{done.dispute_id}：{done.state}")


@dispute.command("accept")
@click.argument("dispute_id")
@by_option
@at_option
@home_option
def dispute_accept(dispute_id: str, by: str, at: str | None, home: Path | None) -> None:
    """Accept what was heard in a call: the dispute is raised."""
    settings, store, _ = open_home(home)
    done = heard_desk.accept_dispute(store, dispute_id, by=by, at=when(at), keys=settings.keys)
    click.echo(f"{done.dispute_id}：{done.state}")


@dispute.command("decline")
@click.argument("dispute_id")
@click.option("--reason", required=True, help="Why it is none.")
@by_option
@at_option
@home_option
def dispute_decline(
    dispute_id: str, reason: str, by: str, at: str | None, home: Path | None
) -> None:
    """Decline what was heard in a call, with the reason."""
    settings, store, _ = open_home(home)
    done = heard_desk.decline_dispute(
        store, dispute_id, by=by, at=when(at), keys=settings.keys, reason=reason
    )
    click.echo(f"{done.dispute_id}：{done.state}")
