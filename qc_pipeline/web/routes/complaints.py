"""The complaint register: what came, by which channel, and which clock runs out when."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers.complaint_desk import accept_complaint, decline_complaint
from qc_pipeline.web.pages import page
from qc_pipeline.web.refusals import NotThere
from qc_pipeline.web.visitor import May, Visitor

router = APIRouter(prefix="/complaints", tags=["complaints"])
Reader = Annotated[Visitor, Depends(May("complaint.see"))]
Handler = Annotated[Visitor, Depends(May("complaint.act"))]
_MOST = 200


@router.get("", summary="Complaints")
def complaints(
    request: Request, visitor: Reader, all: Annotated[str, Query(max_length=1)] = ""
) -> Response:
    """Complaints that are not over, the clock that runs out first at the top; or all of them."""
    wanted = {"complaint_id": None, "open_only": not all, "most": _MOST}
    return page(
        request, "complaints.html", visitor, rows=visitor.rows("complaints", wanted),
        everything=bool(all), now=datetime.now(SHANGHAI), most=_MOST,
    )  # fmt: skip


@router.post("/settle", summary="Accept or decline a proposed complaint")
def settle(
    visitor: Handler, id: Annotated[str, Form(max_length=80)],
    action: Annotated[Literal["accept", "decline"], Form()],
    note: Annotated[str, Form(max_length=2000)] = "",
) -> Response:  # fmt: skip
    """The machine proposes what it heard; a person says whether it is a complaint."""
    seen = visitor.rows("complaints", {"complaint_id": id, "open_only": False, "most": 1})
    if not seen:
        raise NotThere
    desk, at = visitor.desk, datetime.now(SHANGHAI)
    if action == "accept":
        accept_complaint(
            desk.store, id, by=visitor.name, at=at, policy=desk.policy, keys=desk.settings.keys,
            note=note or None,
        )  # fmt: skip
    else:
        decline_complaint(
            desk.store, id, by=visitor.name, at=at, note=note, keys=desk.settings.keys
        )
    return RedirectResponse("/complaints", status_code=303)
