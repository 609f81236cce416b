"""The triage queue: what to hear next, why, and how sure. One call is one task."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers.assignments import release, take
from qc_pipeline.registers.people import same_person
from qc_pipeline.web.call_view import call_view
from qc_pipeline.web.pages import page
from qc_pipeline.web.queue_filters import (
    DETECTORS,
    STATUSES,
    TIERS,
    Filters,
    place_of,
    read_filters,
)
from qc_pipeline.web.tasks import counts, free_call, task_page
from qc_pipeline.web.visitor import May, Visitor

router = APIRouter(prefix="/queue", tags=["queue"])
Reader = Annotated[Visitor, Depends(May("queue.see"))]
Narrowed = Annotated[Filters, Depends(read_filters)]
After = Annotated[str, Query(max_length=2000)]


@router.get("", summary="The queue")
def queue(request: Request, visitor: Reader, filters: Narrowed, after: After = "") -> Response:
    """A page of calls in the order of the tiers; `after` is the key the page before ended with.

    Asked for by htmx (the next page), only the rows.
    """
    most = visitor.desk.settings.web.queue_page
    begins = place_of(after) if after else None
    rows_only = bool(request.headers.get("hx-request") and after)
    with visitor.reading():
        tasks, place = task_page(visitor, filters, after=begins, most=most)
        waiting = {} if rows_only else counts(visitor, filters)
        choices = {} if rows_only else visitor.choices()
    shown: dict[str, Any] = {
        "tasks": tasks,
        "filters": filters,
        "following": place.text() if place else None,
    }
    if rows_only:
        return page(request, "queue_rows.html", visitor, **shown)
    return page(
        request, "queue.html", visitor, **shown, counts=waiting, tiers=TIERS, statuses=STATUSES,
        detectors=DETECTORS, teams=choices["teams"], banks=choices["banks"],
    )  # fmt: skip


@router.get("/next", summary="Go to the next call of the queue")
def following(visitor: Reader, filters: Narrowed, after: After = "") -> Response:
    """The first call behind `after` (none: of all) that nobody else is working on."""
    call_id = free_call(visitor, filters, after=place_of(after) if after else None)
    if call_id is None:
        return RedirectResponse(f"/queue?{filters.query()}", status_code=303)
    return RedirectResponse(call_address(call_id, filters), status_code=303)


@router.post("/take", summary="Take a call to review")
def take_call(
    visitor: Annotated[Visitor, Depends(May("finding.judge"))],
    call_id: Annotated[str, Query(alias="id", min_length=1, max_length=500)],
) -> Response:
    """It is this reviewer's for `lock_minutes` (policy/review.yaml); else says whose it is."""
    call_view(visitor, call_id)
    desk = visitor.desk
    held = take(
        desk.settings.home, call_id, by=visitor.name, at=datetime.now(SHANGHAI),
        minutes=desk.policy.review.lock_minutes,
    )  # fmt: skip
    mine = same_person(held.holder, visitor.name)
    said = "" if mine else visitor.t("call.taken", who=held.holder, until=f"{held.until:%H:%M}")
    return JSONResponse({"mine": mine, "said": said})


@router.post("/release", summary="Give a taken call back")
def release_call(
    visitor: Annotated[Visitor, Depends(May("finding.judge"))],
    call_id: Annotated[str, Query(alias="id", min_length=1, max_length=500)],
) -> Response:
    """What the page does when its reviewer leaves it. Somebody else's call stays his."""
    done = release(visitor.desk.settings.home, call_id, by=visitor.name)
    return JSONResponse({"released": done})


def call_address(call_id: str, filters: Filters) -> str:
    """The page of a call, opened from the queue with these filters."""
    return f"/call?{filters.query(id=call_id, queue='1')}"
