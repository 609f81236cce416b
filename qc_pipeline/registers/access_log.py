"""Who listened to, exported or opened what: a keyed hash chain of its own, one JSON line each.

It lies beside the database (`access.jsonl`), so that listening never waits for whoever writes
there. An entry is on the disk before what it tells of happens. Its key and its head lie in
`<keys>/access`, apart from the register's.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from qc_pipeline.errors import HomeError, RegisterError
from qc_pipeline.registers.chain import (
    FIRST_PREVIOUS,
    MACHINE,
    OPENED,
    ChainProblem,
    Head,
    NewEvent,
    RegisterEvent,
    create_key,
    earlier_heads,
    iso,
    link,
    moment,
    read_head,
    read_key,
    verify_chain,
    verify_link,
    write_head,
)

FILE = "access.jsonl"
LOCK = "access.lock"
REPAIRED = "log.repaired"
_FIELDS = RegisterEvent.__slots__
_TAIL = 1 << 16


def record_access(
    home: Path, *, keys: Path, actor: str, action: str, subject: str, at: datetime,
    details: Mapping[str, Any] | None = None,
) -> RegisterEvent:  # fmt: skip
    """Add one entry; it is on the disk when this returns. `details` holds JSON values only.

    Raises RegisterError if the key is missing or another one or the log was cut off, HomeError
    if it can't be written: then the access must not take place.
    """
    event = NewEvent(at=at, actor=actor, action=action, subject=subject, payload=details or {})
    folder = keys / "access"
    try:
        with _alone(home):
            return _append(home / FILE, event, keys=folder, home=str(home.resolve()))
    except OSError as error:
        raise HomeError(
            f"{home / FILE} can't be written: {error.strerror}",
            remedy="free some space and make the home folder writable; no access without its entry",
        ) from error


def read_accesses(home: Path) -> Iterator[RegisterEvent]:
    """Every entry in order. Raises RegisterError naming the line that can't be read; an
    unfinished last line, as a crash leaves it, ends the reading.
    """
    try:
        file = (home / FILE).open("rb")
    except FileNotFoundError:
        return
    with file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return
            yield _entry(line, number=number)


def verify_accesses(home: Path, *, keys: Path) -> tuple[int, ChainProblem | None]:
    """How many entries there are, and the first wrong one: edited, left out, moved, cut off."""
    try:
        entries = list(read_accesses(home))
        return len(entries), _first_problem(home, entries, keys=keys / "access")
    except RegisterError as error:
        return 0, ChainProblem(0, str(error))


def _first_problem(
    home: Path, entries: Sequence[RegisterEvent], *, keys: Path
) -> ChainProblem | None:
    chain_id = entries[0].subject if entries else None
    for lost in earlier_heads(keys, home=str(home.resolve()), chain_id=chain_id):
        return ChainProblem(1, f"missing: an access log reached entry {lost.seq} here")
    if chain_id is None:
        return None
    key = read_key(keys)
    if key is None:
        return ChainProblem(1, f"can't be checked: the access log's key is not in {keys}")
    return verify_chain(entries, key=key, chain_id=chain_id, head=read_head(keys, chain_id))


def _append(path: Path, event: NewEvent, *, keys: Path, home: str) -> RegisterEvent:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        last, torn = _last_entry(descriptor)
        wanted = [event]
        key = read_key(keys)
        if last is None:
            if earlier_heads(keys, home=home, chain_id=None):
                raise RegisterError(
                    f"the access log {path} is gone or empty",
                    remedy="restore it from a backup; `qc verify` says how far it reached",
                )
            key = key or create_key(keys)
            chain_id = "access-" + secrets.token_hex(8)
            wanted.insert(0, NewEvent(event.at, MACHINE, OPENED, chain_id, {}))
        else:
            chain_id = _chain_id(descriptor)
            key = _checked_key(key, last, chain_id=chain_id, keys=keys)
        if torn:
            os.ftruncate(descriptor, os.fstat(descriptor).st_size - torn)
            wanted.insert(-1, NewEvent(event.at, MACHINE, REPAIRED, chain_id, {"bytes": torn}))
        seq, previous = (last.seq, last.hash) if last else (0, FIRST_PREVIOUS)
        lines = b""
        for new in wanted:
            entry = link(new, seq=seq + 1, prev_hash=previous, key=key)
            seq, previous = entry.seq, entry.hash
            lines += _line(entry)
        os.lseek(descriptor, 0, os.SEEK_END)
        _write_all(descriptor, lines)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    write_head(keys, Head(chain_id=chain_id, home=home, seq=seq, hash=previous))
    return entry


def _checked_key(key: bytes | None, last: RegisterEvent, *, chain_id: str, keys: Path) -> bytes:
    if key is None:
        raise RegisterError(
            f"the access log's key is not in {keys}",
            remedy="restore it from your backup of the keys, or set QC_KEYS",
        )
    if not verify_link(last, key=key):
        raise RegisterError(
            f"the access log's last entry ({last.seq}) does not fit the key in {keys}",
            remedy="run `qc verify`; see that QC_KEYS names this home's keys",
        )
    head = read_head(keys, chain_id)
    if head is not None and head.seq > last.seq:
        raise RegisterError(
            f"the access log was cut off: it reached entry {head.seq}, now it ends at {last.seq}",
            remedy="restore it from a backup; `qc verify` checks it",
        )
    return key


def _last_entry(descriptor: int) -> tuple[RegisterEvent | None, int]:
    """The last whole entry and how many bytes of an unfinished one follow it."""
    size = os.fstat(descriptor).st_size
    tail, start = b"", size
    while start > 0 and tail.rstrip(b"\n").count(b"\n") < 2:
        start = max(0, start - _TAIL)
        tail = os.pread(descriptor, size - start, start)
    torn = len(tail) - (tail.rfind(b"\n") + 1)
    whole = tail[: len(tail) - torn]
    if not whole:
        return None, torn
    return _entry(whole.splitlines()[-1], number=None), torn


def _chain_id(descriptor: int) -> str:
    head = os.pread(descriptor, _TAIL, 0)
    return _entry(head.splitlines()[0], number=1).subject


def _line(entry: RegisterEvent) -> bytes:
    fields = {name: getattr(entry, name) for name in _FIELDS}
    fields["at"] = iso(entry.at)
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _entry(line: bytes, *, number: int | None) -> RegisterEvent:
    try:
        fields = json.loads(line)
        fields["at"] = moment(fields["at"])
        return RegisterEvent(**fields)
    except (ValueError, TypeError, KeyError):
        where = "its last line" if number is None else f"line {number}"
        raise RegisterError(
            f"{FILE}: {where} can't be read", remedy="restore it from a backup and run `qc verify`"
        ) from None


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    descriptor = os.open(home / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
