"""The models that were compared, on the same lines with the same features.

Every candidate is a function from training lines to a judge: log-odds [lines, codes] of
unseen lines. Features are the utterance, the previous utterance and the listener.
"""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from qc_pipeline.detect.classifier import Excerpt
from qc_pipeline.detect.learned.encoding import LISTENER_WORDS, Encoded, encode
from qc_pipeline.errors import CorpusError
from qc_pipeline.learn.corpus import CODES, CorpusLine
from qc_pipeline.learn.encoder_weights import EncoderWeights
from qc_pipeline.learn.operating_point import truth
from qc_pipeline.learn.tuning import Network, TuningPlan, features_of, tune
from qc_pipeline.learn.vocabulary import Vocabulary, tokeniser

Odds = NDArray[np.float64]
Features = NDArray[np.float32]
Judge = Callable[[Sequence[CorpusLine]], Odds]
Read = Callable[[Sequence[CorpusLine]], Features]
_SEED = 20261122
_TEXTCAT_EPOCHS = 6
_SMALLEST = 1e-5


def windows_of(
    lines: Sequence[CorpusLine], vocabulary: Vocabulary
) -> tuple[list[Encoded], list[int]]:
    """The first window of every line, and which line each is of. Corpus lines fit one window
    or nearly so; a line without a window (no known piece) has none.
    """
    cut = tokeniser(vocabulary)
    windows, owners = [], []
    for number, line in enumerate(lines):
        excerpt = Excerpt(text=line.text, previous=line.previous, listener=line.callee)
        for window in encode(excerpt, cut)[:1]:
            windows.append(window)
            owners.append(number)
    return windows, owners


def targets_of(lines: Sequence[CorpusLine]) -> NDArray[np.float32]:
    """[lines, codes + 1]: each code, and last whether any applies (it steadies training)."""
    codes = truth(lines)
    return np.concatenate([codes, codes.any(axis=1, keepdims=True)], axis=1).astype(np.float32)


def tuned(
    forms: Sequence[Sequence[CorpusLine]],
    *,
    weights: EncoderWeights,
    vocabulary: Vocabulary,
    plan: TuningPlan,
    after_epoch: Callable[[int, Network], None] = lambda epoch, network: None,
) -> Network:
    """The encoder with its upper layers tuned on lines, each in one or more `forms`. Raises
    CorpusError when a code has no example among them.
    """
    lines = [form for line in forms for form in line]
    if missing := [code for code in CODES if not any(code in line.labels for line in lines)]:
        raise CorpusError(f"no training line is labelled {', '.join(missing)}")
    windows, owners = windows_of(lines, vocabulary)
    place = {owner: number for number, owner in enumerate(owners)}
    numbers = iter(range(len(lines)))
    together = [[place[n] for _ in line if (n := next(numbers)) in place] for line in forms]
    return tune(
        windows, targets_of(lines)[owners], weights=weights, vocabulary=vocabulary, plan=plan,
        forms=[line for line in together if line], after_epoch=after_epoch,
    )  # fmt: skip


def judge_with(network: Network, vocabulary: Vocabulary) -> Judge:
    """A tuned network as a judge."""

    def judge(lines: Sequence[CorpusLine]) -> Odds:
        windows, owners = windows_of(lines, vocabulary)
        head = network.head
        weight = head.linear.weight.detach().numpy()[: len(CODES)]
        bias = head.linear.bias.detach().numpy()[: len(CODES)]
        features = features_of(network.encoder, windows)
        odds = np.full((len(lines), len(CODES)), -10.0)
        odds[owners] = (features - head.mean.numpy()) / head.spread.numpy() @ weight.T + bias
        return odds

    return judge


def frozen_linear(features: Features, lines: Sequence[CorpusLine], read: Read) -> Judge:
    """A logistic regression per code on `features` of `lines`; `read` gives those of others."""
    from sklearn.linear_model import LogisticRegression

    wanted = truth(lines)
    mean, spread = features.mean(0), features.std(0) + 1e-6
    scaled = (features - mean) / spread
    fitted = [
        LogisticRegression(C=0.003, max_iter=300).fit(scaled, wanted[:, code])
        for code in range(len(CODES))
    ]

    def judge(asked: Sequence[CorpusLine]) -> Odds:
        seen = (read(asked) - mean) / spread
        return np.stack([each.decision_function(seen) for each in fitted], axis=1)

    return judge


def frozen_perceptron(features: Features, lines: Sequence[CorpusLine], read: Read) -> Judge:
    """One small hidden layer over all codes, on the same features."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    mean, spread = features.mean(0), features.std(0) + 1e-6
    model = MLPClassifier((128,), alpha=0.1, max_iter=40, early_stopping=True, random_state=_SEED)
    with warnings.catch_warnings():
        # Forty passes are the plan; few lines need more to settle.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = model.fit((features - mean) / spread, truth(lines))

    def judge(asked: Sequence[CorpusLine]) -> Odds:
        return _odds(fitted.predict_proba((read(asked) - mean) / spread))

    return judge


def character_grams(lines: Sequence[CorpusLine]) -> Judge:
    """Character 1- to 4-grams with a logistic regression per code."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import FeatureUnion

    def pick(place: int) -> Callable[[tuple[str, str]], str]:
        return lambda pair: pair[place]

    grams = FeatureUnion(
        [
            (name, TfidfVectorizer(analyzer="char", ngram_range=(1, 4), min_df=2,
                                   sublinear_tf=True, preprocessor=pick(place)))
            for place, name in enumerate(("said", "before"))
        ],
        transformer_weights={"said": 1.0, "before": 0.4},
    )  # fmt: skip
    pairs = [_as_pair(line) for line in lines]
    seen = grams.fit_transform(pairs)
    wanted = truth(lines)
    fitted = [
        LogisticRegression(C=20, class_weight="balanced", max_iter=400).fit(seen, wanted[:, code])
        for code in range(len(CODES))
    ]

    def judge(asked: Sequence[CorpusLine]) -> Odds:
        rows = grams.transform([_as_pair(line) for line in asked])
        return np.stack([each.decision_function(rows) for each in fitted], axis=1)

    return judge


def _as_pair(line: CorpusLine) -> tuple[str, str]:
    return f"{LISTENER_WORDS[line.callee]}|{line.text}", line.previous


def textcat(lines: Sequence[CorpusLine]) -> Judge:
    """SpaCy's multi-label text categoriser on a blank Chinese pipeline, by characters."""
    import spacy
    from spacy.training import Example
    from thinc.api import fix_random_seed

    nlp = spacy.blank("zh")
    fix_random_seed(_SEED)
    categoriser = nlp.add_pipe("textcat_multilabel")
    for code in CODES:
        categoriser.add_label(code)  # type: ignore[attr-defined]
    examples = [
        Example.from_dict(
            nlp.make_doc(_as_text(line)), {"cats": {c: float(c in line.labels) for c in CODES}}
        )
        for line in lines
    ]
    nlp.initialize(lambda: examples)
    shuffler = random.Random(_SEED)  # noqa: S311 - order of lines, nothing secret
    for _ in range(_TEXTCAT_EPOCHS):
        shuffler.shuffle(examples)
        for first in range(0, len(examples), 64):
            nlp.update(examples[first : first + 64], drop=0.2)

    def judge(asked: Sequence[CorpusLine]) -> Odds:
        docs = nlp.pipe([_as_text(line) for line in asked])
        return _odds(np.array([[doc.cats[code] for code in CODES] for doc in docs]))

    return judge


def _as_text(line: CorpusLine) -> str:
    return f"{LISTENER_WORDS[line.callee]}：{line.previous}／{line.text}"


def average(judges: Sequence[Judge]) -> Judge:
    """The mean of several judges' log-odds."""

    def judge(asked: Sequence[CorpusLine]) -> Odds:
        return np.asarray(np.mean([each(asked) for each in judges], axis=0), np.float64)

    return judge


def _odds(chances: NDArray[np.float64]) -> Odds:
    inside = np.clip(chances, _SMALLEST, 1 - _SMALLEST)
    return np.asarray(np.log(inside / (1 - inside)), np.float64)
