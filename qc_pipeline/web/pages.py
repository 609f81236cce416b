"""A page: a template with what all of them share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from qc_pipeline.web.desk import Desk
from qc_pipeline.web.locale import HTML_LANG, Locale, message
from qc_pipeline.web.visitor import Visitor


@dataclass(frozen=True, slots=True)
class Door:
    """An entry of the navigation: where it leads, its message and the permission it needs."""

    path: str
    key: str
    permission: str


DOORS = (
    Door("/queue", "nav.queue", "queue.see"),
    Door("/search", "nav.search", "search.use"),
    Door("/cases", "nav.cases", "case.see"),
    Door("/appeals", "nav.appeals", "case.see"),
    Door("/complaints", "nav.complaints", "complaint.see"),
    Door("/registers", "nav.registers", "case.see"),
    Door("/mine", "nav.mine", "own.see"),
    Door("/dashboard", "nav.dashboard", "dashboard.see"),
    Door("/rules", "nav.rules", "rules.see"),
    Door("/users", "nav.users", "users.manage"),
    Door("/system", "nav.system", "system.see"),
)


def page(
    request: Request, template: str, visitor: Visitor, *, status: int = 200, **values: Any
) -> HTMLResponse:
    """Render `template` for somebody signed in."""
    role = visitor.desk.roles.roles[visitor.user.role]
    shared = {
        "visitor": visitor,
        "role_name": role.zh if visitor.locale == "zh" else role.en,
        "doors": [door for door in DOORS if visitor.may(door.permission)],
        "here": request.url.path,
        "csrf": visitor.session.csrf,
        "idle_minutes": visitor.desk.settings.web.idle_lock_minutes,
    }
    return _rendered(request, template, visitor.locale, status, {**shared, **values})


def plain_page(
    request: Request, template: str, locale: Locale, *, status: int = 200, **values: Any
) -> HTMLResponse:
    """Render `template` for nobody in particular: sign-in, errors."""
    shared = {"visitor": None, "csrf": ""}
    return _rendered(request, template, locale, status, {**shared, **values})


def _rendered(
    request: Request, template: str, locale: Locale, status: int, values: dict[str, Any]
) -> HTMLResponse:
    desk: Desk = request.app.state.desk

    def t(key: str, **named: object) -> str:
        return message(key, locale, **named)

    def name(entry: Any) -> str:
        """What has a name in both languages, by its name."""
        return str(getattr(entry, locale, None) or entry.zh)

    shared = {
        "t": t,
        "name": name,
        "locale": locale,
        "html_lang": HTML_LANG[locale],
        "nonce": request.state.nonce,
        "policy": desk.policy,
    }
    text = desk.templates.get_template(template).render({**shared, **values})
    return HTMLResponse(text, status_code=status)
