"""`qc coaching`: coaching tasks and stand-downs from the shell. Neither is a sanction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from qc_pipeline.cli.options import (
    by_option,
    home_option,
    json_option,
    open_home,
    print_json,
    wide_console,
)
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers import coaching_desk
from qc_pipeline.registers.coaching import COACHING_KINDS, CoachingTask
from qc_pipeline.registers.history import parse_moment
from qc_pipeline.registers.stand_downs import StandDown

TASK_STATES_ZH = {
    "open": "待完成",
    "reported": "待复查",
    "done": "已完成",
    "failed": "复查未通过",
    "cancelled": "已取消",
}


@click.group()
def coaching() -> None:
    """Coaching (辅导), rectification (整改单) and stand-downs (停线): beside sanctions, and none."""


@coaching.command("open")
@click.argument("agent_id")
@by_option
@click.option("--action", required=True, help="What is to be done.")
@click.option("--owner", required=True, help="Who sees to it; not the collector himself.")
@click.option("--due", required=True, metavar="DATE", help="Until when, e.g. 2026-12-31.")
@click.option("--kind", type=click.Choice(COACHING_KINDS), default="coaching", show_default=True,
              help="coaching (辅导) or rectification (整改单).")  # fmt: skip
@click.option("--finding", "finding_id", help="The finding it is about.")
@click.option("--case", "case_id", help="The case it is about.")
@home_option
def coaching_open(
    agent_id: str, by: str, action: str, owner: str, due: str, kind: Any,
    finding_id: str | None, case_id: str | None, home: Path | None,
) -> None:  # fmt: skip
    """Open a task for a collector."""
    settings, store, _ = open_home(home)
    task = coaching_desk.open_task(
        store, agent_id=agent_id, action=action, owner=owner, due_at=parse_moment(due), by=by,
        at=datetime.now(SHANGHAI), keys=settings.keys, kind=kind, finding_id=finding_id,
        case_id=case_id,
    )  # fmt: skip
    _print_task(task)


@coaching.command("list")
@home_option
@json_option
def coaching_list(home: Path | None, as_json: bool) -> None:
    """Every task, those not done first, by due date."""
    _, store, _ = open_home(home)
    rows = coaching_desk.list_tasks(store)
    if as_json:
        print_json(rows)
        return
    table = Table()
    for heading in ("任务", "坐席", "内容", "负责人", "期限", "状态", "结果"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(
            row["task_id"],
            row["agent_id"],
            row["action"],
            row["owner"],
            f"{row['due_at']:%Y-%m-%d}",
            TASK_STATES_ZH[row["state"]],
            row["result"] or row["report"] or "–",
        )
    wide_console().print(table)


@coaching.command("report")
@click.argument("task_id")
@by_option
@click.option("--report", required=True, help="What was done.")
@home_option
def coaching_report(task_id: str, by: str, report: str, home: Path | None) -> None:
    """The owner (--by) reports that it was done."""
    _act(home, coaching_desk.report_task, task_id, by, report=report)


@coaching.command("check")
@click.argument("task_id")
@by_option
@click.option("--result", required=True, help="What the next calls show.")
@click.option("--failed", is_flag=True, help="It did not help: the owner goes on.")
@home_option
def coaching_check(task_id: str, by: str, result: str, failed: bool, home: Path | None) -> None:
    """Check again whether it helped; neither by the owner nor by the collector."""
    _act(home, coaching_desk.check_task, task_id, by, result=result, passed=not failed)


@coaching.command("cancel")
@click.argument("task_id")
@by_option
@click.option("--reason", required=True, help="Why, e.g. its finding was overturned.")
@home_option
def coaching_cancel(task_id: str, by: str, reason: str, home: Path | None) -> None:
    """Cancel a task."""
    _act(home, coaching_desk.cancel_task, task_id, by, reason=reason)


@coaching.command("stand-down")
@click.argument("agent_id")
@by_option
@click.option("--reason", required=True, help="Why.")
@click.option("--until", metavar="DATE", help="Until when. Default: until lifted.")
@click.option("--case", "case_id", help="The case it is about.")
@home_option
def coaching_stand_down(
    agent_id: str, by: str, reason: str, until: str | None, case_id: str | None, home: Path | None
) -> None:
    """Take a collector off the phones, from now on."""
    settings, store, _ = open_home(home)
    order = coaching_desk.order_stand_down(
        store, agent_id=agent_id, by=by, at=datetime.now(SHANGHAI), keys=settings.keys,
        reason=reason, until_at=parse_moment(until) if until else None, case_id=case_id,
    )  # fmt: skip
    _print_stand_down(order)


@coaching.command("lift")
@click.argument("stand_down_id")
@by_option
@click.option("--reason", required=True, help="Why.")
@home_option
def coaching_lift(stand_down_id: str, by: str, reason: str, home: Path | None) -> None:
    """Put a collector back on the phones."""
    settings, store, _ = open_home(home)
    order = coaching_desk.lift_stand_down(
        store, stand_down_id, by=by, at=datetime.now(SHANGHAI), keys=settings.keys, reason=reason
    )
    _print_stand_down(order)


def _act(
    home: Path | None, what: Callable[..., CoachingTask], task_id: str, by: str, **said: Any
) -> None:
    settings, store, _ = open_home(home)
    _print_task(what(store, task_id, by=by, at=datetime.now(SHANGHAI), keys=settings.keys, **said))


def _print_task(task: CoachingTask) -> None:
    click.echo(
        f"{task.task_id}：{task.agent_id}，{task.action}，负责人 {task.owner}，"
        f"期限 {task.due_at:%Y-%m-%d}，{TASK_STATES_ZH[task.state]}（{task.state}）"
    )


def _print_stand_down(order: StandDown) -> None:
    if order.lifted_at is not None:
        click.echo(f"{order.stand_down_id}：{order.agent_id} 已复线，{order.lift_reason}")
        return
    until = f"至 {order.until_at:%Y-%m-%d %H:%M}" if order.until_at else "至解除为止"
    click.echo(
        f"{order.stand_down_id}：{order.agent_id} 停线，"
        f"{order.from_at:%Y-%m-%d %H:%M} {until}，{order.reason}"
    )
