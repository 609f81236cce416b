"""Word classes: named lists of words that patterns use as <name>."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from qc_pipeline.detect.content import fold
from qc_pipeline.detect.pattern_parts import words_of
from qc_pipeline.detect.patterns import MAX_CLASS_WORDS, WordClasses, parse_pattern
from qc_pipeline.errors import RuleError

Complain = Callable[[str, int, str], RuleError]
"""Class name, place of the word in it, what is wrong -> the error to raise."""


def _plain_complaint(name: str, place: int, what: str) -> RuleError:
    return RuleError(f"word class <{name}>, word {place + 1}: {what}")


def expand_classes(
    written: Mapping[str, tuple[str, ...]], *, complain: Complain = _plain_complaint
) -> WordClasses:
    """Every class with its words spelled out, folded, each once, longest first.

    A word may use other classes, alternatives and optional parts, not gaps. Raises what
    `complain` makes (RuleError) for an unknown class, a class that contains itself, a word
    without content or more than 20,000 words.
    """
    expanded: dict[str, tuple[str, ...]] = {}
    open_names: list[str] = []

    def expand(name: str) -> tuple[str, ...]:
        if name in expanded:
            return expanded[name]
        open_names.append(name)
        words: dict[str, None] = {}
        for place, word in enumerate(written[name]):
            for inner in _class_names(word):
                if inner in open_names:
                    circle = " → ".join([*open_names[open_names.index(inner) :], inner])
                    raise complain(name, place, f"the class contains itself: {circle}")
                if inner in written:
                    expand(inner)
            words.update(dict.fromkeys(_spelled_out(word, name, place)))
            if len(words) > MAX_CLASS_WORDS:
                raise complain(name, place, f"more than {MAX_CLASS_WORDS} words")
        open_names.pop()
        expanded[name] = tuple(sorted(words, key=len, reverse=True))
        return expanded[name]

    def _spelled_out(word: str, name: str, place: int) -> list[str]:
        if not set(word) & set("<>[]()|…^$"):
            plain = fold(word)
            if not plain:
                raise complain(name, place, f"{word!r} has no content")
            return [plain]
        try:
            pattern = parse_pattern(word, classes=expanded)
        except RuleError as error:
            raise complain(name, place, error.what) from None
        spelled = words_of(pattern.sequence, most=MAX_CLASS_WORDS)
        if spelled is None or pattern.at_start or pattern.at_end:
            raise complain(name, place, f"{word!r}: a class has words, without gaps, ^ and $")
        return spelled

    for name in written:
        expand(name)
    return expanded


def _class_names(word: str) -> list[str]:
    return [part.split(">")[0].strip() for part in word.split("<")[1:] if ">" in part]
