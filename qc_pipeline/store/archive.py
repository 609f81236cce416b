"""A zip file that is the same bytes for the same content: fixed times, fixed order, no packing.

So a changed byte shows, wherever it is: write the content again and compare.
"""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import BinaryIO

_EPOCH = (1980, 1, 1, 0, 0, 0)
_LONGEST_NAME = 80
# What the zip library raises for bytes that aren't what they should be: each says it differently.
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, IndexError, OSError,
    OverflowError, RuntimeError, ValueError,
)  # fmt: skip


def write_archive(file: BinaryIO, content: Mapping[str, bytes]) -> None:
    """Write `content` (bytes by name) into `file`, by name."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(content):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content[name])


def read_archive(file: BinaryIO) -> dict[str, bytes]:
    """Everything in the archive, by name. Raises ValueError, in words of our own (zh), if it is
    none, is damaged, or names something twice.
    """
    try:
        archive = zipfile.ZipFile(file)
    except _DAMAGED:
        raise ValueError("打不开：不是 zip 文件，或目录部分缺失、损坏") from None
    with archive:
        names = archive.namelist()
        double = sorted({name for name in names if names.count(name) > 1})
        if double:
            raise ValueError(f"{_shown(double[0])} 在其中出现了两次")
        return {name: _entry(archive, name) for name in names}


def _entry(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        return archive.read(name)
    except _DAMAGED:
        raise ValueError(f"其中的 {_shown(name)} 已损坏，读不出来") from None


def _shown(name: str) -> str:
    """A name that may be anything, fit to be printed."""
    return "".join(each if each.isprintable() else "?" for each in name[:_LONGEST_NAME])
