"""Spoken dates, resolved against the day of the call, with their spans.

A debtor speaks of days to come: a bare 二十六号 is the next twenty-sixth, 周三 the next
Wednesday. What names no day at all (过几天, 有了就还) is vague: words for it are data, in
`lexicons/context/dates.yaml`.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

_NUMERAL = r"(?:\d{1,2}|[二三]?十[一二三四五六七八九]?|[一二两三四五六七八九])"
_DIGITS = {**dict(zip("一二三四五六七八九", range(1, 10), strict=True)), "两": 2}
_WEEK = "(?:周|星期|礼拜)"
_WEEKDAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6,
             "1": 0, "2": 1, "3": 2, "4": 3, "5": 4, "6": 5}  # fmt: skip
_DAY_WORDS = {
    "大前天": -3, "前天": -2, "昨天": -1, "昨晚": -1, "昨儿": -1,
    "今天": 0, "今晚": 0, "今儿": 0, "今日": 0, "当天": 0,
    "明天": 1, "明早": 1, "明晚": 1, "明儿": 1, "明日": 1, "次日": 1, "翌日": 1, "后天": 2, "后儿": 2, "大后天": 3,
}  # fmt: skip
_SPANS_OF_DAYS = {"天": 1, "日": 1, "周": 7, "星期": 7, "礼拜": 7, "月": 30}
_PART_OF_DAY = (
    r"(?:个?(?:一早|早上|上午|中午|下午|晚上|晚间|夜里|早|晚)(?!点儿?[还把给再])(?:前|之前|以前)?)?"
)

Precision = Literal["day", "range", "vague"]


@dataclass(frozen=True, slots=True)
class SpokenDate:
    """A date said in `text[start:end]`: a day (`first` = `last`), a range of days with both
    ends included, or vague (both None).
    """

    start: int
    end: int
    precision: Precision
    first: date | None = None
    last: date | None = None

    def days(self) -> int | None:
        """How many days the range holds; None when vague."""
        if self.first is None or self.last is None:
            return None
        return (self.last - self.first).days + 1


def spoken_dates(
    text: str, *, on: date, vague: Iterable[tuple[int, int]] = ()
) -> tuple[SpokenDate, ...]:
    """Every date said in `text`, as meant on the day `on`, in order, spans not overlapping.

    `vague` are spans already recognised as naming no day; a real date wins over them where
    they overlap. A day that does not exist (二月三十号) is left out.
    """
    found: list[SpokenDate] = []
    for pattern, resolve in _READERS:
        for match in pattern.finditer(text):
            if _overlaps(found, match.start(), match.end()):
                continue
            resolved = resolve(match, on)
            if resolved is not None:
                first, last = resolved
                precision: Precision = "day" if first == last else "range"
                found.append(SpokenDate(match.start(), match.end(), precision, first, last))
    for start, end in vague:
        if not _overlaps(found, start, end):
            found.append(SpokenDate(start, end, "vague"))
    return tuple(sorted(found, key=lambda one: one.start))


_Resolved = tuple[date, date] | None


def _overlaps(found: Iterable[SpokenDate], start: int, end: int) -> bool:
    return any(one.start < end and start < one.end for one in found)


def _month_and_day(match: re.Match[str], on: date) -> _Resolved:
    month, day = _number(match["month"]), _number(match["day"])
    years = [on.year]
    if not match["year"]:
        years = [on.year - 1, on.year, on.year + 1]
    elif match["year"] == "明年":
        years = [on.year + 1]
    days = [made for year in years if (made := _date(year, month, day))]
    return _one(min(days, key=lambda made: abs((made - on).days), default=None))


def _day_of_named_month(match: re.Match[str], on: date) -> _Resolved:
    shift = {"下": 1, "上": -1}.get(match["which"][0], 0) * len(match["which"].rstrip("个月"))
    if match["which"][0] not in "下上":
        shift = 0
    year, month = _shifted_month(on, shift)
    return _one(_date(year, month, _number(match["day"])))


def _bare_day(match: re.Match[str], on: date) -> _Resolved:
    day = _number(match["day"])
    for shift in (0, 1, 2):
        made = _date(*_shifted_month(on, shift), day)
        if made is not None and made >= on:
            return _one(made)
    return None


def _part_of_month(match: re.Match[str], on: date) -> _Resolved:
    which, part = match["which"] or "", match["part"]
    if match["month"]:
        named = _number(match["month"])
        if not 1 <= named <= 12:
            return None
        year, month = on.year + (1 if named < on.month else 0), named
    else:
        passed = not which and (part == "初" or (part[0] == "中" and on.day > 20))
        year, month = _shifted_month(on, 1 if passed or which.startswith("下") else 0)
    if part[0] == "中":
        return date(year, month, 11), date(year, month, 20)
    if part == "初":
        return date(year, month, 1), date(year, month, 10)
    end = date(year, month, calendar.monthrange(year, month)[1])
    return (max(on, end.replace(day=1)), end) if match["before"] else (end, end)


def _weekday(match: re.Match[str], on: date) -> _Resolved:
    which, day = match["which"] or "", _WEEKDAYS[match["day"]]
    monday = on - timedelta(days=on.weekday())
    if which.startswith("下"):
        weeks = len(which.rstrip("个"))
    elif which.startswith("上"):
        weeks = -len(which.rstrip("个"))
    elif which:
        weeks = 0
    else:
        weeks = 0 if day >= on.weekday() else 1
    return _one(monday + timedelta(weeks=weeks, days=day))


def _weekend(match: re.Match[str], on: date) -> _Resolved:
    monday = on - timedelta(days=on.weekday())
    weeks = 1 if (match["which"] or "").startswith("下") else 0
    return monday + timedelta(weeks=weeks, days=5), monday + timedelta(weeks=weeks, days=6)


def _whole_week(match: re.Match[str], on: date) -> _Resolved:
    monday = on - timedelta(days=on.weekday())
    if match["which"].startswith("下"):
        weeks = len(match["which"].rstrip("个"))
        return monday + timedelta(weeks=weeks), monday + timedelta(weeks=weeks, days=6)
    return on, monday + timedelta(days=6)


def _whole_month(match: re.Match[str], on: date) -> _Resolved:
    year, month = _shifted_month(on, 1 if match["which"].startswith("下") else 0)
    return _all_of(year, month, on)


def _named_month(match: re.Match[str], on: date) -> _Resolved:
    month = _number(match["month"])
    if not 1 <= month <= 12:
        return None
    return _all_of(on.year + (1 if month < on.month else 0), month, on)


def _all_of(year: int, month: int, on: date) -> tuple[date, date]:
    last_day = calendar.monthrange(year, month)[1]
    return max(on, date(year, month, 1)), date(year, month, last_day)


def _day_word(match: re.Match[str], on: date) -> _Resolved:
    return _one(on + timedelta(days=_DAY_WORDS[match["word"]]))


def _in_so_many_days(match: re.Match[str], on: date) -> _Resolved:
    count = 0.5 if match["count"] == "半" else _number(match["count"])
    later = on + timedelta(days=int(count * _SPANS_OF_DAYS[match["unit"]]))
    return (on, later) if match["within"] else (later, later)


def _year_end(match: re.Match[str], on: date) -> _Resolved:
    return max(on, date(on.year, 12, 1)), date(on.year, 12, 31)


def _later_today(match: re.Match[str], on: date) -> _Resolved:
    return _one(on)


def _pattern(expression: str) -> re.Pattern[str]:
    return re.compile(expression + _PART_OF_DAY)


_THIS = "这个?|本|当"
_NOT_A_DATE = "(?!楼|线|院|店|仓|床|机|台|车|桌|柜|客服|坐席|专员|员工)"
_READERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], _Resolved]], ...] = (
    (
        _pattern(
            rf"(?P<year>今年|明年)?(?P<month>{_NUMERAL})月(?:份)?的?(?P<day>{_NUMERAL})[号日]?"
        ),
        _month_and_day,
    ),
    (
        _pattern(rf"(?P<which>{_THIS}|[下上]+个?)月的?(?P<day>{_NUMERAL})[号日]?(?!个|期|天)"),
        _day_of_named_month,
    ),
    (
        _pattern(
            rf"(?:(?P<which>{_THIS}|下个?)|(?P<month>{_NUMERAL}))?月(?:份的?)?"
            r"(?P<part>底|末|中旬?|初)(?P<before>前|之前|以前)?"
        ),
        _part_of_month,
    ),
    (
        _pattern(rf"(?P<which>{_THIS}|[下上]+个?)?{_WEEK}(?P<day>[一二三四五六日天1-6])"),
        _weekday,
    ),
    (_pattern(rf"(?P<which>{_THIS}|下个?)?周末"), _weekend),
    (re.compile(rf"(?P<which>{_THIS}|下+个?){_WEEK}(?![一二三四五六日天末])"), _whole_week),
    (
        re.compile(rf"(?<![一二三四五六七八九十])(?P<which>{_THIS}|下个?)月(?!份?账|球|亮)"),
        _whole_month,
    ),
    (re.compile(rf"(?P<month>{_NUMERAL})月份(?!的?{_NUMERAL}[号日])"), _named_month),
    (
        re.compile(
            rf"(?<![过第])(?P<count>半|{_NUMERAL})个?(?P<unit>天|日|周|星期|礼拜|月)"
            r"(?:(?P<within>之内|以内|内)|之后|以后|后)"
        ),
        _in_so_many_days,
    ),
    (_pattern(rf"(?P<word>{'|'.join(sorted(_DAY_WORDS, key=len, reverse=True))})"), _day_word),
    (
        _pattern(rf"(?<![\d一二三四五六七八九十月])(?P<day>{_NUMERAL})[号日]{_NOT_A_DATE}"),
        _bare_day,
    ),
    (re.compile(r"年底|年末"), _year_end),
    (re.compile(r"下午|傍晚|晚上|中午"), _later_today),
)


def _number(spelled: str) -> int:
    if spelled.isdecimal():
        return int(spelled)
    tens, ten, ones = spelled.rpartition("十")
    value = _DIGITS[tens] * 10 if tens else (10 if ten else 0)
    return value + (_DIGITS[ones] if ones else 0)


def _one(day: date | None) -> _Resolved:
    return None if day is None else (day, day)


def _date(year: int, month: int, day: int) -> date | None:
    if not 1 <= month <= 12 or not 1 <= day <= calendar.monthrange(year, month)[1]:
        return None
    return date(year, month, day)


def _shifted_month(on: date, months: int) -> tuple[int, int]:
    count = on.year * 12 + on.month - 1 + months
    return count // 12, count % 12 + 1
