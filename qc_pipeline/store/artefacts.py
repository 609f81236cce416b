"""Immutable files: one per transcript, one per detection. Written whole or not at all.

A file says what it is and carries the SHA-256 of its body, so that a damaged one, or one that
lies under a name that isn't its own, counts as absent and is made again.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from qc_pipeline.errors import HomeError
from qc_pipeline.records import Detection, Transcript

log = logging.getLogger("qc.artefacts")

FORMAT = 1
_FOLDERS = ("transcripts", "detections", "soundness")
_LONGEST_NAME = 120
_HEAD = re.compile(
    rb'\{"kind":"(?P<kind>[a-z]+)","format":(?P<format>\d+),"sha256":"(?P<sha256>[0-9a-f]{64})",'
    rb'"body":(?P<body>.*)\}\n?',
    re.DOTALL,
)
_TRANSCRIPT = TypeAdapter(Transcript)
_DETECTION = TypeAdapter(Detection)
_T = TypeVar("_T")


def transcript_path(home: Path, sha256: str, config_hash: str) -> Path:
    """Where the transcript of a recording under one recognition configuration lies."""
    return home / "transcripts" / sha256 / f"{config_hash}.json"


def soundness_path(home: Path, sha256: str, *, revision: int) -> Path:
    """Where the measurements of a recording's soundness lie."""
    return home / "soundness" / sha256[:2] / f"{sha256}-{revision}.json"


def detection_path(home: Path, call_id: str, key: str) -> Path:
    """Where the detection of a call with this key lies. Any text may be a call id."""
    return home / "detections" / safe_name(call_id) / f"{key}.json"


def detection_key(*, transcript: str, rules_version: str, policy_version: str, facts: str) -> str:
    """Names a detection by everything that could change it: the transcript (its recording's
    hash and configuration), rules, policy and the facts of the call.
    """
    parts = json.dumps([transcript, rules_version, policy_version, facts], ensure_ascii=False)
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def safe_name(text: str) -> str:
    """A file name for any text; two texts never share one.

    Too long a name ends in `~` and the text's hash. It is longer than any name written out in
    full, so it can't meet one.
    """
    name = quote(text, safe="", errors="surrogatepass").replace("~", "%7E") or "%"
    if name.startswith("."):
        name = "%2E" + name[1:]
    if len(name) <= _LONGEST_NAME:
        return name
    whole = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{name[: _LONGEST_NAME - len(whole)]}~{whole}"


def write_transcript(path: Path, transcript: Transcript) -> None:
    """Write a transcript artefact. Raises HomeError (no space, not writable)."""
    write_artefact(path, _packed("transcript", transcript, _TRANSCRIPT))


def read_transcript(path: Path) -> Transcript | None:
    """The transcript at `path`; None, with a warning in the log, if it is absent or unusable."""
    return _read(
        path,
        lambda data: _unpacked("transcript", data, _TRANSCRIPT),
        lambda found: (found.recording_sha256, found.config_hash) == (path.parent.name, path.stem),
    )


def write_detection(path: Path, detection: Detection) -> None:
    """Write a detection artefact. Raises HomeError (no space, not writable)."""
    write_artefact(path, _packed("detection", detection, _DETECTION))


def read_detection(path: Path) -> Detection | None:
    """The detection at `path`; None, with a warning in the log, if it is absent or unusable."""
    return _read(
        path,
        lambda data: _unpacked("detection", data, _DETECTION),
        lambda found: (safe_name(found.call_id), found.key) == (path.parent.name, path.stem),
    )


def write_artefact(path: Path, data: bytes) -> None:
    """Put `data` at `path` so that it is there whole, or not at all, whenever the machine stops.

    Raises HomeError (no space, not writable).
    """
    temporary = path.with_name(f".{path.name[:40]}.{secrets.token_hex(8)}.tmp")
    try:
        _make_folder(path.parent)
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
    except OSError as error:
        remedy = "make the home folder writable"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            remedy = "free some space on the disk of the home folder, then run again"
        raise HomeError(f"{path} can't be written: {error.strerror}", remedy=remedy) from error


def sweep_temporary(home: Path) -> int:
    """Remove what killed processes left half written; returns how many files.

    Only while no scan is running: a file being written looks the same.
    """
    swept = 0
    for folder in _FOLDERS:
        for left in (home / folder).glob("*/.*.tmp"):
            left.unlink(missing_ok=True)
            swept += 1
    return swept


def _packed(kind: str, value: _T, adapter: TypeAdapter[_T]) -> bytes:
    body = adapter.dump_json(value)
    try:
        same = adapter.validate_json(body) == value
    except ValidationError:
        same = False
    if not same:
        raise ValueError(f"a {kind} that couldn't be read back as it was (a NaN in it?)")
    sha256 = hashlib.sha256(body).hexdigest()
    head = f'{{"kind":"{kind}","format":{FORMAT},"sha256":"{sha256}","body":'
    return head.encode() + body + b"}\n"


def _unpacked(kind: str, data: bytes, adapter: TypeAdapter[_T]) -> _T:
    match = _HEAD.fullmatch(data)
    if match is None:
        raise ValueError("not an artefact, or cut off")
    if (match["kind"].decode(), int(match["format"])) != (kind, FORMAT):
        raise ValueError(f"not a {kind} of format {FORMAT}")
    if hashlib.sha256(match["body"]).hexdigest() != match["sha256"].decode():
        raise ValueError("its checksum differs")
    return adapter.validate_json(match["body"])


def _read(
    path: Path, unpack: Callable[[bytes], _T], belongs_here: Callable[[_T], bool]
) -> _T | None:
    try:
        found = unpack(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        reason = f"of another layout ({error.error_count()} faults)"
    except (ValueError, OSError) as error:
        reason = str(error)
    else:
        if belongs_here(found):
            return found
        reason = "it belongs under another name"
    log.warning("artefact ignored", extra={"artefact": path.name, "reason": reason})
    return None


def _make_folder(folder: Path) -> None:
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for new in reversed(missing):
        new.mkdir(exist_ok=True)
        _sync_folder(new.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
