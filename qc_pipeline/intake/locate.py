"""Find the file a manifest row names, and never one outside the folders that were allowed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from qc_pipeline.errors import RecordingMissing, RecordingOutsideRoots, RecordingUnreadable
from qc_pipeline.records import CallRecord

AUDIO_SUFFIXES = frozenset({
    ".wav", ".wave", ".mp3", ".ogg", ".oga", ".opus", ".m4a", ".mp4", ".aac", ".flac", ".amr",
    ".awb", ".3gp", ".wma", ".webm", ".mka", ".gsm", ".au", ".snd", ".aif", ".aiff", ".caf", ".w64",
    ".vox", ".g729", ".g722", ".silk", ".v3",
})  # fmt: skip
_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]+):/")
_WINDOWS = re.compile(r"^(?:[A-Za-z]:[\\/]|\\\\)")
_HOME_MARK = "qc.duckdb"
_ALLOW = "请把文件放入录音目录，或在设置 intake.recording_roots 中加入其所在目录"


def locate_recording(call: CallRecord, *, recordings_dir: Path, roots: Sequence[Path]) -> Path:
    """The file that `call.recording` names, with symbolic links and `..` resolved.

    It must lie under `recordings_dir` or one of `roots`. Raises RecordingOutsideRoots when it
    lies elsewhere or is a URL other than file://, RecordingMissing when there is no such file,
    RecordingUnreadable when the name can't be one or names something that isn't a file.
    """
    named = call.recording or ""
    if not named:
        raise RecordingMissing("话单没有写录音文件", remedy="请在 recording 列写明文件")
    allowed = [Path(root).expanduser().resolve() for root in (recordings_dir, *roots)]
    try:
        path = _as_path(named, recordings_dir).resolve()
        if not any(path.is_relative_to(root) for root in allowed):
            raise RecordingOutsideRoots(f"录音「{named}」不在允许的目录之内", remedy=_ALLOW)
        exists = path.exists()
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise RecordingUnreadable(
            f"录音「{_printable(named)}」无法打开：{reason}", remedy="请核对 recording 列"
        ) from None
    if not exists:
        raise RecordingMissing(
            f"找不到录音「{named}」", remedy="请核对文件名，或用 --recordings 指定录音目录"
        )
    if not path.is_file():
        raise RecordingUnreadable(f"「{named}」不是文件", remedy="recording 列应写到文件名")
    return path


def orphans(
    recordings_dir: Path, calls: Iterable[CallRecord], *, also_named: Iterable[str] = ()
) -> tuple[str, ...]:
    """Audio-looking files under `recordings_dir` that no row names, as sorted relative paths.

    `also_named` are recordings named elsewhere (by rejected rows). Hidden files and this
    project's own home folders are passed over; linked folders aren't entered.
    """
    named = {
        _real_path(recording, recordings_dir)
        for recording in (*(call.recording for call in calls), *also_named)
        if recording
    }
    return tuple(
        sorted(
            path.relative_to(recordings_dir).as_posix()
            for path in _audio_files(recordings_dir)
            if os.path.realpath(path) not in named
        )
    )


def _audio_files(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        if _HOME_MARK in files:
            folders.clear()
            continue
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if not name.startswith(".") and Path(name).suffix.lower() in AUDIO_SUFFIXES:
                yield Path(place, name)


def _as_path(named: str, recordings_dir: Path) -> Path:
    scheme = _SCHEME.match(named)
    if scheme:
        return _from_url(named)
    if _WINDOWS.match(named):
        raise RecordingOutsideRoots(f"录音「{named}」是另一台机器的 Windows 路径", remedy=_ALLOW)
    path = recordings_dir / named
    if "\\" in named and not path.exists():
        return recordings_dir / named.replace("\\", "/")
    return path


def _from_url(named: str) -> Path:
    parts = urlsplit(named)
    if parts.scheme.lower() != "file" or parts.netloc not in ("", "localhost"):
        raise RecordingOutsideRoots(
            f"录音「{named}」是网络地址，扫描时不访问网络",
            remedy="请先把文件下载到录音目录，recording 列写相对路径",
        )
    return Path(unquote(parts.path))


def _real_path(named: str, recordings_dir: Path) -> str | None:
    try:
        return os.path.realpath(_as_path(named, recordings_dir))
    except (RecordingOutsideRoots, ValueError, OSError):
        return None  # names no file here, so it can't save one from being an orphan


def _printable(named: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in named[:80])
