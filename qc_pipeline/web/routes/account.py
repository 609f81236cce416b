"""One's own account: language, password, what the role may do."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from qc_pipeline.errors import AccountError
from qc_pipeline.web.accounts.sessions import start_session
from qc_pipeline.web.accounts.users import change_password, check_password, set_locale
from qc_pipeline.web.desk import USER_CHANGED
from qc_pipeline.web.locale import chosen_locale
from qc_pipeline.web.pages import page
from qc_pipeline.web.routes.sign_in import set_session_cookie
from qc_pipeline.web.visitor import May, Visitor

router = APIRouter(prefix="/account", tags=["account"])
Anyone = Annotated[Visitor, Depends(May(None))]


@router.get("", summary="One's own account")
def account(request: Request, visitor: Anyone) -> Response:
    """Name, role, what it may do, language, password."""
    return page(request, "account.html", visitor, **_shown(visitor), error=None, done=None)


@router.post("/locale", summary="Choose the language")
def choose_locale(visitor: Anyone, locale: Annotated[str, Form(max_length=8)]) -> Response:
    """`zh` or `en`."""
    chosen = chosen_locale(locale, default=visitor.locale)
    set_locale(visitor.desk.side, visitor.name, chosen)
    return RedirectResponse("/account", status_code=303)


@router.post("/password", summary="Change one's own password")
def new_password(
    request: Request,
    visitor: Anyone,
    old: Annotated[str, Form(max_length=1000)],
    new: Annotated[str, Form(max_length=1000)],
) -> Response:
    """Needs the old one. Every other session of this user ends."""
    side = visitor.desk.side
    error, done = None, None
    if check_password(side, visitor.name, old) is None:
        error = visitor.t("login.wrong")
    else:
        try:
            change_password(side, visitor.name, password=new)
            done = visitor.t("account.password_changed")
        except AccountError:
            error = visitor.t("account.password_short")
    status = 422 if error else 200
    answer: Response = page(
        request, "account.html", visitor, status=status, **_shown(visitor), error=error, done=done
    )
    if done:
        visitor.desk.note_access(
            by=visitor.name, action=USER_CHANGED, subject=visitor.name, what="password"
        )
        settings = visitor.desk.settings.web
        answer = RedirectResponse("/account", status_code=303)
        set_session_cookie(
            visitor.desk, answer, start_session(side, visitor.user, settings=settings)
        )
    return answer


def _shown(visitor: Visitor) -> dict[str, Any]:
    roles = visitor.desk.roles
    role = roles.roles[visitor.user.role]
    return {"role": role, "permissions": [roles.permissions[name] for name in role.may]}
