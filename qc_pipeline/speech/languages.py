"""Which language a call is in, where the settings leave that to the recogniser."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from qc_pipeline.speech.heard import Heard

DETECT = "auto"
DEFAULT = "zh"
SURE = 0.5  # a window whose likeliest language is less likely than this is taken for Mandarin


def likeliest(candidates: Sequence[tuple[str, float]]) -> str:
    """The language of a window from the model's (token, probability) pairs, `<|en|>` and such."""
    token, probability = max(candidates, key=lambda pair: pair[1])
    return token.strip("<|>") if probability >= SURE else DEFAULT


def spoken_language(heard: Sequence[Heard], *, default: str) -> str:
    """The language most of the speech was found to be in; `default` where it was set."""
    seconds: Counter[str] = Counter()
    for item in heard:
        if item.language is not None:
            seconds[item.language] += round(1000 * item.turn.speech_s)
    if seconds:
        return seconds.most_common(1)[0][0]
    return DEFAULT if default == DETECT else default
