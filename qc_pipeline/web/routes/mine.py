"""A collector's own page: findings and notices with the clip, receipt, objection, appeal.

No reviewer's name, nobody else's data.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from qc_pipeline.evidence.clip import cut_clip
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers import appeal_desk, case_desk
from qc_pipeline.web.desk import LISTENED
from qc_pipeline.web.pages import page
from qc_pipeline.web.refusals import BadRequest, NotThere
from qc_pipeline.web.scope import own_scope
from qc_pipeline.web.visitor import May, Visitor

router = APIRouter(prefix="/mine", tags=["mine"])
Self = Annotated[Visitor, Depends(May("own.see"))]
Answering = Annotated[Visitor, Depends(May("own.answer"))]
Id = Annotated[str, Form(max_length=80)]
Text = Annotated[str, Form(max_length=4000)]
_AROUND_S = 6.0
_STEPS: dict[str, Callable[..., Any]] = {
    "receipt": case_desk.acknowledge_receipt,
    "object": case_desk.object_to,
    "accept": case_desk.accept_sanction,
}


@router.get("", summary="One's own findings and notices")
def mine(request: Request, visitor: Self) -> Response:
    """What was confirmed, what one was told, and what may be answered until when."""
    own = _own(visitor)
    findings = own.rows("own_findings", {"finding_id": None})
    appeals = own.rows("own_appeals")
    return page(
        request, "mine.html", visitor, findings=findings, cases=own.rows("own_cases"),
        appeals=appeals, appealed={row["finding_id"] or row["case_id"] for row in appeals},
    )  # fmt: skip


@router.get("/clip", summary="The seconds of one's own finding")
def clip(visitor: Self, finding: Annotated[str, Query(max_length=80)]) -> Response:
    """WAV; one audited access per listen."""
    row = _own(visitor).one("own_findings", {"finding_id": finding})
    if row is None or row["recording_key"] is None or row["start_s"] is None:
        raise NotThere
    visitor.desk.note_access(
        by=visitor.name, action=LISTENED, subject=row["call_id"], finding=finding
    )
    sound = cut_clip(
        visitor.desk.recordings.path(row["recording_key"]),
        start_s=row["start_s"] - _AROUND_S, end_s=row["end_s"] + _AROUND_S,
    )  # fmt: skip
    return Response(sound, media_type="audio/wav", headers={"cache-control": "no-store"})


@router.post("/case", summary="Answer a notice")
def answer(visitor: Answering, id: Id, action: Id, text: Text = "") -> Response:
    """Sign for it, object to it, or accept a sanction."""
    if action not in _STEPS:
        raise BadRequest("action")
    more = {"text": text} if action == "object" else {}
    _STEPS[action](visitor.desk.store, id, **_acting(visitor), **more)
    return RedirectResponse("/mine", status_code=303)


@router.post("/appeal", summary="Appeal")
def appeal(
    visitor: Answering, grounds: Text, finding: Id = "", case: Id = "", late: Text = ""
) -> Response:
    """Against one's own confirmed finding or sanction, in time; late with a cause."""
    appeal_desk.file_appeal(
        visitor.desk.store, grounds=grounds, finding_id=finding or None, case_id=case or None,
        late_cause=late or None, **_acting(visitor),
    )  # fmt: skip
    return RedirectResponse("/mine", status_code=303)


def _own(visitor: Visitor) -> Visitor:
    """The same visitor bound to himself: a lead's own page is not his team's."""
    return replace(visitor, scope=own_scope(visitor.user))


def _acting(visitor: Visitor) -> dict[str, Any]:
    """A collector acts under the number the registers know him by."""
    desk = visitor.desk
    return {
        "by": visitor.user.agent_id or visitor.name, "at": datetime.now(SHANGHAI),
        "policy": desk.policy, "keys": desk.settings.keys,
    }  # fmt: skip
