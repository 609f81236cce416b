"""Disciplinary cases and appeals: where each stands, its steps, and the next legal one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from qc_pipeline.records import SHANGHAI, Severity
from qc_pipeline.registers import appeal_desk, case_desk
from qc_pipeline.registers.appeals import Outcome
from qc_pipeline.registers.discipline import CASE_STATES
from qc_pipeline.registers.reversal import Decision
from qc_pipeline.web.case_actions import STEPS, actions_for, values_for
from qc_pipeline.web.pages import page
from qc_pipeline.web.refusals import BadRequest, Forbidden, NotThere
from qc_pipeline.web.visitor import May, Visitor, in_thread

router = APIRouter(tags=["cases"])
Reader = Annotated[Visitor, Depends(May("case.see"))]
Judge = Annotated[Visitor, Depends(May("appeal.decide"))]
Name = Annotated[str, Query(max_length=80)]
_MOST = 200


@router.get("/cases", summary="Disciplinary cases")
def cases(
    request: Request, visitor: Reader, state: Name = "", agent: Name = "", code: Name = ""
) -> Response:
    """The cases one may see, the latest changed first; how many stand in each state."""
    if state and state not in CASE_STATES:
        raise BadRequest("state")
    wanted = {"state": state or None, "agent": agent or None, "code": code or None, "most": _MOST}
    counts = {row["state"]: row["cases"] for row in visitor.rows("case_counts")}
    return page(
        request, "cases.html", visitor, rows=visitor.rows("cases", wanted), counts=counts,
        states=[each for each in CASE_STATES if each in counts], chosen=state, agent=agent,
        code=code, most=_MOST,
    )  # fmt: skip


@router.get("/cases/view", summary="One case")
def case(request: Request, visitor: Reader, id: Name) -> Response:
    """What it rests on, where it stands, every step with its hand, and what may be done now."""
    _see(visitor, id)
    file = case_desk.read_file(visitor.desk.store, id)
    findings = visitor.rows("case_findings", {"finding_ids": list(file.case.findings)})
    return page(
        request, "case.html", visitor, file=file, case=file.case, findings=findings,
        actions=actions_for(visitor, file.case),
    )  # fmt: skip


@router.post("/cases/act", summary="Take a step with a case")
async def act(
    request: Request, visitor: Reader, id: Annotated[str, Form(max_length=80)],
    action: Annotated[str, Form(max_length=40)],
) -> Response:  # fmt: skip
    """One of the steps the page shows. Refused with the reason if it isn't legal any more."""
    if action not in STEPS:
        raise BadRequest("action")
    form = await request.form()
    await in_thread(_act, visitor, id, action, dict(form))
    return RedirectResponse(f"/cases/view?id={id}", status_code=303)


def _act(visitor: Visitor, case_id: str, action: str, form: dict[str, Any]) -> None:
    _see(visitor, case_id)
    step, desk = STEPS[action], visitor.desk
    if not visitor.may(step.permission):
        raise Forbidden
    step.do(
        desk.store, case_id, by=visitor.name, at=datetime.now(SHANGHAI), policy=desk.policy,
        keys=desk.settings.keys, **values_for(action, form),
    )  # fmt: skip


@router.get("/appeals", summary="Appeals")
def appeals(request: Request, visitor: Reader) -> Response:
    """Appeals, those that wait first."""
    return page(request, "appeals.html", visitor, rows=visitor.rows("appeals", {"most": _MOST}))


@router.post("/appeals/decide", summary="Decide an appeal")
def decide(
    visitor: Judge, id: Annotated[str, Form(max_length=80)],
    outcome: Annotated[Outcome, Form()],
    reasons: Annotated[str, Form(max_length=2000)] = "",
    severity: Annotated[Severity | Literal[""], Form()] = "",
    level: Annotated[str, Form(max_length=20)] = "",
) -> Response:  # fmt: skip
    """Upheld, partly upheld or dismissed; by nobody who had a hand in it."""
    desk = visitor.desk
    decision = Decision(outcome, reasons, severity=severity or None, level=level or None)
    appeal_desk.decide_appeal(
        desk.store, id, decision, by=visitor.name, at=datetime.now(SHANGHAI), policy=desk.policy,
        keys=desk.settings.keys,
    )  # fmt: skip
    return RedirectResponse("/appeals", status_code=303)


def _see(visitor: Visitor, case_id: str) -> None:
    row = visitor.one("case", {"case_id": case_id})
    # One's own case is on one's own page, without the names of who reviewed it.
    if row is None or row["agent_id"] in (visitor.user.agent_id, visitor.name):
        raise NotThere
