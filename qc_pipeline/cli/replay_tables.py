"""What `qc replay` shows people."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from qc_pipeline.cli.options import wide_console
from qc_pipeline.policy import Policy
from qc_pipeline.replay.compare import FindingChange, ScoreChange, Shape
from qc_pipeline.replay.registers import CaseChange, CaseSide, EntryChange
from qc_pipeline.replay.report import ReplayReport, score_counts
from qc_pipeline.store.masks import mask_text

CHANGES_ZH = {"gained": "新增", "lost": "消失", "changed": "改变"}
SEVERITIES_ZH = {"critical": "严重", "major": "较重", "minor": "轻微", "info": "提示"}
STATUSES_ZH = {
    "open": "待复核", "quarantined": "待核实", "confirmed": "已确认", "rejected": "已驳回",
    "overturned": "申诉撤销",
}  # fmt: skip
PARTIES_ZH = {"agent": "坐席", "dialler": "拨号系统", "platform": "平台", "unknown": "待定"}
EFFECTS_ZH = {
    "finding_lost": "所依据的命中消失", "severity": "严重程度", "points": "扣分", "level": "建议级别",
    "no_case": "不再立案", "would_open": "将会立案",
}  # fmt: skip
REGISTERS_ZH = {"complaint": "投诉", "emergency": "紧急情况", "stop_flag": "停催标志依据"}
SIGNALS_ZH = {
    "complaint": "表示投诉", "emergency": "紧急情况", "refusal": "拒绝来电", "dispute": "提出异议",
}  # fmt: skip
_MOST_SCORES = 20


def print_report(report: ReplayReport, policy: Policy, *, examples: int) -> None:
    """The readable report: what was judged, what would differ, what people should look at."""
    console = wide_console()
    for line in _head(report):
        console.print(line, highlight=False, markup=False)
    if not report.differs:
        console.print("与现有结果没有差别")
    if report.changes:
        console.print(_rule_table(report, policy))
        for line in _verdict_line(report.changes):
            console.print(line, highlight=False)
    shown = list(_examples(report.changes, most=examples))
    if shown:
        console.print(_example_table("举例", shown, report))
    if report.confirmed_lost:
        console.print(
            _example_table("人工已确认、将不再命中（结论不变）", report.confirmed_lost, report)
        )
    if report.scores:
        _print_scores(console, report.scores)
    if report.cases:
        console.print(_case_table(report.cases, policy))
    if report.entries:
        console.print(_entry_table(report.entries))
    for due in report.due:
        console.print(
            f"投诉 {due.complaint_id}（通话 {due.call_id}）："
            f"首次答复期限 {due.first_reply_before:%Y-%m-%d %H:%M} → "
            f"{due.first_reply_after:%Y-%m-%d %H:%M}，"
            f"处理期限 {due.decision_before:%Y-%m-%d %H:%M} → {due.decision_after:%Y-%m-%d %H:%M}",
            highlight=False,
        )
    for call in report.calls.missing:
        console.print(f"未能试算：{call.call_id}：{call.reason}", highlight=False, markup=False)
    for call in report.calls.failed:
        console.print(f"失败：{call.call_id}：{call.reason}", highlight=False, markup=False)
    for notice in report.notices:
        console.print(f"提示：{notice}", highlight=False, markup=False)


def _head(report: ReplayReport) -> Iterator[str]:
    calls = report.calls
    since, until = report.period.since, report.period.until
    first = f"{since:%Y-%m-%d %H:%M}" if since else "最早"
    last = f"{until:%Y-%m-%d %H:%M}" if until else "最近"
    yield f"规则试算（不写入任何数据）：{first} 至 {last} 的通话"
    yield (
        f"话单 {calls.in_period} 条，其中有转写 {calls.heard} 通：重新检测 {calls.judged_again} 通"
        f"（{calls.utterances} 句），沿用已有结果 {calls.reused} 通，"
        f"未能试算 {len(calls.missing) + len(calls.failed)} 通"
    )
    for what, versions in (("规则", report.rules), ("政策", report.policy)):
        stored = "、".join(versions.stored) or "–"
        yield f"{what}：{stored} → {versions.tried}"


def _rule_table(report: ReplayReport, policy: Policy) -> Table:
    table = Table(
        "代码",
        "规则",
        title="命中的变化",
        caption="替换：同一句、同一代码，换成另一条规则或另一处用语",
    )
    for heading in ("消失", "新增", "其中替换", "改变"):
        table.add_column(heading, justify="right")
    for counts in report.by_rule:
        table.add_row(
            _code_zh(counts.code, policy),
            f"{counts.rule_name}\n{counts.rule_id}",
            *(str(n or "–") for n in (counts.lost, counts.gained, counts.replaced, counts.changed)),
        )
    return table


def _verdict_line(changes: Iterable[FindingChange]) -> Iterator[str]:
    verdicts = Counter(c.verdict for c in changes if c.change == "lost")
    if verdicts:
        yield (
            f"消失的命中：人工已确认 {verdicts['confirmed']} 条，已驳回 {verdicts['rejected']} 条，"
            f"申诉撤销 {verdicts['overturned']} 条，尚未复核 {verdicts[None]} 条"
        )


def _examples(changes: Iterable[FindingChange], *, most: int) -> Iterator[FindingChange]:
    """At most so many of each rule and kind of change, rule by rule."""
    held: dict[tuple[str, str, str], list[FindingChange]] = defaultdict(list)
    for change in changes:
        finding = change.finding
        held[finding.code, finding.rule_id, change.change].append(change)
    for subject in sorted(held):
        yield from held[subject][:most]


def _example_table(title: str, changes: Iterable[FindingChange], report: ReplayReport) -> Table:
    table = Table("", "通话", "时间", title=title)
    for heading in ("规则", "原话", "原因"):
        table.add_column(heading, overflow="fold")
    for change in changes:
        finding = change.finding
        table.add_row(
            CHANGES_ZH[change.change],
            finding.call_id,
            _clock(finding.start_s) or f"{change.started_at:%m-%d %H:%M}",
            report.rule_names[finding.rule_id],
            escape(mask_text(finding.utterance or finding.matched)),
            escape(mask_text("\n".join(_why(change, report)))),
        )
    return table


def _why(change: FindingChange, report: ReplayReport) -> Iterator[str]:
    if change.before and change.after:
        yield from _shape_changes(change.before, change.after)
    for reason in change.finding.reasons:
        yield reason.partition(": ")[2] or reason
    if change.stopped_by:
        when = "现被排除" if change.change == "lost" else "原被排除"
        yield f"{when}：" + "；".join(r.partition(": ")[2] or r for r in change.stopped_by)
    if change.counterpart:
        when = "由另一命中替换" if change.change == "lost" else "替换另一命中"
        yield f"{when}（{change.counterpart}）"
    if change.verdict:
        yield f"人工结论：{STATUSES_ZH[change.verdict]}"
    cases = report.resting_cases.get(change.finding.finding_id, ())
    if cases:
        yield f"违规案件：{'、'.join(cases)}"


def _shape_changes(before: Shape, after: Shape) -> Iterator[str]:
    pairs = (
        ("", SEVERITIES_ZH[before.severity], SEVERITIES_ZH[after.severity]),
        ("", STATUSES_ZH[before.status], STATUSES_ZH[after.status]),
        ("责任方 ", PARTIES_ZH[before.responsible_party], PARTIES_ZH[after.responsible_party]),
    )
    for what, old, new in pairs:
        if old != new:
            yield f"{what}{old} → {new}"


def _print_scores(console: Console, scores: Sequence[ScoreChange]) -> None:
    counts = score_counts(scores)
    console.print(
        f"评分变化 {counts['changed']} 通：由及格变不及格 {counts['newly_failing']}，"
        f"由不及格变及格 {counts['newly_passing']}，新出现严重 {counts['newly_critical']}，"
        f"不再有严重 {counts['no_longer_critical']}，最终结论改变 {counts['results_changed']}",
        highlight=False,
    )
    table = Table("通话", "坐席", "机器评分", "及格", "严重")
    steepest = sorted(scores, key=lambda c: (-abs(_step(c)), c.call_id))
    for change in steepest[:_MOST_SCORES]:
        table.add_row(
            change.call_id,
            change.agent_id,
            _arrow(change.machine_before, change.machine_after),
            _arrow(_yes(change.passes_before), _yes(change.passes_after)),
            _arrow(change.critical_before, change.critical_after),
        )
    if len(scores) > _MOST_SCORES:
        table.caption = f"变化最大的 {_MOST_SCORES} 通；全部见 --json"
    console.print(table)


def _step(change: ScoreChange) -> int:
    return (change.machine_after or 0) - (change.machine_before or 0)


def _case_table(cases: Iterable[CaseChange], policy: Policy) -> Table:
    table = Table("案件", "坐席", "代码", "通话", title="违规案件（仅为试算，案件与人工结论不变）")
    for heading in ("变化", "现在", "按试算"):
        table.add_column(heading, overflow="fold")
    for case in cases:
        table.add_row(
            case.case_id or "–",
            case.agent_id,
            _code_zh(case.code, policy),
            case.call_id,
            "、".join(EFFECTS_ZH[effect] for effect in case.effects)
            + (f"\n{'、'.join(case.findings_lost)}" if case.findings_lost else ""),
            _side_zh(case.before, policy) if case.before else "–",
            _side_zh(case.after, policy),
        )
    return table


def _side_zh(side: CaseSide, policy: Policy) -> str:
    levels = policy.discipline.levels
    proposed = "–"
    if side.level is not None:
        proposed = f"{side.level} {levels.get(side.level, '')}".strip()
        if side.level_to is not None:
            proposed += f" 至 {side.level_to} {levels.get(side.level_to, '')}".rstrip()
    return f"{SEVERITIES_ZH[side.severity]}，扣 {side.points} 分，建议 {proposed}"


def _entry_table(entries: Iterable[EntryChange]) -> Table:
    table = Table(
        "", "登记", "通话", "时间", "客户原话", "已有登记", title="投诉、紧急情况、停催标志依据"
    )
    for entry in entries:
        signal = entry.signal
        known = "–"
        if entry.entry_id:
            by = f"（{entry.decided_by}）" if entry.decided_by else ""
            known = f"{entry.entry_id} {entry.state}{by}"
        table.add_row(
            CHANGES_ZH[signal.change],
            f"{REGISTERS_ZH[entry.register]}：{SIGNALS_ZH[signal.kind]}"
            if entry.register == "stop_flag"
            else REGISTERS_ZH[entry.register],
            signal.call_id,
            _clock(signal.start_s),
            escape(mask_text(signal.words)),
            known,
        )
    return table


def _code_zh(code: str, policy: Policy) -> str:
    return policy.taxonomy.codes[code].zh if code in policy.taxonomy.codes else code


def _clock(seconds: float | None) -> str:
    return "" if seconds is None else f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _yes(value: bool | None) -> str:
    return "–" if value is None else "是" if value else "否"


def _arrow(before: object, after: object) -> str:
    if before == after:
        return str("–" if after is None else after)
    return f"{'–' if before is None else before} → {'–' if after is None else after}"
