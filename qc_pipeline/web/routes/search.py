"""Search over what was said: words, how they sound, calls by code; the last 30 days unless widened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from qc_pipeline.detect.phonetic import sound_of, sounding_like
from qc_pipeline.reports.figures import Span
from qc_pipeline.web.pages import page
from qc_pipeline.web.periods import Period, read_period
from qc_pipeline.web.visitor import May, Visitor

router = APIRouter(prefix="/search", tags=["search"])
Searcher = Annotated[Visitor, Depends(May("search.use"))]
Asked = Annotated[Period, Depends(read_period)]
_MOST = 100
_SHORTEST_BY_SOUND = 2
_FIRST_STRETCH = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Hit:
    """A line that matches: its row, and where the words stand in it."""

    row: dict[str, Any]
    start: int
    end: int


@router.get("", summary="Search transcripts")
def search(
    request: Request, visitor: Searcher, period: Asked,
    words: Annotated[str, Query(max_length=100)] = "",
    code: Annotated[str, Query(max_length=60)] = "",
    status: Annotated[str, Query(max_length=20)] = "",
    sound: Annotated[str, Query(max_length=1)] = "",
) -> Response:  # fmt: skip
    """Lines with the words, or that sound like them; without words, calls by code and status."""
    span = period.span(visitor)
    wanted = {
        "since": span.since, "until": span.until, "agent": period.agent, "team": period.team,
        "bank": period.bank, "code": code or None, "status": status or None,
    }  # fmt: skip
    words = words.strip()
    hits: list[Hit] = []
    if words:
        by_sound = bool(sound) and len(words) >= _SHORTEST_BY_SOUND
        asked = {"words": words, "sounding": sounding_like(words) if by_sound else None}
        rows = _newest(visitor, {**wanted, **asked}, span)
        hits = [_hit(row, words, by_sound=by_sound) for row in rows]
    elif code or status:
        hits = [Hit(row, 0, 0) for row in visitor.rows("search_calls", {**wanted, "most": _MOST})]
    choices = visitor.choices()
    return page(
        request, "search.html", visitor, period=period, words=words, code=code, wanted_status=status,
        sound=bool(sound), hits=hits[:_MOST], more=len(hits) >= _MOST, choices=choices,
        asked=bool(words or code or status),
    )  # fmt: skip


def _newest(visitor: Visitor, wanted: dict[str, Any], span: Span) -> list[dict[str, Any]]:
    """Lines that match, the newest days first until there are enough: each stretch of days, twice
    as long as the one before, is a session of its own, so that a search of the usual length holds
    up nobody who wants to write, and all behind him.
    """
    rows: list[dict[str, Any]] = []
    until, days = span.until, _FIRST_STRETCH
    while span.since and until and until > span.since and len(rows) < _MOST:
        since = max(span.since, until - days)
        part = {**wanted, "since": since, "until": until, "most": _MOST - len(rows)}
        rows += visitor.rows("search", part)
        until, days = since, 2 * days
    return rows


def _hit(row: dict[str, Any], words: str, *, by_sound: bool) -> Hit:
    text = row["text"]
    start = sound_of(text).find(sound_of(words)) if by_sound else text.find(words)
    return Hit(row, start, start + len(words))
