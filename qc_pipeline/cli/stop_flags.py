"""`qc flag`: stop flags, from the proposal to their end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from qc_pipeline.cli.options import by_option, home_option, json_option, open_home, print_json
from qc_pipeline.cli.register_options import at_option, shown_moment, when
from qc_pipeline.cli.register_tables import print_register
from qc_pipeline.registers import linked_desk as desk
from qc_pipeline.registers.stop_flags import NewFlag
from qc_pipeline.store.masks import mask_text


@click.group()
def flag() -> None:
    """Stop flags: proposed, approved by somebody else, in force, lifted."""


@flag.command("list")
@home_option
@json_option
def flag_list(home: Path | None, as_json: bool) -> None:
    """Every stop flag of the register."""
    print_register(home, "flags", (("flag_id", "标志"), ("state", "状态"), ("kind", "种类"),
          ("case_id", "案件"), ("phone", "号码"), ("source", "来源"), ("proposed_by", "提出"),
          ("decided_by", "批准"), ("decided_at", "生效"), ("lifted_at", "解除")),
          as_json=as_json)  # fmt: skip


@flag.command("warnings")
@click.option("--case", "case_id", help="The case about to be called.")
@click.option("--phone", help="The number about to be called.")
@home_option
@json_option
def flag_warnings(case_id: str | None, phone: str | None, home: Path | None, as_json: bool) -> None:
    """What the next caller must know: flags in force, and proposals nobody has decided on."""
    _, store, _ = open_home(home)
    rows = desk.warnings_for(store, case_id=case_id, phone=phone)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        word = "禁止拨打" if row["state"] == "in_force" else "提醒（待审批）"
        said = mask_text(row["reason"] or "")
        click.echo(
            f"{word}：{row['kind']}，自 {shown_moment(row['since'])}，{row['source']} {said}"
        )
    if not rows:
        click.echo("无停催标志，也无待审批的提醒")


@flag.command("propose")
@click.option("--kind", required=True, help="A kind of the policy, e.g. do_not_collect.")
@click.option("--source", required=True, help="Where it comes from.")
@click.option("--case", "case_id", help="The case it stops.")
@click.option("--phone", help="The number it stops, across cases.")
@click.option("--reason", help="Why.")
@click.option("--from", "valid_from", metavar="TIME", help="From when, if not from the approval.")
@click.option("--until", "valid_to", metavar="TIME", help="Until when, if it ends by itself.")
@click.option("--agent", "agent_id", help="The collector who heard it.")
@by_option
@at_option
@home_option
def flag_propose(
    by: str, at: str | None, home: Path | None, valid_from: str | None, valid_to: str | None,
    **said: Any,
) -> None:  # fmt: skip
    """Propose a stop flag. It binds nobody until somebody else approves it."""
    settings, store, policy = open_home(home)
    new = NewFlag(
        valid_from=when(valid_from) if valid_from else None,
        valid_to=when(valid_to) if valid_to else None, **said,
    )  # fmt: skip
    made = desk.propose_flag(
        store, new, by=by, at=when(at), policy=policy, keys=settings.keys
    )  # fmt: skip
    click.echo(f"{made.flag_id}：{made.state}")


@flag.command("approve")
@click.argument("flag_id")
@by_option
@click.option("--note", help="What the person wants to add.")
@at_option
@home_option
def flag_approve(
    flag_id: str, by: str, note: str | None, at: str | None, home: Path | None
) -> None:
    """Put a proposed flag in force; not by who proposed it."""
    settings, store, _ = open_home(home)
    done = desk.approve_flag(store, flag_id, by=by, at=when(at), keys=settings.keys, note=note)
    click.echo(f"{done.flag_id}：{done.state}")


@flag.command("refuse")
@click.argument("flag_id")
@by_option
@click.option("--note", required=True, help="Why.")
@at_option
@home_option
def flag_refuse(flag_id: str, by: str, note: str, at: str | None, home: Path | None) -> None:
    """Refuse a proposed flag, with the reason."""
    settings, store, _ = open_home(home)
    done = desk.refuse_flag(store, flag_id, by=by, at=when(at), keys=settings.keys, note=note)
    click.echo(f"{done.flag_id}：{done.state}")


@flag.command("lift")
@click.argument("flag_id")
@by_option
@click.option("--reason", required=True, help="Why.")
@click.option("--consent", help="A third party's later consent: the call or paper.")
@at_option
@home_option
def flag_lift(
    flag_id: str, by: str, reason: str, consent: str | None, at: str | None, home: Path | None
) -> None:
    """Lift a flag in force. A third party's refusal needs that person's later consent."""
    settings, store, _ = open_home(home)
    done = desk.lift_flag(
        store, flag_id, by=by, at=when(at), keys=settings.keys, reason=reason, consent=consent
    )
    click.echo(f"{done.flag_id}：{done.state}")
