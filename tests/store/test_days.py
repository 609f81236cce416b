"""Everything that was made of a call stands under the call's day, however it came there."""

from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from qc_pipeline.policy import Policy
from qc_pipeline.records import CallEvent, Coverage
from qc_pipeline.store import store as store_module
from qc_pipeline.store.contact import run_contact_pass
from qc_pipeline.store.loader import CallOutcome, load_calls, load_outcomes, load_rejected
from qc_pipeline.store.store import DATABASE, Store, migrations

from .builders import MADE, a_call, a_finding, an_outcome, at, query

MADE_OF_CALLS = ("utterances", "findings", "suppressed", "events")


def a_full_outcome(call_id: str) -> CallOutcome:
    return an_outcome(
        call_id, a_finding(call_id), suppressed=(a_finding(call_id, "private_payment"),),
        events=(CallEvent("identity", 0, 1.0, "本人", ""),),
    )  # fmt: skip


def days(store: Store, table: str) -> set[tuple[str, date | None]]:
    return set(query(store, f"SELECT call_id, day FROM {table}"))


def test_the_day_is_the_calls_day_in_shanghai(store: Store) -> None:
    late = replace(a_call("C1"), started_at=at("2026-03-03 00:10:00").astimezone(None))
    load_calls(store, [late, a_call("C2", "2026-03-03 23:50:00")])
    load_outcomes(store, [a_full_outcome("C1"), a_full_outcome("C2")])
    for table in MADE_OF_CALLS:
        assert days(store, table) == {("C1", date(2026, 3, 3)), ("C2", date(2026, 3, 3))}, table


def test_a_call_that_moves_to_another_day_takes_everything_along(store: Store) -> None:
    load_calls(store, [a_call("C1"), a_call("C2")])
    load_outcomes(store, [a_full_outcome("C1"), a_full_outcome("C2")])
    load_calls(store, [a_call("C1", "2026-03-05 09:00:00"), a_call("C2", agent_id="A2")])
    for table in MADE_OF_CALLS:
        assert days(store, table) == {("C1", date(2026, 3, 5)), ("C2", date(2026, 3, 3))}, table


def test_a_call_without_a_time_has_no_day_until_its_record_comes(store: Store) -> None:
    load_rejected(store, [Coverage("C1", "unreadable", "第 2 行：时间看不懂")])
    load_outcomes(store, [a_full_outcome("C1")])
    for table in MADE_OF_CALLS:
        assert days(store, table) == {("C1", None)}, table
    load_calls(store, [a_call("C1")])
    for table in MADE_OF_CALLS:
        assert days(store, table) == {("C1", date(2026, 3, 3))}, table


def test_findings_of_the_contact_pass_and_of_people_have_it_too(
    store: Store, policy: Policy
) -> None:
    load_calls(store, [a_call("C1", "2026-03-03 23:50:00")])
    run_contact_pass(store, policy=policy)
    added = {
        "finding_id": "F1", "call_id": "C1", "code": "abuse_insult", "severity": "major",
        "listener": "debtor", "utterance_index": None, "start_s": 1.0, "end_s": 2.0,
        "utterance": "", "reasons": ["added: 复核人补充"], "created_at": MADE,
    }  # fmt: skip
    with store.writing() as session:
        session.run("registers/add_finding", added)
    made = query(store, "SELECT DISTINCT detector, day FROM findings")
    assert set(made) == {("contact", date(2026, 3, 3)), ("human", date(2026, 3, 3))}


def test_a_store_of_an_older_version_gets_its_days(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = migrations()
    before = tuple(each for each in known if each.name != "days")
    assert len(before) == len(known) - 1
    monkeypatch.setattr(store_module, "migrations", lambda: before)
    store = Store(tmp_path)
    store.migrate()
    with closing(duckdb.connect(store.home / DATABASE)) as connection:
        connection.execute(
            "INSERT INTO calls (call_id, started_at) VALUES"
            " ('C1', '2026-03-02 16:10:00+00'), ('C2', NULL)"
        )
        for call_id in ("C1", "C2"):
            connection.execute(
                "INSERT INTO utterances (call_id, index, speaker, listener, start_s, end_s, text,"
                " raw_text, confidence, channel) VALUES (?, 0, 'agent', 'debtor', 0, 1, '', '', 1, 0)",
                [call_id],
            )
            connection.execute(
                "INSERT INTO events VALUES (?, 'identity', 0, 1, '本人', '')", [call_id]
            )
    monkeypatch.setattr(store_module, "migrations", lambda: known)
    store.migrate()
    for table in ("utterances", "events"):
        assert days(store, table) == {("C1", date(2026, 3, 3)), ("C2", None)}, table
