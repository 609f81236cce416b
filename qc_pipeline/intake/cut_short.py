"""Does a file hold less than it says? A transfer broke off, or the recorder died."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

_OGG_PAGE = b"OggS"
_LAST_PAGE = 0x04
_LONGEST_PAGE = 65_307
_UNKNOWN_LENGTH = (0, 0xFFFFFFFF, 0x7FFFFFFF)
_SLACK_BYTES = 4_096


def what_is_missing(path: Path, *, container: str) -> str | None:
    """What the file's own structure says is missing at its end, in words; None if nothing is.

    `container` as `probe` names it. Formats without such a structure say nothing.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            if container == "wav":
                return _wav(file, size)
            if container == "ogg":
                return _ogg(file, size)
    except (OSError, struct.error):
        return None
    return None


def _wav(file: BinaryIO, size: int) -> str | None:
    """Walk the chunks: the data chunk must lie inside the file."""
    if file.read(4) != b"RIFF":
        return None
    at = 12
    while at + 8 <= size:
        file.seek(at)
        name, length = struct.unpack("<4sI", file.read(8))
        if name == b"data":
            there = size - at - 8
            if length in _UNKNOWN_LENGTH or length - there <= _SLACK_BYTES:
                return None
            return f"文件头称声音数据有 {length} 字节，实有 {there} 字节"
        at += 8 + length + length % 2
    return None


def _ogg(file: BinaryIO, size: int) -> str | None:
    """The last page carries the end-of-stream mark."""
    file.seek(max(0, size - 2 * _LONGEST_PAGE))
    tail = file.read()
    at = tail.rfind(_OGG_PAGE)
    if at < 0 or at + 27 > len(tail):
        return "文件末尾没有完整的数据页"
    segments = tail[at + 26]
    body = sum(tail[at + 27 : at + 27 + segments])
    if at + 27 + segments + body > len(tail):
        return "最后一个数据页不完整"
    return None if tail[at + 5] & _LAST_PAGE else "文件没有结束标记"
