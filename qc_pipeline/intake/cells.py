"""One cell of text as a value: identifiers, times, numbers, words from a list.

Every reader raises CellFault for a cell that says something it can't mean. What Excel does to
a CSV file is undone where nothing was lost, and named where something was.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from qc_pipeline.intake.text_encoding import UNREADABLE
from qc_pipeline.records import SHANGHAI

NO_OFFSET = "时间没有时区，按北京时间 (Asia/Shanghai) 读取"
POINT_ZERO = "编号末尾的 .0 是 Excel 加的，已去掉"

_MISSING = frozenset({"null", "none", "nan", "nat", "n/a", "#n/a", "\\n", "-", "--"})
_EXCEL_FAULTS = frozenset({"#value!", "#ref!", "#name?", "#div/0!", "#num!", "#null!"})
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u200e\u200f"
_WRAPPED = re.compile(r'^="(.*)"$', re.S)
_SCIENTIFIC = re.compile(r"^-?\d(?:\.\d+)?[eE]\+\d+$")
_POINT_ZERO = re.compile(r"^(\d+)\.0+$")
_NUMBER = re.compile(r"^[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?$")
_CLOCK = re.compile(r"^(\d{1,3}):([0-5]\d):([0-5]\d(?:\.\d+)?)$")
_SLASHED = re.compile(
    r"^(\d{4})[/.年-](\d{1,2})[/.月-](\d{1,2})日?"
    r"(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?$"
)
_MOBILE = re.compile(r"^(?:\+?86|0086)(1[3-9]\d{9})$")
_LONGEST_IDENTIFIER = 200
_LONGEST_S = 24 * 3600
_YEARS = range(2000, 2100)
_TRUE = frozenset({"1", "true", "t", "yes", "y", "是"})
_FALSE = frozenset({"0", "false", "f", "no", "n", "否"})


class CellFault(Exception):
    """A cell can't mean what its column needs: what is wrong, and the remedy."""

    def __init__(self, what: str, remedy: str) -> None:
        self.what = what
        self.remedy = remedy
        super().__init__(what)


@dataclass(frozen=True, slots=True)
class Remarked:
    """A value, and what the user should know about how it was read."""

    value: Any
    remark: str


CellReader = Callable[[str], Any]


def clean(raw: str) -> str:
    """The cell without the spaces, wrapping and apostrophe that Excel users add."""
    text = raw.strip().strip(_INVISIBLE).strip()
    wrapped = _WRAPPED.match(text)
    if wrapped:
        text = wrapped.group(1).strip()
    if text.startswith("'") and "'" not in text[1:]:
        text = text[1:].strip()
    return text


def is_missing(text: str) -> bool:
    """Whether a cleaned cell only says that there is nothing."""
    return not text or text.casefold() in _MISSING


def free_text(text: str) -> str:
    """Any text, as it stands."""
    return text


def name(text: str) -> str:
    """A short text without control characters or unreadable bytes."""
    if UNREADABLE in text:
        raise CellFault("含有无法读取的字节", "请按 UTF-8 重新导出")
    if text.casefold() in _EXCEL_FAULTS:
        raise CellFault("是 Excel 的公式错误", "请修正公式后重新导出")
    if any(unicodedata.category(character) == "Cc" for character in text):
        raise CellFault("含有控制字符或换行", "请删除这些字符")
    return text


def identifier(text: str) -> str | Remarked:
    """An identifier, never a number: digits lost to Excel are a fault."""
    text = name(text)
    if _SCIENTIFIC.match(text):
        raise CellFault(
            "是科学计数法，编号的末几位已丢失",
            "请在 Excel 中把该列设为“文本”后从原系统重新导出",
        )
    if len(text) > _LONGEST_IDENTIFIER:
        raise CellFault(f"超过 {_LONGEST_IDENTIFIER} 个字符", "请核对该列是否为编号")
    whole = _POINT_ZERO.match(text)
    return Remarked(whole.group(1), POINT_ZERO) if whole else text


def phone_number(text: str) -> Any:
    """A number as it would be dialled, so that one number is always written one way."""
    read = identifier(text)
    plain = read.value if isinstance(read, Remarked) else read
    dialled = re.sub(r"[\s()（）‐-―-]", "", unicodedata.normalize("NFKC", plain))
    mobile = _MOBILE.match(dialled)
    if mobile:
        dialled = mobile.group(1)
    # Masked numbers and extensions keep the form they came in.
    result = dialled if dialled.isascii() and dialled.lstrip("+").isdigit() else plain
    return Remarked(result, read.remark) if isinstance(read, Remarked) else result


def moment(text: str, *, time_format: str | None = None) -> datetime | Remarked:
    """A point in time in Asia/Shanghai. A bare date isn't one."""
    parsed = _parse(text, time_format)
    if not isinstance(parsed, datetime):
        raise CellFault("只有日期，没有时刻", "请写成 2026-10-13T10:22:00+08:00")
    return _placed(parsed)


def day_start(text: str) -> datetime | Remarked:
    """A point in time; a bare date means its first instant."""
    parsed = _parse(text, None)
    return _placed(parsed) if isinstance(parsed, datetime) else _at(parsed, time.min)


def day_end(text: str) -> datetime | Remarked:
    """A point in time; a bare date means its last instant."""
    parsed = _parse(text, None)
    return _placed(parsed) if isinstance(parsed, datetime) else _at(parsed, time.max)


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, SHANGHAI)


def _placed(parsed: datetime) -> datetime | Remarked:
    if parsed.tzinfo is None:
        return Remarked(parsed.replace(tzinfo=SHANGHAI), NO_OFFSET)
    return parsed.astimezone(SHANGHAI)


def _parse(text: str, time_format: str | None) -> datetime | date:
    parsed = (_by_format(text, time_format) if time_format else None) or _iso_or_slashed(text)
    if parsed is None:
        example = time_format or "2026-10-13T10:22:00+08:00"
        raise CellFault("不是能识别的时间", f"请写成 {example} 的格式")
    if parsed.year not in _YEARS:
        raise CellFault(f"年份 {parsed.year} 不可能", "请核对该时间")
    return parsed


def _by_format(text: str, time_format: str) -> datetime | None:
    try:
        return datetime.strptime(text, time_format)
    except ValueError:
        return None


def _iso_or_slashed(text: str) -> datetime | date | None:
    if not re.match(r"\d{4}", text):
        return None
    slashed = _SLASHED.match(text)
    try:
        if slashed:
            year, month, day, hour, minute, second = (int(part or 0) for part in slashed.groups())
            if slashed[4] is None:
                return date(year, month, day)
            return datetime(year, month, day, hour, minute, second)
        return datetime.fromisoformat(text) if re.search(r"\d[T ]\d", text) else None
    except ValueError:
        return None


def seconds(text: str) -> float:
    """A length in seconds, as a number or as hh:mm:ss."""
    text = unicodedata.normalize("NFKC", text).strip()
    clock = _CLOCK.match(text)
    if clock:
        hours, minutes, rest = clock.groups()
        value = int(hours) * 3600 + int(minutes) * 60 + float(rest)
    else:
        value = float(_number(text.removesuffix("秒").removesuffix("s"), "秒数", "85 或 00:01:25"))
    if value < 0:
        raise CellFault("是负数", "时长不能小于 0")
    if value > _LONGEST_S:
        raise CellFault("超过 24 小时", "请核对单位，应为秒")
    return value


def amount(text: str) -> Decimal:
    """Money in yuan."""
    text = unicodedata.normalize("NFKC", text).strip()
    return _number(text.lstrip("¥").removesuffix("元").strip(), "金额", "38642.17")


def whole_number(text: str) -> int:
    """A count that isn't negative."""
    value = _number(unicodedata.normalize("NFKC", text), "整数", "64")
    if value != value.to_integral_value() or value < 0:
        raise CellFault("不是整数", "请写成 64 的格式")
    return int(value)


def _number(text: str, kind: str, example: str) -> Decimal:
    try:
        if not _NUMBER.match(text.strip()):
            raise InvalidOperation
        return Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        raise CellFault(f"不是{kind}", f"请写成 {example} 的格式") from None


def yes_or_no(text: str) -> bool:
    """1/0, true/false, yes/no, 是/否."""
    word = text.casefold().removesuffix(".0")
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise CellFault("不是 1 或 0", "请写成 1（是）或 0（否），或在列映射中给出对应值")


def one_of(allowed: Collection[str]) -> CellReader:
    """A reader for a word from a list, in any case."""
    known = {word.casefold(): word for word in allowed}

    def read(text: str) -> str:
        try:
            return known[text.casefold()]
        except KeyError:
            raise CellFault(
                "不在允许的值之内", f"允许：{'、'.join(allowed)}；其他写法请在列映射中给出对应值"
            ) from None

    return read


def channel_order(text: str) -> str:
    """`agent,customer`, `customer,agent` or `mono`, however the words are separated."""
    parts = ",".join(part for part in re.split(r"[\s,;/|，；]+", text.casefold()) if part)
    return str(one_of(("agent,customer", "customer,agent", "mono"))(parts))
