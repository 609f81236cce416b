"""Where recordings are kept: by content, written whole, checked against their names."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
from pathlib import Path
from typing import BinaryIO, Protocol

from qc_pipeline.errors import HomeError, RecordingUnreadable
from qc_pipeline.records import Recording

_KEY = re.compile(r"^([0-9a-f]{2})/(\1[0-9a-f]{62})\.[a-z0-9]{1,8}$")
_CHUNK = 1 << 20
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class RecordingStore(Protocol):
    """Keeps recordings. A key is opaque to everyone else."""

    def put(self, path: Path, recording: Recording) -> str:
        """Keep the file; its key. Keeping the same content again changes nothing."""
        ...

    def path(self, key: str) -> Path:
        """A readable file with the recording's bytes."""
        ...

    def contains(self, key: str) -> bool:
        """Whether a recording is kept under `key`."""
        ...

    def verify(self, key: str) -> bool:
        """Whether the recording is there and its bytes are still the ones that were kept."""
        ...


class LocalRecordingStore:
    """A folder of recordings named by their SHA-256: `<aa>/<sha256>.<format>`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, path: Path, recording: Recording) -> str:
        """Copy `path` in, whole or not at all.

        Raises HomeError when the folder is full or not writable, RecordingUnreadable when the
        file can't be read or is no longer the one that was probed.
        """
        key = f"{recording.sha256[:2]}/{recording.sha256}.{recording.container}"
        target = self.path(key)
        if _size(target) == recording.size_bytes:
            return key
        try:
            source = path.open("rb")
        except OSError as error:
            raise RecordingUnreadable(
                f"{path.name} 无法打开：{error.strerror}", remedy="请检查文件和权限"
            ) from None
        with source:
            self._write_whole(source, target, path=path, sha256=recording.sha256)
        return key

    def path(self, key: str) -> Path:
        """Where the recording with `key` lies. Raises RecordingUnreadable for a malformed key."""
        if not _KEY.match(key):
            raise RecordingUnreadable(f"录音编号「{key[:100]}」无效", remedy="请重新扫描该通话")
        return self.folder / key

    def contains(self, key: str) -> bool:
        """Whether a recording is kept under `key`."""
        return self.path(key).is_file()

    def verify(self, key: str) -> bool:
        """Whether the recording is there and its bytes still have the checksum in its name."""
        path = self.path(key)
        try:
            with path.open("rb") as kept:
                return hashlib.file_digest(kept, "sha256").hexdigest() == path.stem
        except OSError:
            return False

    def sweep(self) -> int:
        """Remove what killed processes left half written; how many files.

        Only while no scan runs: a file being written looks the same.
        """
        leftovers = list(self.folder.glob("*/.*.tmp"))
        for leftover in leftovers:
            leftover.unlink(missing_ok=True)
        return len(leftovers)

    def _write_whole(self, source: BinaryIO, target: Path, *, path: Path, sha256: str) -> None:
        partial = target.with_name(f".{target.name}.{secrets.token_hex(8)}.tmp")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                _copy(source, partial, path=path, sha256=sha256)
                _put_in_place(partial, target)
            finally:
                partial.unlink(missing_ok=True)
        except OSError as error:
            raise self._home_error(error) from None

    def _home_error(self, error: OSError) -> HomeError:
        if error.errno in _NO_ROOM:
            return HomeError(
                f"no space left for recordings in {self.folder}",
                remedy="free some space or choose another folder with --home, then scan again: "
                "what is done already is kept",
            )
        return HomeError(
            f"recordings can't be written to {self.folder}: {error.strerror}",
            remedy="make the folder writable or choose another with --home",
        )


def _copy(source: BinaryIO, partial: Path, *, path: Path, sha256: str) -> None:
    digest = hashlib.sha256()
    with partial.open("xb") as copy:
        while chunk := _read(source, path):
            digest.update(chunk)
            copy.write(chunk)
        copy.flush()
        os.fsync(copy.fileno())
    if digest.hexdigest() != sha256:
        raise RecordingUnreadable(f"{path.name} 在读取过程中被改动", remedy="请等录音写完后再扫描")


def _put_in_place(partial: Path, target: Path) -> None:
    partial.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read(source: BinaryIO, path: Path) -> bytes:
    try:
        return source.read(_CHUNK)
    except OSError as error:
        raise RecordingUnreadable(
            f"{path.name} 读取中断：{error.strerror}", remedy="请检查磁盘和网络盘"
        ) from None


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
