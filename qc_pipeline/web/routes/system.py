"""Policy in force, scans and where the call records ended; the description of the interface."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from qc_pipeline.web.pages import page
from qc_pipeline.web.visitor import May, Visitor

router = APIRouter(tags=["system"])
Operator = Annotated[Visitor, Depends(May("system.see"))]


@router.get("/system", summary="Policy, scans, coverage")
def system(request: Request, visitor: Operator) -> Response:
    """The policy files as they are in force, the last scans, states of all call records."""
    desk = visitor.desk
    with desk.store.reading() as session:
        scans = [_scan(row) for row in session.rows("web/scans_recent")]
        states = session.rows("web/states")
    files = {
        path.stem: path.read_text("utf-8")
        for path in sorted(desk.settings.policy_dir.glob("*.yaml"))
    }
    return page(
        request, "system.html", visitor, scans=scans, states=states, files=files,
        total=sum(row["calls"] for row in states),
    )  # fmt: skip


@router.get("/openapi.json", summary="This interface, described")
def openapi(request: Request, visitor: Operator) -> Response:
    """OpenAPI 3.1."""
    return JSONResponse(request.app.openapi())


def _scan(row: dict[str, Any]) -> dict[str, Any]:
    summary = row["summary"]
    return {**row, "summary": json.loads(summary) if isinstance(summary, str) else summary or {}}
