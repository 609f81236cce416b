"""The compliance dashboard: coverage first, then rates with their intervals, drill and export."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any

import pyarrow as pa
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from qc_pipeline.records import SHANGHAI
from qc_pipeline.reports import figures
from qc_pipeline.reports.figures import Row, Span
from qc_pipeline.store.export_formats import writer
from qc_pipeline.web.pages import page
from qc_pipeline.web.periods import Period, read_period
from qc_pipeline.web.refusals import BadRequest
from qc_pipeline.web.visitor import May, Visitor

router = APIRouter(prefix="/dashboard", tags=["dashboard"])
Viewer = Annotated[Visitor, Depends(May("dashboard.see"))]
Exporter = Annotated[Visitor, Depends(May("data.export"))]
Asked = Annotated[Period, Depends(read_period)]
_MIME = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
_MOST_AGENTS = 15


@router.get("", summary="The dashboard")
def dashboard(request: Request, visitor: Viewer, period: Asked) -> Response:
    """Figures of the period, narrowed to what the visitor may see, each with its denominator."""
    store, span = visitor.desk.store, period.span(visitor)
    # Some sessions, not one: a writer waits for a whole session, and everybody else for him.
    with visitor.reading():
        coverage = figures.coverage(store, span)
        shown: dict[str, Any] = {
            "coverage": coverage,
            "records": sum(row["calls"] for row in coverage),
            "retrieval": figures.retrieval(store, span),
            "complaints": figures.complaint_timeliness(store, span, as_of=datetime.now(SHANGHAI)),
            "choices": visitor.choices(),
        }
        charts = {"heat": figures.heat(store, span)}
    with visitor.reading():
        agents = figures.rates(store, span, by="agent")
        shown["teams"] = figures.rates(store, span, by="team")
        charts["weeks"] = figures.rates(store, span, by="week")
    with visitor.reading():
        shown["codes"] = figures.by_code(store, span)
        shown["precision"] = figures.precision(store, span)
    shown["recall"] = figures.recall(store, span, policy=visitor.desk.policy)
    worst = sorted(agents, key=lambda row: (-row["critical"], -row["violating"]))[:_MOST_AGENTS]
    return page(
        request, "dashboard.html", visitor, **shown, period=period, agents=worst,
        agent_count=len(agents), fewest=figures.FEWEST_LABELS,
        charts=json.dumps(charts, ensure_ascii=False).replace("<", "\\u003c"),
    )  # fmt: skip


_TABLES: dict[str, Callable[[Visitor, Span], Sequence[Row]]] = {
    "coverage": lambda visitor, span: figures.coverage(visitor.desk.store, span),
    "teams": lambda visitor, span: figures.rates(visitor.desk.store, span, by="team"),
    "agents": lambda visitor, span: figures.rates(visitor.desk.store, span, by="agent"),
    "weeks": lambda visitor, span: figures.rates(visitor.desk.store, span, by="week"),
    "codes": lambda visitor, span: figures.by_code(visitor.desk.store, span),
    "heat": lambda visitor, span: figures.heat(visitor.desk.store, span),
    "precision": lambda visitor, span: figures.precision(visitor.desk.store, span),
    "complaints": lambda visitor, span: figures.complaint_timeliness(
        visitor.desk.store, span, as_of=datetime.now(SHANGHAI)
    ),
}


@router.get("/export", summary="One table of the dashboard as a file")
def export(
    visitor: Exporter, period: Asked, table: Annotated[str, Query(max_length=40)],
    format: Annotated[str, Query(max_length=8)] = "xlsx",
) -> Response:  # fmt: skip
    """A workbook or CSV; the access log says so before it is there."""
    if table not in _TABLES or format not in _MIME:
        raise BadRequest("table" if table not in _TABLES else "format")
    rows: list[dict[str, Any]] = list(_TABLES[table](visitor, period.span(visitor)))
    visitor.desk.note_access(
        by=visitor.name, action="data.exported", subject=f"dashboard/{table}", rows=len(rows),
        period=period.query(), format=format,
    )  # fmt: skip
    made = pa.Table.from_pylist(rows) if rows else pa.table({})
    file = io.BytesIO()
    with writer(format, file, title=table, schema=made.schema) as write:
        for batch in made.to_batches():
            write(batch)
    name = f"{table}-{period.since}-{period.until}.{format}"
    return Response(
        file.getvalue(),
        media_type=_MIME[format],
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )
