"""The access log: one entry per access, on the disk before the access, and nobody edits it unseen."""

from __future__ import annotations

import json
import multiprocessing
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qc_pipeline.errors import RegisterError
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers.access_log import (
    FILE,
    read_accesses,
    record_access,
    verify_accesses,
)

NOON = datetime(2026, 3, 3, 12, 0, tzinfo=SHANGHAI)


def listen(home: Path, subject: str = "s01", **details):
    return record_access(
        home, keys=home.parent / "keys", actor="王芳", action="call.listened", subject=subject,
        at=NOON, details=details,
    )  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def problem(home: Path):
    return verify_accesses(home, keys=home.parent / "keys")[1]


def test_entries_are_there_in_order_and_the_chain_holds(home: Path) -> None:
    first = listen(home, "s01", channel="web")
    second = listen(home, "s02")
    entries = list(read_accesses(home))
    assert entries[1:] == [first, second]  # the opening comes first
    assert first.details == {"channel": "web"}
    assert problem(home) is None


def test_no_log_is_no_fault_until_there_was_one(home: Path) -> None:
    assert problem(home) is None
    listen(home)
    (home / FILE).unlink()
    assert "reached entry 2" in str(problem(home))
    with pytest.raises(RegisterError, match="gone or empty"):
        listen(home)


@pytest.mark.parametrize("change", ["edit", "leave out", "swap", "cut off", "garbage"])
def test_tampering_shows(home: Path, change: str) -> None:
    for number in range(4):
        listen(home, f"s{number}")
    path = home / FILE
    lines = path.read_bytes().splitlines(keepends=True)
    if change == "edit":
        lines[2] = lines[2].replace(b'"s1"', b'"s9"')
    elif change == "leave out":
        del lines[2]
    elif change == "swap":
        lines[2], lines[3] = lines[3], lines[2]
    elif change == "cut off":
        del lines[-1]
    else:
        lines[2] = b"{}\n"
    path.write_bytes(b"".join(lines))
    assert problem(home) is not None
    if change == "cut off":
        with pytest.raises(RegisterError, match="cut off"):
            listen(home)


def test_a_line_half_written_in_a_crash_is_taken_away_and_said(home: Path) -> None:
    listen(home, "s01")
    with (home / FILE).open("ab") as file:
        file.write(b'{"seq":3,"at":"2026')
    assert [e.subject for e in read_accesses(home)][-1] == "s01"
    listen(home, "s02")
    repaired = list(read_accesses(home))[-2]
    assert (repaired.action, repaired.details) == ("log.repaired", {"bytes": 19})
    assert problem(home) is None


def test_another_key_is_refused(home: Path) -> None:
    listen(home)
    key = home.parent / "keys" / "access" / "register.key"
    key.write_text("00" * 32 + "\n")
    with pytest.raises(RegisterError, match="does not fit the key"):
        listen(home)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.text(), st.text(max_size=2_000)), min_size=1, max_size=5))
def test_any_text_survives(tmp_path_factory: pytest.TempPathFactory, entries) -> None:
    home = tmp_path_factory.mktemp("access") / "home"
    home.mkdir()
    for subject, note in entries:
        clean = [t.encode("utf-8", "replace").decode() for t in (subject, note)]
        listen(home, clean[0], note=clean[1])
    assert problem(home) is None
    assert len(list(read_accesses(home))) == len(entries) + 1


def _listen_often(home: Path, who: int) -> None:
    for number in range(20):
        listen(home, f"{who}-{number}")


def test_processes_that_write_at_once_lose_nothing(home: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_listen_often, args=(home, n)) for n in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert len(list(read_accesses(home))) == 61
    assert problem(home) is None


def test_a_line_longer_than_a_block_is_found_as_the_last(home: Path) -> None:
    listen(home, "s01", note="长" * 60_000)
    listen(home, "s02")
    assert json.loads((home / FILE).read_bytes().splitlines()[-1])["seq"] == 3
    assert problem(home) is None
