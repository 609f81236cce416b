"""The texts of rules and policy that calls were judged by, kept under their versions.

A finding names its rules and policy by the hash of their files. Files change; what was in force
when a call was judged must still be there for an appeal.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from qc_pipeline.policy import Policy
from qc_pipeline.store.archive import read_archive, write_archive
from qc_pipeline.store.artefacts import safe_name, write_artefact

log = logging.getLogger("qc.versions")

Kind = Literal["rules", "policy"]


def keep_version(home: Path, kind: Kind, version: str, folder: Path) -> None:
    """Keep every YAML file of `folder` as `version`, if it isn't kept yet.

    Raises HomeError (no space, not writable).
    """
    if not _path(home, kind, version).exists():
        _keep(home, kind, version, {
            file.relative_to(folder).as_posix(): file.read_bytes()
            for file in folder.rglob("*.yaml")
        })  # fmt: skip


def keep_policies(home: Path, policy: Policy) -> None:
    """Keep the files of `policy` and of those of other times, each under its version.

    Raises HomeError (no space, not writable).
    """
    for each in (policy, *policy.others):
        if not _path(home, "policy", each.version).exists():
            _keep(home, "policy", each.version, each.texts)


def _keep(home: Path, kind: Kind, version: str, content: Mapping[str, bytes]) -> None:
    packed = io.BytesIO()
    write_archive(packed, content)
    write_artefact(_path(home, kind, version), packed.getvalue())


def kept_version(home: Path, kind: Kind, version: str) -> dict[str, bytes] | None:
    """The files of that version by name, or None if they weren't kept or can't be read."""
    path = _path(home, kind, version)
    try:
        with path.open("rb") as file:
            return read_archive(file)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        log.warning("version ignored", extra={"version": version, "reason": str(error)})
        return None


def _path(home: Path, kind: Kind, version: str) -> Path:
    # A classifier beside the rules is named after a plus sign; its files are kept elsewhere.
    return home / "versions" / kind / f"{safe_name(version.partition('+')[0])}.zip"
