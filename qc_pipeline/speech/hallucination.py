"""Text a recogniser may have invented. Batched decoding has no such checks of its own.

Nothing suspect is thrown away (only text over digital silence is): the utterance says why it
is doubted, and what rests on it waits for a human.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from pathlib import Path

import yaml

from qc_pipeline.speech.normalise import normalise

PHANTOMS = Path(__file__).with_name("phantoms.yaml")

_COMPRESSION = 2.4  # Whisper's own limit; of a text long enough for it to mean something
_COMPRESSED_FROM = 25
_LOG_PROBABILITY = -1.0  # Whisper's own limit
_NO_SPEECH = 0.6  # Whisper's own limit; counts only together with a low probability
_WORD_PROBABILITY = 0.25
_FASTEST = 9.0  # characters per second; quick Mandarin has 6 to 7
_PER_LETTER = 0.35  # of a character: what a letter of an alphabet takes to say
_FASTEST_SPARE = 3  # characters a short stretch may hold beyond that
_LOOP = re.compile(r"(.{2,12}?)\1{3,}|(.)\2{7,}")  # 对对对对 is speech, a loop goes on
_HOTWORDS_IN_A_ROW = 3
_PROMPT_ECHO = 6  # characters of the prompt in a row, and half of what was heard


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for or against a text: of the text itself, its sound and the decoder."""

    text: str
    speech_s: float
    probability: float
    average_log_probability: float
    no_speech_probability: float


def suspicion(evidence: Evidence, *, prompt: str = "", hotwords: Sequence[str] = ()) -> str | None:
    """Why the text may be invented, as `code: 中文说明`; None when nothing speaks against it."""
    plain = squeezed(evidence.text)
    known = _phantoms()
    if plain in known.alone or any(phrase in plain for phrase in known.anywhere):
        return "phantom: 识别模型在无语音处常编造的语句"
    if _echoes_prompt(plain, prompt, hotwords):
        return "prompt_echo: 识别结果重复了提示词"
    if _LOOP.search(plain) or _compression(plain) > _COMPRESSION:
        return "repetition: 识别结果异常重复"
    if _length(plain) > _FASTEST * evidence.speech_s + _FASTEST_SPARE:
        return "too_much_text: 文字多于这段语音所能容纳"
    if evidence.average_log_probability < _LOG_PROBABILITY:
        if evidence.no_speech_probability > _NO_SPEECH:
            return "no_speech: 识别模型认为此处没有语音"
        return "log_probability: 整段识别把握过低"
    if evidence.probability < _WORD_PROBABILITY:
        return "word_probability: 逐字识别把握过低"
    return None


def is_mere_uncertainty(reason: str) -> bool:
    """Whether a reason given by `suspicion` says "badly heard" rather than "made up"."""
    return reason.split(":", maxsplit=1)[0] in {"log_probability", "word_probability", "no_speech"}


def squeezed(text: str) -> str:
    """Letters, digits and characters only, simplified, lower case: for comparing texts."""
    simplified = normalise([text], language="zh").text
    folded = unicodedata.normalize("NFKC", simplified).casefold()
    return "".join(char for char in folded if unicodedata.category(char)[0] in "LN")


@dataclass(frozen=True, slots=True)
class _Phantoms:
    anywhere: frozenset[str]
    alone: frozenset[str]


@lru_cache(maxsize=1)
def _phantoms() -> _Phantoms:
    raw = yaml.safe_load(PHANTOMS.read_text("utf-8"))
    return _Phantoms(
        frozenset(squeezed(phrase) for phrase in raw["anywhere"]),
        frozenset(squeezed(phrase) for phrase in raw["alone"]),
    )


def _echoes_prompt(plain: str, prompt: str, hotwords: Sequence[str]) -> bool:
    said = squeezed(prompt)
    echo = SequenceMatcher(None, said, plain, autojunk=False).find_longest_match().size
    if echo >= _PROMPT_ECHO and 2 * echo >= len(plain):
        return True
    words = [squeezed(word) for word in hotwords]
    return any(
        "".join(words[start : start + _HOTWORDS_IN_A_ROW]) in plain
        for start in range(len(words) - _HOTWORDS_IN_A_ROW + 1)
    )


def _length(plain: str) -> float:
    """In characters of Chinese: a word's letters are spoken faster, digits aren't."""
    letters = sum(char.isascii() and char.isalpha() for char in plain)
    return len(plain) - letters * (1 - _PER_LETTER)


def _compression(plain: str) -> float:
    if len(plain) < _COMPRESSED_FROM:
        return 0.0
    data = plain.encode()
    return len(data) / len(zlib.compress(data))
