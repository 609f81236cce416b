"""The model card: data, figures with intervals, limits, intended use. Written by training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from qc_pipeline.detect.learned.artefact import Card
from qc_pipeline.learn.corpus import CODES, Corpus
from qc_pipeline.learn.measure import Measured, table, wilson
from qc_pipeline.learn.operating_point import OperatingPoint
from qc_pipeline.learn.training import Compared
from qc_pipeline.learn.tuning import TuningPlan

_PREVALENCE = 0.01
_AGENT_LINES_A_CALL = 25


def model_card(
    card: Card,
    point: OperatingPoint,
    *,
    corpus: Corpus,
    plan: TuningPlan,
    compared: Sequence[Compared],
    columns: Mapping[str, Measured],
    plain: Measured,
) -> str:
    """Markdown. `columns`: measurements on the test voices by heading; `plain`: on plain talk."""
    return "\n".join(
        (
            f"# Model card: {card.name}, version {card.version}",
            "",
            "Written by `make train`; don't edit.",
            "",
            *_use(),
            *_data(corpus),
            *_comparison(compared),
            *_point(card, point, plan),
            "## On the test voices",
            "",
            "Written lines (text with a settled listener) by authors who saw neither rules nor",
            "training lines, and the same lines spoken by a synthetic voice at telephone quality",
            "and recognised by Whisper base. Intervals: Wilson, 95 %.",
            "",
            table(dict(columns)),
            *_plain(plain, columns),
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
        f"| {each.name} | {each.found:.1%} | {each.flagged:.1%} | {each.f2:.3f} |"
        for each in compared
    ]
    return (
        "## Models compared",
        "",
        "Same training lines, same features (utterance, previous utterance, listener), without",
        "rules, on the validation voices, each at the thresholds that are best for it there.",
        "",
        "| model | violations found | near-misses flagged | F2 |",
        "|---|---|---|---|",
        *rows,
        "",
    )


def _point(card: Card, point: OperatingPoint, plan: TuningPlan) -> tuple[str, ...]:
    bands = [
        f"| {code} | {card.bands[code].quarantined:.3f} | {card.bands[code].open:.3f} |"
        for code in CODES
    ]
    weights = ", ".join(f"{name} +{value:.2f}" for name, value in card.rule_weights.items())
    return (
        "## Operating point",
        "",
        f"Chosen on the validation voices, rules and model together: {point.found:.1%} of",
        f"violations found, {point.flagged:.1%} of near-misses flagged. Log-odds a rule's hit",
        f"adds: {weights}. A rule's hit below {card.dismissed_below:.0%} joint is suppressed.",
        f"Training: {plan.epochs} passes, upper layers after {plan.frozen}, seed {plan.seed}.",
        "",
        "| code | quarantined from | open from |",
        "|---|---|---|",
        *bands,
        "",
    )


def _plain(plain: Measured, columns: Mapping[str, Measured]) -> tuple[str, ...]:
    if plain.plain == 0:
        return ()
    flags = 1000 * plain.plain_flagged / plain.plain
    critical = 1000 * plain.plain_critical / plain.plain
    low, high = wilson(plain.plain_flagged, plain.plain)
    main = next(iter(columns.values()))
    return (
        "## Plain talk and real prevalence",
        "",
        f"{plain.plain} agent utterances of lawful calls by other authors: {flags:.1f} flags per",
        f"1,000 (95 %: {1000 * low:.1f}–{1000 * high:.1f}), {critical:.1f} per 1,000 critical.",
        "",
        *_arithmetic(plain, main),
    )


def _arithmetic(plain: Measured, main: Measured) -> tuple[str, ...]:
    """Expected precision of the critical tier when 1 % of calls hold a critical violation."""
    per_line = plain.plain_critical / plain.plain
    innocent = 1 - (1 - per_line) ** _AGENT_LINES_A_CALL
    true = _PREVALENCE * main.recall
    false = (1 - _PREVALENCE) * innocent
    precision = true / (true + false) if true + false else 0.0
    return (
        f"If {_PREVALENCE:.0%} of calls hold one critical violation and a call has",
        f"{_AGENT_LINES_A_CALL} agent utterances: flagged for good reason {_PREVALENCE:.0%} ×",
        f"{main.recall:.1%} = {true:.2%} of calls; flagged for nothing 99 % ×",
        f"(1 − (1 − {per_line:.5f})^{_AGENT_LINES_A_CALL}) = {false:.2%}; expected precision of",
        f"the critical tier {true:.4f} / {true + false:.4f} = {precision:.0%}.",
        "",
    )


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
