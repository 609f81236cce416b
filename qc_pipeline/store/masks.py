"""Personal numbers made unreadable, each character by one `＊`, so that offsets hold.

Two ways: `mask_text` for what people say or write, where any long run of digits, in figures or
in hanzi, may be a phone, ID-card or bank-card number; `mask_reference` for names of files and
cases, where only what can hardly be anything else is masked.
"""

from __future__ import annotations

import re

MASK = "＊"
_HANZI = "零〇一二三四五六七八九幺两"
_D = rf"[\d{_HANZI}]"
_GAP = r"[ \-－—–,，、。·]"
# A number read out or typed in groups is a phone or card from 11 digits on, an unbroken one
# from 7 (a land line) on.
_LONGEST_PLAIN = 6
_SHORTEST_GROUPED = 11
_SPOKEN = re.compile(rf"{_D}(?:{_GAP}{{0,2}}{_D}){{{_LONGEST_PLAIN},}}(?:{_GAP}?[Xx])?")
_UNBROKEN = re.compile(rf"{_D}{{{_LONGEST_PLAIN + 1},}}")
_MASKED = re.compile(rf"{_D}")
_MOBILE = r"(?:\+?86[ \-]?)?1[3-9]\d{9}"
_ID_CARD = r"[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]"
_LAND_LINE = r"0\d{2,3}-\d{7,8}"
_BANK_CARD = r"(?:62|60|58|5[1-5]|4\d)\d{14,17}"
_CERTAIN = re.compile(
    rf"(?<![0-9A-Za-z])(?:{_MOBILE}|{_ID_CARD}|{_LAND_LINE}|{_BANK_CARD})(?![0-9A-Za-z])"
)


def mask_text(text: str) -> str:
    """`text` with every run of digits that may be a personal number masked; same length."""
    return _SPOKEN.sub(_mask_run, text)


def mask_reference(text: str) -> str:
    """`text` with what is surely a phone, ID-card or bank-card number masked; same length."""
    return _CERTAIN.sub(lambda match: re.sub(r"[\dXx]", MASK, match[0]), text)


def mask_number(number: str) -> str:
    """A number wholly masked but for its punctuation; same length."""
    return re.sub(r"[^\W_]", MASK, number)


def _mask_run(match: re.Match[str]) -> str:
    run = match[0]
    digits = len(_MASKED.findall(run))
    if digits < _SHORTEST_GROUPED:
        return _UNBROKEN.sub(lambda part: MASK * len(part[0]), run)
    if digits == 17:
        run = re.sub("[Xx]$", MASK, run)
    return _MASKED.sub(MASK, run)
