"""`qc complaint`: the complaint register from the shell."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from qc_pipeline.cli.complaint_steps import STEPS, print_complaint, take
from qc_pipeline.cli.options import (
    by_option,
    home_option,
    json_option,
    open_home,
    print_json,
    wide_console,
)
from qc_pipeline.cli.register_options import (
    at_option,
    import_options,
    print_imported,
    shown_moment,
    when,
)
from qc_pipeline.registers import complaint_desk as desk
from qc_pipeline.registers.complaint_clocks import read
from qc_pipeline.registers.complaint_links import propose_links
from qc_pipeline.registers.complaints import NewComplaint
from qc_pipeline.registers.promise_desk import record_late_objections, settle_promises
from qc_pipeline.registers.register_import import check_map, complaint_columns, import_complaints
from qc_pipeline.registers.spot_check_desk import record_late_spot_checks
from qc_pipeline.reports.stored import stored_complaints
from qc_pipeline.store.masks import mask_text


@click.group()
def complaint() -> None:
    """Complaints, from receipt to closing.

    Heard in a call: accept or decline. Otherwise: add or import. Then pause, triage, lock, check,
    reply, investigate, decide, satisfied, resolve, archive, file, close. Beside that: link,
    report, contact, team, progress, extend, escalate, transfer, withdraw, reopen.
    """


# --- reading ---------------------------------------------------------------------------------


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
    table = Table()
    table.add_column("投诉", no_wrap=True)
    for heading in ("状态", "渠道", "通话", "坐席", "收到", "首次答复期限", "超时", "内容"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(
            row["complaint_id"],
            "待受理" if row["proposed"] and row["state"] == "received" else row["state"],
            row["channel"],
            "、".join(row["calls"]),
            row["agent_id"] or "–",
            shown_moment(row["received_at"]),
            shown_moment(row["first_reply_due"]) + ("（不确定）" if row["due_uncertain"] else ""),
            "、".join(entry.partition("=")[0] for entry in row["breaches"]) or "–",
            mask_text("、".join(row["words"])),
        )
    wide_console().print(table)


@complaint.command("show")
@click.argument("complaint_id")
@home_option
@json_option
def complaint_show(complaint_id: str, home: Path | None, as_json: bool) -> None:
    """One complaint: state, clocks, breaches, linked calls, evidence."""
    _, store, policy = open_home(home)
    held = desk.read_complaint(store, complaint_id)
    if as_json:
        print_json([{**asdict(held), "words": [mask_text(text) for text in held.words]}])
        return
    click.echo(f"{held.complaint_id}  {held.state}  {policy.complaints.channels[held.channel]}")
    click.echo(f"  内容：{mask_text('、'.join(held.words))}")
    done = read(held.met)
    for name, due in sorted(read(held.clocks).items(), key=lambda each: each[1]):
        met = f"，完成于 {shown_moment(done[name])}" if name in done else ""
        late = "，已记超时" if any(each.startswith(f"{name}=") for each in held.breaches) else ""
        zh = policy.complaints.clocks[name].zh if name in policy.complaints.clocks else name
        click.echo(f"  {zh}：{shown_moment(due)} 前{met}{late}")
    for name in ("calls", "agents", "evidence", "gaps", "handled_by"):
        for value in getattr(held, name):
            click.echo(f"  {name}: {value}")
    for name in ("triage", "preliminary", "reply", "decision", "validity", "satisfaction",
                 "transfer", "archive", "bank_receipt"):  # fmt: skip
        if getattr(held, name):
            click.echo(f"  {name}: {mask_text(str(getattr(held, name)))}")


@complaint.command("calls")
@click.argument("complaint_id")
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True)
@home_option
@json_option
def complaint_calls(complaint_id: str, limit: int, home: Path | None, as_json: bool) -> None:
    """Calls it may be about, with score and reasons. Accept them with: qc complaint link."""
    _, store, policy = open_home(home)
    proposals = propose_links(store, complaint_id, policy=policy, most=limit)
    if as_json:
        print_json([asdict(each) for each in proposals])
        return
    table = Table("通话", "坐席", "时间", "得分", "理由", "已关联")
    for each in proposals:
        table.add_row(each.call_id, each.agent_id, shown_moment(each.started_at),
                      f"{each.score:.2f}", mask_text("；".join(each.reasons)),
                      "是" if each.linked else "")  # fmt: skip
    wide_console().print(table)


@complaint.command("deadlines")
@home_option
def complaint_deadlines(home: Path | None) -> None:
    """Record every clock that has run out: of complaints, objections and spot checks. Also says
    which promises to pay were kept or broken. To be run every hour; run again, nothing happens.
    """
    settings, store, _ = open_home(home)
    late = [
        *desk.record_breaches(store, keys=settings.keys),
        *record_late_objections(store, keys=settings.keys),
        *record_late_spot_checks(store, keys=settings.keys),
    ]
    for event in late:
        clock = event.payload.get("clock", "reply")
        click.echo(f"{event.subject}：{clock} 超时，应于 {event.payload['due'][:16]} 前完成")
    settled = settle_promises(store, keys=settings.keys)
    for promise in settled:
        click.echo(f"{promise.promise_id}：{promise.state}")
    click.echo(f"新增超时 {len(late)} 条，承诺核对 {len(settled)} 条")


# --- into the register -----------------------------------------------------------------------


@complaint.command("add")
@click.option("--channel", required=True, help="One of the policy's channels, e.g. bank, customer.")
@click.option("--received-at", required=True, metavar="TIME", help="When it came.")
@click.option("--text", required=True, help="What it is about.")
@click.option("--reference", help="The number its source uses; default: a new one.")
@click.option("--bank", help="The bank concerned.")
@click.option("--bank-due-at", metavar="TIME", help="By when the bank wants an answer.")
@click.option("--case", "case_id", help="The case it is about.")
@click.option("--customer", "customer_id", help="The customer.")
@click.option("--phone", help="The customer's number.")
@click.option("--agent", "agent_id", help="The collector complained about.")
@click.option("--complainant", help="Who complains, if not the customer.")
@by_option
@at_option
@home_option
def complaint_add(
    by: str, at: str | None, home: Path | None, received_at: str, bank_due_at: str | None,
    reference: str | None, **said: Any,
) -> None:  # fmt: skip
    """Enter a complaint by hand; it is logged at once."""
    settings, store, policy = open_home(home)
    moment = when(at)
    new = NewComplaint(
        received_at=when(received_at), reference=reference or desk.new_reference(moment),
        bank_due_at=when(bank_due_at) if bank_due_at else None, **said,
    )  # fmt: skip
    print_complaint(
        desk.add_complaint(store, new, by=by, at=moment, policy=policy, keys=settings.keys)
    )


@complaint.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--channel", help="The channel of rows that name none, e.g. bank, regulator_12378.")
@click.option("--bank", help="The bank of rows that name none.")
@import_options
@by_option
@at_option
@home_option
def complaint_import(
    file: Path, channel: str | None, bank: str | None, column_map: Path | None, by: str,
    at: str | None, home: Path | None,
) -> None:  # fmt: skip
    """Enter complaints from a CSV or Parquet file: reference, received_at, text; optional
    channel, bank, bank_due_at, case_id, customer_id, phone, agent_id, complainant.

    Good rows go in, bad rows are listed; a reference that is known is left alone.
    """
    settings, store, policy = open_home(home)
    mapped = check_map(column_map, complaint_columns(policy)) if column_map else None
    done = import_complaints(
        store, file, by=by, at=when(at), policy=policy, keys=settings.keys, channel=channel,
        bank=bank, column_map=mapped,
    )  # fmt: skip
    print_imported(done)


@complaint.command("accept")
@click.argument("complaint_id")
@by_option
@click.option("--note", help="What the person wants to add.")
@at_option
@home_option
def complaint_accept(
    complaint_id: str, by: str, note: str | None, at: str | None, home: Path | None
) -> None:
    """Accept a proposed complaint: it is logged and its clocks count."""
    take(desk.accept_complaint, complaint_id, by, at, home, note=note)


@complaint.command("decline")
@click.argument("complaint_id")
@by_option
@click.option("--note", required=True, help="Why it is no complaint.")
@at_option
@home_option
def complaint_decline(
    complaint_id: str, by: str, note: str, at: str | None, home: Path | None
) -> None:
    """Decline a proposed complaint, with the reason."""
    settings, store, _ = open_home(home)
    print_complaint(
        desk.decline_complaint(
            store, complaint_id, by=by, at=when(at), note=note, keys=settings.keys
        )
    )


for each in STEPS:
    complaint.add_command(each)
