"""How a text sounds, one code per character, coarse enough to survive recognition errors.

A character's code is its toneless syllable after folding what telephone Mandarin and
dialects blur: zh=z, ch=c, sh=s, n=l at the start, f=hu, ang=an, eng=en, ing=in. Each
syllable is one private-use code point, so offsets in the sound are offsets in the text.
Characters without a reading (letters, 。！？) stand for themselves; digits are read out.
"""

from __future__ import annotations

import re
from functools import lru_cache

_FIRST_CODE = 0xE000
_DIGITS = dict(zip("0123456789", "零一二三四五六七八九", strict=True))
_INITIALS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"))
# f is heard as h before u, and the other way round: 发 and 花, 飞 and 灰, 方 and 荒.
_LABIALS = {
    "hu": "fu", "hua": "fa", "hui": "fei", "huan": "fan", "huang": "fang", "hun": "fen",
}  # fmt: skip
_FINALS = (("ang", "an"), ("eng", "en"), ("ing", "in"))
_READINGS = {"嗯": "en"}  # the table gives only the hummed forms
_MARKS = str.maketrans("āáǎàēéěèêḿńňǹōóǒòīíǐìūúǔùüǖǘǚǜ", "aaaaeeeeemnnnooooiiiiuuuuvvvvv")


def fold_syllable(syllable: str) -> str:
    """A toneless pinyin syllable with the blurred sounds made one ("zhang" -> "zan")."""
    syllable = _LABIALS.get(syllable, syllable)
    for full, short in _INITIALS:
        if syllable.startswith(full):
            syllable = short + syllable[len(full) :]
            break
    for full, short in _FINALS:
        # -iang keeps its ng: 将 and 见 are not confused, their vowels differ.
        if syllable.endswith(full) and not syllable.endswith("iang"):
            return syllable[: -len(full)] + short
    return syllable


class _Sounds(dict[int, str]):
    """Code point -> sound code, for `str.translate`; filled as met."""

    def __init__(self) -> None:
        super().__init__()
        from pypinyin.pinyin_dict import pinyin_dict

        self._readings: dict[int, str] = pinyin_dict
        self._codes: dict[str, str] = {}

    def __missing__(self, code_point: int) -> str:
        character = _DIGITS.get(chr(code_point), chr(code_point))
        reading = _READINGS.get(character)
        if reading is None:
            marked = self._readings.get(ord(character))
            reading = marked.split(",")[0].translate(_MARKS) if marked else None
        self[code_point] = self._code(fold_syllable(reading)) if reading else character
        return self[code_point]

    def _code(self, syllable: str) -> str:
        if syllable not in self._codes:
            self._codes[syllable] = chr(_FIRST_CODE + len(self._codes))
        return self._codes[syllable]


@lru_cache(maxsize=1)
def _sounds() -> _Sounds:
    return _Sounds()


def sound_of(content: str) -> str:
    """The sound of content characters: a string of the same length, one code each."""
    return content.translate(_sounds())


@lru_cache(maxsize=1)
def _alike() -> dict[str, str]:
    """Every character of the basic block and every digit, by its sound."""
    held: dict[str, list[str]] = {}
    for character in (*_DIGITS, *map(chr, range(0x4E00, 0xA000))):
        held.setdefault(sound_of(character), []).append(character)
    return {sound: "".join(characters) for sound, characters in held.items()}


def sounding_like(words: str) -> str:
    """A regular expression for the texts that hold `words`, or characters of the same sounds."""
    alike = _alike()
    return "".join(
        f"[{alike[sound]}]" if sound in alike else re.escape(word)
        for word, sound in zip(words, sound_of(words), strict=True)
    )


def has_sound(character: str) -> bool:
    """Whether a character has a reading (hanzi and digits) and so can be matched by sound."""
    return 0xE000 <= ord(sound_of(character)) <= 0xF8FF
