"""A zip file that is the same bytes for the same content: fixed times, fixed order, no packing.

So a changed byte shows, wherever it is: write the content again and compare.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from typing import BinaryIO

_EPOCH = (1980, 1, 1, 0, 0, 0)


def write_archive(file: BinaryIO, content: Mapping[str, bytes]) -> None:
    """Write `content` (bytes by name) into `file`, by name."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(content):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content[name])


def read_archive(file: BinaryIO) -> dict[str, bytes]:
    """Everything in the archive, by name. Raises ValueError if it is none, is damaged, or names
    something twice.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            if len(set(names)) != len(names):
                raise ValueError("a name stands in it twice")
            return {name: archive.read(name) for name in names}
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise ValueError(f"not an archive, or damaged ({error})") from None
