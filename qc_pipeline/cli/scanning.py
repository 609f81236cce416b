"""`qc scan`."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.table import Table

from qc_pipeline.cli.options import home_option, json_option, progress_of_calls, wide_console
from qc_pipeline.policy import Taxonomy, load_policy
from qc_pipeline.reports.stored import CallLine
from qc_pipeline.scan.night import ScanRequest
from qc_pipeline.scan.run import scan as run_scan
from qc_pipeline.scan.summary import ScanSummary
from qc_pipeline.settings import load_settings
from qc_pipeline.store.masks import mask_text

STATES_ZH = {
    "scanned": "已质检",
    "duplicate": "重复录音",
    "no_recording": "缺录音",
    "unanswered": "未接通",
    "too_short": "过短",
    "silent": "无语音",
    "unreadable": "无法读取",
    "mismatch": "与话单不符",
    "quarantined": "已隔离",
    "deferred": "待处理",
    "failed": "失败",
}


JUDGED = ("scanned", "mismatch")


@click.command()
@click.argument("manifest", type=click.Path(path_type=Path))
@click.option("--tables", type=click.Path(path_type=Path, file_okay=False),
              help="Folder of reference tables (default: the manifest's folder).")  # fmt: skip
@click.option("--recordings", type=click.Path(path_type=Path, file_okay=False),
              help="Folder of recordings (default: the manifest's folder).")  # fmt: skip
@click.option("--column-map", type=click.Path(path_type=Path),
              help="YAML that maps a dialler's own columns (docs/input.md).")  # fmt: skip
@click.option(
    "--jobs", type=click.IntRange(1, 256), help="Worker processes (default: one per core)."
)
@home_option
@json_option
def scan(
    manifest: Path,
    tables: Path | None,
    recordings: Path | None,
    column_map: Path | None,
    jobs: int | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Scan the call records in MANIFEST (CSV or Parquet): intake to store.

    Safe to repeat: it does only what is missing. Calls whose recording is missing, silent
    or unreadable are named in the coverage, they are not failures. Exit code 3 if some
    calls failed for a reason of ours.
    """
    overrides = {"speech__jobs": jobs} if jobs else {}
    settings = load_settings(home=home, **overrides)
    request = ScanRequest(manifest, tables, recordings, column_map)
    with progress_of_calls("质检中") as (on_start, on_call):
        summary = run_scan(request, settings=settings, on_start=on_start, on_call=on_call)
    if as_json:
        click.echo(json.dumps(summary.as_json(), ensure_ascii=False, indent=1))
    else:
        print_summary(summary, load_policy(settings.policy_dir).taxonomy)
    if summary.failures:
        raise click.exceptions.Exit(3)


def print_summary(summary: ScanSummary, taxonomy: Taxonomy) -> None:
    """The readable table: call, score, codes, worst moment; then coverage with its denominator."""
    console = wide_console()
    table = Table(title="质检结果", caption="代码后的 ? 表示待人工判断")
    for heading in ("通话", "评分", "代码", "最严重处"):
        table.add_column(heading, overflow="fold", ratio=None if heading != "最严重处" else 1)
    for call in summary.calls:
        if not call.codes and not call.waiting_codes and call.state not in JUDGED:
            continue
        names = [taxonomy.codes[code].zh for code in call.codes]
        names += [f"{taxonomy.codes[c].zh}?" for c in call.waiting_codes if c not in call.codes]
        table.add_row(
            call.call_id,
            "–" if call.score is None else str(call.score),
            "\n".join(names) or "–",
            mask_text(_worst_moment(call)),
        )
    console.print(table)
    console.print(
        f"覆盖：{summary.call_records} 条话单中 {summary.scanned} 条已听完并质检；其余 "
        f"{summary.call_records - summary.scanned} 条　"
        + "，".join(
            f"{STATES_ZH[state]} {count}"
            for state, count in sorted(summary.by_state.items())
            if state not in JUDGED
        ),
        highlight=False,
    )
    console.print(
        f"本次识别 {summary.decoded} 通，沿用已有结果 {summary.skipped} 通；"
        "机器评分为暂定，人工复核后生效",
        highlight=False,
    )
    doubts = summary.doubts
    if doubts.utterances:
        console.print(
            f"识别存疑 {doubts.suspect} 句，占 {doubts.utterances} 句的 "
            f"{doubts.suspect / doubts.utterances:.1%}；整通听不清 {doubts.hard_calls} 通"
            "（其命中均待人工判断）",
            highlight=False,
        )
    notes = {"提示": summary.notices, "问题": summary.problems, "失败": summary.failures}
    for title, lines in notes.items():
        for line in lines:
            console.print(f"{title}：{line}", highlight=False, markup=False)


def _worst_moment(call: CallLine) -> str:
    if call.finding_id is None:
        return call.state_reason or "–"
    why = call.reasons[0].partition(": ")[2] or call.reasons[0] if call.reasons else ""
    if call.start_s is None:
        return why
    minutes, seconds = divmod(int(call.start_s), 60)
    return f"{minutes}:{seconds:02d} “{call.utterance}”\n{why}"
