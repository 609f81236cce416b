"""The desk over a big store: five requests a second by fifty reviewers while calls come in.

    python -m tests.benchmarks.web                    # 1,000,000 calls, 120 s
    python -m tests.benchmarks.web 20000 20           # a small one
    python -m tests.benchmarks.web 1000000 120 /some/folder   # the store is kept and used again

The server is `qc serve`, a process of its own; so is the loader, which brings two calls a second
through `load_calls` and `load_outcomes`, each with 20 utterances and 3 findings, and no recognition.
A request is due every 200 ms whatever became of the one before, and its time counts from when it
was due. Beside each page: bare DuckDB, opened for one question about the same rows, alone.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import duckdb
import httpx2

from qc_pipeline.records import SHANGHAI
from qc_pipeline.settings import Settings
from qc_pipeline.store.loader import CallOutcome, load_calls, load_outcomes
from qc_pipeline.store.store import DATABASE, Store
from qc_pipeline.web.accounts.side_store import SideStore
from qc_pipeline.web.accounts.users import User, add_user
from qc_pipeline.web.roles import load_roles
from tests.benchmarks.big_store import calls_to_open, fill, size
from tests.store.builders import a_call, a_finding, a_transcript, an_outcome, an_utterance
from tests.web.people import PASSWORD
from tests.web.server import serving

CALLS, SECONDS, REVIEWERS = 1_000_000, 120, 50
A_SECOND, LOADED_A_SECOND = 5, 2
OPENED = 300  # different calls whose pages are asked for
AIMS = {"queue": 300, "call": 300, "dashboard": 1000, "search": 1000}
PEERS = {
    "queue": "SELECT * FROM call_tasks ORDER BY tier, weight DESC, call_id LIMIT 50",
    "call": "SELECT * FROM utterances WHERE call_id = $call_id ORDER BY index",
    "dashboard": "SELECT state, count(*) FROM calls WHERE started_at >= now() - INTERVAL 30 DAY"
    " GROUP BY state",
    "search": "SELECT count(*) FROM utterances JOIN calls USING (call_id)"
    " WHERE started_at >= now() - INTERVAL 30 DAY AND contains(text, '骗子')",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One request: the page, milliseconds since it was due, and what was wrong with it."""

    page: str
    ms: float
    wrong: str | None


def main(calls: int = CALLS, seconds: int = SECONDS, folder: Path | None = None) -> None:
    """Print p50 and p95 of each page, the ratio to its peer, errors, and what was loaded."""
    with ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings = Settings(home=folder / "home", keys=folder / "keys", classifier="none")
        store = Store(settings.home, lock_timeout_s=60)
        fill(store, calls)
        opened = calls_to_open(store, OPENED)
        sizes = size(store)
        peers = {page: _peer(store, sql, opened[0]) for page, sql in PEERS.items()}
        people = _people(settings)
        address = stack.enter_context(serving(settings))
        clients = [stack.enter_context(closing(_signed_in(address, user))) for user in people]
        # What a running server has done once: templates, first pages.
        for page, path in _requests(opened, 8, seed=0):
            _ask(clients[_OFFICER if page == "dashboard" else 0], page, path, time.perf_counter())
        before = os.getloadavg()[0]
        answers, loaded = _under_load(store, clients, opened, seconds)
    _told(answers, loaded, sizes, peers, seconds, before)


def _told(
    answers: Sequence[Answer], loaded: int, sizes: dict[str, int], peers: dict[str, float],
    seconds: int, before: float,
) -> None:  # fmt: skip
    print("the desk over " + ", ".join(f"{n:,} {table}" for table, n in sizes.items()) + ":")
    print(f"  {len(answers)} requests in {seconds} s by {REVIEWERS} reviewers and an officer, "
          f"{loaded} calls loaded meanwhile; load average before {before:.1f}")  # fmt: skip
    for page, aim in AIMS.items():
        took = sorted(answer.ms for answer in answers if answer.page == page)
        p95 = statistics.quantiles(took, n=20, method="inclusive")[-1]
        p50 = statistics.median(took)
        print(f"  {page}: {len(took)} times, p50 {p50:.0f} ms, p95 {p95:.0f} ms (aim {aim}), most "
              f"{took[-1]:.0f} ms; bare DuckDB {peers[page]:.0f} ms, "
              f"p50 is {p50 / peers[page]:.1f} times that")  # fmt: skip
    wrong = [answer for answer in answers if answer.wrong]
    print(f"  errors: {len(wrong)} {sorted({answer.wrong or '' for answer in wrong})[:3] or ''}")


# --- who asks -------------------------------------------------------------------------------

_OFFICER = -1  # the last of the people: reviewers don't see the dashboard


def _people(settings: Settings) -> list[User]:
    side, roles = SideStore(settings.home), load_roles()
    side.prepare()
    people = [User(f"复核{n:02d}", "reviewer") for n in range(REVIEWERS)]
    people.append(User("合规", "compliance"))
    known = {row["name"] for row in side.rows("users")}
    for user in people:
        if user.name not in known:
            add_user(side, user, password=PASSWORD, roles=roles)
    return people


def _signed_in(address: str, user: User) -> httpx2.Client:
    client = httpx2.Client(base_url=address, timeout=60, headers={"accept": "text/html"})
    token = client.get("/login").text.partition('name="token" value="')[2].partition('"')[0]
    answer = client.post("/login", data={"user": user.name, "password": PASSWORD, "token": token})
    assert answer.status_code == 303, answer.text
    return client


# --- what is asked --------------------------------------------------------------------------


def _requests(opened: Sequence[str], count: int, *, seed: int) -> Iterator[tuple[str, str]]:
    """Pages with their addresses: of ten, four of the queue, four calls, a dashboard, a search."""
    dice = random.Random(seed)
    today = datetime.now(SHANGHAI).date()
    queues = (
        {}, {}, {}, {"tier": "critical"}, {"team": "第3组"}, {"code": "abuse_insult"},
        {"status": "quarantined", "bank": "虚构银行2"}, {"agent": "A017"},
        {"since": today - timedelta(days=7), "until": today}, {"detector": "classifier"},
    )  # fmt: skip
    searches = (
        {"words": "骗子"}, {"words": "这样的话没有人说过"}, {"words": "登记", "agent": "A017"},
        {"words": "开车", "code": "abuse_insult"}, {"words": "蛇保", "sound": "1"},
        {"code": "private_payment", "status": "open"},
    )  # fmt: skip
    dashboards = ({}, {}, {"team": "第3组"}, {"bank": "虚构银行2"})
    for _ in range(count):
        page = dice.choice(["queue"] * 4 + ["call"] * 4 + ["dashboard", "search"])
        if page == "call":
            asked = {"id": dice.choice(opened), "queue": "1"}
        else:
            asked = dice.choice(
                {"queue": queues, "search": searches, "dashboard": dashboards}[page]
            )
        yield page, f"/{page}?{urlencode(asked)}"


def _ask(client: httpx2.Client, page: str, path: str, due: float) -> Answer:
    wrong = None
    try:
        answer = client.get(path)
        if answer.status_code != 200:
            wrong = f"{path}: {answer.status_code}"
    except httpx2.HTTPError as error:
        wrong = f"{path}: {type(error).__name__}"
    return Answer(page, (time.perf_counter() - due) * 1000, wrong)


def _under_load(
    store: Store, clients: Sequence[httpx2.Client], opened: Sequence[str], seconds: int
) -> tuple[list[Answer], int]:
    context = multiprocessing.get_context("spawn")
    until = store.home.parent / "the-bench-is-done"
    until.unlink(missing_ok=True)
    with ProcessPoolExecutor(1, mp_context=context) as pool, ThreadPoolExecutor(32) as asking:
        loading = pool.submit(load_until, store.home, until)
        try:
            while _loaded(store) == 0:
                time.sleep(0.5)
            began, waiting = time.perf_counter(), []
            wanted = _requests(opened, seconds * A_SECOND, seed=1)
            for n, (page, path) in enumerate(wanted):
                due = began + n / A_SECOND
                time.sleep(max(0.0, due - time.perf_counter()))
                client = clients[_OFFICER if page == "dashboard" else n % REVIEWERS]
                waiting.append(asking.submit(_ask, client, page, path, due))
            answers = [each.result() for each in waiting]
        finally:
            until.touch()
        return answers, loading.result()


def _peer(store: Store, sql: str, call_id: str) -> float:
    """Milliseconds of bare DuckDB, opened for the question: the median of five."""
    took = []
    for _ in range(5):
        began = time.perf_counter()
        with closing(duckdb.connect(store.home / DATABASE, read_only=True)) as connection:
            connection.execute(sql, {"call_id": call_id} if "$call_id" in sql else None).fetchall()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


# --- what comes in --------------------------------------------------------------------------

_LATE = "L"


def load_until(home: Path, until: Path) -> int:
    """The loader's process: two calls a second until the file is there; how many."""
    store, brought = Store(home, lock_timeout_s=60), 0
    name = f"{_LATE}{time.time_ns()}"

    def arriving() -> Iterator[CallOutcome]:
        nonlocal brought
        began = time.monotonic()
        while not until.exists():
            time.sleep(max(0.0, began + brought / LOADED_A_SECOND - time.monotonic()))
            call_id = f"{name}-{brought}"
            brought += 1
            yield _arrived(store, call_id)

    load_outcomes(store, arriving())
    return brought


def _arrived(store: Store, call_id: str) -> CallOutcome:
    now = datetime.now(SHANGHAI)
    more = {"agent_id": "A017", "team": "第18组", "bank": "虚构银行2"}
    load_calls(store, [a_call(call_id, f"{now:%Y-%m-%d %H:%M:%S}", **more)])
    lines = [an_utterance(n, f"您好，账单已经逾期{n}天了，请尽快处理") for n in range(20)]
    outcome = an_outcome(call_id, *[a_finding(call_id, utterance_index=n) for n in range(3)])
    return CallOutcome(
        call_id, outcome.coverage, outcome.recording, a_transcript(call_id, *lines),
        outcome.detection,
    )  # fmt: skip


def _loaded(store: Store) -> int:
    with store.reading() as session:
        rows = session.rows("load/keys")
    return sum(row["call_id"].startswith(_LATE) for row in rows)


if __name__ == "__main__":
    given = sys.argv[1:]
    main(*map(int, given[:2]), *map(Path, given[2:3]))
