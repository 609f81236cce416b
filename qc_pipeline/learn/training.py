"""From corpus to classifier: fit, choose the operating points, write the files.

The test voices are only looked at when everything is chosen.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from qc_pipeline.detect.learned.artefact import Card
from qc_pipeline.detect.learned.weighing import standing_of
from qc_pipeline.detect.rules import RuleSet
from qc_pipeline.learn.candidates import (
    Judge,
    average,
    character_grams,
    frozen_linear,
    frozen_perceptron,
    textcat,
)
from qc_pipeline.learn.corpus import Corpus, CorpusLine
from qc_pipeline.learn.encoder_weights import EncoderWeights
from qc_pipeline.learn.export import finish, write_encoder, write_head
from qc_pipeline.learn.linear import GramWeights, fit_grams, gram_matrix
from qc_pipeline.learn.measure import findings_on
from qc_pipeline.learn.mishearing import forms_of, misheard, mishearing_of
from qc_pipeline.learn.network import Encoder
from qc_pipeline.learn.operating_point import (
    Bounds,
    OperatingPoint,
    RuleHits,
    calibration,
    choose,
)
from qc_pipeline.learn.reading import OutputLayer, Reader
from qc_pipeline.learn.vocabulary import Vocabulary
from qc_pipeline.policy.load import Policy

VOCABULARY_SIZE = 9_000
MODEL_NAME = "qc-meaning-e5-small"
_HEARD_SEED = 5
_COMPARED_PLAIN = 0.01
_LEAST = 1e-9
Floats64 = NDArray[np.float64]
Manner = Literal["written", "heard"]


@dataclass(frozen=True, slots=True)
class Compared:
    """One candidate on the validation voices, at thresholds chosen there for each."""

    name: str
    found: float
    flagged: float
    found_heard: float
    flagged_heard: float

    @property
    def f2(self) -> float:
        """F2 on written lines."""
        return f2(self.found, self.flagged)

    @property
    def f2_heard(self) -> float:
        """F2 on recognised lines."""
        return f2(self.found_heard, self.flagged_heard)


def f2(found: float, flagged: float) -> float:
    """F2 of found violations against flagged innocents, equally many of both."""
    return 5 * found / (5 * found + 4 * (1 - found) + flagged)


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
    forms: Sequence[Sequence[CorpusLine]],
    corpus: Corpus,
    *,
    weights: EncoderWeights,
    vocabulary: Vocabulary,
    encoder: Callable[[Path], OutputLayer],
    most_flagged: float,
    only: Collection[str] = (),
    report: Callable[[Compared], None] = lambda compared: None,
) -> list[Compared]:
    """Every candidate (of those named in `only`, if any), trained on the training voices in all
    forms, judged without rules on the validation voices as written and as recognised. Takes a
    quarter of an hour or more; `encoder` puts the tuned encoder, which takes longest and is made
    before, into a folder.
    """
    train = [form for line in forms for form in line]
    with tempfile.TemporaryDirectory() as made:
        untouched, fine = Path(made) / "untouched", Path(made) / "tuned"
        untouched.mkdir()
        fine.mkdir()
        write_encoder(Encoder(weights, vocabulary, dropout=0.0), vocabulary, untouched)
        layer = encoder(fine)
        frozen, tuned_reader = Reader(untouched), Reader(fine)
        features = cache(lambda: frozen.features(train))
        grams = cache(lambda: fit_grams(forms))

        def by_grams(lines: Sequence[CorpusLine]) -> Floats64:
            return np.asarray((gram_matrix(lines) @ grams().weights + grams().bias)[:, :-1])

        def by_meaning(lines: Sequence[CorpusLine]) -> Floats64:
            return tuned_reader.odds(lines, layer)

        def rejecting_plain(lines: Sequence[CorpusLine]) -> Floats64:
            odds, plain = _averaged(tuned_reader, layer, grams(), lines)
            slope, shift = calibration(odds, lines)
            return told_from_plain(slope * odds + shift, plain)

        candidates: dict[str, Callable[[], Judge]] = {
            "spaCy textcat (multi-label)": lambda: textcat(train),
            "character 1- to 4-grams, logistic regression": lambda: character_grams(train),
            "grams of characters and sounds, logistic regression": lambda: by_grams,
            "frozen encoder, logistic regression": lambda: frozen_linear(
                features(), train, frozen.features
            ),
            "frozen encoder, small perceptron": lambda: frozen_perceptron(
                features(), train, frozen.features
            ),
            "encoder, upper layers tuned": lambda: by_meaning,
            "average: tuned encoder and grams": lambda: average((by_meaning, by_grams)),
            "the average, plain talk told apart": lambda: rejecting_plain,
        }
        results = []
        for name, made_by in candidates.items():
            if only and name not in only:
                continue
            results.append(_compared(name, made_by(), corpus, most_flagged=most_flagged))
            report(results[-1])
    return results


def _compared(name: str, judge: Judge, corpus: Corpus, *, most_flagged: float) -> Compared:
    shares = []
    for lines in (corpus.written["validation"], corpus.noisy["validation"]):
        odds = judge(lines)
        slope, shift = calibration(odds, lines)
        point = choose(
            slope * odds + shift, no_hits(lines), lines, most_flagged=most_flagged,
            most_plain=_COMPARED_PLAIN,
        )  # fmt: skip
        shares.append((point.found, point.flagged))
    return Compared(name, *shares[0], *shares[1])


def train_classifier(
    forms: Sequence[Sequence[CorpusLine]],
    corpus: Corpus,
    target: Path,
    *,
    encoder: Callable[[Path], OutputLayer],
    rules: RuleSet,
    policy: Policy,
    bounds: Mapping[Manner, Bounds],
    progress: Callable[[str], None] = lambda text: None,
) -> tuple[Card, Mapping[Manner, OperatingPoint]]:
    """Everything but tuning: fit the linear part on `forms`, choose bands on the validation
    voices as written and as heard, write the files to the folder `target`, which is replaced
    when all is done.

    `encoder` puts encoder and tokeniser into a folder and gives the output layer. `rules` are
    those that judge beside the model, without a classifier of their own.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as made:
        folder = Path(made) / target.name
        folder.mkdir()
        layer = encoder(folder)
        reader = Reader(folder)
        progress(f"fitting grams on {sum(map(len, forms))} forms of {len(forms)} lines")
        grams = fit_grams(forms)
        progress("choosing the operating points")
        chosen_on = validation_lines(corpus)
        everything = [line for lines in chosen_on.values() for line in lines]
        slope, shift = calibration(_averaged(reader, layer, grams, everything)[0], everything)
        points = {}
        for manner, lines in chosen_on.items():
            odds, plain = _averaged(reader, layer, grams, lines)
            points[manner] = choose(
                told_from_plain(slope * odds + shift, plain),
                rule_hits(lines, rules=rules, policy=policy), lines,
                most_flagged=bounds[manner].flagged, most_plain=bounds[manner].plain,
            )  # fmt: skip
        shown = [line for line in corpus.written["train"] if line.labels]
        write_head(
            folder,
            mean=layer.mean,
            spread=layer.spread,
            weight=slope * layer.weight,
            bias=slope * layer.bias + shift,
            lines=shown,
            features=reader.features(shown),
        )
        grams.write(folder / "grams.npz", slope=slope)
        card = finish(
            folder,
            name=MODEL_NAME,
            written=points["written"].weights,
            heard=points["heard"].weights,
        )
        if target.exists():
            shutil.rmtree(target)
        folder.rename(target)
    return card, points


def training_forms(corpus: Corpus, *, seed: int) -> list[list[CorpusLine]]:
    """The training lines, each as written, as if misheard, and as recognised if it was spoken."""
    return forms_of(corpus.written["train"], corpus.noisy["train"], seed=seed)


def validation_lines(corpus: Corpus) -> dict[Manner, tuple[CorpusLine, ...]]:
    """What operating points are chosen on: lines as written; and as recognised, or as if
    misheard (errors counted on the training voices) where a line was not spoken.
    """
    written, spoken = corpus.written["validation"], corpus.noisy["validation"]
    if not corpus.noisy["train"]:
        return {"written": written, "heard": written}
    mishearing = mishearing_of(corpus.written["train"], corpus.noisy["train"])
    copied = {line.id.removesuffix("~") for line in spoken}
    others = [misheard(x, mishearing, seed=_HEARD_SEED) for x in written if x.id not in copied]
    return {"written": written, "heard": (*spoken, *others)}


def _averaged(
    reader: Reader, layer: OutputLayer, grams: GramWeights, lines: Sequence[CorpusLine]
) -> tuple[Floats64, Floats64]:
    """Sum of both models' log-odds [lines, codes] and log-odds of plain talk [lines]. The sum is
    the average before calibration sets its scale.
    """
    by_grams = gram_matrix(lines) @ grams.weights + grams.bias
    return reader.odds(lines, layer) + by_grams[:, :-1], by_grams[:, -1]


def told_from_plain(odds: Floats64, plain: Floats64) -> Floats64:
    """Log-odds of a code and not plain talk, as detection joins them."""
    chances = 1 / (1 + np.exp(-odds)) / (1 + np.exp(plain))[:, None]
    chances = np.clip(chances, _LEAST, 1 - _LEAST)
    return np.asarray(np.log(chances / (1 - chances)), np.float64)
