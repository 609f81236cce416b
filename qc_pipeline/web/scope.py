"""Whose rows somebody sees: decided here, applied by `visible_calls` in the database.

Every query of the web reads calls through the macro `visible_calls($team, $bank, $agent)`
(migration 0006), or the queue's tasks through `visible_tasks` (0016), bound to `Scope.params()`.
A role without rows of its own sees none.
"""

from __future__ import annotations

from dataclasses import dataclass

from qc_pipeline.web.accounts.users import User
from qc_pipeline.web.roles import Roles

_NOBODY = "\x00"
"""No team, bank or agent has this name."""


@dataclass(frozen=True, slots=True)
class Scope:
    """None: not bound by it."""

    team: str | None = None
    bank: str | None = None
    agent: str | None = None

    def params(self) -> dict[str, str | None]:
        """The parameters that every query of the web carries."""
        return {"scope_team": self.team, "scope_bank": self.bank, "scope_agent": self.agent}


def scope_of(user: User, roles: Roles) -> Scope:
    """What `user` may see. What is not known to be his, he doesn't see."""
    role = roles.roles.get(user.role)
    if role is None or role.scope == "none":
        return Scope(agent=_NOBODY)
    if role.scope == "team":
        return Scope(team=user.team or _NOBODY)
    if role.scope == "bank":
        return Scope(bank=user.bank or _NOBODY)
    if role.scope == "self":
        return Scope(agent=user.agent_id or _NOBODY)
    return Scope()


def own_scope(user: User) -> Scope:
    """What is about `user` himself, whatever his role: nothing if the registers don't know him."""
    return Scope(agent=user.agent_id or _NOBODY)
