"""The complaint register: what came, by which channel, and which clock runs out when."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers.case_desk import read_steps
from qc_pipeline.registers.complaint_clocks import read
from qc_pipeline.registers.complaint_desk import (
    accept_complaint,
    decline_complaint,
    read_complaint,
)
from qc_pipeline.registers.complaints import Complaint
from qc_pipeline.web.complaint_actions import act_on, actions_for
from qc_pipeline.web.pages import page
from qc_pipeline.web.refusals import NotThere
from qc_pipeline.web.visitor import May, Visitor, in_thread

router = APIRouter(prefix="/complaints", tags=["complaints"])
Reader = Annotated[Visitor, Depends(May("complaint.see"))]
Handler = Annotated[Visitor, Depends(May("complaint.act"))]
_MOST = 200
_SAID = (
    "triage", "team", "preliminary", "reply", "decision", "satisfaction", "exit_approval",
    "transfer", "archive", "bank_receipt",
)  # fmt: skip
"""What was said in the steps, by the complaint's own fields."""


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


@router.get("/view", summary="One complaint")
def complaint(
    request: Request, visitor: Reader, id: Annotated[str, Query(max_length=80)]
) -> Response:
    """Its clocks, what it rests on, every step with its hand, and what may be done now."""
    _see(visitor, id)
    store = visitor.desk.store
    found = read_complaint(store, id)
    said = [(name, text) for name in _SAID if (text := getattr(found, name))]
    return page(
        request, "complaint.html", visitor, complaint=found, actions=actions_for(visitor, found),
        clocks=_clocks(found), steps=read_steps(store, id), said=said,
    )  # fmt: skip


@router.post("/act", summary="Take a step with a complaint")
async def act(
    request: Request, visitor: Handler, id: Annotated[str, Form(max_length=80)],
    action: Annotated[str, Form(max_length=40)],
) -> Response:  # fmt: skip
    """One of the steps the page shows. Refused with the reason if it isn't legal any more."""
    await in_thread(_see, visitor, id)
    await in_thread(act_on, visitor, id, action, dict(await request.form()))
    return RedirectResponse(f"/complaints/view?id={id}", status_code=303)


@router.post("/settle", summary="Accept or decline a proposed complaint")
def settle(
    visitor: Handler, id: Annotated[str, Form(max_length=80)],
    action: Annotated[Literal["accept", "decline"], Form()],
    note: Annotated[str, Form(max_length=2000)] = "",
) -> Response:  # fmt: skip
    """The machine proposes what it heard; a person says whether it is a complaint."""
    _see(visitor, id)
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


def _see(visitor: Visitor, complaint_id: str) -> None:
    wanted = {"complaint_id": complaint_id, "open_only": False, "most": 1}
    if not visitor.rows("complaints", wanted):
        raise NotThere


def _clocks(complaint: Complaint) -> list[dict[str, Any]]:
    met, now = read(complaint.met), datetime.now(SHANGHAI)
    return [
        {"name": name, "due": due, "met": met.get(name), "late": (met.get(name) or now) > due}
        for name, due in sorted(read(complaint.clocks).items(), key=lambda each: each[1])
    ]
