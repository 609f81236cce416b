"""The registers as of a past moment, beside the same questions asked of the tables of today.

100,000 reviewed findings and 20,000 disciplinary cases, made by the functions that judge and
decide, over a year. Asked: how many cases stand in which state, one collector's cases, how many
findings are confirmed by code, each as of half a year ago.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa

from qc_pipeline.policy import load_policy
from qc_pipeline.records import Severity
from qc_pipeline.registers import discipline, review
from qc_pipeline.registers.chain import NewEvent, RegisterEvent, link
from qc_pipeline.registers.history import reading_as_of
from qc_pipeline.registers.projections import PROJECTIONS, Registers, fold, save_trail
from qc_pipeline.registers.review import JudgedFinding
from qc_pipeline.settings import Settings
from qc_pipeline.store.store import DATABASE, Session, Store
from tests.registers.making import MARCH

FINDINGS = 100_000
CASES = 20_000
ROUNDS = 5
POLICY = load_policy(Settings().policy_dir)
CODES = tuple(POLICY.taxonomy.codes)
_STEP = timedelta(seconds=300)


def main(findings: int = FINDINGS, cases: int = CASES, rounds: int = ROUNDS) -> None:
    """Print the milliseconds of each question, then and now, and the ratio."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "home")
        store.migrate()
        events = _fill(store, findings, cases)
        moment = MARCH + _STEP * (findings // 2)
        print(f"as of a past moment: {findings} findings, {cases} cases, {events} entries, "
              f"median of {rounds}")  # fmt: skip
        for name, registers, ask in _QUESTIONS:
            then = partial(reading_as_of, store, moment, registers=registers)
            past, now = [], []
            for _ in range(rounds):
                past.append(_milliseconds(then, ask))
                now.append(_milliseconds(store.reading, ask))
            ratio = statistics.median(past) / statistics.median(now)
            print(f"  {name}: {statistics.median(past):.0f} ms as of then, "
                  f"{statistics.median(now):.0f} ms now, {ratio:.1f} times")  # fmt: skip


def _milliseconds(
    opened: Callable[[], AbstractContextManager[Session]], ask: Callable[[Session], object]
) -> float:
    began = time.perf_counter()
    with opened() as session:
        ask(session)
    return (time.perf_counter() - began) * 1000


_QUESTIONS: tuple[tuple[str, tuple[str, ...], Callable[[Session], object]], ...] = (
    ("cases by state", ("cases",), lambda s: s.rows("reports/cases_by_state")),
    ("one collector's cases", ("cases",),
     lambda s: s.rows("registers/cases_of_agent", {"agent_id": "A007"})),
    ("findings by code and state", ("reviews",), lambda s: s.rows("reports/verdicts_by_code")),
)  # fmt: skip


def _fill(store: Store, findings: int, cases: int) -> int:
    registers = Registers()
    entries: list[RegisterEvent] = []
    previous = "0" * 64
    for event in _events(registers, findings, cases):
        entry = link(event, seq=len(entries) + 1, prev_hash=previous, key=b"bench")
        previous = entry.hash
        entries.append(entry)
        fold(registers, [entry])
    with store.writing() as session:
        save_trail(session, registers.trail)
    # The tables of today, filled from the same history at one go.
    with closing(duckdb.connect(store.home / DATABASE)) as connection:
        for each in PROJECTIONS[:2]:
            columns = connection.execute(f"DESCRIBE {each.table}").fetchall()
            structure = {n: [t[:-2]] if t.endswith("[]") else t for n, t, *_ in columns}
            connection.execute(
                f"INSERT INTO {each.table} BY NAME SELECT unnest(from_json(arg_max(entry, seq), "
                f"'{json.dumps(structure)}')) FROM register_history WHERE register = '{each.name}' "
                "GROUP BY key"
            ).fetchall()
        connection.register("entries", pa.Table.from_pylist([asdict(each) for each in entries]))
        connection.execute("INSERT INTO register_events BY NAME FROM entries").fetchall()
    return len(entries)


def _events(registers: Registers, findings: int, cases: int) -> Iterator[NewEvent]:
    """Verdicts, and for the first `cases` confirmed findings a case led up to its notice."""
    for n in range(findings):
        at = MARCH + _STEP * n
        severity: Severity = "critical" if n % 2 else "major"
        finding = JudgedFinding(
            finding_id=f"F{n:019d}", call_id=f"C{n:07d}", code=CODES[n % len(CODES)],
            severity=severity, status="open", responsible_party="agent",
            agent_id=f"A{n % 300:03d}", conduct_at=at - timedelta(days=2),
        )  # fmt: skip
        for by in ("r1", "r2")[: 1 + n % 2]:
            known = registers.reviews.get(finding.finding_id)
            yield review.decide_confirm(finding, known, by=by, at=at, rules=POLICY.review)
        if n < cases:
            yield from discipline.decide_after_verdict(
                finding, [registers.reviews[finding.finding_id]], [], by="r2", at=at,
                rules=POLICY.discipline,
            )  # fmt: skip
            case = next(reversed(registers.cases.values()))
            yield discipline.decide_move(case, "notified", by="lead", at=at + _STEP)


if __name__ == "__main__":
    main()
