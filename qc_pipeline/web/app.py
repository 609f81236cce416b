"""The application: routes, static files, headers, and how refusals look."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.types import Scope

from qc_pipeline import __version__
from qc_pipeline.errors import HomeError, QcError, RegisterError, UsageError
from qc_pipeline.settings import Settings
from qc_pipeline.web.desk import open_desk
from qc_pipeline.web.locale import message
from qc_pipeline.web.pages import page, plain_page
from qc_pipeline.web.refusals import BadRequest, Locked, Refusal, SignInNeeded
from qc_pipeline.web.security import SecurityHeaders
from qc_pipeline.web.templating import STATIC
from qc_pipeline.web.visitor import in_thread, locale_of, signed_in

log = logging.getLogger("qc.web")

ROOMS = (
    "sign_in",
    "account",
    "queue",
    "call",
    "audio",
    "verdicts",
    "search",
    "rules",
    "cases",
    "complaints",
    "registers",
    "evidence",
    "mine",
    "dashboard",
    "users",
    "system",
)
"""The modules of `routes/`, each with a `router`."""


class _Static(StaticFiles):
    """Static files. An address with a version changes with its content, so it may be kept."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        kept = b"v=" in scope.get("query_string", b"")
        answer.headers["cache-control"] = (
            "private, max-age=31536000, immutable" if kept else "no-cache"
        )
        return answer


def create_app(settings: Settings) -> FastAPI:
    """The desk over the home folder of `settings`. Raises HomeError or SettingsError."""
    app = FastAPI(
        title="qc-pipeline desk",
        version=__version__,
        description="Pages and actions of the desk. Every change needs the page's CSRF token.",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,  # routes/system.py serves it to who may see it
    )
    app.state.desk = open_desk(settings)
    app.mount("/static", _Static(directory=STATIC), name="static")
    for room in ROOMS:
        app.include_router(import_module(f"qc_pipeline.web.routes.{room}").router)
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(QcError, _our_error)
    https = bool(settings.web.tls_certificate) or settings.web.behind_tls_proxy
    app.add_middleware(SecurityHeaders, https=https)
    return app


async def _refused(request: Request, error: Any) -> Response:
    if isinstance(error, SignInNeeded | Locked):
        where = "/unlock" if isinstance(error, Locked) else "/login"
        if _wants_page(request) and request.method == "GET":
            return RedirectResponse(where, status_code=303)
        answer = await _told(request, error.status, error.key)
        answer.headers["hx-redirect"] = where
        return answer
    detail = error.detail if isinstance(error, BadRequest) else ""
    return await _told(request, error.status, error.key, detail=detail)


async def _http_error(request: Request, error: Any) -> Response:
    key = "refused.not_there" if error.status_code == 404 else "refused.bad_request"
    return await _told(request, error.status_code, key)


async def _invalid(request: Request, error: Any) -> Response:
    names = ", ".join(str(one["loc"][-1]) for one in error.errors())
    return await _told(request, 422, "refused.bad_request", detail=names)


async def _our_error(request: Request, error: Any) -> Response:
    if isinstance(error, RegisterError):
        return await _told(request, 409, "refused.register", detail=str(error))
    if isinstance(error, HomeError):
        log.error("home", extra={"reason": str(error)})
        return await _told(request, 503, "refused.busy")
    status = 422 if isinstance(error, UsageError) else 500
    return await _told(request, status, "refused.failed", detail=str(error))


async def _told(request: Request, status: int, key: str, *, detail: str = "") -> Response:
    """A page for who looks at pages, else JSON for scripts."""
    visitor = None
    try:
        visitor = await in_thread(signed_in, request, False)
    except QcError as error:
        log.error("accounts", extra={"reason": str(error)})
    locale = visitor.locale if visitor else locale_of(request)
    text = message(key, locale)
    if not _wants_page(request):
        return JSONResponse({"error": text, "detail": detail}, status_code=status)
    values = {"text": text, "detail": detail, "status_code": status}
    if visitor is None or visitor.session.locked:
        return plain_page(request, "refused.html", locale, status=status, **values)
    return page(request, "refused.html", visitor, status=status, **values)


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "") and (
        request.headers.get("x-csrf-token") is None
    )
