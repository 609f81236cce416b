"""Which calls a page of figures is about: days and a part, within what the visitor may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from qc_pipeline.records import SHANGHAI
from qc_pipeline.reports.figures import Span
from qc_pipeline.web.refusals import BadRequest
from qc_pipeline.web.visitor import Visitor

DAYS = 30
"""How far back pages look unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, inclusive, and the part they are narrowed to."""

    since: date
    until: date
    bank: str | None = None
    team: str | None = None
    agent: str | None = None

    def span(self, visitor: Visitor) -> Span:
        """For the reports: narrowed to the visitor's own team, bank or calls, whatever was asked."""
        scope = visitor.scope
        return Span(
            since=midnight(self.since),
            until=midnight(self.until + timedelta(days=1)),
            bank=scope.bank or self.bank,
            team=scope.team or self.team,
            agent=scope.agent or self.agent,
        )

    def query(self, **more: object) -> str:
        """The same period in an address, with more parameters."""
        values = {
            "since": self.since, "until": self.until, "bank": self.bank, "team": self.team,
            "agent": self.agent, **more,
        }  # fmt: skip
        return urlencode({name: str(value) for name, value in values.items() if value})


def read_period(
    *, since: str = "", until: str = "", bank: str = "", team: str = "", agent: str = ""
) -> Period:
    """A FastAPI dependency: the last 30 days unless told otherwise. Raises BadRequest."""
    last = _day(until, "until") or datetime.now(SHANGHAI).date()
    first = _day(since, "since") or last - timedelta(days=DAYS - 1)
    if first > last:
        raise BadRequest("since")
    bound = {"bank": bank, "team": team, "agent": agent}
    kept = {name: text.strip()[:200] or None for name, text in bound.items()}
    return Period(first, last, **kept)


def midnight(day: date) -> datetime:
    """The beginning of a day in Asia/Shanghai."""
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)


def _day(text: str, name: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadRequest(name) from None
