"""`qc review`, `qc case`, `qc complaint`: the registers from the shell."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from qc_pipeline.cli.cases import levels_zh
from qc_pipeline.cli.options import (
    by_option,
    home_option,
    json_option,
    open_home,
    print_json,
    wide_console,
)
from qc_pipeline.policy import Policy
from qc_pipeline.records import SEVERITIES, SHANGHAI
from qc_pipeline.registers import desk
from qc_pipeline.registers.complaint_desk import accept_complaint, decline_complaint
from qc_pipeline.registers.desk import Verdict
from qc_pipeline.registers.queue import QueueRow, list_queue
from qc_pipeline.reports.stored import stored_complaints
from qc_pipeline.store.masks import mask_text

TIERS_ZH = {
    "emergency": "紧急",
    "complaint": "投诉时限",
    "critical": "严重",
    "waiting_for_fact": "待核实",
    "major": "较重",
    "minor": "轻微",
    "info": "提示",
}


# --- review ----------------------------------------------------------------------------------


@click.group()
def review() -> None:
    """What to hear next, and verdicts on findings."""


@review.command("list")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@click.option("--for", "reviewer", metavar="USER", help="Leave out what USER may not decide.")
@home_option
@json_option
def review_list(limit: int, reviewer: str | None, home: Path | None, as_json: bool) -> None:
    """The triage queue: emergencies, clocks, critical, waiting for a fact, major, minor."""
    _, store, policy = open_home(home)
    queue = list_queue(store, policy=policy, limit=limit, reviewer=reviewer)
    if as_json:
        print_json([_masked(asdict(row)) for row in queue])
        return
    table = Table("级别", "通话")
    table.add_column("编号", no_wrap=True)
    for heading in ("代码", "时间", "原话", "原因"):
        table.add_column(heading, overflow="fold")
    for row in queue:
        code = policy.taxonomy.codes[row.code].zh if row.code else ""
        table.add_row(
            TIERS_ZH[row.tier],
            row.call_id,
            row.finding_id or row.complaint_id or "",
            code,
            _clock(row),
            mask_text(row.utterance),
            "\n".join(mask_text(reason.partition(": ")[2] or reason) for reason in row.why),
        )
    wide_console().print(table)


def _masked(row: dict[str, Any]) -> dict[str, Any]:
    hidden = {name: mask_text(row[name]) for name in ("utterance", "matched")}
    return {**row, **hidden, "why": [mask_text(reason) for reason in row["why"]]}


@review.command("confirm")
@click.argument("finding_id")
@by_option
@click.option("--as", "severity", type=click.Choice(SEVERITIES), help="Confirm as milder.")
@click.option("--note", help="What the reviewer wants to add.")
@home_option
def review_confirm(
    finding_id: str, by: str, severity: Any, note: str | None, home: Path | None
) -> None:
    """Confirm a finding. A critical one counts after a second, different reviewer."""
    settings, store, policy = open_home(home)
    verdict = desk.confirm(
        store, finding_id, by=by, at=datetime.now(SHANGHAI), policy=policy,
        keys=settings.keys, note=note, severity=severity,
    )  # fmt: skip
    _print_verdict(verdict, policy)


@review.command("reject")
@click.argument("finding_id")
@by_option
@click.option("--reason", required=True, help="One of the policy's reasons, by name or key.")
@click.option("--note", help="What the reviewer wants to add.")
@home_option
def review_reject(
    finding_id: str, by: str, reason: str, note: str | None, home: Path | None
) -> None:
    """Reject a finding, with the reason: recognition_error, customer_spoke, negated, quoted,
    lawful, role_wrong, fact_missing, other (needs a note).
    """
    settings, store, policy = open_home(home)
    verdict = desk.reject(
        store, finding_id, by=by, at=datetime.now(SHANGHAI), policy=policy,
        keys=settings.keys, reason=reason, note=note,
    )  # fmt: skip
    _print_verdict(verdict, policy)


def _clock(row: QueueRow) -> str:
    if row.start_s is None:
        return "–"
    return f"{int(row.start_s) // 60}:{int(row.start_s) % 60:02d}"


def _print_verdict(verdict: Verdict, policy: Policy) -> None:
    states = {"awaiting_second": "待第二复核人确认", "confirmed": "已确认", "rejected": "已驳回"}
    click.echo(f"{verdict.review.finding_id}：{states[verdict.review.state]}")
    if verdict.case is None:
        if verdict.review.state == "confirmed":
            click.echo(f"  未立个人违规案件：责任方为 {verdict.review.responsible_party}")
        return
    case = verdict.case
    click.echo(
        f"违规案件 {case.case_id}：坐席 {case.agent_id}，"
        f"{policy.taxonomy.codes[case.code].zh}，状态 {case.state}"
    )
    if case.level:
        click.echo(
            f"  同类第 {case.occurrence_same} 次，累计第 {case.occurrence_any} 次；"
            f"建议 {levels_zh(case.level, case.level_to, policy)}（仅为建议，由人决定）"
        )


# --- complaints ------------------------------------------------------------------------------


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
