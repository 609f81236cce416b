"""From corpus to classifier: train, choose the operating point, write the files, measure.

The test voices are only looked at when everything is chosen.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qc_pipeline.detect.learned.artefact import Card
from qc_pipeline.detect.learned.encoder import SentenceEncoder
from qc_pipeline.detect.learned.weighing import standing_of
from qc_pipeline.detect.rules import RuleSet
from qc_pipeline.learn.candidates import (
    Judge,
    average,
    character_grams,
    frozen_linear,
    frozen_perceptron,
    judge_with,
    textcat,
    tuned,
    windows_of,
)
from qc_pipeline.learn.corpus import CODES, Corpus, CorpusLine
from qc_pipeline.learn.encoder_weights import EncoderWeights
from qc_pipeline.learn.export import finish, write_encoder, write_head
from qc_pipeline.learn.measure import findings_on
from qc_pipeline.learn.network import Encoder, Head
from qc_pipeline.learn.operating_point import (
    OperatingPoint,
    RuleHits,
    calibration,
    choose,
)
from qc_pipeline.learn.tuning import Network, TuningPlan
from qc_pipeline.learn.vocabulary import Vocabulary, mandarin_vocabulary
from qc_pipeline.policy.load import Policy

VOCABULARY_SIZE = 9_000
Floats = NDArray[np.float32]
Floats64 = NDArray[np.float64]
MODEL_NAME = "qc-meaning-e5-small"


@dataclass(frozen=True, slots=True)
class Compared:
    """One candidate on the validation voices, at thresholds chosen there for each."""

    name: str
    found: float
    flagged: float

    @property
    def f2(self) -> float:
        """F2 of found violations against flagged innocents, equally many of both."""
        return 5 * self.found / (5 * self.found + 4 * (1 - self.found) + self.flagged)


def rule_hits(lines: Sequence[CorpusLine], *, rules: RuleSet, policy: Policy) -> RuleHits:
    """How the rules alone stand to each line."""
    ranked = ("open", "phonetic", "quarantined")
    by_line = []
    for line in lines:
        best: dict[str, str] = {}
        for finding in findings_on(line, rules=rules, policy=policy):
            standing = standing_of(finding)
            known = best.get(finding.code)
            if known is None or ranked.index(standing) < ranked.index(known):
                best[finding.code] = standing
        by_line.append(best)
    return RuleHits(tuple(by_line))


def no_hits(lines: Sequence[CorpusLine]) -> RuleHits:
    """As if there were no rules."""
    return RuleHits(tuple({} for _ in lines))


def compare(
    corpus: Corpus,
    *,
    weights: EncoderWeights,
    plan: TuningPlan,
    most_flagged: float,
    report: Callable[[Compared], None] = lambda compared: None,
) -> list[Compared]:
    """Every candidate, trained on the training voices, judged on the validation voices without
    rules. Takes a quarter of an hour or more.
    """
    vocabulary = mandarin_vocabulary(weights.pieces, size=VOCABULARY_SIZE)
    train, judged = corpus.lines("train"), corpus.lines("validation")
    encoder = Encoder(weights, vocabulary, dropout=plan.dropout)
    plain = Network(encoder, Head(2 * encoder.width, len(CODES), dropout=0.0))
    grams = character_grams(train)
    network = tuned(train, weights=weights, vocabulary=vocabulary, plan=plan)
    fine = judge_with(network, vocabulary)
    candidates: list[tuple[str, Callable[[], Judge]]] = [
        ("character 1- to 4-grams, logistic regression", lambda: grams),
        ("spaCy textcat (multi-label)", lambda: textcat(train)),
        ("frozen encoder, logistic regression", lambda: frozen_linear(train, plain, vocabulary)),
        ("frozen encoder, small perceptron", lambda: frozen_perceptron(train, plain, vocabulary)),
        (f"encoder, upper {weights.layers - plan.frozen} layers tuned", lambda: fine),
        ("average of tuned encoder and character grams", lambda: average((fine, grams))),
    ]
    results = []
    for name, made in candidates:
        results.append(_compared(name, made(), judged, most_flagged=most_flagged))
        report(results[-1])
    return results


def _compared(
    name: str, judge: Judge, lines: Sequence[CorpusLine], *, most_flagged: float
) -> Compared:
    odds = judge(lines)
    slope, shift = calibration(odds, lines)
    point = choose(slope * odds + shift, no_hits(lines), lines, most_flagged=most_flagged)
    return Compared(name, point.found, point.flagged)


def train_classifier(
    corpus: Corpus,
    target: Path,
    *,
    weights: EncoderWeights,
    plan: TuningPlan,
    rules: RuleSet,
    policy: Policy,
    most_flagged: float,
    progress: Callable[[str], None] = lambda text: None,
) -> tuple[Card, OperatingPoint]:
    """Train on the training voices, choose bands on the validation voices, write everything
    to the folder `target`, which is replaced when all is done.

    `rules` are those that judge beside the model, without a classifier of their own.
    """
    vocabulary = mandarin_vocabulary(weights.pieces, size=VOCABULARY_SIZE)
    train = corpus.lines("train")
    progress(f"tuning on {len(train)} lines")
    network = tuned(
        train, weights=weights, vocabulary=vocabulary, plan=plan,
        after_epoch=lambda epoch, _: progress(f"epoch {epoch + 1} of {plan.epochs}"),
    )  # fmt: skip
    progress("writing the encoder")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as made:
        folder = Path(made) / target.name
        folder.mkdir()
        write_encoder(network.encoder, vocabulary, folder)
        features = _Features(SentenceEncoder(folder / "encoder"), vocabulary)
        progress("choosing the operating point")
        chosen_on = corpus.lines("validation")
        odds = features.odds(chosen_on, network.head)
        slope, shift = calibration(odds, chosen_on)
        point = choose(
            slope * odds + shift, rule_hits(chosen_on, rules=rules, policy=policy), chosen_on,
            most_flagged=most_flagged,
        )  # fmt: skip
        head = network.head
        shown = [line for line in corpus.written["train"] if line.labels]
        write_head(
            folder,
            mean=head.mean.numpy(),
            spread=head.spread.numpy(),
            weight=slope * head.linear.weight.detach().numpy()[: len(CODES)],
            bias=slope * head.linear.bias.detach().numpy()[: len(CODES)] + shift,
            lines=shown,
            features=features.of(shown),
        )
        card = finish(
            folder,
            name=MODEL_NAME,
            bands=point.bands,
            rule_weights=point.rule_weights,
            dismissed_below=point.dismissed_below,
        )
        if target.exists():
            shutil.rmtree(target)
        folder.rename(target)
    return card, point


class _Features:
    """What the encoder as detection will run it makes of lines."""

    def __init__(self, encoder: SentenceEncoder, vocabulary: Vocabulary) -> None:
        self._encoder = encoder
        self._vocabulary = vocabulary

    def of(self, lines: Sequence[CorpusLine]) -> Floats:
        """[lines, 2 × width]; zeros for a line without a known piece."""
        windows, owners = windows_of(lines, self._vocabulary)
        found = self._encoder.features(windows)
        out = np.zeros((len(lines), found.shape[1]), np.float32)
        out[owners] = found
        return out

    def odds(self, lines: Sequence[CorpusLine], head: Head) -> Floats64:
        """[lines, codes]: raw log-odds."""
        weight = head.linear.weight.detach().numpy()[: len(CODES)]
        bias = head.linear.bias.detach().numpy()[: len(CODES)]
        scaled = (self.of(lines) - head.mean.numpy()) / head.spread.numpy()
        return np.asarray(scaled @ weight.T + bias, np.float64)
