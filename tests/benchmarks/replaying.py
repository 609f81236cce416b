"""A replay of stored calls beside `qc detect` on the same utterances.

The store is built by the scan's own work (detect, write, load) over generated transcripts; how
long that took is shown too: it is what trying the change by a re-scan would cost. One rule is
removed, so every call is judged again. Peer: `qc detect`, the same rules, one line an utterance:
it knows nothing of calls (listener, opening, promises, notes), stores and compares nothing. First
rules alone, then fewer calls with the classifier, which a replay need not ask again.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import click

from qc_pipeline.records import CaseFacts, ReferenceTables, Speaker
from qc_pipeline.replay.run import ReplayRequest, replay
from qc_pipeline.reports.truth import read_truths
from qc_pipeline.scan.run import jobs_for
from qc_pipeline.scan.together import work_through_calls
from qc_pipeline.settings import Settings, load_settings, packaged_dir
from qc_pipeline.store.loader import load_calls, load_outcomes, load_tables, start_scan
from qc_pipeline.store.store import Store
from tests.replay.homes import MARCH, WrittenCall, a_call, finish, outcome, written_items

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
UTTERANCES = 100_000
WITH_CLASSIFIER = 6_000
TURNS_PER_CALL = 30
REMOVED = "threat_intimidation.yaml"
ROUNDS = 3
_CLAUSE = re.compile(r"[^，。？！]+[，。？！]*")


def main(utterances: int = UTTERANCES, rounds: int = ROUNDS) -> None:
    """Print the seconds of both, and the ratio, without and with the classifier."""
    compare(utterances, rounds=rounds, options={"classifier": "none"})
    compare(min(utterances, WITH_CLASSIFIER), rounds=rounds, options={})


def compare(utterances: int, *, rounds: int, options: dict[str, str]) -> None:
    """Print the seconds of both, and the ratio, under these settings."""
    calls = list(generated_calls(utterances // TURNS_PER_CALL))
    said = [(speaker, text) for call in calls for speaker, text in call.turns]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["QC_KEYS"] = str(Path(folder) / "keys")
        settings = load_settings(home=Path(folder) / "home", **options)
        rescan = build(settings, calls)
        rules = Path(folder) / "lexicons"
        shutil.copytree(packaged_dir("lexicons"), rules)
        _without_first_rule(rules / REMOVED)
        lines = Path(folder) / "lines.jsonl"
        lines.write_text("".join(_line(n, *turn) for n, turn in enumerate(said)), "utf-8")
        ours, peers = [], []
        changes = judged = 0
        for _ in range(rounds):
            began = time.perf_counter()
            report = replay(ReplayRequest(lexicons=rules), settings=settings)
            ours.append(time.perf_counter() - began)
            changes, judged = len(report.changes), report.calls.utterances
            peers.append(_timed(lambda: _detect(lines, rules, options)))
    our, peer = statistics.median(ours), statistics.median(peers)
    print(f"{judged} stored utterances ({len(set(said))} different) in {len(calls)} calls, "
          f"{jobs_for(settings)} processes, {'rules alone' if options else 'with the classifier'}, "
          f"median of {rounds}")  # fmt: skip
    print(f"  qc detect, lines alone:  {peer:6.1f} s")
    print(f"  re-scan, speech known:   {rescan:6.1f} s (once)")
    print(f"  qc replay:               {our:6.1f} s, {changes} findings differ")
    print(f"  ratio: {our / peer:.2f} times the time of qc detect")


def generated_calls(count: int) -> Iterator[WrittenCall]:
    """Calls that follow a sample call's turns, with clauses of the same side swapped in and
    out, and other digits: the words are the samples', hardly a line twice.
    """
    dice = random.Random(7)
    truths = read_truths(SAMPLES / "truth")
    clauses: dict[Speaker, list[str]] = {"agent": [], "customer": [], "unknown": []}
    for truth in truths:
        for turn in truth.turns:
            clauses[turn.speaker] += _CLAUSE.findall(turn.text)
    for number in range(count):
        truth = dice.choice(truths)
        turns = []
        for place in range(TURNS_PER_CALL):
            turn = truth.turns[place % len(truth.turns)]
            turns.append((turn.speaker, _varied(turn.text, clauses[turn.speaker], dice)))
        yield a_call(
            f"g{number:06d}", *turns, at=MARCH + timedelta(seconds=97 * number),
            agent_id=f"A{number % 40:02d}", bank="某银行", agent_note="客户承诺月底还两千元",
        )  # fmt: skip


def build(settings: Settings, calls: list[WrittenCall]) -> float:
    """A home folder as a scan leaves it; gives the seconds after recognition: detection, its
    artefacts, loading, contact pass and scores.
    """
    cases = tuple(
        CaseFacts(str(each.call.case_id), bank="某银行", as_of=MARCH, legal_status="none")
        for each in calls
    )
    tables = ReferenceTables(cases=cases, present=frozenset({"cases"}))
    store = Store(settings.home)
    store.migrate()
    load_tables(store, tables)
    scan_id = start_scan(store, manifest="generated")
    load_calls(store, [each.call for each in calls], scan_id=scan_id)
    items = written_items(settings, calls, tables)
    began = time.perf_counter()
    done = work_through_calls(items, settings=settings, jobs=jobs_for(settings), most=1)
    load_outcomes(store, (outcome(result, settings) for _, result in done))
    finish(store, settings, scan_id=scan_id, tables=tables)
    return time.perf_counter() - began


def _varied(text: str, clauses: list[str], dice: random.Random) -> str:
    parts = [
        dice.choice(clauses) if dice.random() < 0.3 else part for part in _CLAUSE.findall(text)
    ]
    if dice.random() < 0.3:
        parts.insert(dice.randrange(len(parts) + 1), dice.choice(clauses))
    return re.sub(r"\d", lambda _: str(dice.randrange(10)), "".join(parts))


def _without_first_rule(path: Path) -> None:
    text = path.read_text("utf-8")
    first = text.index("  - id: ")
    second = text.index("  - id: ", first + 1)
    path.write_text(text[:first] + text[second:], "utf-8")


def _line(number: int, speaker: Speaker, text: str) -> str:
    line = {"id": number, "text": text, "speaker": speaker, "callee": "debtor"}
    return json.dumps(line, ensure_ascii=False) + "\n"


def _detect(lines: Path, rules: Path, options: dict[str, str]) -> None:
    command = [sys.executable, "-m", "qc_pipeline", "detect", str(lines), "-o",
               str(lines.with_suffix(".out"))]  # fmt: skip
    given = {f"QC_{name.upper()}": value for name, value in options.items()}
    subprocess.run(command, check=True, env={**os.environ, "QC_LEXICONS": str(rules), **given},
                   stderr=subprocess.DEVNULL)  # fmt: skip


def _timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


@click.command()
@click.option("--utterances", type=click.IntRange(300), default=UTTERANCES, show_default=True)
@click.option("--rounds", type=click.IntRange(1), default=ROUNDS, show_default=True)
def command(utterances: int, rounds: int) -> None:
    """The benchmark alone, of any size."""
    main(utterances, rounds)


if __name__ == "__main__":
    command()
