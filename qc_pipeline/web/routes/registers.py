"""Stop flags, emergencies, disputes, objections, promises, coaching, stand-downs, spot checks."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from qc_pipeline.registers.case_desk import read_steps
from qc_pipeline.web.linked_actions import (
    REGISTERS,
    act_on,
    actions_for,
    entry_state,
    with_choices,
)
from qc_pipeline.web.pages import page
from qc_pipeline.web.refusals import NotThere
from qc_pipeline.web.visitor import May, Visitor, in_thread

router = APIRouter(prefix="/registers", tags=["registers"])
Reader = Annotated[Visitor, Depends(May("case.see"))]
_MOST = 200


@router.get("", summary="The registers beside cases and complaints")
def registers(
    request: Request, visitor: Reader, kind: Annotated[str, Query(max_length=20)] = "emergencies"
) -> Response:
    """One register, what is open first."""
    if kind not in REGISTERS:
        raise NotThere
    rows = visitor.rows(f"linked_{kind}", {"id": None, "most": _MOST})
    return page(
        request, "registers.html", visitor, kind=kind, kinds=list(REGISTERS),
        register=REGISTERS[kind], rows=[{**row, "state": entry_state(kind, row)} for row in rows],
        most=_MOST,
    )  # fmt: skip


@router.get("/view", summary="One entry of a register")
def entry(
    request: Request, visitor: Reader, kind: Annotated[str, Query(max_length=20)],
    id: Annotated[str, Query(max_length=500)],
) -> Response:  # fmt: skip
    """What it says, every step with its hand, and what may be done now."""
    row = _entry(visitor, kind, id)
    return page(
        request, "register_entry.html", visitor, kind=kind, id=id, row=row,
        register=REGISTERS[kind], state=entry_state(kind, row),
        actions=with_choices(visitor, actions_for(visitor, kind, row)),
        steps=_steps(visitor, kind, id),
    )  # fmt: skip


@router.post("/act", summary="Take a step with an entry of a register")
async def act(
    request: Request, visitor: Reader, kind: Annotated[str, Form(max_length=20)],
    id: Annotated[str, Form(max_length=500)], action: Annotated[str, Form(max_length=40)],
) -> Response:  # fmt: skip
    """One of the steps the page shows. Refused with the reason if it isn't legal any more."""
    form = dict(await request.form())
    row = await in_thread(_entry, visitor, kind, id)
    await in_thread(act_on, visitor, kind, row, action, form)
    return RedirectResponse(
        f"/registers/view?{urlencode({'kind': kind, 'id': id})}", status_code=303
    )


def _entry(visitor: Visitor, kind: str, entry_id: str) -> dict[str, Any]:
    if kind not in REGISTERS:
        raise NotThere
    row = visitor.one(f"linked_{kind}", {"id": entry_id, "most": 1})
    if row is None:
        raise NotThere
    return row


def _steps(visitor: Visitor, kind: str, entry_id: str) -> list[Any]:
    steps = read_steps(visitor.desk.store, entry_id)
    # An emergency goes by its call's name, and so do other entries of the log.
    return [step for step in steps if kind != "emergencies" or step.action.startswith("emergency.")]
