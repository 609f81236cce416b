"""The demonstration: scan the sample calls, let two people confirm one finding, show the registers.

Every step is a command you can type yourself; it is printed before it runs. Safe to repeat.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).resolve().parent
QC = [sys.executable, "-m", "qc_pipeline"]
REVIEWERS = ("复核员甲", "复核员乙")


def main() -> int:
    """Run the steps; the exit code is the first step's that failed."""
    os.chdir(SAMPLES.parent)
    code = show("scan", "samples/manifest.csv")
    if code:
        return code
    if not answer("case", "list"):
        finding = first_critical(answer("review", "list", "--limit", "500"))
        if finding:
            say("人工复核（演示：两位复核人先后确认队列中的第一条严重命中）")
            for reviewer in REVIEWERS:
                code = show("review", "confirm", finding, "--by", reviewer)
                if code:
                    return code
    for command in (
        ("case", "list"),
        ("complaint", "list"),
        ("evaluate", "samples/truth"),
        ("verify",),
    ):
        code = show(*command)
        if code:
            return code
    say("接下来可以试试")
    for line in (
        "qc review list                             # 待复核队列",
        "qc review confirm 命中编号 --by 你的名字",
        "qc review reject 命中编号 --by 你的名字 --reason negated",
        "qc user add 你的名字 --role reviewer && .venv/bin/qc serve   # 网页质检台",
        "qc export findings --format xlsx -o findings.xlsx",
        "qc export transcripts --format vtt -o transcripts/",
        "qc scan 你的话单.csv --recordings 录音目录 --tables 参照表目录",
    ):
        print(f"  .venv/bin/{line}")
    return 0


def show(*arguments: str) -> int:
    """Print a command, run it, hand back its exit code."""
    print(f"\n$ qc {' '.join(arguments)}", flush=True)
    return subprocess.run([*QC, *arguments], check=False).returncode


def answer(*arguments: str) -> Any:
    """What a command says with `--json`."""
    done = subprocess.run([*QC, *arguments, "--json"], check=True, capture_output=True)
    return json.loads(done.stdout)


def first_critical(queue: list[dict[str, Any]]) -> str | None:
    """The first critical finding of the queue that was spoken (a missing recording isn't)."""
    spoken = (row for row in queue if row["tier"] == "critical" and row["start_s"] is not None)
    return next((row["finding_id"] for row in spoken), None)


def say(text: str) -> None:
    """A heading between steps."""
    print(f"\n—— {text} ——", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
