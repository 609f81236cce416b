"""`qc complaint`: the complaint register from the shell."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

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
from qc_pipeline.registers.complaint_desk import accept_complaint, decline_complaint
from qc_pipeline.reports.stored import stored_complaints


@click.group()
def complaint() -> None:
    """Complaints heard in calls: proposed by the machine, accepted or declined by people."""


@complaint.command("list")
@home_option
@json_option
def complaint_list(home: Path | None, as_json: bool) -> None:
    """Every complaint with its due dates."""
    _, store, _ = open_home(home)
    rows = stored_complaints(store)
    if as_json:
        print_json(rows)
        return
    table = Table("投诉", "状态", "通话", "坐席", "收到", "首次答复期限", "客户原话")
    for row in rows:
        table.add_row(
            row["complaint_id"],
            "待受理" if row["proposed"] and row["state"] == "received" else row["state"],
            "、".join(row["calls"]),
            row["agent_id"] or "–",
            f"{row['received_at']:%Y-%m-%d %H:%M}",
            f"{row['first_reply_due']:%Y-%m-%d %H:%M}" + ("（不确定）" if row["due_uncertain"] else ""),
            "、".join(row["words"]),
        )  # fmt: skip
    wide_console().print(table)


@complaint.command("accept")
@click.argument("complaint_id")
@by_option
@click.option("--note", help="What the person wants to add.")
@home_option
def complaint_accept(complaint_id: str, by: str, note: str | None, home: Path | None) -> None:
    """Accept a proposed complaint: it is logged and its clocks count."""
    settings, store, policy = open_home(home)
    accepted = accept_complaint(
        store, complaint_id, by=by, at=datetime.now(SHANGHAI), policy=policy,
        keys=settings.keys, note=note,
    )  # fmt: skip
    click.echo(f"{accepted.complaint_id}：{accepted.state}")


@complaint.command("decline")
@click.argument("complaint_id")
@by_option
@click.option("--note", required=True, help="Why it is no complaint.")
@home_option
def complaint_decline(complaint_id: str, by: str, note: str, home: Path | None) -> None:
    """Decline a proposed complaint, with the reason."""
    settings, store, _ = open_home(home)
    declined = decline_complaint(
        store, complaint_id, by=by, at=datetime.now(SHANGHAI), note=note, keys=settings.keys
    )
    click.echo(f"{declined.complaint_id}：{declined.state}")
