"""User accounts: a name, a role, what the role is bound to, and a password kept as argon2id."""

from __future__ import annotations

import sqlite3
import time
import unicodedata
from dataclasses import dataclass
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from qc_pipeline.errors import AccountError
from qc_pipeline.web.accounts.side_store import Row, SideStore
from qc_pipeline.web.roles import Roles

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200
_HASHER = PasswordHasher()  # argon2id, RFC 9106's second recommendation


@dataclass(frozen=True, slots=True)
class User:
    """An account. `team`, `bank` and `agent_id` bind the roles that see only their own rows."""

    name: str
    role: str
    team: str | None = None
    bank: str | None = None
    agent_id: str | None = None
    active: bool = True
    locale: str | None = None


def add_user(side: SideStore, user: User, *, password: str, roles: Roles) -> None:
    """Make an account. Raises AccountError: taken or empty name, unknown role, a role without
    what it is bound to, too short a password.
    """
    name = user.name.strip()
    if not name or len(name) > 64 or any(unicodedata.category(c)[0] == "C" for c in name):
        raise AccountError("a user needs a name of 1 to 64 characters", remedy="choose another")
    _check_binding(user, roles)
    values = {
        "name": name, "folded": folded(name), "role": user.role, "team": user.team,
        "bank": user.bank, "agent_id": user.agent_id, "password": _hashed(password),
        "created_at": time.time(),
    }  # fmt: skip
    try:
        side.rows("user_add", values)
    except sqlite3.IntegrityError:
        raise AccountError(
            f"there is a user {name} already", remedy="choose another name"
        ) from None


def change_role(side: SideStore, user: User, *, roles: Roles) -> None:
    """Give `user.name` the role and binding of `user`; open sessions end."""
    _check_binding(user, roles)
    values = {"role": user.role, "team": user.team, "bank": user.bank, "agent_id": user.agent_id}
    _changed(side, "user_role", user.name, values)


def change_password(side: SideStore, name: str, *, password: str) -> None:
    """Give `name` a new password; open sessions end."""
    _changed(side, "user_password", name, {"password": _hashed(password)})


def set_active(side: SideStore, name: str, *, active: bool) -> None:
    """Close an account, or open it again; open sessions end. Accounts are never deleted."""
    _changed(side, "user_active", name, {"active": active})


def set_locale(side: SideStore, name: str, locale: str) -> None:
    """Remember in which language `name` reads."""
    side.rows("user_locale", {"name": name, "locale": locale})


def find_user(side: SideStore, name: str) -> User | None:
    """The account of this name, whatever its letter case and character width."""
    row = side.one("user", {"folded": folded(name)})
    return _user(row) if row else None


def all_users(side: SideStore) -> list[User]:
    """Every account, by name."""
    return [_user(row) for row in side.rows("users")]


def check_password(side: SideStore, name: str, password: str) -> User | None:
    """The account if the password is right and it is active. An unknown name takes as long."""
    row = side.one("user", {"folded": folded(name)})
    stored = row["password"] if row else _hash_of_nobody()
    try:
        _HASHER.verify(stored, password[:LONGEST_PASSWORD])
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return None
    return _user(row) if row and row["active"] else None


def folded(name: str) -> str:
    """What makes two names one person's (as `registers.people` sees it)."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


def _changed(side: SideStore, statement: str, name: str, values: Row) -> None:
    row = side.one(statement, {**values, "folded": folded(name)})
    if row is None:
        raise AccountError(f"there is no user {name}", remedy="see `qc user list`")
    side.rows("sessions_end", {"user": row["name"]})


def _check_binding(user: User, roles: Roles) -> None:
    if user.role not in roles.roles:
        raise AccountError(
            f"there is no role {user.role!r}", remedy="use one of " + ", ".join(roles.roles)
        )
    bound = roles.roles[user.role].scope
    missing = {"team": not user.team, "bank": not user.bank, "self": not user.agent_id}
    if missing.get(bound, False):
        option = {"team": "--team", "bank": "--bank", "self": "--agent"}[bound]
        raise AccountError(
            f"the role {user.role} sees only its own rows: whose is not said",
            remedy=f"say it with {option}",
        )


def _hashed(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise AccountError(
            f"a password needs at least {SHORTEST_PASSWORD} characters",
            remedy="a sentence is easy to remember",
        )
    if len(password) > LONGEST_PASSWORD:
        raise AccountError(f"a password has at most {LONGEST_PASSWORD} characters")
    return _HASHER.hash(password)


@cache
def _hash_of_nobody() -> str:
    return _HASHER.hash("nobody's password")


def _user(row: Row) -> User:
    fields = {name: row[name] for name in User.__slots__}
    return User(**{**fields, "active": bool(fields["active"])})
