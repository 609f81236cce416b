"""Accounts: who may sign in, as what, bound to which team, bank or collector."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from qc_pipeline.errors import AccountError
from qc_pipeline.web.accounts.users import (
    User,
    add_user,
    all_users,
    change_password,
    change_role,
    set_active,
)
from qc_pipeline.web.desk import USER_CHANGED
from qc_pipeline.web.pages import page
from qc_pipeline.web.visitor import May, Visitor

router = APIRouter(prefix="/users", tags=["users"])
Manager = Annotated[Visitor, Depends(May("users.manage"))]
Name = Annotated[str, Form(max_length=64)]
Bound = Annotated[str, Form(max_length=200)]
Secret = Annotated[str, Form(max_length=1000)]


@router.get("", summary="Every account")
def users(request: Request, visitor: Manager) -> Response:
    """Accounts with their roles; forms to add one and to change one."""
    return _page(request, visitor)


@router.post("", summary="Make an account")
def add(
    request: Request, visitor: Manager, user: Name, role: Name, password: Secret,
    team: Bound = "", bank: Bound = "", agent_id: Bound = "",
) -> Response:  # fmt: skip
    """Refused with the reason when name, role, binding or password won't do."""
    new = User(user, role, team or None, bank or None, agent_id or None)
    try:
        add_user(visitor.desk.side, new, password=password, roles=visitor.desk.roles)
    except AccountError as error:
        return _page(request, visitor, error=str(error))
    return _done(visitor, user, "added", role=role)


@router.post("/role", summary="Change a role")
def role(
    request: Request, visitor: Manager, user: Name, role: Name,
    team: Bound = "", bank: Bound = "", agent_id: Bound = "",
) -> Response:  # fmt: skip
    """The user's open sessions end."""
    changed = User(user, role, team or None, bank or None, agent_id or None)
    try:
        change_role(visitor.desk.side, changed, roles=visitor.desk.roles)
    except AccountError as error:
        return _page(request, visitor, error=str(error))
    return _done(visitor, user, "role", role=role)


@router.post("/password", summary="Set a password")
def password(request: Request, visitor: Manager, user: Name, password: Secret) -> Response:
    """For somebody who has forgotten his. His open sessions end."""
    try:
        change_password(visitor.desk.side, user, password=password)
    except AccountError as error:
        return _page(request, visitor, error=str(error))
    return _done(visitor, user, "password")


@router.post("/active", summary="Close or reopen an account")
def active(
    request: Request, visitor: Manager, user: Name, active: Annotated[bool, Form()]
) -> Response:
    """Accounts are never deleted: the registers name them."""
    try:
        set_active(visitor.desk.side, user, active=active)
    except AccountError as error:
        return _page(request, visitor, error=str(error))
    return _done(visitor, user, "opened" if active else "closed")


def _page(request: Request, visitor: Visitor, *, error: str | None = None) -> Response:
    return page(
        request, "users.html", visitor, status=422 if error else 200, error=error,
        users=all_users(visitor.desk.side), roles=visitor.desk.roles.roles,
    )  # fmt: skip


def _done(visitor: Visitor, user: str, what: str, **details: str) -> Response:
    visitor.desk.note_access(
        by=visitor.name, action=USER_CHANGED, subject=user, what=what, **details
    )
    return RedirectResponse("/users", status_code=303)
