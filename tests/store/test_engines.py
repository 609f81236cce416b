"""Engines outlive sessions, the hold on the file doesn't."""

import os
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from qc_pipeline.errors import HomeError
from qc_pipeline.store.loader import load_calls, start_scan
from qc_pipeline.store.store import DATABASE, Store

from .builders import a_call
from .conftest import NewStore


def held_by_this_process(store: Store) -> list[str]:
    links = [path.readlink() for path in Path("/proc/self/fd").iterdir() if path.exists()]
    return [str(link) for link in links if link == store.home / DATABASE]


def test_the_file_is_let_go_when_a_session_ends(store: Store) -> None:
    with store.reading():
        assert held_by_this_process(store)
    assert held_by_this_process(store) == []
    with store.writing():
        assert held_by_this_process(store)
    assert held_by_this_process(store) == []
    other = f"import duckdb; duckdb.connect({str(store.home / DATABASE)!r}).close()"
    subprocess.run([sys.executable, "-c", other], check=True, timeout=60)


def test_readers_at_once_read_the_same_and_a_writer_comes_after_them(store: Store) -> None:
    load_calls(store, [a_call("C1")])
    inside, counted = threading.Barrier(4), []

    def read() -> None:
        with store.reading() as session:
            inside.wait(timeout=60)
            counted.append(len(session.rows("export/calls")))
            inside.wait(timeout=60)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for each in readers:
        each.start()
    inside.wait(timeout=60)
    writer = threading.Thread(target=load_calls, args=(store, [a_call("C2")]))
    writer.start()
    inside.wait(timeout=60)
    for each in (*readers, writer):
        each.join(timeout=60)
    assert counted == [1, 1, 1]
    with store.reading() as session:
        assert len(session.rows("export/calls")) == 2


def test_two_homes_are_open_at_once(new_store: NewStore) -> None:
    one, other = new_store(), new_store()
    load_calls(one, [a_call("C1")])
    with one.reading() as of_one, other.reading() as of_other:
        assert [row["call_id"] for row in of_one.rows("export/calls")] == ["C1"]
        assert of_other.rows("export/calls") == []


def test_what_a_session_shadowed_is_gone_with_it(store: Store) -> None:
    with store.reading() as session:
        session.shadow("schema_migrations", "web/states")
        with pytest.raises(duckdb.BinderException):
            session.rows("migrations_applied")
    with store.reading() as session:
        assert session.rows("migrations_applied")


def test_an_engine_that_could_not_open_a_file_is_not_kept(store: Store, tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_bytes(b"no database" * 1000)
    for _ in range(3):
        with pytest.raises(HomeError, match="damaged"), Store(tmp_path).reading():
            pass
    with store.reading() as session:
        assert session.rows("migrations_applied")


def test_a_forked_process_makes_engines_of_its_own(store: Store) -> None:
    start_scan(store, manifest="m.csv")
    child = os.fork()
    if child == 0:
        try:
            with store.reading() as session:
                os._exit(0 if session.rows("migrations_applied") else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with closing(duckdb.connect(store.home / DATABASE, read_only=True)) as connection:
        assert connection.execute("SELECT count(*) FROM scans").fetchall() == [(1,)]
