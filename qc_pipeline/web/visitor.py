"""Who is asking, and may he? Every route declares its permission with `May(...)`."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from fastapi import Request

from qc_pipeline.store.masks import mask_number, mask_text
from qc_pipeline.store.store import Session
from qc_pipeline.web.accounts.sessions import SignedIn, find_session
from qc_pipeline.web.accounts.users import User
from qc_pipeline.web.desk import Desk
from qc_pipeline.web.locale import Locale, chosen_locale, message
from qc_pipeline.web.refusals import Forbidden, Locked, SignInNeeded
from qc_pipeline.web.scope import Scope, scope_of
from qc_pipeline.web.security import check_token

COOKIE = "qc_session"
LOCALE_COOKIE = "qc_locale"
_SAFE = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody signed in, with what he may do and whose rows he sees."""

    desk: Desk
    session: SignedIn
    scope: Scope
    locale: Locale

    @property
    def user(self) -> User:
        return self.session.user

    @property
    def name(self) -> str:
        return self.session.user.name

    def may(self, permission: str) -> bool:
        """Whether his role has `permission`."""
        return self.desk.roles.allows(self.user.role, permission)

    def t(self, key: str, **values: object) -> str:
        """A message in his language."""
        return message(key, self.locale, **values)

    def rows(self, name: str, params: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """Rows of query `web/<name>`, those he may see."""
        with self.desk.store.reading() as session:
            return session.rows(f"web/{name}", {**(params or {}), **self.scope.params()})

    def reading(self) -> AbstractContextManager[Session]:
        """One session for all that a page reads: opened once, and all of one moment."""
        return self.desk.store.reading()

    def choices(self) -> dict[str, Any]:
        """The teams and banks that filters offer him, as they were a minute ago at most."""
        return self.desk.choices.get(self.scope, lambda: self.one("queue_choices") or {})

    def one(self, name: str, params: dict[str, Any] | None = None) -> dict[str, Any] | None:
        """The first of `rows`, or None."""
        rows = self.rows(name, params)
        return rows[0] if rows else None


class May:
    """A dependency: the visitor, if his role has the permission (None: any role will do).

    Changes must carry the page's token. Raises SignInNeeded, Locked, Forbidden, BadToken.
    """

    def __init__(self, permission: str | None, *, by_itself: bool = False) -> None:
        self.permission = permission
        self._by_itself = by_itself

    async def __call__(self, request: Request) -> Visitor:
        """Called for each request."""
        visitor: Visitor | None = await in_thread(signed_in, request, not self._by_itself)
        if visitor is None:
            raise SignInNeeded
        if visitor.session.locked:
            raise Locked
        if request.method not in _SAFE:
            await check_token(request, visitor.session.csrf)
        if self.permission is not None and not visitor.may(self.permission):
            raise Forbidden
        return visitor


def signed_in(request: Request, active: bool = True) -> Visitor | None:
    """The visitor of this request, locked or not; None if nobody is signed in."""
    desk: Desk = request.app.state.desk
    settings = desk.settings.web
    session = find_session(desk.side, request.cookies.get(COOKIE), settings=settings, active=active)
    if session is None:
        return None
    locale = locale_of(request, session.user)
    return Visitor(desk, session, scope_of(session.user, desk.roles), locale)


def locale_of(request: Request, user: User | None = None) -> Locale:
    """The language: the user's choice, else the browser's last one here, else the default."""
    desk: Desk = request.app.state.desk
    cookie = request.cookies.get(LOCALE_COOKIE)
    default = desk.settings.web.default_locale
    return chosen_locale(user.locale if user else None, cookie, default=default)


def masked_number(number: str | None) -> str | None:
    """A number as pages show it."""
    return mask_number(number) if number else number


def masked_text(text: str | None) -> str | None:
    """A text as pages show it."""
    return mask_text(text) if text else text


async def in_thread(function: Any, *arguments: Any) -> Any:
    """Run what blocks beside the event loop."""
    from starlette.concurrency import run_in_threadpool

    return await run_in_threadpool(function, *arguments)
