"""`qc spotcheck`: a bank's own spot checks, and what they say we miss."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from qc_pipeline.cli.options import by_option, home_option, json_option, open_home, print_json
from qc_pipeline.cli.register_options import at_option, import_options, print_imported, when
from qc_pipeline.cli.register_tables import print_register
from qc_pipeline.registers import spot_check_desk
from qc_pipeline.registers.register_import import check_map, import_spot_checks, spot_check_columns


@click.group()
def spotcheck() -> None:
    """A bank's own spot checks (抽检/质询单): imported, linked, answered; and what we missed."""


@spotcheck.command("list")
@home_option
@json_option
def spotcheck_list(home: Path | None, as_json: bool) -> None:
    """Every question of a bank."""
    print_register(home, "spot_checks", (("check_id", "质询"), ("state", "状态"), ("bank", "银行"),
          ("reference", "编号"), ("due_at", "期限"), ("calls", "通话"), ("code", "指称"),
          ("had_found", "我方已发现"), ("breached_at", "超时")), as_json=as_json)  # fmt: skip


@spotcheck.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--bank", help="The bank of rows that name none.")
@import_options
@by_option
@at_option
@home_option
def spotcheck_import(
    file: Path, bank: str | None, column_map: Path | None, by: str, at: str | None,
    home: Path | None,
) -> None:  # fmt: skip
    """Enter questions from a CSV or Parquet file: reference, received_at, question; optional
    bank, due_at, call_id, case_id, phone, about_at, agent_id, code.

    Good rows go in, bad rows are listed; a reference that is known is left alone.
    """
    settings, store, policy = open_home(home)
    mapped = check_map(column_map, spot_check_columns(policy)) if column_map else None
    done = import_spot_checks(
        store, file, by=by, at=when(at), policy=policy, keys=settings.keys, bank=bank,
        column_map=mapped,
    )  # fmt: skip
    print_imported(done)


@spotcheck.command("calls")
@click.argument("check_id")
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True)
@home_option
def spotcheck_calls(check_id: str, limit: int, home: Path | None) -> None:
    """Calls it may be about, with score and reasons."""
    _, store, policy = open_home(home)
    proposals = spot_check_desk.propose_calls(store, check_id, policy=policy, most=limit)
    print_json([asdict(each) for each in proposals])


@spotcheck.command("link")
@click.argument("check_id")
@click.option("--call", "calls", multiple=True, required=True, help="A call; repeat for several.")
@by_option
@at_option
@home_option
def spotcheck_link(
    check_id: str, calls: tuple[str, ...], by: str, at: str | None, home: Path | None
) -> None:
    """Say which calls it is about; then it shows whether we had found what the bank names."""
    settings, store, _ = open_home(home)
    done = spot_check_desk.link_spot_check(
        store, check_id, by=by, at=when(at), keys=settings.keys, calls=calls
    )
    found = {True: "我方此前已发现", False: "我方漏检", None: "尚不能判断是否漏检"}
    click.echo(f"{done.check_id}：{done.state}，{found[done.had_found]}")


@spotcheck.command("answer")
@click.argument("check_id")
@click.option("--answer", required=True, help="The answer.")
@by_option
@at_option
@home_option
def spotcheck_answer(
    check_id: str, answer: str, by: str, at: str | None, home: Path | None
) -> None:
    """The answer to the bank."""
    settings, store, _ = open_home(home)
    done = spot_check_desk.answer_spot_check(
        store, check_id, by=by, at=when(at), keys=settings.keys, answer=answer
    )
    click.echo(f"{done.check_id}：{done.state}{'，已记超时' if done.breached_at else ''}")


@spotcheck.command("close")
@click.argument("check_id")
@click.option("--result", required=True, help="What the bank made of the answer.")
@by_option
@at_option
@home_option
def spotcheck_close(check_id: str, result: str, by: str, at: str | None, home: Path | None) -> None:
    """What the bank made of the answer."""
    settings, store, _ = open_home(home)
    done = spot_check_desk.close_spot_check(
        store, check_id, by=by, at=when(at), keys=settings.keys, result=result
    )
    click.echo(f"{done.check_id}：{done.state}")


@spotcheck.command("missed")
@home_option
@json_option
def spotcheck_missed(home: Path | None, as_json: bool) -> None:
    """Of the violations that banks found in scanned calls: how many we had missed."""
    _, store, _ = open_home(home)
    rate = spot_check_desk.miss_rate(store)
    if as_json:
        print_json([asdict(rate)])
        return
    click.echo(
        f"银行指出且可核对 {rate.judged} 条，其中漏检 {rate.missed} 条；尚不能核对 {rate.open} 条"
    )
    for check_id in rate.missed_checks:
        click.echo(f"  {check_id}")
