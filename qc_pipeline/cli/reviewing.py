"""`qc review`: what to hear next, and what people say of it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import click
from rich.table import Table

from qc_pipeline.cli.case_printing import levels_zh
from qc_pipeline.cli.corrected_lines import corrected_row, print_changes, print_wordings
from qc_pipeline.cli.options import (
    by_option,
    home_option,
    json_option,
    open_home,
    print_json,
    wide_console,
)
from qc_pipeline.detect.detectors import load_detectors
from qc_pipeline.policy import Policy
from qc_pipeline.records import SEVERITIES, SHANGHAI, ResponsibleParty
from qc_pipeline.registers import assignments, desk
from qc_pipeline.registers.desk import Verdict
from qc_pipeline.registers.missed import MissedFinding
from qc_pipeline.registers.next_task import Task, next_task
from qc_pipeline.registers.queue import QueueRow, list_queue
from qc_pipeline.registers.sampling import sampled_calls
from qc_pipeline.replay.corrected import CorrectedCall, hear_corrected
from qc_pipeline.settings import Settings
from qc_pipeline.store.masks import mask_text
from qc_pipeline.store.store import Store

TIERS_ZH = {
    "emergency": "紧急",
    "complaint": "投诉时限",
    "critical": "严重",
    "waiting_for_fact": "待核实",
    "major": "较重",
    "minor": "轻微",
    "info": "提示",
}
_STATES_ZH = {
    "open": "待复核",
    "awaiting_second": "待第二复核人确认",
    "confirmed": "已确认",
    "rejected": "已驳回",
}
_severity = click.Choice(SEVERITIES)


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
    _print_queue(list_queue(store, policy=policy, limit=limit, reviewer=reviewer), policy, as_json)


@review.command("next")
@by_option
@home_option
@json_option
def review_next(by: str, home: Path | None, as_json: bool) -> None:
    """Take the next call: everything of it that waits. It is yours until the lock runs out;
    asking again renews it. A call of which nothing waits is to be heard to its end.
    """
    _, store, policy = open_home(home)
    task = next_task(store, policy=policy, by=by, at=datetime.now(SHANGHAI))
    if as_json:
        _print_task(task)
        return
    if task is None:
        click.echo("没有待复核的通话")
        return
    call_id = task.assignment.call_id
    if task.rows:
        _print_queue(list(task.rows), policy, as_json)
    else:
        click.echo(
            f"{call_id}：请从头听到尾，发现的问题用 qc review add 登记，听完用 qc review heard"
        )
    click.echo(f"{call_id} 由 {by} 处理，保留到 {task.assignment.until:%H:%M}")


def _print_task(task: Task | None) -> None:
    if task is None:
        print_json([])
        return
    taken = {"call_id": task.assignment.call_id, "until": task.assignment.until}
    print_json([{**taken, "waiting": [_masked(asdict(row)) for row in task.rows]}])


@review.command("release")
@click.argument("call_id")
@by_option
@home_option
def review_release(call_id: str, by: str, home: Path | None) -> None:
    """Give a call back that you took with `qc review next`."""
    settings, _, _ = open_home(home)
    given = assignments.release(settings.home, call_id, by=by)
    click.echo(f"{call_id}：{'已放回' if given else '不在你手上'}")


@review.command("confirm")
@click.argument("finding_id")
@by_option
@click.option("--as", "severity", type=_severity, help="Confirm as milder.")
@click.option("--spoke", "party", type=click.Choice(get_args(ResponsibleParty)),
              help="Whose conduct it was, where the machine couldn't tell.")  # fmt: skip
@click.option("--note", help="What the reviewer wants to add.")
@home_option
def review_confirm(
    finding_id: str, by: str, severity: Any, party: Any, note: str | None, home: Path | None
) -> None:
    """Confirm a finding. A critical one counts after a second, different reviewer."""
    settings, store, policy = open_home(home)
    verdict = desk.confirm(
        store, finding_id, by=by, at=datetime.now(SHANGHAI), policy=policy,
        keys=settings.keys, note=note, severity=severity, responsible_party=party,
    )  # fmt: skip
    _print_verdict(verdict, policy)


@review.command("recode")
@click.argument("finding_id")
@click.argument("code")
@by_option
@click.option("--as", "severity", type=_severity, required=True, help="How grave it is.")
@click.option("--note", help="What the reviewer wants to add.")
@home_option
def review_recode(
    finding_id: str, code: str, by: str, severity: Any, note: str | None, home: Path | None
) -> None:
    """Confirm a finding as another CODE of the score card; its case follows the right code."""
    settings, store, policy = open_home(home)
    verdict = desk.confirm(
        store, finding_id, by=by, at=datetime.now(SHANGHAI), policy=policy,
        keys=settings.keys, note=note, severity=severity, code=code,
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


@review.command("unsure")
@click.argument("finding_id")
@by_option
@click.option("--note", help="What is unclear.")
@home_option
def review_unsure(finding_id: str, by: str, note: str | None, home: Path | None) -> None:
    """Leave a finding to another reviewer; it won't come back to you."""
    settings, store, policy = open_home(home)
    verdict = desk.unsure(
        store, finding_id, by=by, at=datetime.now(SHANGHAI), policy=policy,
        keys=settings.keys, note=note,
    )  # fmt: skip
    _print_verdict(verdict, policy)


@review.command("undo")
@click.argument("finding_id")
@by_option
@home_option
def review_undo(finding_id: str, by: str, home: Path | None) -> None:
    """Take your last word on a finding back, within the policy's minutes."""
    settings, store, policy = open_home(home)
    verdict = desk.undo(
        store, finding_id, by=by, at=datetime.now(SHANGHAI), policy=policy, keys=settings.keys
    )
    _print_verdict(verdict, policy)


@review.command("add")
@click.argument("call_id")
@click.argument("code")
@click.option("--start", "start_s", type=float, required=True, help="Seconds from the start.")
@click.option("--end", "end_s", type=float, required=True, help="Seconds from the start.")
@click.option("--as", "severity", type=_severity, required=True, help="How grave it is.")
@click.option("--line", "index", type=int, help="The line of the transcript.")
@click.option("--note", required=True, help="What was heard.")
@by_option
@home_option
def review_add(
    call_id: str, code: str, start_s: float, end_s: float, severity: Any, index: int | None,
    note: str, by: str, home: Path | None,
) -> None:  # fmt: skip
    """Add a finding that the machine missed. A critical one waits for a second reviewer."""
    settings, store, policy = open_home(home)
    missed = MissedFinding(call_id, code, severity, start_s, end_s, note, index)
    verdict = desk.add_finding(
        store, missed, by=by, at=datetime.now(SHANGHAI), policy=policy, keys=settings.keys
    )
    _print_verdict(verdict, policy)


@review.command("correct")
@click.argument("call_id")
@click.argument("line", type=int)
@click.argument("text")
@by_option
@home_option
def review_correct(call_id: str, line: int, text: str, by: str, home: Path | None) -> None:
    """Write down what was really said in a LINE; what was recognised is kept beside it.

    Then it shows what would be found, or no more found, with these words: decide on it yourself.
    """
    settings, store, policy = open_home(home)
    wording = desk.correct_line(
        store, call_id, line, text, by=by, at=datetime.now(SHANGHAI), keys=settings.keys
    )
    click.echo(f"{wording.line_id}：{mask_text(wording.recognised)} → {mask_text(wording.text)}")
    print_changes(_corrected(store, call_id, settings, policy), policy)


@review.command("corrected")
@click.argument("call_id")
@home_option
@json_option
def review_corrected(call_id: str, home: Path | None, as_json: bool) -> None:
    """A call's corrected lines, and what would be found, or no more found, with them. It is a
    proposal: add what was missed with `qc review add`, reject what is none.
    """
    settings, store, policy = open_home(home)
    heard = _corrected(store, call_id, settings, policy)
    if as_json:
        print_json([corrected_row(heard)] if heard else [])
        return
    print_wordings(heard)
    print_changes(heard, policy)


def _corrected(
    store: Store, call_id: str, settings: Settings, policy: Policy
) -> CorrectedCall | None:
    rules = load_detectors(settings, policy=policy).rules
    return hear_corrected(store, call_id, rules=rules, policy=policy)


@review.command("sample")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@click.option("--for", "reviewer", metavar="USER", help="Leave out USER's own calls.")
@home_option
@json_option
def review_sample(limit: int, reviewer: str | None, home: Path | None, as_json: bool) -> None:
    """Calls without findings that the sample has chosen for listening: what did we miss?"""
    _, store, policy = open_home(home)
    rows = sampled_calls(store, policy=policy, limit=limit, reviewer=reviewer)
    if as_json:
        print_json([asdict(row) for row in rows])
        return
    for row in rows:
        click.echo(f"{row.call_id}　{row.agent_id}　{row.started_at:%Y-%m-%d %H:%M}")


@review.command("heard")
@click.argument("call_id")
@by_option
@click.option("--note", help="What the reviewer wants to add.")
@home_option
def review_heard(call_id: str, by: str, note: str | None, home: Path | None) -> None:
    """A sampled call was heard to its end; clean, unless findings were added to it before."""
    settings, store, _ = open_home(home)
    said = desk.hear_sample(
        store, call_id, by=by, at=datetime.now(SHANGHAI), keys=settings.keys, note=note
    )
    found = "未发现问题" if said.clean else f"补充了 {len(said.findings)} 处发现"
    click.echo(f"{call_id}：{found}")


def _print_queue(queue: list[QueueRow], policy: Policy, as_json: bool) -> None:
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
    # A second reviewer judges for himself: who was first isn't told.
    shown = {name: value for name, value in row.items() if name != "first_by"}
    return {**shown, **hidden, "why": [mask_text(reason) for reason in row["why"]]}


def _clock(row: QueueRow) -> str:
    if row.start_s is None:
        return "–"
    return f"{int(row.start_s) // 60}:{int(row.start_s) % 60:02d}"


def _print_verdict(verdict: Verdict, policy: Policy) -> None:
    said = verdict.review
    click.echo(f"{said.finding_id}：{_STATES_ZH[said.state]}")
    if verdict.case is None:
        if said.state == "confirmed":
            click.echo(
                f"  未立个人违规案件：责任方为 {said.responsible_party}"
                "（如系坐席所为，复核时用 --spoke agent 说明）"
            )
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
