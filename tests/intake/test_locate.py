"""A manifest names recordings; only those in allowed folders are ever opened."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qc_pipeline.errors import (
    RecordingError,
    RecordingMissing,
    RecordingOutsideRoots,
    RecordingUnreadable,
)
from qc_pipeline.intake.locate import locate_recording, orphans
from qc_pipeline.records import CallRecord

Call = Callable[..., CallRecord]


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    folder = tmp_path / "recordings"
    (folder / "day 1").mkdir(parents=True)
    (folder / "a.ogg").write_bytes(b"x")
    (folder / "day 1" / "b#1.ogg").write_bytes(b"x")
    return folder


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "c.ogg").write_bytes(b"x")
    return folder


@pytest.mark.parametrize("named", ["a.ogg", "./a.ogg", "day 1/../a.ogg", "x/../a.ogg"])
def test_a_relative_path_is_found_under_the_recordings_folder(
    call: Call, recordings: Path, named: str
) -> None:
    found = locate_recording(call(recording=named), recordings_dir=recordings, roots=())
    assert found == recordings / "a.ogg"


def test_windows_separators_are_understood(call: Call, recordings: Path) -> None:
    found = locate_recording(call(recording="day 1\\b#1.ogg"), recordings_dir=recordings, roots=())
    assert found == recordings / "day 1" / "b#1.ogg"


def test_an_absolute_path_or_file_url_is_found_under_the_folder(
    call: Call, recordings: Path
) -> None:
    inside = recordings / "day 1" / "b#1.ogg"
    for named in (
        str(inside),
        inside.as_uri(),
        inside.as_uri().replace("file://", "file://localhost"),
    ):
        found = locate_recording(call(recording=named), recordings_dir=recordings, roots=())
        assert found == inside


@pytest.mark.parametrize(
    "named", ["../elsewhere/c.ogg", "{elsewhere}/c.ogg", "file://{elsewhere}/c.ogg"]
)
def test_another_folder_needs_to_be_a_root(
    call: Call, recordings: Path, elsewhere: Path, named: str
) -> None:
    record = call(recording=named.format(elsewhere=elsewhere))
    with pytest.raises(RecordingOutsideRoots, match="recording_roots"):
        locate_recording(record, recordings_dir=recordings, roots=())
    found = locate_recording(record, recordings_dir=recordings, roots=(elsewhere,))
    assert found == elsewhere / "c.ogg"


def test_a_link_leads_where_it_leads(call: Call, recordings: Path, elsewhere: Path) -> None:
    (recordings / "link.ogg").symlink_to(elsewhere / "c.ogg")
    (recordings / "linked").symlink_to(elsewhere)
    for named in ("link.ogg", "linked/c.ogg"):
        with pytest.raises(RecordingOutsideRoots):
            locate_recording(call(recording=named), recordings_dir=recordings, roots=())
    (elsewhere / "back").symlink_to(recordings)
    record = call(recording=str(elsewhere / "back" / "a.ogg"))
    assert locate_recording(record, recordings_dir=recordings, roots=()) == recordings / "a.ogg"


def test_a_folder_whose_name_only_begins_like_a_root_is_outside(
    call: Call, recordings: Path, tmp_path: Path
) -> None:
    sibling = tmp_path / "recordings-old"
    sibling.mkdir()
    (sibling / "a.ogg").write_bytes(b"x")
    with pytest.raises(RecordingOutsideRoots):
        locate_recording(
            call(recording=str(sibling / "a.ogg")), recordings_dir=recordings, roots=()
        )


@pytest.mark.parametrize(
    "named",
    ["http://example.org/a.ogg", "https://x/a.ogg", "s3://bucket/a.ogg", "file://server/share/a.ogg",
     "concat:/etc/passwd", "D:\\rec\\a.ogg", "\\\\server\\share\\a.ogg", "/etc/passwd"],
)  # fmt: skip
def test_addresses_and_other_machines_are_outside(call: Call, recordings: Path, named: str) -> None:
    with pytest.raises(RecordingOutsideRoots) as error:
        locate_recording(call(recording=named), recordings_dir=recordings, roots=())
    assert error.value.remedy


def test_outside_the_roots_nothing_tells_whether_a_file_exists(
    call: Call, recordings: Path
) -> None:
    for named in ("/etc/passwd", "/etc/no-such-file"):
        with pytest.raises(RecordingOutsideRoots):
            locate_recording(call(recording=named), recordings_dir=recordings, roots=())


def test_a_missing_file_is_missing_with_the_remedy(call: Call, recordings: Path) -> None:
    with pytest.raises(RecordingMissing, match=r"no\.ogg") as error:
        locate_recording(call(recording="no.ogg"), recordings_dir=recordings, roots=())
    assert "--recordings" in error.value.remedy
    with pytest.raises(RecordingMissing):
        locate_recording(call(), recordings_dir=recordings, roots=())


def test_names_that_are_no_file_are_unreadable(call: Call, recordings: Path) -> None:
    (recordings / "round").symlink_to(recordings / "round")
    os.mkfifo(recordings / "pipe.ogg")
    for named in ("day 1", ".", "a\0b.ogg", "x" * 5000, "round", "pipe.ogg"):
        with pytest.raises(RecordingUnreadable):
            locate_recording(call(recording=named), recordings_dir=recordings, roots=())


@given(st.text(min_size=1, max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_name_is_inside_or_refused(call: Call, recordings: Path, named: str) -> None:
    try:
        found = locate_recording(call(recording=named), recordings_dir=recordings, roots=())
    except RecordingError:
        return
    assert found.is_relative_to(recordings)


def test_orphans_are_audio_files_no_row_names(call: Call, recordings: Path) -> None:
    for name in ("lost.WAV", "notes.txt", ".hidden.ogg", "linked.ogg", "rejected.mp3"):
        (recordings / name).write_bytes(b"x")
    home = recordings / "var"
    (home / "recordings").mkdir(parents=True)
    (home / "qc.duckdb").write_bytes(b"")
    (home / "recordings" / "kept.ogg").write_bytes(b"x")
    calls = [call(recording="./a.ogg"), call(recording="linked.ogg"), call(),
             call(recording="http://x/y.ogg"), call(recording="a\0b")]  # fmt: skip
    assert orphans(recordings, calls, also_named=["rejected.mp3"]) == ("day 1/b#1.ogg", "lost.WAV")


def test_a_folder_without_recordings_has_no_orphans(tmp_path: Path) -> None:
    assert orphans(tmp_path / "no", []) == ()
