"""Search over what was said: words, how they sound, calls by code; the last 30 days unless widened."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from qc_pipeline.detect.phonetic import sound_of
from qc_pipeline.web.pages import page
from qc_pipeline.web.periods import Period, read_period
from qc_pipeline.web.visitor import May, Visitor

router = APIRouter(prefix="/search", tags=["search"])
Searcher = Annotated[Visitor, Depends(May("search.use"))]
Asked = Annotated[Period, Depends(read_period)]
_MOST = 100
_MOST_LISTENED_TO = 300_000
_SECONDS = 0.8
_SHORTEST_BY_SOUND = 2


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
    looked_at: int | None = None
    if words and sound and len(words) >= _SHORTEST_BY_SOUND:
        rows = visitor.rows("search_by_sound", {**wanted, "most": _MOST_LISTENED_TO})
        hits, looked_at = _by_sound(rows, words)
        looked_at = None if looked_at == len(rows) < _MOST_LISTENED_TO else looked_at
    elif words:
        rows = visitor.rows("search", {**wanted, "words": words, "most": _MOST})
        hits = [Hit(row, at := row["text"].find(words), at + len(words)) for row in rows]
    elif code or status:
        hits = [Hit(row, 0, 0) for row in visitor.rows("search_calls", {**wanted, "most": _MOST})]
    choices = visitor.one("queue_choices") or {}
    return page(
        request, "search.html", visitor, period=period, words=words, code=code, wanted_status=status,
        sound=bool(sound), hits=hits[:_MOST], more=len(hits) >= _MOST, looked_at=looked_at,
        choices=choices, asked=bool(words or code or status),
    )  # fmt: skip


def _by_sound(rows: Iterable[dict[str, Any]], words: str) -> tuple[list[Hit], int]:
    """Lines that sound like `words`, and how many lines there was time for."""
    wanted, until = sound_of(words), time.monotonic() + _SECONDS
    found, looked_at = [], 0
    for row in rows:
        if looked_at % 1000 == 999 and time.monotonic() > until:
            break
        looked_at += 1
        at = sound_of(row["text"]).find(wanted)
        if at >= 0:
            found.append(Hit(row, at, at + len(words)))
            if len(found) >= _MOST:
                break
    return found, looked_at
