"""Sessions on the server: a new id at every sign-in, locked when idle, over after some hours."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import Literal

from qc_pipeline.settings import WebSettings
from qc_pipeline.web.accounts.side_store import SideStore
from qc_pipeline.web.accounts.users import User, find_user


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that is valid now. `locked`: the password is asked for before anything else."""

    user: User
    csrf: str
    id_hash: str
    locked: bool


def start_session(side: SideStore, user: User, *, settings: WebSettings) -> str:
    """Begin a session for `user`; the id for the cookie. No id from outside is ever taken over."""
    now = time.time()
    side.rows("sessions_sweep", {"before": now - settings.session_hours * 3600})
    session_id = secrets.token_urlsafe(32)
    row = {"id_hash": hashed(session_id), "user": user.name, "csrf": secrets.token_urlsafe(32)}
    side.rows("session_add", {**row, "now": now})
    return session_id


def find_session(
    side: SideStore, session_id: str | None, *, settings: WebSettings, active: bool = True
) -> SignedIn | None:
    """The session of this cookie, or None: unknown, over, or of a closed account.

    `active`: somebody did something; a page that asks by itself doesn't keep a session awake.
    """
    if not session_id:
        return None
    row = side.one("session", {"id_hash": hashed(session_id)})
    if row is None:
        return None
    now = time.time()
    user = find_user(side, row["user"])
    if now - row["started_at"] > settings.session_hours * 3600 or user is None or not user.active:
        side.rows("session_end", {"id_hash": row["id_hash"]})
        return None
    locked = bool(row["locked"])
    if not locked and now - row["seen_at"] > settings.idle_lock_minutes * 60:
        side.rows("session_lock", {"id_hash": row["id_hash"]})
        locked = True
    if active and not locked and now - row["seen_at"] > 1:
        side.rows("session_seen", {"id_hash": row["id_hash"], "now": now})
    return SignedIn(user, row["csrf"], row["id_hash"], locked)


def lock_session(side: SideStore, session: SignedIn) -> None:
    """Lock the screen."""
    side.rows("session_lock", {"id_hash": session.id_hash})


def end_session(side: SideStore, session: SignedIn) -> None:
    """Sign out."""
    side.rows("session_end", {"id_hash": session.id_hash})


# --- throttling ------------------------------------------------------------------------------

Throttled = Literal["user", "address"]


def throttled(
    side: SideStore, *, user: str, address: str, settings: WebSettings
) -> Throttled | None:
    """Whether sign-ins for this name, or from this address, must wait a while."""
    since = time.time() - settings.failure_window_minutes * 60
    limits: tuple[tuple[Throttled, str, int], ...] = (
        ("user", f"user:{user}", settings.failures_per_user),
        ("address", f"address:{address}", settings.failures_per_address),
    )
    for kind, subject, most in limits:
        row = side.one("failures", {"subject": subject, "since": since})
        if row and row["count"] >= most:
            return kind
    return None


def note_failure(side: SideStore, *, user: str, address: str) -> None:
    """Remember a wrong password."""
    for subject in (f"user:{user}", f"address:{address}"):
        side.rows("failure_add", {"subject": subject, "now": time.time()})


def forget_failures(side: SideStore, *, user: str, settings: WebSettings) -> None:
    """After a right password: start to count afresh; drop what is too old to matter."""
    before = time.time() - settings.failure_window_minutes * 60
    side.rows("failures_clear", {"subject": f"user:{user}", "before": before})


def hashed(secret: str) -> str:
    """What is stored in place of a secret of full entropy."""
    return hashlib.sha256(secret.encode()).hexdigest()
