"""The model card: data, figures with intervals, limits, intended use. Written by training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from qc_pipeline.detect.learned.artefact import Card
from qc_pipeline.learn.corpus import CODES, Corpus
from qc_pipeline.learn.measure import Measured, table
from qc_pipeline.learn.operating_point import Bounds, OperatingPoint
from qc_pipeline.learn.prevalence import critical_tier, plain_talk
from qc_pipeline.learn.training import Compared, Manner
from qc_pipeline.learn.tuning import TuningPlan


def model_card(
    card: Card,
    points: Mapping[Manner, OperatingPoint],
    *,
    bounds: Mapping[Manner, Bounds],
    corpus: Corpus,
    plan: TuningPlan,
    compared: Sequence[Compared],
    columns: Mapping[str, Measured],
) -> str:
    """Markdown. `columns`: measurements on the test voices by heading, the main one first."""
    return "\n".join(
        (
            f"# Model card: {card.name}, version {card.version}",
            "",
            "Written by `make train`; don't edit.",
            "",
            *_use(),
            *_data(corpus),
            *_comparison(compared),
            *_points(points, bounds, plan),
            "## On the test voices",
            "",
            "Written lines (text with a settled listener) by authors who saw neither rules nor",
            "training lines, and the same lines spoken by a synthetic voice at telephone quality",
            "and recognised by Whisper base. Intervals: Wilson, 95 %.",
            "",
            table(dict(columns)),
            *_plain(columns),
            *_limits(),
        )
    )


def _use() -> tuple[str, ...]:
    return (
        "## Intended use",
        "",
        "Proposes findings on a collector's utterances for a human reviewer, beside the rules",
        "(docs/classifier.md). It decides nothing: only a human's verdict counts. Not for other",
        "languages than Mandarin, other trades, or judging a person.",
        "",
    )


def _data(corpus: Corpus) -> tuple[str, ...]:
    rows = ["## Data", "", "| split | voices | violations | near-misses | plain | recognised |",
            "|---|---|---|---|---|---|"]  # fmt: skip
    for split, lines in corpus.written.items():
        kinds = Counter("v" if line.labels else "n" if line.near_miss_of else "p" for line in lines)
        rows.append(
            f"| {split} | {len({line.voice for line in lines})} | {kinds['v']} | {kinds['n']} | "
            f"{kinds['p']} | {len(corpus.noisy[split])} |"
        )
    return (*rows, "", "All of it is invented (models/corpus/README.md). Split by voice.", "")


def _comparison(compared: Sequence[Compared]) -> tuple[str, ...]:
    if not compared:
        return ()
    rows = [
        f"| {each.name} | {each.found:.1%} | {each.flagged:.1%} | {each.f2:.3f} | "
        f"{each.found_heard:.1%} | {each.flagged_heard:.1%} | {each.f2_heard:.3f} |"
        for each in compared
    ]
    return (
        "## Models compared",
        "",
        "Same training lines (each as written, as if misheard, and as recognised if it was spoken),",
        "same features (utterance, previous utterance, listener), without rules, on the validation",
        "voices, each at the thresholds that are best for it there.",
        "",
        "| model | written: found | near-misses flagged | F2 | recognised: found "
        "| near-misses flagged | F2 |",
        "|---|---|---|---|---|---|---|",
        *rows,
        "",
    )


def _points(
    points: Mapping[Manner, OperatingPoint], bounds: Mapping[Manner, Bounds], plan: TuningPlan
) -> tuple[str, ...]:
    said = []
    for manner, point in points.items():
        weighed = point.weights.rule_weights
        weights = ", ".join(f"{name} +{value:.2f}" for name, value in weighed.items())
        said += [
            f"- {manner}: {point.found:.1%} of violations found, {point.flagged:.1%} of near-misses",
            f"  flagged (allowed {bounds[manner].flagged:.1%}), {point.plain:.2%} of plain talk",
            f"  (allowed {bounds[manner].plain:.2%}). Log-odds a rule's hit adds: {weights}. A hit",
            f"  below {point.weights.dismissed_below:.0%} joint is suppressed.",
        ]
    heads = "".join(f" {manner}: quarantined from | open from |" for manner in points)
    rows = [
        f"| {code} |" + "".join(
            f" {point.weights.bands[code].quarantined:.3f} | {point.weights.bands[code].open:.3f} |"
            for point in points.values()
        )
        for code in CODES
    ]  # fmt: skip
    return (
        "## Operating points",
        "",
        "Chosen on the validation voices, rules and model together; one for written words, one for",
        "recognised ones (recognised copies, and lines as if misheard where there is none):",
        "",
        *said,
        "",
        f"Training: {plan.epochs} passes, upper layers after {plan.frozen}, seed {plan.seed}.",
        "",
        f"| code |{heads}",
        "|---|" + "---|" * (2 * len(points)),
        *rows,
        "",
    )


def _plain(columns: Mapping[str, Measured]) -> tuple[str, ...]:
    main = next(iter(columns.values()))
    if main.plain == 0:
        return ()
    return ("## Plain talk and real prevalence", "", *plain_talk(main), "",
            *critical_tier(main), "")  # fmt: skip


def _limits() -> tuple[str, ...]:
    return (
        "## Limits",
        "",
        "Machine-written sentences are not the speech of real collectors; violations are far more",
        "frequent here than in life. Sarcasm that only tone of voice reveals is not heard. One",
        "previous utterance is read, not the whole call. The eight-bit encoder started from",
        "four-bit weights.",
        "",
    )
