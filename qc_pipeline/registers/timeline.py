"""When something is due: calendar days, and working days that know what they don't know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from qc_pipeline.policy.base import TimeLimit
from qc_pipeline.records import SHANGHAI

LAST_SECOND = time(23, 59, 59)
DayKind = Callable[[date], str]
"""Gives statutory, holiday_period, weekend, workday, makeup_workday or unknown."""


@dataclass(frozen=True, slots=True)
class DueDate:
    """A moment in Asia/Shanghai; `uncertain` says why it may prove wrong, else None."""

    at: datetime
    uncertain: str | None = None


def due_date(start: datetime, limit: TimeLimit, *, day_kind: DayKind) -> DueDate:
    """The moment `limit` runs out when it starts at `start` (aware).

    Minutes and hours run through. Day units start with the day after and end at 23:59:59 of
    the last. A day that no announcement covers counts as a working day only if it falls on
    Monday to Friday, and the result then says that it is uncertain (rulebook part 4).
    """
    start = start.astimezone(SHANGHAI)
    if limit.unit == "minute":
        return DueDate(start + timedelta(minutes=limit.amount))
    if limit.unit == "hour":
        return DueDate(start + timedelta(hours=limit.amount))
    if limit.unit == "calendar_day":
        return DueDate(_end_of(start.date() + timedelta(days=limit.amount)))
    day, left, unannounced = start.date(), limit.amount, None
    while left:
        day += timedelta(days=1)
        kind = day_kind(day)
        if kind == "unknown":
            unannounced = unannounced or day
            left -= day.weekday() < 5
        elif kind in ("workday", "makeup_workday"):
            left -= 1
    if unannounced is None:
        return DueDate(_end_of(day))
    return DueDate(_end_of(day), f"缺少{unannounced.year}年节假日安排，工作日期限仅为推算")


def months_before(moment: datetime, months: int) -> datetime:
    """The same time of day `months` calendar months earlier; a day that the earlier month
    lacks becomes its last day.
    """
    moment = moment.astimezone(SHANGHAI)
    index = moment.year * 12 + moment.month - 1 - months
    year, month = divmod(index, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = (following - timedelta(days=1)).day
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last))


def _end_of(day: date) -> datetime:
    return datetime.combine(day, LAST_SECOND, tzinfo=SHANGHAI)
