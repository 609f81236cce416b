"""What "the same number" means."""

from __future__ import annotations

import re
import unicodedata

_MOBILE = re.compile(r"1[3-9][\d*]{9}")


def phone_key(phone: str | None) -> str | None:
    """The number without punctuation, country code and trunk zero; None if there is no digit.

    Full-width digits count as digits; `*` stands for a digit the sender masked.
    """
    plain = unicodedata.normalize("NFKC", phone or "")
    digits = "".join(char for char in plain if char.isdecimal() or char == "*")
    if not any(char.isdecimal() for char in digits):
        return None
    abroad = plain.strip().startswith(("+86", "0086"))
    national = re.sub(r"^(00)?86", "", digits, count=1) if abroad else digits
    for mobile in (national, digits.removeprefix("86"), digits.removeprefix("0")):
        if _MOBILE.fullmatch(mobile):
            return mobile
    if abroad and not national.startswith("0"):
        return "0" + national
    return national
