"""Words and contextual rules over words: jieba's dictionary with the lexicons' own words, and
spaCy's SpanRuler on top of it.

Forbidden phrases are matched on characters (`matching`). Words serve where a character means
two things: 还 is "repay" or "still", 小 in 小苏 a form of address and in 小区 none. They also
serve the word search over transcripts. The dictionary alone decides, without jieba's guessing
of unknown words, so one sentence is always cut the same way.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

_SPANS_KEY = "context"
_OWN_WORD_FREQUENCY = 20_000

TokenPattern = Sequence[Mapping[str, Any]]
"""One spaCy Matcher pattern: a mapping of token attributes for each token in a row."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word: `text` = the source's `[start:end]`."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ContextualSpan:
    """Where a contextual rule `label` holds: characters `start:end`."""

    label: str
    start: int
    end: int


class Segmenter:
    """Cuts text into words. `words` are words the dictionary must know."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._words = tuple(sorted({word for word in words if len(word) > 1}))

    @cached_property
    def _jieba(self) -> Any:
        with warnings.catch_warnings():
            # jieba's source has invalid escapes and uses pkg_resources where it is installed
            warnings.simplefilter("ignore")
            import jieba
        untyped: Any = jieba
        untyped.setLogLevel("WARNING")
        tokenizer = untyped.Tokenizer()
        # Built in memory: jieba would keep a marshal file in the shared temp folder, where
        # anybody may put another in its place.
        tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
        tokenizer.initialized = True
        for word in self._words:
            tokenizer.add_word(word, freq=max(tokenizer.FREQ.get(word, 0), _OWN_WORD_FREQUENCY))
        return tokenizer

    def tokenise(self, text: str) -> tuple[Token, ...]:
        """The words of `text` in order; together they are all of it, blanks included."""
        cut = self._jieba.tokenize(text, HMM=False)
        return tuple(Token(word, start, end) for word, start, end in cut)

    def search_words(self, text: str) -> tuple[str, ...]:
        """The distinct words of `text` by which it should be found: no punctuation, no blanks,
        letters in lower case; the parts of a long word too.
        """
        words = self._jieba.cut_for_search(text, HMM=False)
        return tuple(dict.fromkeys(word.lower() for word in words if word[0].isalnum()))


class ContextualRules:
    """Rules over words: label -> spaCy token patterns, run by a SpanRuler."""

    def __init__(
        self, rules: Mapping[str, Sequence[TokenPattern]], *, segmenter: Segmenter
    ) -> None:
        self._rules = rules
        self._segmenter = segmenter

    @cached_property
    def pipeline(self) -> Language:
        """A blank Chinese pipeline with our words and a SpanRuler, no model."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            import spacy
        language = spacy.blank("zh")
        language.tokenizer = _SpacyTokeniser(self._segmenter, language)
        ruler: Any = language.add_pipe(
            "span_ruler", config={"spans_key": _SPANS_KEY, "validate": True}
        )
        ruler.add_patterns(
            [
                {"label": label, "pattern": [dict(token) for token in pattern]}
                for label, patterns in self._rules.items()
                for pattern in patterns
            ]
        )
        return language

    def find(self, text: str) -> tuple[ContextualSpan, ...]:
        """Every place in `text` where a rule holds, in order."""
        if not text.strip():
            return ()
        return contextual_spans(self.pipeline(text))


def contextual_spans(doc: Doc) -> tuple[ContextualSpan, ...]:
    """What the SpanRuler found in `doc`, as characters of its text."""
    found = (ContextualSpan(s.label_, s.start_char, s.end_char) for s in doc.spans[_SPANS_KEY])
    return tuple(sorted(found, key=lambda span: (span.start, span.end, span.label)))


class _SpacyTokeniser:
    """Our words as spaCy tokens; a blank is a token of its own, so offsets stay exact."""

    def __init__(self, segmenter: Segmenter, language: Language) -> None:
        self._segmenter = segmenter
        self._vocab = language.vocab

    def __call__(self, text: str) -> Doc:
        from spacy.tokens import Doc

        words = [token.text for token in self._segmenter.tokenise(text)]
        return Doc(self._vocab, words=words, spaces=[False] * len(words))
