"""Signing in and out, the idle lock and opening it again."""

from __future__ import annotations

import hmac
import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from qc_pipeline.web.accounts.sessions import (
    end_session,
    forget_failures,
    lock_session,
    note_failure,
    start_session,
    throttled,
)
from qc_pipeline.web.accounts.users import User, check_password, folded
from qc_pipeline.web.desk import SIGN_IN_FAILED, SIGNED_IN, SIGNED_OUT, Desk
from qc_pipeline.web.locale import Locale, chosen_locale
from qc_pipeline.web.pages import page, plain_page
from qc_pipeline.web.refusals import BadToken, SignInNeeded
from qc_pipeline.web.security import check_token
from qc_pipeline.web.visitor import COOKIE, LOCALE_COOKIE, May, Visitor, locale_of, signed_in

router = APIRouter(tags=["sign-in"])
_LOGIN_COOKIE = "qc_login"


@router.get("/", summary="The first page this role works on")
def home(visitor: Annotated[Visitor, Depends(May(None))]) -> Response:
    """Queue for reviewers; for others the first page they may see."""
    from qc_pipeline.web.pages import DOORS

    doors = [door for door in DOORS if visitor.may(door.permission)]
    return RedirectResponse(doors[0].path if doors else "/account", status_code=303)


@router.get("/login", summary="The sign-in page")
def login_page(request: Request, lang: str | None = None) -> Response:
    """`lang` (zh, en) is remembered in a cookie."""
    if signed_in(request, active=False) is not None:
        return RedirectResponse("/", status_code=303)
    locale = chosen_locale(lang, default=locale_of(request))
    return _login_form(request, locale, remember=lang is not None)


@router.post("/login", summary="Sign in")
def login(
    request: Request,
    user: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=1000)],
    token: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """A right password begins a new session; whatever cookie came along is forgotten."""
    desk: Desk = request.app.state.desk
    cookie = request.cookies.get(_LOGIN_COOKIE, "")
    if not cookie or not hmac.compare_digest(cookie.encode(), token.encode()):
        raise BadToken
    locale = locale_of(request)
    found = _checked(request, user, password)
    if isinstance(found, str):
        return _login_form(
            request, locale, error=found, user=user, status=429 if found == "login.wait" else 401
        )
    session_id = start_session(desk.side, found, settings=desk.settings.web)
    answer = RedirectResponse("/", status_code=303)
    set_session_cookie(desk, answer, session_id)
    answer.delete_cookie(_LOGIN_COOKIE)
    return answer


@router.post("/logout", summary="Sign out")
async def logout(request: Request) -> Response:
    """Works from a locked screen too."""
    visitor = signed_in(request)
    if visitor is None:
        raise SignInNeeded
    await check_token(request, visitor.session.csrf)
    end_session(visitor.desk.side, visitor.session)
    visitor.desk.note_access(by=visitor.name, action=SIGNED_OUT, subject=visitor.name)
    answer = RedirectResponse("/login", status_code=303)
    answer.delete_cookie(COOKIE)
    return answer


@router.post("/lock", summary="Lock the screen")
def lock(visitor: Annotated[Visitor, Depends(May(None))]) -> Response:
    """What the page does when nobody has touched it for the time of `web.idle_lock_minutes`."""
    lock_session(visitor.desk.side, visitor.session)
    return RedirectResponse("/unlock", status_code=303)


@router.get("/unlock", summary="The locked screen")
def unlock_page(request: Request) -> Response:
    """Asks for the password of who is signed in."""
    visitor = signed_in(request, active=False)
    if visitor is None:
        return RedirectResponse("/login", status_code=303)
    if not visitor.session.locked:
        return RedirectResponse("/", status_code=303)
    return page(request, "unlock.html", visitor, error=None)


@router.post("/unlock", summary="Open the locked screen")
def unlock(
    request: Request,
    password: Annotated[str, Form(max_length=1000)],
    csrf: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """The right password begins a new session in place of the locked one."""
    visitor = signed_in(request, active=False)
    if visitor is None:
        raise SignInNeeded
    if not hmac.compare_digest(csrf.encode(), visitor.session.csrf.encode()):
        raise BadToken
    found = _checked(request, visitor.name, password)
    if isinstance(found, str):
        return page(
            request,
            "unlock.html",
            visitor,
            error=found,
            status=429 if found == "login.wait" else 401,
        )
    end_session(visitor.desk.side, visitor.session)
    desk = visitor.desk
    answer = RedirectResponse("/", status_code=303)
    set_session_cookie(desk, answer, start_session(desk.side, found, settings=desk.settings.web))
    return answer


def _checked(request: Request, name: str, password: str) -> User | str:
    """The user, or the message that says why not. Every attempt is in the access log."""
    desk: Desk = request.app.state.desk
    settings = desk.settings.web
    address = request.client.host if request.client else "unknown"
    who = folded(name)
    if throttled(desk.side, user=who, address=address, settings=settings):
        return "login.wait"
    found = check_password(desk.side, name, password)
    if found is None:
        note_failure(desk.side, user=who, address=address)
        desk.note_access(by=name[:64], action=SIGN_IN_FAILED, subject=name[:64], address=address)
        return "login.wrong"
    forget_failures(desk.side, user=who, settings=settings)
    desk.note_access(by=found.name, action=SIGNED_IN, subject=found.name, address=address)
    return found


def _login_form(
    request: Request, locale: Locale, *, error: str | None = None, user: str = "",
    status: int = 200, remember: bool = False,
) -> Response:  # fmt: skip
    desk: Desk = request.app.state.desk
    token = request.cookies.get(_LOGIN_COOKIE) or secrets.token_urlsafe(24)
    answer = plain_page(
        request, "login.html", locale, status=status, token=token, error=error, user=user
    )
    secure = cookies_are_secure(desk)
    answer.set_cookie(_LOGIN_COOKIE, token, httponly=True, samesite="strict", secure=secure)
    if remember:
        answer.set_cookie(LOCALE_COOKIE, locale, httponly=True, samesite="lax", secure=secure)
    return answer


def set_session_cookie(desk: Desk, answer: Response, session_id: str) -> None:
    answer.set_cookie(
        COOKIE, session_id, httponly=True, samesite="lax", secure=cookies_are_secure(desk),
        max_age=desk.settings.web.session_hours * 3600,
    )  # fmt: skip


def cookies_are_secure(desk: Desk) -> bool:
    """Always, but for plain http on this machine itself."""
    web = desk.settings.web
    return web.tls_certificate is not None or web.behind_tls_proxy
