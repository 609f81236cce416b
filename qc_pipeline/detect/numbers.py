"""Chinese spoken numbers and sums of money, with their spans.

`两千二` is 2200 and `一万五` 15000: a last lone digit counts tenths of the unit before it,
unless a 零 stands between (`两千零二` is 2002). `三零幺六` is read digit by digit and is no
sum. Recognition mixes Arabic digits in (`3万8千642块1毛7`), so both may meet.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

_DIGIT_VALUES = {
    "零": 0, "〇": 0, "一": 1, "幺": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5,
    "六": 6, "七": 7, "八": 8, "九": 9,
}  # fmt: skip
_UNIT_VALUES = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}

_DIGIT = "[一二两三四五六七八九]"
_ARABIC = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_NEIGHBOURS = "(?:一两|一二|两三|二三|三四|三五|四五|五六|六七|七八|八九)(?=[十百千万])"
_FACTOR = rf"(?:{_NEIGHBOURS}|{_DIGIT}|{_ARABIC})"
# A lone last digit must not belong to the next number: 还一千两千的.
_LAST = rf"{_FACTOR}(?![十百千万亿]|{_DIGIT}|[零〇幺])"
_UPPER = (
    rf"(?:[零〇]?{_FACTOR}千)?(?:[零〇]?{_FACTOR}百)?(?:[零〇]?{_FACTOR}?十)?(?:[零〇]?{_FACTOR})?"
)
_LOWER = _UPPER.removesuffix(f"{_FACTOR})?") + f"{_LAST})?"
_NUMBER = re.compile(rf"(?=[十\d]|{_DIGIT})(?:({_UPPER})亿)?(?:({_UPPER})万)?({_LOWER})")
_TERM = re.compile(rf"([零〇]?)({_FACTOR})?([千百十]?)")

_YUAN = re.compile(r"([多来]?)(?:块钱|块|元|圆)")
_FEN = rf"({_DIGIT}|[1-9])(?:(分)(?!钟|期)|(?!{_DIGIT}|[十百千万\d]))"
_AFTER_YUAN = re.compile(rf"[零〇]?({_DIGIT}|[0-9])[毛角](?:{_FEN})?")
_TENTH = re.compile(rf"({_DIGIT}|[1-9])(?!{_DIGIT}|[十百千万\d]|[样起直定些下边])")
_JIAO = re.compile(rf"[毛角](?:{_FEN})?")
_READ_DIGITS = re.compile(r"[零〇一幺二两三四五六七八九0-9]{3,}(?![十百千万亿])")
_ROUGH = re.compile(r"[多来几]|左右|上下|出头")
# What stands after a count of something that is no money: 三百天, 五千人.
_COUNTER = re.compile(
    r"[多来几]?(?:个|号|日|月|年|点|天|岁|期|次|条|位|人|户|遍|秒|小时|楼|层|栋|班|度|斤|米|里|"
    r"公里|平|寸|只|头|套|辆|本|张|页|份|家|回|趟|届|倍|周|星期|礼拜|种|句|通|封|代|口|分钟|%|％)"
)
_PAYING_BEFORE = re.compile(
    r"(?:欠|差|还|付|交|存|转|凑|给|共|计|总|剩|额|款|减|免|拿|账|余|钱|约|金)"
    r"[了着是有我你您他个这那先再就只大概一下拢差不多的到进上，,、 ]{0,5}$"
)
_SMALLEST_BARE_SUM = 100
_SMALLEST_PAID_SUM = 10

NumberKind = Literal["money", "number", "digits"]


@dataclass(frozen=True, slots=True)
class SpokenNumber:
    """A number in `text[start:end]`.

    `kind` is "money" when a unit of money was said, "digits" when it was read digit by digit,
    else "number". `digits` holds digits as read, also for Arabic digits without a unit.
    `rough` marks 三千多 and 两三千 (the lower figure is the value).
    """

    start: int
    end: int
    value: Decimal
    kind: NumberKind
    digits: str | None = None
    rough: bool = False


def spoken_numbers(text: str) -> tuple[SpokenNumber, ...]:
    """Every number said in `text`, in order, spans not overlapping.

    A lone Chinese digit without a unit of money is none: 一起, 三号, 第二.
    """
    found: list[SpokenNumber] = []
    at = 0
    while at < len(text):
        number = _digits_read(text, at) or _measured(text, at)
        if number is None:
            at += 1
            continue
        if text[at - 1 : at] != "第" and not _is_lone_digit(text, number):
            found.append(number)
        at = number.end
    return tuple(found)


def spoken_amounts(text: str) -> tuple[SpokenNumber, ...]:
    """Those numbers that can be sums of money (yuan).

    A unit of money settles it. Without one, a number counts from 100 up when no counter follows
    (三百天), and bare Arabic digits or less than 100 only after a word of owing or paying.
    """
    return tuple(number for number in spoken_numbers(text) if _is_sum(text, number))


def _is_lone_digit(text: str, number: SpokenNumber) -> bool:
    spelled = text[number.start : number.end]
    return number.kind == "number" and len(spelled) == 1 and not spelled.isdecimal()


def _is_sum(text: str, number: SpokenNumber) -> bool:
    if number.kind == "money":
        return True
    if number.kind == "digits" or _COUNTER.match(text, number.end):
        return False
    if number.value >= _SMALLEST_BARE_SUM and number.digits is None:
        return True
    paid = _PAYING_BEFORE.search(text[: number.start])
    return number.value >= _SMALLEST_PAID_SUM and paid is not None


def _digits_read(text: str, at: int) -> SpokenNumber | None:
    match = _READ_DIGITS.match(text, at)
    if match is None or match.group().isdecimal() or _YUAN.match(text, match.end()):
        return None
    digits = "".join(str(_DIGIT_VALUES.get(char, char)) for char in match.group())
    return SpokenNumber(at, match.end(), Decimal(digits), "digits", digits)


def _measured(text: str, at: int) -> SpokenNumber | None:
    """A number from `at`, with its unit of money if one follows."""
    match = _NUMBER.match(text, at)
    if match is None or match.end() == at:
        return None
    value, rough = _value(match)
    end = match.end()
    if jiao := _JIAO.match(text, end):
        fen = _figure(jiao[1]) / 100 if _ends_sum(text, jiao, group=1) else Decimal(0)
        stop = jiao.end() if fen else end + 1
        return SpokenNumber(at, stop, value / 10 + fen, "money")
    if yuan := _YUAN.match(text, end):
        stop, fraction = _fraction(text, yuan.end())
        rough = rough or bool(yuan[1])
        return SpokenNumber(at, stop, value + fraction, "money", rough=rough)
    digits = match.group() if match.group().isdecimal() else None
    rough = rough or _ROUGH.match(text, end) is not None
    return SpokenNumber(at, end, value, "number", digits, rough)


def _fraction(text: str, at: int) -> tuple[int, Decimal]:
    """What follows the yuan: 四毛二, 五毛, or a lone tenth (八十三块六); (end, part of a yuan)."""
    if text[at - 1] == "钱":
        return at, Decimal(0)
    if match := _AFTER_YUAN.match(text, at):
        tenths = _figure(match[1]) / 10
        if _ends_sum(text, match, group=2):
            return match.end(), tenths + _figure(match[2]) / 100
        return (match.start(2) if match[2] else match.end()), tenths
    tenth = _TENTH.match(text, at)
    if tenth and not _COUNTER.match(text, tenth.end()):
        return tenth.end(), _figure(tenth[1]) / 10
    return at, Decimal(0)


def _ends_sum(text: str, match: re.Match[str], *, group: int) -> bool:
    """Is the digit in `group` the last of this sum, not a count of what follows (五毛一个)?"""
    if match[group] is None:
        return False
    return match[group + 1] is not None or not _COUNTER.match(text, match.end())


def _value(match: re.Match[str]) -> tuple[Decimal, bool]:
    """The value of a `_NUMBER` match, and whether it is a rough figure."""
    total, unit, rough = Decimal(0), 0, False
    for section, scale in zip(match.groups(), (100_000_000, 10_000, 1), strict=True):
        if section is None:
            continue
        for zero, factor, spelled_unit in _TERM.findall(section):
            if not factor and not spelled_unit:
                continue
            rough = rough or (len(factor) > 1 and factor[0] in _DIGIT_VALUES)
            count = _figure(factor) if factor else Decimal(1)
            if spelled_unit:
                unit = _UNIT_VALUES[spelled_unit] * scale
                total += count * unit
            elif unit > 10 * scale and not zero and len(factor) == 1:
                total += count * unit / 10
            else:
                total += count * scale
        if scale > 1:
            unit = scale
    return total, rough


def _figure(spelled: str) -> Decimal:
    """One factor: a Chinese digit, the lower of two neighbours (两三), or Arabic digits."""
    if spelled[0] in _DIGIT_VALUES:
        return Decimal(_DIGIT_VALUES[spelled[0]])
    return Decimal(spelled.replace(",", ""))
