"""`qc objection`: what a customer objects to, and the reply."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from qc_pipeline.cli.options import by_option, home_option, json_option, open_home
from qc_pipeline.cli.register_options import at_option, shown_moment, when
from qc_pipeline.cli.register_tables import print_register
from qc_pipeline.registers import heard_desk, promise_desk


@click.group()
def objection() -> None:
    """Objections: answered in the call, or replied to by a date."""


@objection.command("list")
@home_option
@json_option
def objection_list(home: Path | None, as_json: bool) -> None:
    """Every objection with its date."""
    print_register(home, "objections", (("objection_id", "异议"), ("state", "状态"), ("kind", "种类"),
          ("case_id", "案件"), ("text", "内容"), ("reply_due", "答复期限"),
          ("due_uncertain", "说明"), ("breached_at", "超时")), as_json=as_json)  # fmt: skip


@objection.command("raise")
@click.option("--text", required=True, help="What the customer objects to.")
@click.option("--raised-at", required=True, metavar="TIME", help="When.")
@click.option("--kind", default="general", show_default=True, help="general, credit_record.")
@click.option("--call", "call_id", help="The call.")
@click.option("--case", "case_id", help="The case.")
@click.option("--reply-by", metavar="TIME", help="What was promised to the customer.")
@click.option("--answer", help="The answer, if it was given in the call.")
@by_option
@at_option
@home_option
def objection_raise(
    by: str, at: str | None, home: Path | None, raised_at: str, reply_by: str | None, **said: Any
) -> None:
    """Record an objection."""
    settings, store, policy = open_home(home)
    done = promise_desk.raise_objection(
        store, by=by, at=when(at), policy=policy, keys=settings.keys, raised_at=when(raised_at),
        reply_by=when(reply_by) if reply_by else None, **said,
    )  # fmt: skip
    due = shown_moment(done.reply_due) if done.reply_due else done.due_uncertain or "–"
    click.echo(f"{done.objection_id}：{done.state}，答复期限 {due}")


@objection.command("reply")
@click.argument("objection_id")
@click.option("--answer", required=True, help="The reply.")
@by_option
@at_option
@home_option
def objection_reply(
    objection_id: str, answer: str, by: str, at: str | None, home: Path | None
) -> None:
    """The reply to an objection."""
    settings, store, _ = open_home(home)
    done = promise_desk.reply_to_objection(
        store, objection_id, by=by, at=when(at), keys=settings.keys, answer=answer
    )
    click.echo(f"{done.objection_id}：{done.state}{'，已记超时' if done.breached_at else ''}")


@objection.command("accept")
@click.argument("objection_id")
@click.option("--kind", help="general or credit_record, if it isn't as proposed.")
@click.option("--reply-by", metavar="TIME", help="What was promised to the customer.")
@click.option("--answer", help="The answer, if it was given in the call.")
@by_option
@at_option
@home_option
def objection_accept(
    objection_id: str,
    by: str,
    at: str | None,
    home: Path | None,
    kind: str | None,
    reply_by: str | None,
    answer: str | None,
) -> None:
    """Accept what was heard in a call: a reply is owed, or it was answered in the call."""
    settings, store, policy = open_home(home)
    done = heard_desk.accept_objection(
        store,
        objection_id,
        by=by,
        at=when(at),
        keys=settings.keys,
        policy=policy,
        kind=kind,
        reply_by=when(reply_by) if reply_by else None,
        answer=answer,
    )
    click.echo(f"{done.objection_id}：{done.state}")


@objection.command("decline")
@click.argument("objection_id")
@click.option("--reason", required=True, help="Why it is none.")
@by_option
@at_option
@home_option
def objection_decline(
    objection_id: str, reason: str, by: str, at: str | None, home: Path | None
) -> None:
    """Decline what was heard in a call, with the reason."""
    settings, store, _ = open_home(home)
    done = heard_desk.decline_objection(
        store, objection_id, by=by, at=when(at), keys=settings.keys, reason=reason
    )
    click.echo(f"{done.objection_id}：{done.state}")
