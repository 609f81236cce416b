"""Reviewers in processes of their own beside a process that loads calls, and what must hold after.

Every finding is wanted by two reviewers. Of a major one the first to speak decides it and the
other is refused; a critical one needs both. Each listens before he speaks, which the access log
records.
"""

from __future__ import annotations

import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from qc_pipeline.errors import RegisterError
from qc_pipeline.policy import load_policy
from qc_pipeline.records import Coverage, Detection, Finding
from qc_pipeline.registers.access_log import read_accesses, record_access
from qc_pipeline.registers.desk import confirm, reject
from qc_pipeline.registers.verify import verify_home
from qc_pipeline.settings import Settings
from qc_pipeline.store.loader import CallOutcome, load_calls, load_outcomes
from qc_pipeline.store.store import Store
from tests.registers.making import a_call, a_finding, on

FINDINGS_PER_CALL = 4
CALLS_PER_LOAD = 10
PATIENCE_S = 600.0  # twenty who write on a busy machine wait longer than one person would


@dataclass(frozen=True, slots=True)
class Wish:
    """One verdict that a reviewer wants to give."""

    call_id: str
    finding_id: str
    agrees: bool


@dataclass(frozen=True, slots=True)
class Work:
    """Findings that wait, and who wants to say what of them."""

    major: tuple[Finding, ...]
    critical: tuple[Finding, ...]
    wanted: tuple[tuple[Wish, ...], ...]

    @property
    def verdicts(self) -> int:
        """How many verdicts will be given: the others are refused."""
        return len(self.major) + 2 * len(self.critical)


@dataclass(frozen=True, slots=True)
class Happened:
    """What each reviewer was told, how many calls were loaded meanwhile, and the seconds."""

    outcomes: tuple[tuple[str, ...], ...]
    loaded: int
    seconds: float


def agrees(number: int) -> bool:
    """What everybody says of the finding of that number; critical ones are confirmed."""
    return number % 3 > 0


def prepare(store: Store, *, reviewers: int, verdicts: int, seed: int = 1) -> Work:
    """Load findings for so many verdicts, a third of them critical, and share them out."""
    critical, major = verdicts // 6, verdicts - 2 * (verdicts // 6)
    made = [
        a_finding(
            f"c{number // FINDINGS_PER_CALL:04d}", nth=number % FINDINGS_PER_CALL,
            severity="critical" if number < critical else "major",
        )
        for number in range(critical + major)
    ]  # fmt: skip
    _load(store, sorted({each.call_id for each in made}), made)
    chance = random.Random(seed)
    wanted: list[list[Wish]] = [[] for _ in range(reviewers)]
    for number, each in enumerate(made):
        wish = Wish(each.call_id, each.finding_id, number < critical or agrees(number))
        for reviewer in chance.sample(range(reviewers), 2):
            wanted[reviewer].append(wish)
    for wishes in wanted:
        chance.shuffle(wishes)
    return Work(tuple(made[critical:]), tuple(made[:critical]), tuple(map(tuple, wanted)))


def run_at_once(store: Store, work: Work, *, keys: Path) -> Happened:
    """Everybody at once, in spawned processes; the loader goes on until the last has spoken."""
    context = multiprocessing.get_context("spawn")
    begun = time.perf_counter()
    with ProcessPoolExecutor(len(work.wanted) + 1, mp_context=context) as pool:
        until = store.home.parent / "everybody-is-done"
        loading = pool.submit(load_until, store.home, until)
        running = [
            pool.submit(review, number, store.home, keys, wishes)
            for number, wishes in enumerate(work.wanted)
        ]
        try:
            outcomes = tuple(tuple(future.result()) for future in running)
        finally:
            until.touch()
        return Happened(outcomes, loading.result(), time.perf_counter() - begun)


def review(number: int, home: Path, keys: Path, wishes: Sequence[Wish]) -> list[str]:
    """One reviewer's process: listens, speaks, and tells what became of each verdict."""
    store, policy = Store(home, lock_timeout_s=PATIENCE_S), load_policy(Settings().policy_dir)
    who = f"r{number}"
    outcomes = []
    for wish in wishes:
        record_access(home, keys=keys, actor=who, action="listen", subject=wish.call_id, at=on(20))
        said = {"by": who, "at": on(20), "policy": policy, "keys": keys}
        try:
            if wish.agrees:
                confirm(store, wish.finding_id, **said)
            else:
                reject(store, wish.finding_id, reason="quoted", **said)
            outcomes.append("done")
        except RegisterError as error:
            outcomes.append("refused" if "already" in error.what else error.what)
    return outcomes


def load_until(home: Path, until: Path) -> int:
    """The loader's process: calls with a finding each, until the file is there."""
    store, loaded = Store(home, lock_timeout_s=PATIENCE_S), 0
    while not until.exists() or loaded == 0:
        ids = [f"late{number:05d}" for number in range(loaded, loaded + CALLS_PER_LOAD)]
        _load(store, ids, [a_finding(call_id, severity="major") for call_id in ids])
        loaded += CALLS_PER_LOAD
    return loaded


def check(store: Store, work: Work, happened: Happened, *, keys: Path) -> None:
    """No lost update, no double verdict, no lost call, both chains verify."""
    told = Counter(outcome for each in happened.outcomes for outcome in each)
    assert told == {"done": work.verdicts, "refused": len(work.major)}

    with store.reading() as session:
        reviews = {row["finding_id"]: row for row in session.rows("registers/reviews")}
        events = session.rows("registers/events")
        cases = session.rows("registers/cases")
        calls = {row["call_id"] for row in session.rows("export/calls")}
        findings = {row["finding_id"]: row["status"] for row in session.rows("export/findings")}
    spoken: dict[str, list[str]] = {}
    for row in events:
        if row["action"].startswith("finding."):
            spoken.setdefault(row["subject"], []).append(row["actor"])
    assert {each.finding_id: len(spoken[each.finding_id]) for each in work.major} == {
        each.finding_id: 1 for each in work.major
    }
    for each in work.critical:
        first, second = spoken.pop(each.finding_id)
        assert first != second
        assert {reviews[each.finding_id]["first_by"], reviews[each.finding_id]["decided_by"]} == {
            first, second,
        }  # fmt: skip
    assert [row["seq"] for row in events] == list(range(1, len(events) + 1))

    first_major = len(work.critical)
    expected = {each.finding_id: "confirmed" for each in work.critical} | {
        each.finding_id: "confirmed" if agrees(first_major + number) else "rejected"
        for number, each in enumerate(work.major)
    }
    assert {name: row["state"] for name, row in reviews.items()} == expected
    assert {name: findings[name] for name in expected} == expected
    confirmed = sorted(name for name, state in expected.items() if state == "confirmed")
    assert sorted(name for case in cases for name in case["findings"]) == confirmed

    assert happened.loaded > 0
    assert {f"late{number:05d}" for number in range(happened.loaded)} <= calls
    listened = Counter(
        each.subject for each in read_accesses(store.home) if each.action == "listen"
    )
    assert listened == Counter(wish.call_id for wishes in work.wanted for wish in wishes)
    report = verify_home(store, keys=keys)
    chains = [each for each in report.problems if each.where in ("register", "access log")]
    assert chains == []
    assert report.checked["register_entries"] == len(events)


def _load(store: Store, call_ids: Iterable[str], findings: Iterable[Finding]) -> None:
    ids = list(call_ids)
    of_call: dict[str, list[Finding]] = {call_id: [] for call_id in ids}
    for finding in findings:
        of_call[finding.call_id].append(finding)
    # Conduct of thirty collectors, a call an hour.
    at = {call_id: on(2, 8) + timedelta(minutes=number) for number, call_id in enumerate(ids)}
    load_calls(
        store,
        [a_call(name, agent_id=f"A{n % 30:02d}", at=at[name]) for n, name in enumerate(ids)],
    )
    load_outcomes(
        store,
        [
            CallOutcome(
                name,
                Coverage(name, "scanned", ""),
                detection=Detection(
                    call_id=name, key="first", rules_version="rules", policy_version="policy",
                    transcript_sha256="", findings=tuple(of_call[name]), suppressed=(), events=(),
                    listeners=(), created_at=at[name] + timedelta(hours=12),
                ),
            )
            for name in ids
        ],
    )  # fmt: skip
