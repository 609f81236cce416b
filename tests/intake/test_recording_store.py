"""Recordings are kept by content, whole or not at all."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from qc_pipeline.errors import HomeError, RecordingUnreadable
from qc_pipeline.intake.probe import probe_recording
from qc_pipeline.intake.recording_store import LocalRecordingStore, RecordingStore
from qc_pipeline.records import Recording


@pytest.fixture
def store(tmp_path: Path) -> LocalRecordingStore:
    return LocalRecordingStore(tmp_path / "home" / "recordings")


@pytest.fixture
def probed(stereo_wav: Path) -> Recording:
    return probe_recording(stereo_wav)


def files(store: LocalRecordingStore) -> list[Path]:
    return [path for path in store.folder.rglob("*") if path.is_file()]


def test_a_recording_comes_back_by_its_key(
    store: RecordingStore, stereo_wav: Path, probed: Recording
) -> None:
    key = store.put(stereo_wav, probed)
    assert key == f"{probed.sha256[:2]}/{probed.sha256}.wav"
    assert store.path(key).read_bytes() == stereo_wav.read_bytes()
    assert store.contains(key)
    assert store.verify(key)


def test_the_same_content_is_kept_once_whatever_its_name(
    store: LocalRecordingStore, stereo_wav: Path, probed: Recording, tmp_path: Path
) -> None:
    other = tmp_path / "other.mp3"
    other.write_bytes(stereo_wav.read_bytes())
    key = store.put(stereo_wav, probed)
    before = store.path(key).stat().st_mtime_ns
    assert store.put(other, probe_recording(other)) == key
    assert store.path(key).stat().st_mtime_ns == before
    assert len(files(store)) == 1


def test_a_copy_cut_short_is_replaced(
    store: LocalRecordingStore, stereo_wav: Path, probed: Recording
) -> None:
    key = store.put(stereo_wav, probed)
    store.path(key).write_bytes(b"cut")
    assert not store.verify(key)
    store.put(stereo_wav, probed)
    assert store.verify(key)


def test_a_changed_or_missing_recording_does_not_verify(
    store: LocalRecordingStore, stereo_wav: Path, probed: Recording
) -> None:
    key = store.put(stereo_wav, probed)
    data = bytearray(store.path(key).read_bytes())
    data[-1] ^= 1
    store.path(key).write_bytes(data)
    assert not store.verify(key)
    store.path(key).unlink()
    assert not store.verify(key)
    assert not store.contains(key)


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "aa/bb.wav", "ab/" + "a" * 64 + ".wav"])
def test_a_key_that_is_none_is_refused(store: LocalRecordingStore, key: str) -> None:
    with pytest.raises(RecordingUnreadable):
        store.path(key)


def test_a_file_that_changed_since_it_was_probed_is_not_kept(
    store: LocalRecordingStore, stereo_wav: Path, probed: Recording
) -> None:
    stereo_wav.write_bytes(stereo_wav.read_bytes() + b"more")
    with pytest.raises(RecordingUnreadable, match="改动"):
        store.put(stereo_wav, probed)
    assert files(store) == []


def test_a_file_that_vanished_is_unreadable(
    store: LocalRecordingStore, stereo_wav: Path, probed: Recording
) -> None:
    stereo_wav.unlink()
    with pytest.raises(RecordingUnreadable):
        store.put(stereo_wav, probed)


@pytest.mark.parametrize(
    ("number", "said"), [(errno.ENOSPC, "no space left"), (errno.EROFS, "can't be written")]
)
def test_a_full_or_read_only_disk_stops_with_the_remedy_and_leaves_nothing(
    store: LocalRecordingStore, stereo_wav: Path, probed: Recording,
    monkeypatch: pytest.MonkeyPatch, number: int, said: str,
) -> None:  # fmt: skip
    def fail(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(HomeError, match=said) as error:
        store.put(stereo_wav, probed)
    assert str(store.folder) in str(error.value)
    assert "--home" in error.value.remedy
    assert files(store) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_truly_full_device_is_recognised(
    store: LocalRecordingStore, stereo_wav: Path, probed: Recording,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    opened = Path.open

    def onto_full_device(path: Path, mode: str = "r", *rest: object) -> object:
        return opened(Path("/dev/full"), "wb") if mode == "xb" else opened(path, mode, *rest)

    monkeypatch.setattr(Path, "open", onto_full_device)
    with pytest.raises(HomeError, match="no space left"):
        store.put(stereo_wav, probed)


def test_a_folder_that_cannot_be_made_is_named(
    tmp_path: Path, stereo_wav: Path, probed: Recording
) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(HomeError, match="home"):
        LocalRecordingStore(tmp_path / "home" / "recordings").put(stereo_wav, probed)


def test_what_a_killed_process_left_is_swept(
    store: LocalRecordingStore, stereo_wav: Path, probed: Recording
) -> None:
    key = store.put(stereo_wav, probed)
    store.path(key).with_name(f".{probed.sha256}.wav.0123.tmp").write_bytes(b"half")
    assert store.sweep() == 1
    assert files(store) == [store.path(key)]


def test_the_kind_of_the_content_names_the_file(
    store: LocalRecordingStore, stereo_wav: Path, probed: Recording
) -> None:
    assert store.put(stereo_wav, replace(probed, container="m4a")).endswith(".m4a")
