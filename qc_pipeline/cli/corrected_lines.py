"""How the shell shows corrected lines, and what detection makes of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from qc_pipeline.policy import Policy
from qc_pipeline.records import Finding
from qc_pipeline.replay.corrected import CorrectedCall
from qc_pipeline.store.masks import mask_text

SIGNALS_ZH = {
    "complaint": "投诉",
    "emergency": "紧急情况",
    "refusal": "拒绝联系",
    "dispute": "争议",
    "objection": "异议",
    "promise": "还款承诺",
}


def print_wordings(heard: CorrectedCall | None) -> None:
    """Each corrected line: what was recognised, what a person heard."""
    if heard is None:
        click.echo("没有更正过的句子")
        return
    for each in heard.wordings:
        click.echo(f"第 {each.index} 句：{mask_text(each.recognised)} → {mask_text(each.text)}")


def print_changes(heard: CorrectedCall | None, policy: Policy) -> None:
    """What would be gained and lost, each with the command by which a person takes it up."""
    if heard is None:
        return
    if heard.missing:
        click.echo("转写文件已缺失，无法按更正后的文字重新检测")
        return
    if not heard.changes:
        click.echo("按更正后的文字重新检测：结果不变")
        return
    click.echo("按更正后的文字重新检测（仅为提示，未登记，由人决定）：")
    for each in heard.gained:
        click.echo(f"  新增 {_about(each, policy)}")
        click.echo(
            f"    如属实：qc review add {each.call_id} {each.code} --as {each.severity}"
            f"{_place(each)} --note ... --by ..."
        )
    for each in heard.lost:
        click.echo(f"  不再命中 {each.finding_id} {_about(each, policy)}")
        click.echo(
            f"    如确为误识别：qc review reject {each.finding_id} --reason recognition_error --by ..."
        )
    for signal in heard.signals:
        click.echo(
            f"  {SIGNALS_ZH[signal.kind]}：第 {signal.utterance_index} 句"
            f"「{mask_text(signal.matched)}」，如属实请登记"
        )


def corrected_row(heard: CorrectedCall) -> dict[str, Any]:
    """The same for programs, personal numbers masked."""
    wordings = [
        {**asdict(each), "text": mask_text(each.text), "recognised": mask_text(each.recognised)}
        for each in heard.wordings
    ]
    signals = [{**asdict(each), "matched": mask_text(each.matched)} for each in heard.signals]
    return {
        "call_id": heard.call_id, "missing": heard.missing, "wordings": wordings,
        "gained": [_masked(each) for each in heard.gained],
        "lost": [_masked(each) for each in heard.lost], "signals": signals,
    }  # fmt: skip


def _masked(finding: Finding) -> dict[str, Any]:
    row = asdict(finding)
    hidden = {name: mask_text(row[name]) for name in ("utterance", "matched")}
    return {**row, **hidden, "reasons": [mask_text(reason) for reason in row["reasons"]]}


def _about(finding: Finding, policy: Policy) -> str:
    line = "" if finding.utterance_index is None else f"第 {finding.utterance_index} 句"
    return (
        f"{policy.taxonomy.codes[finding.code].zh}（{finding.severity}）"
        f"{line}「{mask_text(finding.matched)}」"
    )


def _place(finding: Finding) -> str:
    if finding.start_s is None or finding.end_s is None or finding.utterance_index is None:
        return " --start ... --end ..."
    return (
        f" --line {finding.utterance_index} --start {finding.start_s:.1f} --end {finding.end_s:.1f}"
    )
