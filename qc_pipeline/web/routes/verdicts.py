"""Verdicts on findings. Each answers with the findings of the call as they stand then."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from qc_pipeline.records import SHANGHAI, Severity
from qc_pipeline.registers import desk as register
from qc_pipeline.web.accounts.listens import was_played
from qc_pipeline.web.desk import PLAYED
from qc_pipeline.web.refusals import NotThere, SpanNotPlayed
from qc_pipeline.web.routes.call import findings_panel
from qc_pipeline.web.visitor import May, Visitor

router = APIRouter(prefix="/verdicts", tags=["verdicts"])
Judge = Annotated[Visitor, Depends(May("finding.judge"))]
FindingId = Annotated[str, Field(min_length=1, max_length=64)]
Note = Annotated[str | None, Field(max_length=2000)]


class Confirmation(BaseModel):
    """Confirm, as milder if `severity` says so."""

    finding_id: FindingId
    severity: Severity | None = None
    note: Note = None


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
