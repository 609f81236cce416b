"""Spoken dates, as meant on the day of the call."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_pipeline.detect.dates import spoken_dates

WEDNESDAY = date(2026, 10, 14)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("这个月二十六号", "2026-10-26"),
        ("二十八号发工资", "2026-10-28"),
        ("月底", "2026-10-31"),
        ("下周三", "2026-10-21"),
        ("下礼拜四", "2026-10-22"),
        ("下下周一", "2026-10-26"),
        ("周五", "2026-10-16"),
        ("礼拜天", "2026-10-18"),
        ("周二", "2026-10-20"),
        ("明天下午", "2026-10-15"),
        ("后天", "2026-10-16"),
        ("大后天", "2026-10-17"),
        ("十月二十八号", "2026-10-28"),
        ("10月28号", "2026-10-28"),
        ("一号还", "2026-11-01"),
        ("下个月五号", "2026-11-05"),
        ("两个星期之后", "2026-10-28"),
        ("一月五号", "2027-01-05"),
        ("我下午就还", "2026-10-14"),
    ],
)
def test_a_day_as_people_name_it(said: str, day: str) -> None:
    (found,) = spoken_dates(said, on=WEDNESDAY)
    assert found.precision == "day"
    assert found.first == found.last == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        ("下周", "2026-10-19", "2026-10-25"),
        ("周末", "2026-10-17", "2026-10-18"),
        ("三天内", "2026-10-14", "2026-10-17"),
        ("下个月肯定想办法", "2026-11-01", "2026-11-30"),
        ("下月初", "2026-11-01", "2026-11-10"),
        ("月底前", "2026-10-14", "2026-10-31"),
        ("十一月份还", "2026-11-01", "2026-11-30"),
        ("年底", "2026-12-01", "2026-12-31"),
    ],
)
def test_a_stretch_of_days(said: str, first: str, last: str) -> None:
    (found,) = spoken_dates(said, on=WEDNESDAY)
    assert (found.first, found.last) == (date.fromisoformat(first), date.fromisoformat(last))
    assert found.precision == "range"


@pytest.mark.parametrize(
    "text", ["二月三十号", "三号楼", "八号客服", "每个月", "逾期三个月", "十三月五号"]
)
def test_what_is_no_date(text: str) -> None:
    assert spoken_dates(text, on=WEDNESDAY) == ()


def test_vague_times_come_from_outside_and_yield_to_real_dates() -> None:
    text = "过几天，二十六号吧"
    found = spoken_dates(text, on=WEDNESDAY, vague=[(0, 3), (4, 8)])
    assert [(one.precision, text[one.start : one.end]) for one in found] == [
        ("vague", "过几天"),
        ("day", "二十六号"),
    ]
    assert found[0].days() is None
    assert found[1].days() == 1


@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)), st.integers(0, 150))
def test_month_and_day_read_back(on: date, ahead: int) -> None:
    day = on + timedelta(days=ahead)
    (found,) = spoken_dates(f"那就{day.month}月{day.day}号吧", on=on)
    assert found.first == day


@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)), st.integers(1, 31))
def test_a_bare_day_is_the_next_one(on: date, day: int) -> None:
    (found,) = spoken_dates(f"{day}号", on=on)
    assert found.first is not None
    assert found.first.day == day
    assert on <= found.first <= on + timedelta(days=62)


@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)), st.integers(0, 6))
def test_next_weeks_day_lies_in_next_week(on: date, weekday: int) -> None:
    (found,) = spoken_dates(f"下周{'一二三四五六日'[weekday]}", on=on)
    assert found.first is not None
    assert found.first.weekday() == weekday
    assert found.first.isocalendar()[:2] == (on + timedelta(weeks=1)).isocalendar()[:2]


@given(
    st.text(
        alphabet="今明后天下上个本这月周礼拜星期一二三十日号底初中末前内0123年 ，", max_size=24
    ),
    st.dates(date(2020, 1, 1), date(2035, 12, 31)),
)
def test_spans_are_ordered_and_inside_the_text(text: str, on: date) -> None:
    reached = 0
    for found in spoken_dates(text, on=on):
        assert reached <= found.start < found.end <= len(text)
        assert found.first is not None
        assert found.last is not None
        assert found.first <= found.last
        reached = found.end
