"""The door to the database."""

import subprocess
import sys
import textwrap
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from qc_pipeline.errors import HomeError
from qc_pipeline.records import SHANGHAI
from qc_pipeline.store import store as store_module
from qc_pipeline.store.loader import finish_scan, load_calls, start_scan
from qc_pipeline.store.store import DATABASE, Store, migrations

from .builders import a_call, query


def test_a_new_home_gets_every_migration_with_its_record(tmp_path: Path) -> None:
    store = Store(tmp_path / "new" / "home")
    store.migrate()
    with store.reading() as session:
        applied = session.rows("migrations_applied")
    assert [(row["version"], row["sha256"]) for row in applied] == [
        (migration.version, migration.sha256) for migration in migrations()
    ]


def test_migrating_again_changes_nothing(store: Store) -> None:
    scan_id = start_scan(store, manifest="m.csv")
    Store(store.home).migrate()
    with store.reading() as session:
        assert session.one("migrations_applied") is not None
    with store.writing() as session:
        session.run("load/scan_finish", {"scan_id": scan_id, "summary": "{}"})


def test_a_home_from_a_newer_version_is_refused(store: Store) -> None:
    with store.writing() as session:
        session.run("migrations_record", {"version": 9999, "name": "future", "sha256": "x"})
    for use in (Store(store.home).migrate, lambda: Store(store.home).reading().__enter__()):
        with pytest.raises(HomeError, match=r"newer version.*upgrade"):
            use()


def test_a_home_of_another_build_is_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    first, *rest = migrations()
    other = store_module.Migration(first.version, first.name, first.sql + "-- changed")
    monkeypatch.setattr(store_module, "migrations", lambda: (other, *rest))
    with pytest.raises(HomeError, match="another build"):
        Store(store.home).migrate()


def test_an_older_home_must_be_upgraded_first(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = migrations()
    extra = store_module.Migration(9000, "later", "CREATE TABLE later (x INTEGER);")
    monkeypatch.setattr(store_module, "migrations", lambda: (*known, extra))
    fresh = Store(store.home)
    with pytest.raises(HomeError, match="older version"), fresh.reading():
        pass
    fresh.migrate()
    with fresh.reading() as session:
        assert len(session.rows("migrations_applied")) == len(known) + 1


def test_a_migration_that_fails_half_way_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = migrations()
    broken = store_module.Migration(
        9000, "broken", "CREATE TABLE half (x INTEGER); SELECT no_such_column;"
    )
    store = Store(tmp_path / "home")
    monkeypatch.setattr(store_module, "migrations", lambda: (*known, broken))
    with pytest.raises(Exception, match="no_such_column"):
        store.migrate()
    # The same table can be made again, so the broken one was rolled back with its record.
    mended = store_module.Migration(9000, "mended", "CREATE TABLE half (x INTEGER);")
    monkeypatch.setattr(store_module, "migrations", lambda: (*known, mended))
    store.migrate()
    with store.reading() as session:
        assert {row["version"] for row in session.rows("migrations_applied")} == {
            *(migration.version for migration in known), 9000,
        }  # fmt: skip


def test_an_error_rolls_the_whole_unit_back(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.writing() as session:  # noqa: PT012
        session.run("load/scan_start", {"scan_id": "S1", "manifest": "m"})
        _ = 1 / 0
    with store.writing() as session:  # the same id is free again
        session.run("load/scan_start", {"scan_id": "S1", "manifest": "m"})


def test_a_reader_cannot_write(store: Store) -> None:
    with pytest.raises(Exception, match="read-only"), store.reading() as session:
        session.run("load/scan_start", {"scan_id": "S1", "manifest": "m"})


def test_reading_before_anything_was_scanned_says_so(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    with pytest.raises(HomeError, match="run `qc scan`"), Store(tmp_path / "home").reading():
        pass


def test_a_home_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(HomeError, match="writable --home"):
        Store(tmp_path / "file" / "home").migrate()


def test_reading_inside_reading_is_the_same_moment(store: Store) -> None:
    with store.reading() as outer, store.reading() as inner:
        assert inner is outer
    with store.reading() as later:
        assert later is not outer
        assert later.rows("migrations_applied")


def test_writing_inside_reading_fails_at_once(store: Store) -> None:
    with (
        store.reading(),
        pytest.raises(RuntimeError, match="already open"),
        store.writing(),
    ):
        pass
    with store.writing() as session:
        assert session.rows("migrations_applied")


def test_times_come_back_in_shanghai(store: Store) -> None:
    late_in_utc = datetime(2026, 3, 3, 22, 30, 0, 5, tzinfo=UTC)
    load_calls(store, [replace(a_call("C1"), started_at=late_in_utc)])
    with store.reading() as session:
        (row,) = session.rows("export/calls")
        (day,) = session.rows("contact/days")
    assert row["started_at"] == late_in_utc
    assert row["started_at"].tzinfo is SHANGHAI
    assert day["day"] == date(2026, 3, 4)


def test_one_gives_the_first_row_or_none(store: Store) -> None:
    with store.reading() as session:
        assert session.one("contact/state") is None
        first = session.one("migrations_applied")
    assert first is not None
    assert first["version"] == 1


def test_run_many_runs_once_per_row(store: Store) -> None:
    with store.writing() as session:
        session.run_many(
            "load/scan_start",
            ({"scan_id": f"S{n}", "manifest": "m"} for n in range(3)),
        )
    with store.writing() as session, pytest.raises(Exception, match="Duplicate key"):
        session.run("load/scan_start", {"scan_id": "S2", "manifest": "m"})


def test_a_file_that_is_no_database_is_named(store: Store) -> None:
    (store.home / DATABASE).write_bytes(b"garbage" * 1000)
    for use in (Store(store.home).migrate, lambda: Store(store.home).reading().__enter__()):
        with pytest.raises(HomeError, match=rf"{DATABASE} is damaged"):
            use()


def test_another_program_that_has_the_file_open_is_named(store: Store) -> None:
    hold = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print(1, flush=True); input()"
    other = subprocess.Popen(
        [sys.executable, "-c", hold, str(store.home / DATABASE)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert other.stdout is not None
    other.stdout.readline()
    with pytest.raises(HomeError, match="no other program"), store.writing():
        pass
    other.communicate(b"\n")
    with store.writing():
        pass


FILL = """
    import resource, signal, sys
    from pathlib import Path
    sys.path.insert(0, sys.argv[2])
    from qc_pipeline.errors import HomeError
    from qc_pipeline.store.loader import load_calls
    from qc_pipeline.store.store import DATABASE, Store
    from tests.store.builders import a_call
    store = Store(Path(sys.argv[1]))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    most = (store.home / DATABASE).stat().st_size + 20_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    try:
        load_calls(store, (a_call(f"C{n}", agent_note=str(n) * 500) for n in range(3000)))
    except HomeError as error:
        print(error)
"""


def test_a_full_disk_is_named_and_the_work_goes_on_later(store: Store) -> None:
    root = str(Path(__file__).parents[2])
    full = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(FILL), str(store.home), root],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "see that the disk has room" in full.stdout
    calls = [a_call(f"C{n}", agent_note=str(n) * 500) for n in range(3000)]
    loaded = load_calls(store, calls)
    assert loaded.written > 0
    assert loaded.written + loaded.unchanged == 3000


def test_a_scan_is_recorded_with_its_figures(store: Store) -> None:
    scan_id = start_scan(store, manifest="m.csv")
    load_calls(store, [a_call("C1")], scan_id=scan_id)
    load_calls(store, [a_call("C1", team="B")], scan_id=start_scan(store, manifest="n.csv"))
    finish_scan(store, scan_id, summary={"scanned": 1})
    assert query(store, "SELECT first_scan_id FROM calls") == [(scan_id,)]
    (first, _) = query(
        store, "SELECT manifest, summary, finished_at >= started_at FROM scans ORDER BY started_at"
    )
    assert first == ("m.csv", '{"scanned": 1}', True)
