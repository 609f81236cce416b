"""Verdicts on findings. Each answers with the findings of the call as they stand then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from qc_pipeline.records import SHANGHAI, ResponsibleParty, Severity
from qc_pipeline.registers import desk as register
from qc_pipeline.registers.missed import MissedFinding
from qc_pipeline.web.accounts.listens import was_played
from qc_pipeline.web.call_view import call_view
from qc_pipeline.web.desk import PLAYED
from qc_pipeline.web.pages import page
from qc_pipeline.web.refusals import NotThere, SpanNotPlayed
from qc_pipeline.web.routes.call import findings_panel
from qc_pipeline.web.visitor import May, Visitor

router = APIRouter(prefix="/verdicts", tags=["verdicts"])
Judge = Annotated[Visitor, Depends(May("finding.judge"))]
FindingId = Annotated[str, Field(min_length=1, max_length=64)]
Note = Annotated[str | None, Field(max_length=2000)]


class Confirmation(BaseModel):
    """Confirm: as it is, as milder (`severity`), as another `code` with its severity, or saying
    whose conduct it was (`responsible_party`) where the machine couldn't.
    """

    finding_id: FindingId
    severity: Severity | None = None
    code: Annotated[str | None, Field(max_length=64)] = None
    responsible_party: ResponsibleParty | None = None
    note: Note = None


class Doubt(BaseModel):
    """A finding somebody else should decide on, or whose verdict is taken back."""

    finding_id: FindingId
    note: Note = None


class Miss(BaseModel):
    """What a reviewer heard and the machine didn't. Seconds from the recording's start."""

    call_id: Annotated[str, Field(min_length=1, max_length=500)]
    code: Annotated[str, Field(min_length=1, max_length=64)]
    severity: Severity
    start_s: Annotated[float, Field(ge=0, le=360_000)]
    end_s: Annotated[float, Field(ge=0, le=360_000)]
    note: Annotated[str, Field(min_length=1, max_length=2000)]
    utterance_index: Annotated[int | None, Field(ge=0)] = None


class Line(BaseModel):
    """What was really said in a line of the transcript."""

    call_id: Annotated[str, Field(min_length=1, max_length=500)]
    index: Annotated[int, Field(ge=0)]
    text: Annotated[str, Field(min_length=1, max_length=5000)]


class Rejection(BaseModel):
    """Reject for one of the policy's reasons, by name or key."""

    finding_id: FindingId
    reason: Annotated[str, Field(min_length=1, max_length=64)]
    note: Note = None


@router.post("/confirm", summary="Confirm a finding")
def confirm(request: Request, visitor: Judge, said: Confirmation) -> Response:
    """A critical one only by who has heard it; it counts after a second, different reviewer."""
    finding = _finding(visitor, said.finding_id)
    if (said.severity or finding["severity"]) in visitor.desk.policy.review.second_reviewer:
        _need_played(visitor, finding)
    desk = visitor.desk
    register.confirm(
        desk.store, said.finding_id, by=visitor.name, at=datetime.now(SHANGHAI),
        policy=desk.policy, keys=desk.settings.keys, note=said.note, severity=said.severity,
        code=said.code, responsible_party=said.responsible_party,
    )  # fmt: skip
    return findings_panel(request, visitor, finding["call_id"])


@router.post("/reject", summary="Reject a finding")
def reject(request: Request, visitor: Judge, said: Rejection) -> Response:
    """With a reason from the policy's list."""
    finding = _finding(visitor, said.finding_id)
    desk = visitor.desk
    register.reject(
        desk.store, said.finding_id, by=visitor.name, at=datetime.now(SHANGHAI),
        policy=desk.policy, keys=desk.settings.keys, reason=said.reason, note=said.note,
    )  # fmt: skip
    return findings_panel(request, visitor, finding["call_id"])


@router.post("/unsure", summary="Leave a finding to somebody else")
def unsure(request: Request, visitor: Judge, said: Doubt) -> Response:
    """It does not come back to who was unsure."""
    return _act(request, visitor, said.finding_id, register.unsure, note=said.note)


@router.post("/undo", summary="Take back one's last word on a finding")
def undo(request: Request, visitor: Judge, said: Doubt) -> Response:
    """Within the policy's minutes, while nobody has spoken or acted on it since."""
    return _act(request, visitor, said.finding_id, register.undo)


@router.post("/missed", summary="Add a finding the machine missed")
def missed(request: Request, visitor: Judge, said: Miss) -> Response:
    """A critical one only by who has heard it; it then waits for a second reviewer."""
    call_view(visitor, said.call_id)
    span = {"call_id": said.call_id, "start_s": said.start_s, "end_s": said.end_s}
    if said.severity in visitor.desk.policy.review.second_reviewer:
        _need_played(visitor, {**span, "finding_id": None})
    desk = visitor.desk
    register.add_finding(
        desk.store, MissedFinding(**said.model_dump()), by=visitor.name,
        at=datetime.now(SHANGHAI), policy=desk.policy, keys=desk.settings.keys,
    )  # fmt: skip
    return findings_panel(request, visitor, said.call_id)


@router.post("/line", summary="Correct a line of the transcript")
def line(
    request: Request,
    visitor: Annotated[Visitor, Depends(May("transcript.correct"))],
    said: Line,
) -> Response:
    """Answers with the line as it stands then; what was recognised stays beside it."""
    call_view(visitor, said.call_id)
    desk = visitor.desk
    register.correct_line(
        desk.store, said.call_id, said.index, said.text, by=visitor.name,
        at=datetime.now(SHANGHAI), keys=desk.settings.keys,
    )  # fmt: skip
    view = call_view(visitor, said.call_id)
    [turn] = [turn for turn in view.turns if turn.index == said.index]
    return page(request, "call_turn.html", visitor, turn=turn)


def _act(
    request: Request, visitor: Visitor, finding_id: str, action: Callable[..., Any], **more: Any
) -> Response:
    finding = _finding(visitor, finding_id)
    desk = visitor.desk
    action(
        desk.store, finding_id, by=visitor.name, at=datetime.now(SHANGHAI), policy=desk.policy,
        keys=desk.settings.keys, **more,
    )  # fmt: skip
    return findings_panel(request, visitor, finding["call_id"])


def _finding(visitor: Visitor, finding_id: str) -> Mapping[str, Any]:
    finding = visitor.one("finding", {"finding_id": finding_id})
    if finding is None:
        raise NotThere
    return finding


def _need_played(visitor: Visitor, finding: Mapping[str, Any]) -> None:
    """Raises SpanNotPlayed unless he has played the span. What has no place needs no ear."""
    if finding["start_s"] is None or finding["end_s"] is None:
        return
    seq = was_played(
        visitor.desk.side, user=visitor.name, call_id=finding["call_id"],
        start_s=finding["start_s"], end_s=finding["end_s"],
    )  # fmt: skip
    if seq is None:
        raise SpanNotPlayed
    visitor.desk.note_access(
        by=visitor.name, action=PLAYED, subject=finding["call_id"], listen=seq,
        finding=finding["finding_id"], start_s=finding["start_s"], end_s=finding["end_s"],
    )  # fmt: skip
