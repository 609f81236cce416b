"""How the shell shows a disciplinary case."""

from __future__ import annotations

from collections.abc import Mapping

import click

from qc_pipeline.policy import Policy
from qc_pipeline.registers.discipline import NO_SANCTION, Case, CaseState

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
