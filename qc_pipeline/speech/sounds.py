"""Characters as they sound, so that cues are heard through recognition errors."""

from __future__ import annotations

from functools import cache

_FIRST_CODE = 0xF0000  # a private-use plane: no text holds it
_BLURRED = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"))  # beginnings dialects don't part


def sounding(text: str) -> str:
    """`text` with each Chinese character replaced by one code for its toneless, blurred
    syllable; everything else stays. Patterns over text become patterns over sound the same way.
    """
    return "".join(_code(char) for char in text)


@cache
def _code(char: str) -> str:
    from pypinyin import lazy_pinyin

    syllable: str = lazy_pinyin(char)[0]
    if syllable == char:
        return char
    for full, short in _BLURRED:
        if syllable.startswith(full):
            syllable = short + syllable[len(full) :]
            break
    if syllable.endswith(("ang", "eng", "ing")):
        syllable = syllable[:-1]
    return _syllable_code(syllable)


_codes: dict[str, str] = {}


def _syllable_code(syllable: str) -> str:
    return _codes.setdefault(syllable, chr(_FIRST_CODE + len(_codes)))
