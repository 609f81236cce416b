"""When something is due."""

from datetime import datetime
from functools import partial

import pytest

from qc_pipeline.policy.base import TimeLimit
from qc_pipeline.policy.holidays import classify
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers.timeline import due_date, months_before


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.fixture
def day_kind(policy):
    return partial(classify, holidays=policy.holidays)


@pytest.mark.parametrize(
    ("start", "amount", "unit", "due"),
    [
        # CP-01: the same or the next calendar day, a weekend day too
        ("2026-03-02T16:00", 1, "calendar_day", "2026-03-03T23:59:59"),
        ("2026-03-02T20:30", 1, "calendar_day", "2026-03-03T23:59:59"),
        ("2026-03-06T09:00", 1, "calendar_day", "2026-03-07T23:59:59"),
        ("2026-12-31T23:59:59", 1, "calendar_day", "2027-01-01T23:59:59"),
        ("2026-03-02T16:00", 0, "calendar_day", "2026-03-02T23:59:59"),
        # 3.3: decision within 15 days
        ("2026-02-20T10:00", 15, "calendar_day", "2026-03-07T23:59:59"),
        ("2026-03-02T23:30", 24, "hour", "2026-03-03T23:30"),
        ("2026-03-02T23:55", 10, "minute", "2026-03-03T00:05"),
        # Working days: weekends out, the day after counts first
        ("2026-03-02T10:00", 3, "working_day", "2026-03-05T23:59:59"),
        ("2026-03-05T10:00", 3, "working_day", "2026-03-10T23:59:59"),
        # Spring Festival 2026: 2/15-2/23 off, Saturday 2/14 and 2/28 worked
        ("2026-02-12T10:00", 3, "working_day", "2026-02-24T23:59:59"),
        ("2026-02-26T10:00", 2, "working_day", "2026-02-28T23:59:59"),
    ],
)
def test_limits_run_out(start, amount, unit, due, day_kind):
    limit = TimeLimit(amount=amount, unit=unit)
    found = due_date(at(start), limit, day_kind=day_kind)
    assert (found.at, found.uncertain) == (at(due), None)


def test_a_year_without_announcement_makes_a_working_day_limit_uncertain(day_kind):
    limit = TimeLimit(amount=3, unit="working_day")
    found = due_date(at("2027-03-05T10:00"), limit, day_kind=day_kind)
    assert found.at == at("2027-03-10T23:59:59")
    assert found.uncertain is not None
    assert "2027" in found.uncertain


def test_calendar_days_do_not_care_about_announcements(day_kind):
    found = due_date(
        at("2027-03-05T10:00"), TimeLimit(amount=15, unit="calendar_day"), day_kind=day_kind
    )
    assert found.uncertain is None


def test_the_start_is_taken_in_shanghai(day_kind):
    start = datetime.fromisoformat("2026-03-02T20:00:00+00:00")  # 04:00 on the 3rd there
    found = due_date(start, TimeLimit(amount=1, unit="calendar_day"), day_kind=day_kind)
    assert found.at == at("2026-03-04T23:59:59")


@pytest.mark.parametrize(
    ("moment", "months", "earlier"),
    [
        ("2026-03-15T12:00", 12, "2025-03-15T12:00"),
        ("2028-02-29T12:00", 12, "2027-02-28T12:00"),
        ("2026-03-31T12:00", 1, "2026-02-28T12:00"),
        ("2026-01-31T12:00", 1, "2025-12-31T12:00"),
        ("2026-12-15T00:00", 6, "2026-06-15T00:00"),
    ],
)
def test_months_before(moment, months, earlier):
    assert months_before(at(moment), months) == at(earlier)
