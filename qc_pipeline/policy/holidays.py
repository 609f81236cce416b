"""What kind of day a date is in mainland China, without a network (rulebook 0.3 and part 4).

A year's official announcement in `holidays.yaml` wins, then the calendar library, then the
statutory days the law itself fixes. Any other day of a year that nobody has announced is
`unknown`, never a workday: a swap may exist.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

import chinese_calendar
from lunardate import LunarDate

from qc_pipeline.policy.load import Holidays

DayKind = Literal[
    "statutory", "holiday_period", "makeup_workday", "weekend", "workday", "unknown"
]  # fmt: skip

# 全国年节及纪念日放假办法: days from New Year's Day on, by the revision in force from that year.
_SPRING_FESTIVAL = {2008: (-1, 0, 1), 2014: (0, 1, 2), 2025: (-1, 0, 1, 2)}
_LABOUR_DAYS = {2008: (1,), 2025: (1, 2)}
FIRST_YEAR = min(_SPRING_FESTIVAL)
LAST_YEAR = 2099  # of the lunar tables


def classify(day: date, *, holidays: Holidays) -> DayKind:
    """The kind of `day`: `statutory` is one of the days the law names, `holiday_period` the
    rest of an announced holiday, `makeup_workday` a weekend day worked in exchange.
    """
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        return "unknown"
    statutory = day in statutory_days(day.year)
    announced = holidays.years.get(day.year)
    if announced is not None:
        off, worked = day in announced.off, day in announced.work
    else:
        try:
            off_at_all, name = chinese_calendar.get_holiday_detail(day)  # type: ignore[no-untyped-call]
        except NotImplementedError:
            return "statutory" if statutory else "unknown"
        # The library calls a plain weekend a holiday too, but gives it no name.
        off = off_at_all and name is not None
        worked = not off_at_all
    if off:
        return "statutory" if statutory else "holiday_period"
    if day.weekday() < 5:
        return "workday"
    return "makeup_workday" if worked else "weekend"


@lru_cache(maxsize=128)
def statutory_days(year: int) -> frozenset[date]:
    """The days off that the law fixes for everybody: 13 from 2025, 11 before.

    Raises ValueError outside 2008-2099.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"statutory days are known for {FIRST_YEAR}-{LAST_YEAR}, not {year}")
    spring = LunarDate(year, 1, 1).to_solar_date()
    return frozenset(
        {
            date(year, 1, 1),
            *(spring + timedelta(days=n) for n in _in_force(_SPRING_FESTIVAL, year)),
            _tomb_sweeping_day(year),
            *(date(year, 5, n) for n in _in_force(_LABOUR_DAYS, year)),
            LunarDate(year, 5, 5).to_solar_date(),
            LunarDate(year, 8, 15).to_solar_date(),
            *(date(year, 10, n) for n in (1, 2, 3)),
        }
    )


def _in_force(revisions: dict[int, tuple[int, ...]], year: int) -> tuple[int, ...]:
    return revisions[max(since for since in revisions if since <= year)]


def _tomb_sweeping_day(year: int) -> date:
    # The sun's position as a linear fit; exact for 2000-2099.
    short = year % 100
    return date(year, 4, int(short * 0.2422 + 4.81) - short // 4)
