"""The queue's filters and its place: from the address of the page to query parameters."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from qc_pipeline.records import SHANGHAI
from qc_pipeline.web.refusals import BadRequest

TIERS = ("emergency", "complaint", "critical", "waiting_for_fact", "major", "minor", "info")
"""In the order of `call_tasks.tier`."""
STATUSES = ("open", "quarantined", "awaiting_second")
DETECTORS = (
    "lexicon", "phonetic", "classifier", "required", "note", "contact", "integrity",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filters:
    """What the queue is narrowed to; None or "" is everything. Dates are whole days, inclusive."""

    tier: str | None = None
    code: str | None = None
    team: str | None = None
    agent: str | None = None
    bank: str | None = None
    since: date | None = None
    until: date | None = None
    status: str | None = None
    detector: str | None = None

    def params(self) -> dict[str, Any]:
        """As the queries want them."""
        until = self.until + timedelta(days=1) if self.until else None
        return {
            "code": self.code, "team": self.team, "agent": self.agent, "bank": self.bank,
            "status": self.status, "detector": self.detector,
            "since": _midnight(self.since), "until": _midnight(until),
        }  # fmt: skip

    @property
    def tier_number(self) -> int | None:
        """The tier as `call_tasks` has it."""
        return TIERS.index(self.tier) if self.tier else None

    def query(self, **changed: object) -> str:
        """The address with some filters changed; without those that are empty."""
        values = {**asdict(self), **changed}
        return urlencode({name: str(value) for name, value in values.items() if value})


def read_filters(
    *, tier: str = "", code: str = "", team: str = "", agent: str = "", bank: str = "",
    since: str = "", until: str = "", status: str = "", detector: str = "",
) -> Filters:  # fmt: skip
    """A FastAPI dependency. Raises BadRequest for a tier or date that isn't one."""
    if tier and tier not in TIERS:
        raise BadRequest("tier")
    texts = {"code": code, "team": team, "agent": agent, "bank": bank, "status": status,
             "detector": detector}  # fmt: skip
    kept = {name: text.strip()[:200] or None for name, text in texts.items()}
    return Filters(
        tier=tier or None, since=_date(since, "since"), until=_date(until, "until"), **kept
    )


@dataclass(frozen=True, slots=True)
class Place:
    """The last row of a page: the next page begins behind it."""

    tier: int
    weight: float
    started_at: datetime | None
    call_id: str

    def params(self) -> dict[str, Any]:
        """As the query wants them."""
        return {
            "after_tier": self.tier, "after_weight": self.weight,
            "after_started": self.started_at, "after_call": self.call_id,
        }  # fmt: skip

    def text(self) -> str:
        """For the address of the next page."""
        started = self.started_at.isoformat() if self.started_at else None
        parts = json.dumps([self.tier, self.weight, started, self.call_id], ensure_ascii=False)
        return base64.urlsafe_b64encode(parts.encode()).decode()


NOWHERE: dict[str, Any] = {
    "after_tier": None, "after_weight": None, "after_started": None, "after_call": None
}  # fmt: skip


def place_of(text: str) -> Place:
    """The reverse of `Place.text`. Raises BadRequest for anything else."""
    try:
        tier, weight, started, call_id = json.loads(base64.urlsafe_b64decode(text))
        at = datetime.fromisoformat(started) if started else None
        return Place(int(tier), float(weight), at, str(call_id))
    except (ValueError, TypeError):
        raise BadRequest("after") from None


def _date(text: str, name: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadRequest(name) from None


def _midnight(day: date | None) -> datetime | None:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI) if day else None
