"""The register's event log as an append-only, keyed hash chain: no SQL here.

Every entry carries an HMAC-SHA256 over its own content and the hash before it, under a key
that lies outside the home folder. Whoever can write the database but has no key can't change,
remove, reorder or replace an entry unseen. What a chain can't see by itself, entries cut off
at its end, shows against the *head* (the last number and hash) kept beside the key.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import secrets
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from qc_pipeline.errors import RegisterError
from qc_pipeline.records import SHANGHAI

FIRST_PREVIOUS = "0" * 64
MACHINE = "qc"
"""The actor of what no person decided."""
KEY_FILE = "register.key"
OPENED = "chain.opened"
RESEATED = "chain.reseated"


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A change about to be recorded. `payload` holds JSON values only, money as text."""

    at: datetime
    actor: str
    action: str
    subject: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RegisterEvent:
    """A recorded change; `payload` is canonical JSON text."""

    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    payload: str
    prev_hash: str
    hash: str

    @property
    def details(self) -> dict[str, Any]:
        """The payload as a dictionary."""
        loaded: dict[str, Any] = json.loads(self.payload)
        return loaded


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ended when it was last written."""

    chain_id: str
    home: str
    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class ChainProblem:
    """The first entry that is wrong (`seq`), and how."""

    seq: int
    what: str

    def __str__(self) -> str:
        return f"entry {self.seq}: {self.what}"


def iso(moment: datetime) -> str:
    """The one way a moment is written into the log: Asia/Shanghai, to the microsecond."""
    return moment.astimezone(SHANGHAI).isoformat(timespec="microseconds")


def moment(text: str) -> datetime:
    """The reverse of `iso`."""
    return datetime.fromisoformat(text).astimezone(SHANGHAI)


def canonical_json(payload: Mapping[str, Any]) -> str:
    """The same payload always as the same text."""
    return json.dumps(
        payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )


def link(event: NewEvent, *, seq: int, prev_hash: str, key: bytes) -> RegisterEvent:
    """`event` as entry number `seq` behind the entry whose hash is `prev_hash`."""
    payload = canonical_json(event.payload)
    fields = [seq, iso(event.at), event.actor, event.action, event.subject, payload, prev_hash]
    return RegisterEvent(
        seq=seq,
        at=event.at.astimezone(SHANGHAI),
        actor=event.actor,
        action=event.action,
        subject=event.subject,
        payload=payload,
        prev_hash=prev_hash,
        hash=_hash(fields, key),
    )


def verify_link(event: RegisterEvent, *, key: bytes) -> bool:
    """Whether an entry's hash fits its content under `key`."""
    fields = [
        event.seq, iso(event.at), event.actor, event.action, event.subject, event.payload,
        event.prev_hash,
    ]  # fmt: skip
    return hmac.compare_digest(_hash(fields, key), event.hash)


def verify_chain(
    events: Iterable[RegisterEvent], *, key: bytes, chain_id: str | None, head: Head | None
) -> ChainProblem | None:
    """The first wrong entry of `events` (in order of `seq`), or None.

    Finds an entry that was edited, left out, moved or written under another key, and against
    `head` a log that was cut off or rewritten. A log that reaches *beyond* the head is in
    order: a crash between commit and writing the head leaves it so.
    """
    expected, previous = 1, FIRST_PREVIOUS
    seen_head = head is None
    for event in events:
        if event.seq != expected:
            return ChainProblem(expected, f"missing (the next one there is {event.seq})")
        if not verify_link(event, key=key):
            return ChainProblem(event.seq, "changed, moved or written under another key")
        if event.prev_hash != previous:
            return ChainProblem(event.seq, f"does not follow entry {event.seq - 1}")
        if event.seq == 1 and (event.action != OPENED or event.subject != chain_id):
            return ChainProblem(1, "is not the opening of this register")
        if head is not None and event.seq == head.seq:
            if event.hash != head.hash:
                return ChainProblem(event.seq, "differs from the head kept beside the key")
            seen_head = True
        expected, previous = event.seq + 1, event.hash
    if not seen_head and head is not None:
        return ChainProblem(expected, f"missing: cut off (the register reached {head.seq})")
    if chain_id is not None and expected == 1:
        return ChainProblem(1, "missing: the log is empty but the register was opened")
    return None


def _hash(fields: list[Any], key: bytes) -> str:
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


# --- the key and the head, outside the home folder -------------------------------------------


def read_key(keys: Path) -> bytes | None:
    """The register's key, or None if there is none yet.

    Raises RegisterError if the file is damaged or others may read it.
    """
    path = keys / KEY_FILE
    try:
        text = path.read_text("ascii").strip()
    except FileNotFoundError:
        return None
    if path.stat().st_mode & 0o077:
        raise RegisterError(f"others may read {path}", remedy=f"chmod 600 {path}")
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise RegisterError(f"{path} is damaged", remedy="restore it from your backup of the keys")
    return key


def create_key(keys: Path) -> bytes:
    """A new key in `keys`, mode 0600; if another process was faster, that one's key."""
    keys.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write_whole(keys / KEY_FILE, secrets.token_hex(32) + "\n", replace=False)
    key = read_key(keys)
    if key is None:
        raise RegisterError(f"{keys / KEY_FILE} vanished", remedy="check who cleans that folder")
    return key


def read_head(keys: Path, chain_id: str) -> Head | None:
    """The head of a chain, or None if none was written yet. Raises RegisterError if damaged."""
    path = _head_path(keys, chain_id)
    try:
        return Head(**json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        raise RegisterError(f"{path} is damaged", remedy="restore it, or remove it") from None


def write_head(keys: Path, head: Head, *, even_back: bool = False) -> None:
    """Keep `head`, unless a later one is there already (writers may overtake each other here).

    `even_back` is for the one case in which the register really went back.
    """
    with (keys / ".heads.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = read_head(keys, head.chain_id)
        if known is not None and known.seq >= head.seq and not even_back:
            return
        text = json.dumps({name: getattr(head, name) for name in Head.__slots__}) + "\n"
        _write_whole(_head_path(keys, head.chain_id), text, replace=True)


def earlier_heads(keys: Path, *, home: str, chain_id: str | None) -> list[Head]:
    """Heads of other chains that once lived in the same home folder."""
    found = []
    for path in sorted(keys.glob("register-*.head.json")):
        head = read_head(keys, path.name.removeprefix("register-").removesuffix(".head.json"))
        if head is not None and head.home == home and head.chain_id != chain_id:
            found.append(head)
    return found


def _head_path(keys: Path, chain_id: str) -> Path:
    return keys / f"register-{chain_id}.head.json"


def _write_whole(path: Path, text: str, *, replace: bool) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            Path(name).replace(path)
        else:
            # A hard link fails when the file exists: of two creators exactly one wins.
            try:
                os.link(name, path)
            except FileExistsError:
                return
    finally:
        Path(name).unlink(missing_ok=True)
