"""`qc promise`: promises to pay, kept or broken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from qc_pipeline.cli.options import by_option, home_option, json_option, open_home
from qc_pipeline.cli.register_options import at_option, shown_moment, when
from qc_pipeline.cli.register_tables import print_register
from qc_pipeline.registers import heard_desk, promise_desk


@click.group()
def promise() -> None:
    """Promises to pay: kept or broken, once payments are imported."""


@promise.command("list")
@home_option
@json_option
def promise_list(home: Path | None, as_json: bool) -> None:
    """Every promise to pay."""
    print_register(home, "promises", (("promise_id", "承诺"), ("state", "状态"), ("case_id", "案件"),
          ("amount", "金额"), ("due_at", "到期"), ("paid", "已还"), ("call_id", "通话")),
          as_json=as_json)  # fmt: skip


@promise.command("add")
@click.option("--amount", required=True, help="Yuan.")
@click.option("--promised-at", required=True, metavar="TIME", help="When it was promised.")
@click.option("--due-at", required=True, metavar="TIME", help="By when it is to be paid.")
@click.option("--call", "call_id", help="The call.")
@click.option("--case", "case_id", help="The case.")
@click.option("--words", help="What the customer said.")
@by_option
@at_option
@home_option
def promise_add(
    by: str, at: str | None, home: Path | None, promised_at: str, due_at: str, **said: Any
) -> None:
    """Record a promise to pay."""
    settings, store, _ = open_home(home)
    done = promise_desk.record_promise(
        store, by=by, at=when(at), keys=settings.keys, promised_at=when(promised_at),
        due_at=when(due_at), **said,
    )  # fmt: skip
    click.echo(f"{done.promise_id}：{done.state}，{done.amount} 元，{shown_moment(done.due_at)} 前")


@promise.command("cancel")
@click.argument("promise_id")
@click.option("--reason", required=True, help="Why.")
@by_option
@at_option
@home_option
def promise_cancel(
    promise_id: str, reason: str, by: str, at: str | None, home: Path | None
) -> None:
    """It doesn't stand any more."""
    settings, store, _ = open_home(home)
    done = promise_desk.cancel_promise(
        store, promise_id, by=by, at=when(at), keys=settings.keys, reason=reason
    )
    click.echo(f"{done.promise_id}：{done.state}")


@promise.command("check")
@home_option
def promise_check(home: Path | None) -> None:
    """Say which promises were kept or broken, as far as imported payments show."""
    settings, store, _ = open_home(home)
    settled = promise_desk.settle_promises(store, keys=settings.keys)
    for done in settled:
        click.echo(f"{done.promise_id}：{done.state}，已还 {done.paid} 元，应还 {done.amount} 元")
    if not settled:
        click.echo("没有可判断的承诺：未到期，或没有到期后的还款记录")


@promise.command("accept")
@click.argument("promise_id")
@click.option("--amount", help="Yuan, if it wasn't heard, or was misheard.")
@click.option("--due-at", metavar="TIME", help="The day, if it wasn't heard, or was misheard.")
@by_option
@at_option
@home_option
def promise_accept(
    promise_id: str,
    by: str,
    at: str | None,
    home: Path | None,
    amount: str | None,
    due_at: str | None,
) -> None:
    """Accept what was heard in a call: it is a promise to pay."""
    settings, store, _ = open_home(home)
    done = heard_desk.accept_promise(
        store,
        promise_id,
        by=by,
        at=when(at),
        keys=settings.keys,
        amount=amount,
        due_at=when(due_at) if due_at else None,
    )
    click.echo(f"{done.promise_id}：{done.state}")


@promise.command("decline")
@click.argument("promise_id")
@click.option("--reason", required=True, help="Why it is none.")
@by_option
@at_option
@home_option
def promise_decline(
    promise_id: str, reason: str, by: str, at: str | None, home: Path | None
) -> None:
    """Decline what was heard in a call, with the reason."""
    settings, store, _ = open_home(home)
    done = heard_desk.decline_promise(
        store, promise_id, by=by, at=when(at), keys=settings.keys, reason=reason
    )
    click.echo(f"{done.promise_id}：{done.state}")
