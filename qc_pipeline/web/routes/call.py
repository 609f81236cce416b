"""The page of a call: hear it, read it, decide."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import Response

from qc_pipeline.replay.corrected import hear_corrected
from qc_pipeline.store.masks import mask_text
from qc_pipeline.web.call_view import CallView, call_view
from qc_pipeline.web.desk import REVEALED
from qc_pipeline.web.pages import page
from qc_pipeline.web.queue_filters import Filters, read_filters
from qc_pipeline.web.refusals import Forbidden
from qc_pipeline.web.tasks import free_call, task_place
from qc_pipeline.web.visitor import May, Visitor

router = APIRouter(prefix="/call", tags=["call"])
Seer = Annotated[Visitor, Depends(May("call.see"))]
CallId = Annotated[str, Query(alias="id", min_length=1, max_length=500)]
Narrowed = Annotated[Filters, Depends(read_filters)]


@router.get("", summary="The page of a call")
def call_page(
    request: Request, visitor: Seer, call_id: CallId, filters: Narrowed, queue: str = ""
) -> Response:
    """With `queue=1` and the queue's filters, the page knows which call comes next."""
    with visitor.reading():
        view = call_view(visitor, call_id)
        following = None
        if queue and visitor.may("queue.see"):
            following = _following(visitor, call_id, filters)
    return _page(request, visitor, view, filters, from_queue=bool(queue), following=following)


@router.post("/reveal", summary="Show personal data unmasked")
def reveal(
    request: Request,
    visitor: Annotated[Visitor, Depends(May("personal.reveal"))],
    call_id: Annotated[str, Form(alias="id", min_length=1, max_length=500)],
) -> Response:
    """The page once more, unmasked. The access log says who looked."""
    view = call_view(visitor, call_id, revealed=True)
    visitor.desk.note_access(by=visitor.name, action=REVEALED, subject=call_id)
    return _page(request, visitor, view, Filters())


@router.get("/history", summary="The collector's history, after one's verdict")
def history(
    request: Request, visitor: Annotated[Visitor, Depends(May("history.see"))], call_id: CallId
) -> Response:
    """What was confirmed about the collector in the twelve months before the call.

    Shown when this visitor has decided something in the call, or nothing is left to decide:
    what somebody did before must not colour the verdict.
    """
    view = call_view(visitor, call_id)
    if not history_open(view, visitor):
        raise Forbidden
    params = {"call_id": call_id}
    heard = visitor.one("history_calls", params)
    return page(
        request, "call_history.html", visitor, rows=visitor.rows("history", params),
        heard=heard["heard"] if heard else 0,
    )  # fmt: skip


@router.get("/corrected", summary="What corrected lines would change")
def corrected(
    request: Request, visitor: Annotated[Visitor, Depends(May("finding.judge"))], call_id: CallId
) -> Response:
    """What detection would find, or find no more, by the lines that people corrected. Shown, not
    written: whoever agrees adds the finding, or rejects it.
    """
    view = call_view(visitor, call_id)
    desk = visitor.desk
    heard = hear_corrected(desk.store, call_id, rules=desk.rules(), policy=desk.policy)
    return page(
        request, "call_corrected.html", visitor, heard=heard, call=view.call, masked=mask_text
    )


def history_open(view: CallView, visitor: Visitor) -> bool:
    """Whether the collector's history may be shown by now."""
    if not visitor.may("finding.judge"):
        return True
    mine = any(
        visitor.name in (card.row["first_by"], card.row["decided_by"]) for card in view.findings
    )
    return mine or view.waiting == 0


def findings_panel(request: Request, visitor: Visitor, call_id: str) -> Response:
    """The findings of a call as they stand now: what a verdict answers with."""
    view = call_view(visitor, call_id)
    return page(request, "call_findings.html", visitor, **_shown(visitor, view))


def _page(
    request: Request, visitor: Visitor, view: CallView, filters: Filters, *,
    from_queue: bool = False, following: str | None = None,
) -> Response:  # fmt: skip
    return page(
        request, "call.html", visitor, **_shown(visitor, view), filters=filters,
        from_queue=from_queue, following=following,
    )  # fmt: skip


def _shown(visitor: Visitor, view: CallView) -> dict[str, Any]:
    return {
        "view": view,
        "call": view.call,
        "history_open": history_open(view, visitor),
        "judges": visitor.may("finding.judge"),
        "corrects": visitor.may("transcript.correct"),
        "reasons": visitor.desk.policy.review.reject_reasons,
        "second": visitor.desk.policy.review.second_reviewer,
    }


def _following(visitor: Visitor, call_id: str, filters: Filters) -> str | None:
    place = task_place(visitor, call_id)
    following = free_call(visitor, filters, after=place, but=call_id)
    return f"/call?{filters.query(id=following, queue='1')}" if following else None
