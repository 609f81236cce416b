"""Days of the mainland calendar, offline (rulebook part 4)."""

from collections import Counter
from datetime import date, timedelta

import chinese_calendar
import pytest

from qc_pipeline.policy import HolidayYear, load_policy
from qc_pipeline.policy.holidays import classify, statutory_days
from qc_pipeline.policy.load import Holidays
from qc_pipeline.settings import Settings

HOLIDAYS = load_policy(Settings().policy_dir).holidays


def kinds_of(year: int, holidays: Holidays = HOLIDAYS) -> Counter[str]:
    days = (date(year + 1, 1, 1) - date(year, 1, 1)).days
    first = date(year, 1, 1)
    return Counter(classify(first + timedelta(n), holidays=holidays) for n in range(days))


def test_the_year_2026_as_the_state_council_announced_it() -> None:
    assert kinds_of(2026) == {
        "statutory": 13, "holiday_period": 20, "makeup_workday": 6, "weekend": 84, "workday": 242,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        ("2026-02-14", "makeup_workday"),
        ("2026-02-15", "holiday_period"),
        ("2026-02-16", "statutory"),  # the eve, since 2025
        ("2026-02-17", "statutory"),
        ("2026-02-20", "holiday_period"),
        ("2026-02-28", "makeup_workday"),
        ("2026-03-07", "weekend"),
        ("2026-03-09", "workday"),
        ("2026-04-05", "statutory"),
        ("2026-04-06", "holiday_period"),
        ("2026-09-20", "makeup_workday"),
        ("2026-10-03", "statutory"),
        ("2026-10-06", "holiday_period"),
        ("2024-02-09", "workday"),  # the eve, which was no day off before 2025
        ("2027-02-05", "statutory"),
        ("2027-02-12", "unknown"),
        ("2027-03-09", "unknown"),  # a Tuesday: perhaps, but nobody has said so
        ("2007-10-01", "unknown"),
        ("2100-01-01", "unknown"),
    ],
)
def test_a_day_is_of_the_kind(day: str, kind: str) -> None:
    assert classify(date.fromisoformat(day), holidays=HOLIDAYS) == kind


@pytest.mark.parametrize("year", range(2008, 2027))
def test_every_statutory_day_is_off_in_the_official_calendar(year: int) -> None:
    assert all(chinese_calendar.get_holiday_detail(day)[0] for day in statutory_days(year))


@pytest.mark.parametrize("year", range(2027, 2040))
def test_later_years_know_the_days_of_the_law_and_call_the_rest_unknown(year: int) -> None:
    kinds = kinds_of(year)
    assert set(kinds) == {"statutory", "unknown"}
    assert 12 <= kinds["statutory"] <= 13  # mid-autumn may fall on National Day


def test_an_announcement_in_the_policy_wins_over_everything() -> None:
    announced = HolidayYear(
        off=frozenset({date(2027, 1, 1), date(2027, 1, 2)}), work=frozenset({date(2027, 1, 9)}),
        source="notice",
    )  # fmt: skip
    holidays = HOLIDAYS.model_copy(update={"years": {2027: announced, 2026: announced}})
    expected = {
        date(2027, 1, 1): "statutory",
        date(2027, 1, 2): "holiday_period",
        date(2027, 1, 9): "makeup_workday",
        date(2027, 1, 10): "weekend",
        date(2027, 3, 9): "workday",
        date(2026, 2, 14): "weekend",  # the library's make-up day no longer counts
    }
    assert {day: classify(day, holidays=holidays) for day in expected} == expected


def test_statutory_days_outside_the_tables_are_refused() -> None:
    with pytest.raises(ValueError, match="2008-2099"):
        statutory_days(2007)
