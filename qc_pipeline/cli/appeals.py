"""`qc appeal`: appeals from the shell."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from qc_pipeline.cli.case_printing import STATES_ZH
from qc_pipeline.cli.options import (
    by_option,
    home_option,
    json_option,
    open_home,
    print_json,
    wide_console,
)
from qc_pipeline.cli.sanctions import read_amounts
from qc_pipeline.policy import Policy
from qc_pipeline.records import SEVERITIES, SHANGHAI
from qc_pipeline.registers import appeal_desk
from qc_pipeline.registers.appeals import OUTCOMES, Appeal
from qc_pipeline.registers.circumstances import parse_yuan
from qc_pipeline.registers.reversal import Decision, Standing

APPEAL_STATES_ZH = {
    "late": "逾期待准许",
    "open": "待裁决",
    "refused": "未准许",
    "withdrawn": "已撤回",
    "upheld": "成立",
    "partly_upheld": "部分成立",
    "dismissed": "驳回",
}


@click.group()
def appeal() -> None:
    """Appeals of collectors against a finding (3 working days) or a sanction (5).

    Decided by somebody who neither reviewed, proposed nor approved it. `preview` shows what a
    decision would change in every register; `decide` does exactly that.
    """


@appeal.command("file")
@by_option
@click.option("--finding", "finding_id", help="The confirmed finding that is contested.")
@click.option("--case", "case_id", help="The case whose sanction is contested.")
@click.option("--whole", is_flag=True,
              help="With --case: the case itself, if it rests on no finding (linked to another, "
                   "or opened by a complaint).")  # fmt: skip
@click.option("--grounds", required=True, help="What is wrong.")
@click.option("--late-cause", help="Why it comes too late; somebody has to admit it then.")
@home_option
def appeal_file(
    by: str, finding_id: str | None, case_id: str | None, whole: bool, grounds: str,
    late_cause: str | None, home: Path | None,
) -> None:  # fmt: skip
    """The collector (--by) appeals against a finding or a sanction."""
    settings, store, policy = open_home(home)
    filed = appeal_desk.file_appeal(
        store, by=by, at=datetime.now(SHANGHAI), policy=policy, keys=settings.keys,
        grounds=grounds, finding_id=finding_id, case_id=case_id, late_cause=late_cause, whole=whole,
    )  # fmt: skip
    _print_appeal(filed)


@appeal.command("list")
@home_option
@json_option
def appeal_list(home: Path | None, as_json: bool) -> None:
    """Every appeal, those that wait first."""
    _, store, _ = open_home(home)
    rows = appeal_desk.list_appeals(store)
    if as_json:
        print_json(rows)
        return
    table = Table()
    for heading in ("申诉", "坐席", "针对", "状态", "提出", "期限", "理由"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(
            row["appeal_id"],
            row["agent_id"],
            row["finding_id"] or row["case_id"],
            APPEAL_STATES_ZH[row["state"]],
            f"{row['filed_at']:%Y-%m-%d %H:%M}",
            f"{row['due_at']:%Y-%m-%d %H:%M}" if row["due_at"] else "–",
            row["grounds"],
        )
    wide_console().print(table)


@appeal.command("admit")
@click.argument("appeal_id")
@by_option
@click.option("--reason", required=True, help="What the delay rests on, or why it is no cause.")
@click.option("--refuse", is_flag=True, help="Refuse it instead.")
@home_option
def appeal_admit(appeal_id: str, by: str, reason: str, refuse: bool, home: Path | None) -> None:
    """Admit a late appeal for its cause, or refuse it."""
    settings, store, policy = open_home(home)
    admitted = appeal_desk.admit_appeal(
        store, appeal_id, by=by, at=datetime.now(SHANGHAI), policy=policy, keys=settings.keys,
        admitted=not refuse, reason=reason,
    )  # fmt: skip
    _print_appeal(admitted)


@appeal.command("withdraw")
@click.argument("appeal_id")
@by_option
@home_option
def appeal_withdraw(appeal_id: str, by: str, home: Path | None) -> None:
    """The collector (--by) takes his appeal back."""
    settings, store, policy = open_home(home)
    withdrawn = appeal_desk.withdraw_appeal(
        store, appeal_id, by=by, at=datetime.now(SHANGHAI), policy=policy, keys=settings.keys
    )
    _print_appeal(withdrawn)


def _decision_options(function: Any) -> Any:
    for option in (
        json_option,
        home_option,
        click.option("--amount", "amounts", multiple=True, metavar="NAME=YUAN",
                     help="What remains of an amount; may be repeated."),
        click.option("--consequence", "consequences", multiple=True,
                     help="One that remains; may be repeated. Default: all that were chosen."),
        click.option("--level", help="Partly upheld: the milder level, or none."),
        click.option("--severity", type=click.Choice(SEVERITIES),
                     help="Partly upheld against a finding: how severe it stands."),
        click.option("--reasons", required=True, help="Why."),
        click.option("--outcome", required=True, type=click.Choice(OUTCOMES),
                     help="How the appeal ends."),
        by_option,
        click.argument("appeal_id"),
    ):  # fmt: skip
        function = option(function)
    return function


@appeal.command("preview")
@_decision_options
def appeal_preview(appeal_id: str, by: str, home: Path | None, as_json: bool, **said: Any) -> None:
    """What a decision would change: finding, card, cases of everybody, money. Writes nothing."""
    _, store, policy = open_home(home)
    decided = appeal_desk.preview_appeal(
        store, appeal_id, _decision(**said), by=by, at=datetime.now(SHANGHAI), policy=policy
    )
    _print_decided(decided, policy, as_json=as_json)


@appeal.command("decide")
@_decision_options
def appeal_decide(appeal_id: str, by: str, home: Path | None, as_json: bool, **said: Any) -> None:
    """Decide an appeal, with everything that follows from it."""
    settings, store, policy = open_home(home)
    decided = appeal_desk.decide_appeal(
        store, appeal_id, _decision(**said), by=by, at=datetime.now(SHANGHAI), policy=policy,
        keys=settings.keys,
    )  # fmt: skip
    _print_decided(decided, policy, as_json=as_json)


def _decision(
    *, outcome: Any, reasons: str, severity: Any, level: str | None,
    consequences: tuple[str, ...], amounts: tuple[str, ...],
) -> Decision:  # fmt: skip
    given = read_amounts(amounts)
    return Decision(
        outcome=outcome,
        reasons=reasons,
        severity=severity,
        level=level,
        consequences=consequences or None,
        amounts={
            name: parse_yuan(yuan, what=name, least=Decimal(0)) for name, yuan in given.items()
        }
        or None,
    )


def _print_appeal(appeal: Appeal) -> None:
    click.echo(
        f"{appeal.appeal_id}：{appeal.agent_id} 针对 {appeal.finding_id or appeal.case_id}，"
        f"{APPEAL_STATES_ZH[appeal.state]}（{appeal.state}）"
    )


def _print_decided(decided: appeal_desk.Decided, policy: Policy, *, as_json: bool) -> None:
    reversal = decided.reversal
    if as_json:
        print_json([asdict(decided)])
        return
    click.echo(f"{reversal.appeal_id}：{APPEAL_STATES_ZH[reversal.outcome]}")
    if reversal.finding_before != reversal.finding_after:
        before, after = reversal.finding_before, reversal.finding_after
        click.echo(
            f"  命中 {reversal.finding_id}：{'/'.join(before or ())} → {'/'.join(after or ())}"
        )
    if decided.card_before and decided.card_after and decided.card_before != decided.card_after:
        click.echo(
            f"  通话 {decided.card_after.call_id} 人工得分："
            f"{decided.card_before.human_score} → {decided.card_after.human_score}"
        )
    for case in reversal.cases:
        click.echo(f"  案件 {case.case_id}（{case.agent_id}）")
        click.echo(f"    原：{_standing_zh(case.before, policy) if case.before else '–'}")
        click.echo(f"    后：{_standing_zh(case.after, policy)}")
    if reversal.to_return_yuan:
        click.echo(f"  应退还 {reversal.to_return_yuan} 元")


def _standing_zh(case: Standing, policy: Policy) -> str:
    words = [STATES_ZH[case.state]]
    if case.occurrence_same is not None:
        words.append(f"同类第 {case.occurrence_same} 次，累计第 {case.occurrence_any} 次")
    if case.level:
        words.append(f"建议 {case.level}" + (f"–{case.level_to}" if case.level_to else ""))
    names = policy.discipline.consequences
    words += [names[name].zh for name in case.consequences]
    if case.chosen_level:
        words.append(f"处分 {case.chosen_level}")
    if case.to_return_yuan:
        words.append(f"应退还 {case.to_return_yuan} 元")
    return "，".join(words)
