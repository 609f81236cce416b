"""Loading: idempotent, short transactions, human decisions survive."""

import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qc_pipeline.records import (
    CallEvent,
    Coverage,
    ListenerSpan,
    Payment,
    ReferenceTables,
    StopFlag,
)
from qc_pipeline.store.loader import (
    CallOutcome,
    Loaded,
    load_calls,
    load_orphans,
    load_outcomes,
    load_rejected,
    load_tables,
    loaded_keys,
    recording_owners,
)
from qc_pipeline.store.store import Store

from .builders import (
    AS_FOUND,
    a_call,
    a_finding,
    a_recording,
    a_transcript,
    an_outcome,
    an_utterance,
    at,
    query,
)
from .conftest import NewStore

TABLES = ("calls", "utterances", "findings", "suppressed", "coverage", "orphans")


def content(store: Store) -> dict[str, list[dict[str, Any]]]:
    with store.reading() as session:
        return {table: session.rows(f"export/{table}") for table in TABLES}


def table(store: Store, name: str) -> list[dict[str, Any]]:
    return content(store)[name]


def verdict(store: Store, finding_id: str, status: str | None, severity: str | None = None) -> None:
    with store.writing() as session:
        session.run(
            "registers/mark_finding",
            {
                **AS_FOUND,
                "finding_id": finding_id,
                "status": status,
                "severity": severity,
            },
        )


def test_a_call_record_keeps_every_column(store: Store) -> None:
    call = a_call(
        "C1", recording="a/b.wav", duration_s=60.5, talk_s=55.0, answered=True, team="T",
        answered_at=at("2026-03-03 10:00:05"), callee="debtor", channels="agent,customer",
        agent_note="承诺周五还", note_at=at("2026-03-03 10:05:00"), extra={"线路": "7"},
    )  # fmt: skip
    assert load_calls(store, [call]) == Loaded(1, 0)
    (row,) = table(store, "calls")
    assert row["talk_s"] == 55.0
    assert row["answered"] is True
    assert row["note_at"] == call.note_at
    assert row["manifest_channels"] == "agent,customer"
    assert row["extra"] == '{"线路": "7"}'
    assert row["state"] == "deferred"


def test_the_same_manifest_again_writes_nothing(store: Store) -> None:
    calls = [a_call(f"C{n}") for n in range(120)]
    assert load_calls(store, calls) == Loaded(120, 0)
    before = content(store)
    assert load_calls(store, [replace(call, row=call.row + 1) for call in calls]) == Loaded(0, 120)
    assert content(store) == before


def test_a_corrected_record_replaces_the_old_one_and_keeps_its_outcome(store: Store) -> None:
    load_calls(store, [a_call("C1"), a_call("C2")])
    load_outcomes(store, [an_outcome("C1")])
    assert load_calls(store, [a_call("C1", team="B"), a_call("C2")]) == Loaded(1, 1)
    first, _ = table(store, "calls")
    assert (first["team"], first["state"]) == ("B", "scanned")


def test_an_outcome_fills_every_table(store: Store) -> None:
    load_calls(store, [a_call("C1")])
    outcome = an_outcome(
        "C1", a_finding("C1"),
        suppressed=(a_finding("C1", "threat_intimidation", reasons=("negated: 否定句",)),),
        events=(CallEvent("complaint", 0, 1.0, "投诉"),),
        listeners=(ListenerSpan(1, "debtor", "本人确认"),),
    )  # fmt: skip
    turns = (an_utterance(), an_utterance(1, "我是本人", speaker="customer"))
    load_outcomes(store, [replace(outcome, transcript=a_transcript("C1", *turns))])
    found = content(store)
    assert [(u["index"], u["listener"]) for u in found["utterances"]] == [
        (0, "unknown"), (1, "debtor"),
    ]  # fmt: skip
    assert found["findings"][0]["matched"] == "骗子"
    assert found["suppressed"][0]["reasons"] == ["negated: 否定句"]
    assert found["calls"][0]["channels"] == 2
    assert loaded_keys(store) == {"C1": "k1"}
    with store.reading() as session:
        assert session.rows("registers/complaining_calls")


def test_the_same_outcomes_again_write_nothing(store: Store) -> None:
    load_calls(store, [a_call(f"C{n}") for n in range(60)])
    outcomes = [an_outcome(f"C{n}", a_finding(f"C{n}")) for n in range(60)]
    assert load_outcomes(store, outcomes) == Loaded(60, 0)
    before = content(store)
    assert load_outcomes(store, outcomes) == Loaded(0, 60)
    assert content(store) == before


def test_a_call_that_ended_without_a_detection_is_tried_again(store: Store) -> None:
    load_calls(store, [a_call("C1")])
    failed = CallOutcome("C1", Coverage("C1", "failed", "worker lost"), a_recording("C1"))
    assert load_outcomes(store, [failed, failed]) == Loaded(1, 1)
    assert table(store, "coverage") == [
        {"call_id": "C1", "state": "failed", "reason": "worker lost"}
    ]
    assert loaded_keys(store) == {}
    load_outcomes(store, [an_outcome("C1", a_finding("C1"))])
    assert loaded_keys(store) == {"C1": "k1"}
    # Failing later doesn't take away what was found, nor double it when it works again.
    load_outcomes(store, [failed])
    assert len(table(store, "findings")) == 1
    load_outcomes(store, [an_outcome("C1", a_finding("C1"))])
    assert len(table(store, "utterances")) == 1


def test_a_new_detection_replaces_what_no_human_touched(store: Store) -> None:
    load_calls(store, [a_call("C1")])
    load_outcomes(store, [an_outcome("C1", a_finding("C1"), a_finding("C1", "private_payment"))])
    load_outcomes(store, [an_outcome("C1", a_finding("C1", severity="minor"), key="k2")])
    (finding,) = table(store, "findings")
    assert (finding["code"], finding["severity"]) == ("abuse_insult", "minor")
    assert len(table(store, "utterances")) == 1


@pytest.mark.parametrize("status", ["confirmed", "rejected", "overturned"])
def test_a_verdict_survives_a_new_detection(store: Store, status: str) -> None:
    finding = a_finding("C1")
    load_calls(store, [a_call("C1")])
    load_outcomes(store, [an_outcome("C1", finding)])
    verdict(store, finding.finding_id, status)
    load_outcomes(store, [an_outcome("C1", replace(finding, score=0.1), key="k2")])
    (row,) = table(store, "findings")
    assert (row["finding_id"], row["status"], row["score"]) == (finding.finding_id, status, 0.1)
    # Even when the machine no longer makes it; and it is whole again when it comes back.
    load_outcomes(store, [an_outcome("C1", key="k3")])
    (row,) = table(store, "findings")
    assert row["status"] == status
    load_outcomes(store, [an_outcome("C1", finding, key="k4")])
    (row,) = table(store, "findings")
    assert (row["status"], row["score"]) == (status, 0.9)


def test_the_severity_a_reviewer_set_survives(store: Store) -> None:
    finding = a_finding("C1")
    load_calls(store, [a_call("C1")])
    load_outcomes(store, [an_outcome("C1", finding)])
    verdict(store, finding.finding_id, "confirmed", "minor")
    load_outcomes(store, [an_outcome("C1", finding, key="k2")])
    assert table(store, "findings")[0]["severity"] == "minor"


def test_a_finding_under_review_is_marked_not_deleted(store: Store) -> None:
    finding = a_finding("C1")
    load_calls(store, [a_call("C1")])
    load_outcomes(store, [an_outcome("C1", finding)])
    verdict(store, finding.finding_id, None)  # a first reviewer has spoken, a second must
    load_outcomes(store, [an_outcome("C1", key="k2")])
    with store.reading() as session:
        row = session.one("registers/finding", {"finding_id": finding.finding_id})
    assert row is not None
    assert row["superseded_at"] is not None
    assert table(store, "findings") == []


def test_the_same_finding_twice_in_a_call_is_one(store: Store) -> None:
    load_calls(store, [a_call("C1")])
    load_outcomes(store, [an_outcome("C1", a_finding("C1"), a_finding("C1"))])
    assert len(table(store, "findings")) == 1


def test_a_refused_row_is_counted_and_never_harms_a_good_one(store: Store) -> None:
    load_calls(store, [a_call("C1")])
    load_outcomes(store, [an_outcome("C1")])
    bad = [Coverage(name, "unreadable", "时间无法识别") for name in ("C1", "C9")]
    load_rejected(store, bad)
    load_rejected(store, bad)
    assert [(row["call_id"], row["state"]) for row in table(store, "coverage")] == [
        ("C1", "scanned"), ("C9", "unreadable"),
    ]  # fmt: skip
    load_calls(store, [a_call("C9")])  # corrected the next night
    load_outcomes(store, [an_outcome("C9")])
    assert table(store, "coverage")[1]["state"] == "scanned"


def test_the_first_call_owns_a_recording(store: Store) -> None:
    load_calls(store, [a_call("C2"), a_call("C1")])
    same = a_recording("same")
    load_outcomes(
        store,
        [
            replace(an_outcome("C2"), recording=same),
            replace(an_outcome("C1", state="duplicate"), recording=same),
        ],
    )
    assert recording_owners(store) == {same.sha256: "C2"}


def test_slow_outcomes_are_not_kept_waiting_for_a_full_batch(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qc_pipeline.store.loader._WAIT_S", 0.01)
    load_calls(store, [a_call(f"C{n}") for n in range(4)])
    seen = []

    def slowly() -> Iterator[CallOutcome]:
        for n in range(4):
            seen.append(len(loaded_keys(store)))
            time.sleep(0.02)
            yield an_outcome(f"C{n}")

    load_outcomes(store, slowly())
    assert seen[-1] >= 2


# --- reference tables -------------------------------------------------------------------------

FLAG = StopFlag(
    "K1", None, "paused", at("2026-03-01 00:00:00"), None, at("2026-03-01 00:00:00"), None
)


def flags(store: Store) -> list[tuple[Any, ...]]:
    return query(store, "SELECT valid_from, valid_to FROM flags_in_force")


def tables(**rows: Any) -> ReferenceTables:
    return ReferenceTables(**rows, present=frozenset(rows))


def test_a_table_that_did_not_change_is_left_alone(store: Store) -> None:
    payments = (Payment("K1", at("2026-03-01 09:00:00"), Decimal("100")),) * 2
    assert load_tables(store, tables(flags=(FLAG,), payments=payments)) == ("flags", "payments")
    assert load_tables(store, tables(flags=(FLAG,), payments=payments)) == ()
    # Two equal payments are two; one of them taken back is a change.
    assert load_tables(store, tables(payments=payments[:1])) == ("payments",)


def test_a_row_that_went_was_in_force_until_it_went(store: Store) -> None:
    load_tables(store, tables(flags=(FLAG,)))
    assert flags(store)[0][1] is None
    load_tables(store, tables(flags=()))
    assert flags(store)[0][1] is not None


def test_a_corrected_row_counts_alone(store: Store) -> None:
    load_tables(store, tables(flags=(FLAG,)))
    later = replace(FLAG, valid_from=at("2026-03-09 00:00:00"))
    load_tables(store, tables(flags=(later,)))
    assert [row[0] for row in flags(store)] == [later.valid_from]


def test_a_missing_file_is_not_an_empty_one(store: Store) -> None:
    load_tables(store, tables(flags=(FLAG,)))
    load_tables(store, ReferenceTables())
    assert flags(store)[0][1] is None


# --- orphans ----------------------------------------------------------------------------------


def test_orphans_are_listed_per_folder_until_a_call_names_them(store: Store) -> None:
    load_orphans(store, ["a.wav", "b.wav"], folder="/one")
    load_orphans(store, ["a.wav"], folder="/two")
    load_orphans(store, ["b.wav", "c.wav"], folder="/one")
    assert [(row["folder"], row["recording"]) for row in table(store, "orphans")] == [
        ("/one", "b.wav"), ("/one", "c.wav"), ("/two", "a.wav"),
    ]  # fmt: skip
    load_calls(store, [a_call("C1", recording="c.wav")])
    load_orphans(store, ["b.wav", "c.wav"], folder="/one")
    assert [row["recording"] for row in table(store, "orphans")] == ["b.wav", "a.wav"]


# --- killed half-way --------------------------------------------------------------------------

LOAD = """
    import sys, time
    from pathlib import Path
    sys.path.insert(0, sys.argv[2])
    from qc_pipeline.store.loader import load_calls, load_outcomes
    from qc_pipeline.store.store import Store
    from tests.store.builders import a_call, a_finding, an_outcome
    store = Store(Path(sys.argv[1]))
    store.migrate()
    print("go", flush=True)
    load_calls(store, (a_call(f"C{n}") for n in range(200)))
    load_outcomes(store, (an_outcome(f"C{n}", a_finding(f"C{n}")) for n in range(200)))
"""


def run_loader(home: Path, *, killed_after_s: float | None) -> None:
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(LOAD), str(home), str(root)],
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.readline()
    if killed_after_s is not None:
        time.sleep(killed_after_s)
        process.send_signal(signal.SIGKILL)
    process.communicate()


def test_killed_and_run_again_ends_as_an_undisturbed_run(tmp_path: Path) -> None:
    run_loader(tmp_path / "whole", killed_after_s=None)
    expected = content(Store(tmp_path / "whole"))
    assert len(expected["findings"]) == 200
    for delay in (0.05, 0.3, 0.6):
        run_loader(tmp_path / "killed", killed_after_s=delay)
    run_loader(tmp_path / "killed", killed_after_s=None)
    assert content(Store(tmp_path / "killed")) == expected


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=st.lists(st.integers(0, 3), min_size=1, max_size=6))
def test_any_sequence_of_loads_ends_in_each_calls_last_detection(
    new_store: NewStore, order: list[int]
) -> None:
    store = new_store()
    load_calls(store, [a_call(f"C{n}") for n in range(4)])
    last: dict[str, int] = {}
    for turn, n in enumerate(order):
        call_id = f"C{n}"
        finding = a_finding(call_id, start=turn, end=turn + 1)
        load_outcomes(store, [an_outcome(call_id, finding, key=f"k{turn}")])
        last[call_id] = turn
    expected = {
        (call_id, a_finding(call_id, start=turn, end=turn + 1).finding_id)
        for call_id, turn in last.items()
    }
    found = query(store, "SELECT call_id, finding_id FROM findings")
    assert sorted(found) == sorted(expected)
