"""The register log in the store: read it, or append to it in the transaction of its effect."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from qc_pipeline.errors import RegisterError
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers.chain import (
    FIRST_PREVIOUS,
    MACHINE,
    OPENED,
    RESEATED,
    Head,
    NewEvent,
    RegisterEvent,
    create_key,
    link,
    read_head,
    read_key,
    verify_link,
    write_head,
)
from qc_pipeline.store.store import Session, Store


class RegisterLog:
    """The log within one open write transaction."""

    def __init__(self, session: Session, *, keys: Path, home: str) -> None:
        self.session = session
        self.head: Head | None = None
        self._keys = keys
        self._home = home

    @property
    def home(self) -> Path:
        """The home folder whose register this is."""
        return Path(self._home)

    def append(self, events: Iterable[NewEvent]) -> list[RegisterEvent]:
        """Link `events` behind the last entry; the first ever opens the chain.

        Raises RegisterError if the key is missing or another one, or if the log was cut off:
        to go on would hide the loss.
        """
        wanted = list(events)
        if not wanted:
            return []
        key = read_key(self._keys)
        chain = self.session.one("registers/chain")
        if chain is None:
            key = key or create_key(self._keys)
            chain_id = secrets.token_hex(8)
            self.session.run("registers/open_chain", {"chain_id": chain_id})
            last_seq, last_hash = 0, FIRST_PREVIOUS
            wanted.insert(0, NewEvent(wanted[0].at, MACHINE, OPENED, chain_id, {}))
        else:
            chain_id = chain["chain_id"]
            key = self._key_of(key)
            last = last_event(self.session)
            last_seq, last_hash = (last.seq, last.hash) if last else (0, FIRST_PREVIOUS)
            self._refuse_broken_end(last, chain_id=chain_id, key=key)
        linked = []
        for event in wanted:
            entry = link(event, seq=last_seq + 1, prev_hash=last_hash, key=key)
            last_seq, last_hash = entry.seq, entry.hash
            linked.append(entry)
        self.session.run_many("registers/append_event", [_row(entry) for entry in linked])
        self.head = Head(chain_id=chain_id, home=self._home, seq=last_seq, hash=last_hash)
        return [entry for entry in linked if entry.action != OPENED]

    def _key_of(self, key: bytes | None) -> bytes:
        if key is None:
            raise RegisterError(
                f"the register's key is not in {self._keys}",
                remedy="restore it from your backup of the keys, or set QC_KEYS",
            )
        return key

    def _refuse_broken_end(self, last: RegisterEvent | None, *, chain_id: str, key: bytes) -> None:
        if last is not None and not verify_link(last, key=key):
            raise RegisterError(
                f"the register's last entry ({last.seq}) does not fit the key in {self._keys}",
                remedy="run `qc verify`; see that QC_KEYS names this register's keys",
            )
        head = read_head(self._keys, chain_id)
        reached = last.seq if last else 0
        if head is not None and head.seq > reached:
            raise RegisterError(
                f"the register was cut off: it reached entry {head.seq}, now it ends at {reached}",
                remedy="run `qc verify` and restore the database from a backup",
            )


@contextmanager
def writing_register(store: Store, *, keys: Path) -> Iterator[RegisterLog]:
    """One exclusive transaction in which events are appended and projections changed.

    The head is written after the commit: dying in between leaves a log that is longer than
    its head, which is no fault.
    """
    home = store.home.resolve()
    if keys.resolve().is_relative_to(home):
        raise RegisterError(
            f"the keys folder {keys} lies inside the home folder",
            remedy="set QC_KEYS to a folder outside it: whoever can change the register must "
            "not hold its key",
        )
    with store.writing() as session:
        log = RegisterLog(session, keys=keys, home=str(home))
        yield log
    if log.head is not None:
        write_head(keys, log.head)


def accept_shortened_log(store: Store, *, by: str, at: datetime, reason: str, keys: Path) -> None:
    """Go on after a restore from a backup: the loss itself becomes an entry, then the head
    follows. Raises RegisterError if the log isn't shorter than its head, its last entry doesn't
    fit the key, `by` or the reason is missing, or `at` lies in the future.
    """
    by, at = check_person(by), check_moment(at)
    if not reason.strip():
        raise RegisterError("the loss needs a reason", remedy="say which backup was restored")
    with store.writing() as session:
        chain = session.one("registers/chain")
        key = read_key(keys)
        head = read_head(keys, chain["chain_id"]) if chain else None
        last = last_event(session)
        reached = last.seq if last else 0
        if key is None or head is None or head.seq <= reached:
            raise RegisterError("the register was not cut off", remedy="run `qc verify`")
        if last is not None and not verify_link(last, key=key):
            raise RegisterError(
                f"the register's last entry ({last.seq}) does not fit the key in {keys}",
                remedy="this is no restored backup: run `qc verify`",
            )
        lost = {
            "reason": reason,
            "lost_from": reached + 1,
            "lost_to": head.seq,
            "lost_hash": head.hash,
        }
        entry = link(
            NewEvent(at, by, RESEATED, head.chain_id, lost),
            seq=reached + 1,
            prev_hash=last.hash if last else FIRST_PREVIOUS,
            key=key,
        )
        session.run("registers/append_event", _row(entry))
    write_head(
        keys,
        Head(chain_id=head.chain_id, home=head.home, seq=entry.seq, hash=entry.hash),
        even_back=True,
    )


def read_events(session: Session) -> list[RegisterEvent]:
    """The whole log, in order."""
    return [_event(row) for row in session.rows("registers/events")]


def last_event(session: Session) -> RegisterEvent | None:
    """The newest entry."""
    row = session.one("registers/last_event")
    return _event(row) if row else None


def chain_id_of(session: Session) -> str | None:
    """The chain of this home, None before the first entry."""
    row = session.one("registers/chain")
    return row["chain_id"] if row else None


def check_person(by: str) -> str:
    """The name of who acts, trimmed. Raises RegisterError if there is none."""
    if not by.strip():
        raise RegisterError("nobody is named as acting", remedy="say who with --by USER")
    return by.strip()


def check_moment(at: datetime) -> datetime:
    """The time of an act. Raises RegisterError without an offset or in the future."""
    if at.tzinfo is None:
        raise RegisterError(
            f"the time {at} has no offset", remedy="write it like 2026-03-01T09:30:00+08:00"
        )
    if at > datetime.now(SHANGHAI):
        raise RegisterError(
            f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M} lies in the future",
            remedy="a register records what has happened",
        )
    return at.astimezone(SHANGHAI)


def _row(event: RegisterEvent) -> dict[str, object]:
    return {name: getattr(event, name) for name in RegisterEvent.__slots__}


def _event(row: dict[str, object]) -> RegisterEvent:
    return RegisterEvent(**row)  # type: ignore[arg-type]
