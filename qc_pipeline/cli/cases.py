"""`qc case`: disciplinary cases from the shell. Thin: the same functions as the web app's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
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
from qc_pipeline.policy import Policy
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers import case_desk
from qc_pipeline.registers.discipline import NO_SANCTION, Case, CaseState
from qc_pipeline.reports.stored import stored_cases
from qc_pipeline.store.masks import mask_text

STATES_ZH: Mapping[CaseState, str] = {
    "detected": "待立案审查",
    "under_review": "审查中",
    "rejected": "不成立",
    "confirmed": "已认定",
    "notified": "已告知",
    "objection_heard": "已听取申辩",
    "no_objection": "无异议",
    "sanction_proposed": "已拟处分",
    "approved": "已批准",
    "returned": "已退回",
    "executed": "已执行",
    "closed": "已结案",
    "suspended": "中止",
    "reversed": "已撤销",
}
STEPS_ZH = {
    "case.opened": "立案",
    "case.findings_changed": "命中有变",
    "case.counted": "计次与建议",
    "case.received": "签收告知",
    "case.objected": "提出申辩",
    "case.circumstance": "认定情节",
    "case.sanction_notified": "告知处分",
    "case.sanction_received": "签收处分",
    "case.sanction_accepted": "接受处分",
    "case.sanction_changed": "申诉改变处分",
    "case.gate_passed": "法务或人事放行",
    "case.referred": "移送",
    "case.money_to_return": "应退款项",
    "appeal.filed": "提出申诉",
    "appeal.admitted": "准许逾期申诉",
    "appeal.refused": "不准许逾期申诉",
    "appeal.withdrawn": "撤回申诉",
    "appeal.decided": "申诉裁决",
}
BASIS_ZH = {"own": "本人行为", "bystander": "知情未制止", "joint_liability": "连带责任"}


@click.group()
def case() -> None:
    """Disciplinary cases. The ladder proposes; people decide.

    A confirmed case goes on like this: notice, receipt, objection and hearing (or no-objection),
    propose, approve, notice of the sanction, receipt, gate (if it takes money), execute, close.
    Propose, approve and execute are three people's; nobody handles what concerns himself.
    """


@case.command("list")
@home_option
@json_option
def case_list(home: Path | None, as_json: bool) -> None:
    """Every disciplinary case with its counts and the ladder's proposal."""
    _, store, policy = open_home(home)
    rows = stored_cases(store)
    if as_json:
        print_json(rows)
        return
    table = Table()
    for heading in ("案件", "坐席", "代码", "状态", "同类", "累计", "建议", "通话", "行为时间"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(
            row["case_id"],
            row["agent_id"],
            policy.taxonomy.codes[row["code"]].zh,
            STATES_ZH[row["state"]],
            str(row["occurrence_same"] or "–"),
            str(row["occurrence_any"] or "–"),
            levels_zh(row["level"], row["level_to"], policy) if row["level"] else "–",
            row["call_id"],
            f"{row['conduct_at']:%Y-%m-%d %H:%M}",
        )
    wide_console().print(table)


@case.command("show")
@click.argument("case_id")
@home_option
@json_option
def case_show(case_id: str, home: Path | None, as_json: bool) -> None:
    """One case: where it stands, what was chosen, what hangs on it, and every step with its hand."""
    _, store, policy = open_home(home)
    file = case_desk.read_file(store, case_id)
    if as_json:
        print_json([asdict(file)])
        return
    print_case(file.case, policy)
    for linked in file.linked:
        click.echo(
            f"  关联案件 {linked.case_id}：{linked.agent_id}，{BASIS_ZH[linked.basis]}，"
            f"{STATES_ZH[linked.state]}"
        )
    for appeal in file.appeals:
        click.echo(f"  申诉 {appeal.appeal_id}：{appeal.state}，{appeal.filed_at:%Y-%m-%d %H:%M}")
    for step in file.steps:
        what = STEPS_ZH.get(step.action) or STATES_ZH[step.payload["to"]]
        click.echo(f"  {step.at:%Y-%m-%d %H:%M}  {step.actor}  {what}{_said(step, policy)}")


def _said(step: case_desk.Step, policy: Policy) -> str:
    payload = step.payload
    words = [
        mask_text(str(payload[name]))
        for name in ("note", "evidence", "objection", "hearing", "receipt", "gate", "referral",
                     "grounds", "outcome", "reasons", "reason")
        if payload.get(name)
    ]  # fmt: skip
    if step.action == "case.counted":
        words = [f"同类第 {payload['occurrence_same']} 次，累计第 {payload['occurrence_any']} 次"]
        if payload["level"]:
            words.append(levels_zh(payload["level"], payload["level_to"], policy))
    return "  " + "；".join(words) if words else ""


# --- notice, receipt, objection ---------------------------------------------------------------


@case.command("notice")
@click.argument("case_id")
@by_option
@click.option("--way", default="in_person", show_default=True,
              help="in_person, written, system, email or mail.")  # fmt: skip
@click.option("--note", help="How the person was informed.")
@home_option
def case_notice(case_id: str, by: str, way: str, note: str | None, home: Path | None) -> None:
    """Record that the person concerned was informed: of a confirmed case, or of an approved
    sanction. From the notice of a case on, further conduct is a repeat.
    """
    _act(home, case_desk.notify, case_id, by, way=way, note=note)


case.add_command(case_notice, "notify")


@case.command("receipt")
@click.argument("case_id")
@by_option
@click.option("--witness", help="A third person, if receipt was refused.")
@click.option("--note", help="What the person wants to add.")
@home_option
def case_receipt(
    case_id: str, by: str, witness: str | None, note: str | None, home: Path | None
) -> None:
    """The collector (--by) acknowledges the notice; the window to object or appeal begins.

    If he refuses to sign, somebody else records that with a --witness.
    """
    _act(home, case_desk.acknowledge_receipt, case_id, by, witness=witness, note=note)


@case.command("objection")
@click.argument("case_id")
@by_option
@click.option("--text", required=True, help="What is contested.")
@home_option
def case_objection(case_id: str, by: str, text: str, home: Path | None) -> None:
    """The collector (--by) objects, within 3 working days of the receipt."""
    _act(home, case_desk.object_to, case_id, by, text=text)


@case.command("hearing")
@click.argument("case_id")
@by_option
@click.option("--record", required=True, help="What was said and found.")
@home_option
def case_hearing(case_id: str, by: str, record: str, home: Path | None) -> None:
    """Record that the objection was heard."""
    _act(home, case_desk.record_hearing, case_id, by, record=record)


@case.command("no-objection")
@click.argument("case_id")
@by_option
@click.option("--note", help="What the person wants to add.")
@home_option
def case_no_objection(case_id: str, by: str, note: str | None, home: Path | None) -> None:
    """There is no objection: the collector (--by) says so, or the window is over."""
    _act(home, case_desk.record_no_objection, case_id, by, note=note)


# --- circumstances and linked cases -----------------------------------------------------------


@case.command("circumstance")
@click.argument("case_id")
@by_option
@click.option("--fact", help="What is established, e.g. significant_effect, lasting_harm, "
              "concealment, system_fault; discipline.yaml lists all.")  # fmt: skip
@click.option("--not", "refuted", is_flag=True, help="It was looked into and is not so.")
@click.option("--loss", metavar="YUAN", help="The direct loss, instead of a fact.")
@click.option("--evidence", required=True, help="What shows it, and where it is.")
@home_option
def case_circumstance(
    case_id: str, by: str, fact: str | None, refuted: bool, loss: str | None, evidence: str,
    home: Path | None,
) -> None:  # fmt: skip
    """Establish a fact or the loss, with its evidence; the ladder is asked again.

    A loss above 50,000 yuan or lasting harm proposes linked cases for the superiors.
    """
    _act(
        home, case_desk.record_circumstance, case_id, by, fact=fact, established=not refuted,
        loss_yuan=loss, evidence=evidence,
    )  # fmt: skip


@case.command("link")
@click.argument("case_id")
@by_option
@click.option("--person", required=True, help="Who knew; has to stand above the collector.")
@click.option("--evidence", required=True, help="What shows that he knew and did nothing.")
@home_option
def case_link(case_id: str, by: str, person: str, evidence: str, home: Path | None) -> None:
    """Propose a case for a superior who saw or knew and neither stopped nor reported it."""
    _act(home, case_desk.link_bystander, case_id, by, person=person, evidence=evidence)


@case.command("take-up")
@click.argument("case_id")
@by_option
@click.option("--note", help="What the person wants to add.")
@home_option
def case_take_up(case_id: str, by: str, note: str | None, home: Path | None) -> None:
    """Begin to look into a case that was only proposed."""
    _act(home, case_desk.take_up, case_id, by, note=note)


@case.command("confirm")
@click.argument("case_id")
@by_option
@click.option("--reason", required=True, help="What the decision rests on.")
@home_option
def case_confirm(case_id: str, by: str, reason: str, home: Path | None) -> None:
    """Confirm a linked case, or one that a complaint opened; others follow their findings."""
    _act(home, case_desk.confirm_case, case_id, by, reason=reason)


@case.command("reject")
@click.argument("case_id")
@by_option
@click.option("--reason", required=True, help="What the decision rests on.")
@home_option
def case_reject(case_id: str, by: str, reason: str, home: Path | None) -> None:
    """Reject a linked case, or one that a complaint opened; others follow their findings."""
    _act(home, case_desk.reject_case, case_id, by, reason=reason)


# --- sanction ---------------------------------------------------------------------------------


@case.command("propose")
@click.argument("case_id")
@by_option
@click.option("--level", required=True, help="A level inside the proposal (L1 ... L7), or none.")
@click.option("--consequence", "consequences", multiple=True,
              help="One that is chosen; may be repeated. Default: all that are proposed.")  # fmt: skip
@click.option("--amount", "amounts", multiple=True, metavar="NAME=YUAN",
              help="Yuan of a payable consequence, e.g. fine=300; may be repeated.")  # fmt: skip
@click.option("--reason", help="Needed to depart from what is proposed.")
@home_option
def case_propose(
    case_id: str, by: str, level: str, consequences: tuple[str, ...], amounts: tuple[str, ...],
    reason: str | None, home: Path | None,
) -> None:  # fmt: skip
    """Choose a sanction within what the ladder proposes."""
    _act(
        home, case_desk.propose_sanction, case_id, by, level=level, reason=reason,
        consequences=consequences or None, amounts=read_amounts(amounts),
    )  # fmt: skip


@case.command("approve")
@click.argument("case_id")
@by_option
@click.option("--note", help="What the person wants to add.")
@home_option
def case_approve(case_id: str, by: str, note: str | None, home: Path | None) -> None:
    """Approve a proposed sanction; not by who proposed it."""
    _act(home, case_desk.approve_sanction, case_id, by, note=note)


@case.command("return")
@click.argument("case_id")
@by_option
@click.option("--reason", required=True, help="What has to be changed.")
@home_option
def case_return(case_id: str, by: str, reason: str, home: Path | None) -> None:
    """Send a proposal back, with the reason; not by who proposed it."""
    _act(home, case_desk.return_sanction, case_id, by, reason=reason)


@case.command("gate")
@click.argument("case_id")
@by_option
@click.option("--month", required=True, metavar="YYYY-MM", help="The month money is taken in.")
@click.option("--wage", required=True, metavar="YUAN", help="That month's wage.")
@click.option("--deduct", metavar="YUAN", help="What is taken that month. Default: all of it.")
@click.option("--other", default="0", show_default=True, metavar="YUAN",
              help="What is taken that month for other cases.")  # fmt: skip
@click.option("--acknowledgement", help="The signed acknowledgement of the rules.")
@home_option
def case_gate(
    case_id: str, by: str, month: str, wage: str, deduct: str | None, other: str,
    acknowledgement: str | None, home: Path | None,
) -> None:  # fmt: skip
    """Legal or HR lets money consequences pass: within the cap, above the minimum wage.

    Refuses while a setting of money_gate in discipline.yaml is unset, and names it.
    """
    _act(
        home, case_desk.pass_gate, case_id, by, month=month, wage_yuan=wage, deduct_yuan=deduct,
        other_deductions_yuan=other, acknowledgement=acknowledgement,
    )  # fmt: skip


@case.command("accept")
@click.argument("case_id")
@by_option
@home_option
def case_accept(case_id: str, by: str, home: Path | None) -> None:
    """The collector (--by) accepts the sanction: execution need not wait for the window."""
    _act(home, case_desk.accept_sanction, case_id, by)


@case.command("execute")
@click.argument("case_id")
@by_option
@click.option("--note", help="What the person wants to add.")
@home_option
def case_execute(case_id: str, by: str, note: str | None, home: Path | None) -> None:
    """Carry a sanction out: neither by proposer nor approver, after the window, with no appeal
    open, and money past the gate.
    """
    _act(home, case_desk.execute_sanction, case_id, by, note=note)


@case.command("refer")
@click.argument("case_id")
@by_option
@click.option("--authority", required=True, help="Who took the case over.")
@click.option("--number", required=True, help="The number of the document.")
@home_option
def case_refer(case_id: str, by: str, authority: str, number: str, home: Path | None) -> None:
    """Record that an authority took an offence over; needed before such a case is closed."""
    _act(home, case_desk.refer_to_authority, case_id, by, authority=authority, number=number)


@case.command("close")
@click.argument("case_id")
@by_option
@click.option("--note", help="What the person wants to add.")
@home_option
def case_close(case_id: str, by: str, note: str | None, home: Path | None) -> None:
    """Close an executed case."""
    _act(home, case_desk.close_case, case_id, by, note=note)


@case.command("suspend")
@click.argument("case_id")
@by_option
@click.option("--reason", required=True, help="complaint, court, leave or other.")
@click.option("--note", help="What the person wants to add.")
@home_option
def case_suspend(case_id: str, by: str, reason: str, note: str | None, home: Path | None) -> None:
    """Let a case rest while something else is pending."""
    _act(home, case_desk.suspend_case, case_id, by, reason=reason, note=note)


@case.command("resume")
@click.argument("case_id")
@by_option
@click.option("--note", help="What the person wants to add.")
@home_option
def case_resume(case_id: str, by: str, note: str | None, home: Path | None) -> None:
    """Take a suspended case up where it was."""
    _act(home, case_desk.resume_case, case_id, by, note=note)


# --- what these share -------------------------------------------------------------------------


def read_amounts(pairs: tuple[str, ...]) -> dict[str, str]:
    """`fine=300` and the like as a mapping. Raises click.BadParameter."""
    amounts = {}
    for pair in pairs:
        name, sign, yuan = pair.partition("=")
        if not sign:
            raise click.BadParameter(f"{pair!r} is not NAME=YUAN", param_hint="--amount")
        amounts[name.strip()] = yuan.strip()
    return amounts


def print_case(case: Case, policy: Policy) -> None:
    """Where a case stands, in Chinese."""
    rules = policy.discipline
    click.echo(
        f"{case.case_id}：{case.agent_id}，{policy.taxonomy.codes[case.code].zh}，"
        f"{STATES_ZH[case.state]}（{case.state}）"
    )
    if case.basis != "own":
        click.echo(f"  {BASIS_ZH[case.basis]}，关联 {case.linked_to}")
    if case.level:
        click.echo(
            f"  同类第 {case.occurrence_same} 次，累计第 {case.occurrence_any} 次；"
            f"建议 {levels_zh(case.level, case.level_to, policy)}（仅为建议，由人决定）"
        )
    if case.consequences:
        proposed = [rules.consequences[name].zh for name in case.consequences]
        click.echo(f"  建议措施 {'、'.join(proposed)}")
    for point in case.open_points:
        click.echo(f"  · {point}")
    for fact in case.facts:
        click.echo(f"  情节：{rules.facts[fact].zh}")  # type: ignore[index]
    if case.loss_yuan is not None:
        click.echo(f"  损失 {case.loss_yuan} 元")
    if case.objection_due and case.state == "notified":
        click.echo(f"  申辩期限 {case.objection_due:%Y-%m-%d %H:%M}{_unsure(case)}")
    if case.chosen_level:
        chosen = [rules.consequences[name].zh for name in case.chosen_consequences]
        level = "免予处分"
        if case.chosen_level != NO_SANCTION:
            level = f"{case.chosen_level} {rules.levels[case.chosen_level]}"
        click.echo(f"  处分 {'、'.join([level, *chosen])}" + _amounts_zh(case, policy))
    if case.appeal_due and case.state == "approved":
        click.echo(f"  申诉期限 {case.appeal_due:%Y-%m-%d %H:%M}{_unsure(case)}")
    if case.to_return_yuan:
        click.echo(f"  应退还 {case.to_return_yuan} 元")


def levels_zh(level: str, level_to: str | None, policy: Policy) -> str:
    """A proposal in words."""
    names = policy.discipline.levels
    lowest = f"{level} {names[level]}"
    if level_to is None or level_to == level:
        return lowest
    return f"{lowest} 至 {level_to} {names[level_to]}，由人在区间内选定"


def _unsure(case: Case) -> str:
    return f"（{case.due_uncertain}）" if case.due_uncertain else ""


def _amounts_zh(case: Case, policy: Policy) -> str:
    pairs = [each.partition("=") for each in case.amounts]
    consequences = policy.discipline.consequences
    written = "，".join(f"{consequences[name].zh} {yuan} 元" for name, _, yuan in pairs)
    return f"（{written}）" if written else ""


def _act(home: Path | None, what: Callable[..., Case], case_id: str, by: str, **said: Any) -> None:
    settings, store, policy = open_home(home)
    done = what(
        store, case_id, by=by, at=datetime.now(SHANGHAI), policy=policy, keys=settings.keys, **said
    )
    print_case(done, policy)
