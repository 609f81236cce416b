"""Training as a Prefect flow: corpus → classifier → measured beside the one in use → installed.

    python -m flows.train                 train into var/classifier-candidate and compare
    python -m flows.train --install       ... and put it in use if it is not worse
    python -m flows.train --compare       also train the other candidate models (slow)

`make train` does the second after setting up. Prefect sees names and numbers only.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import click
from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE

from qc_pipeline.detect.learned.artefact import packaged_classifier
from qc_pipeline.detect.learned.classifier import load_classifier
from qc_pipeline.detect.rules import RuleSet, load_rules
from qc_pipeline.errors import ModelError
from qc_pipeline.learn.corpus import Corpus, load_corpus
from qc_pipeline.learn.encoder_weights import packaged_weights, read_weights
from qc_pipeline.learn.measure import Measured, measure
from qc_pipeline.learn.model_card import model_card
from qc_pipeline.learn.training import Compared, compare, train_classifier
from qc_pipeline.learn.tuning import TuningPlan
from qc_pipeline.policy import Policy, load_policy
from qc_pipeline.settings import load_settings, packaged_dir

MOST_FLAGGED = 0.08
NOT_WORSE_BY = 0.005
CARD = "MODEL_CARD.md"


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """What to train from, where to put it, and how."""

    corpus: Path
    target: Path
    plan: TuningPlan
    compare: bool = False
    most_flagged: float = MOST_FLAGGED


@dataclass(frozen=True, slots=True)
class Outcome:
    """F2 on the test voices: of the new classifier and of the one in use (None: there is none)."""

    version: str
    new_f2: float
    old_f2: float | None

    @property
    def not_worse(self) -> bool:
        """Whether the new one may take the old one's place."""
        return self.old_f2 is None or self.new_f2 >= self.old_f2 - NOT_WORSE_BY


def detection() -> tuple[RuleSet, Policy]:
    """The rules without a classifier, and the policy."""
    settings = load_settings()
    policy = load_policy(settings.policy_dir)
    return load_rules(settings.lexicon_dir, taxonomy=policy.taxonomy), policy


@task(persist_result=False, cache_policy=NO_CACHE)
def train_and_describe(request: TrainRequest) -> str:
    """Train, measure, write the files and the model card; the version."""
    log = get_run_logger()
    corpus = load_corpus(request.corpus)
    rules, policy = detection()
    weights = read_weights(packaged_weights())
    compared: list[Compared] = []
    if request.compare:
        compared = compare(
            corpus, weights=weights, plan=request.plan, most_flagged=request.most_flagged,
            report=lambda each: log.info("%s: %.3f found, %.3f flagged",
                                         each.name, each.found, each.flagged),
        )  # fmt: skip
    card, point = train_classifier(
        corpus, request.target, weights=weights, plan=request.plan, rules=rules, policy=policy,
        most_flagged=request.most_flagged, progress=log.info,
    )  # fmt: skip
    both = rules.with_classifier(load_classifier(request.target))
    columns = on_test_voices(corpus, rules=rules, both=both, policy=policy)
    text = model_card(
        card, point, corpus=corpus, plan=request.plan, compared=compared, columns=columns,
        plain=columns["rules and model"],
    )  # fmt: skip
    (request.target / CARD).write_text(text, encoding="utf-8")
    return card.version


def on_test_voices(
    corpus: Corpus, *, rules: RuleSet, both: RuleSet, policy: Policy
) -> dict[str, Measured]:
    """Rules alone and with the model, on written and on recognised lines."""
    written, noisy = corpus.written["test"], corpus.noisy["test"]
    columns = {
        "rules and model": measure(written, rules=both, policy=policy),
        "rules alone": measure(written, rules=rules, policy=policy),
    }
    if noisy:
        columns["rules and model, recognised"] = measure(noisy, rules=both, policy=policy)
        columns["rules alone, recognised"] = measure(noisy, rules=rules, policy=policy)
    return columns


@task(persist_result=False, cache_policy=NO_CACHE)
def compare_with_used(request: TrainRequest, used: Path) -> Outcome:
    """Both classifiers on the fixed test voices."""
    log = get_run_logger()
    rules, policy = detection()
    lines = load_corpus(request.corpus).written["test"]
    new = load_classifier(request.target)
    found = measure(lines, rules=rules.with_classifier(new), policy=policy).f2
    try:
        old = measure(lines, rules=rules.with_classifier(load_classifier(used)), policy=policy).f2
    except ModelError as error:
        log.info("no classifier in use: %s", error)
        old = None
    return Outcome(new.version, found, old)


@flow(name="train", log_prints=False)
def train(request: TrainRequest, used: Path) -> Outcome:
    """Train a candidate and hold it against the classifier in `used`."""
    train_and_describe(request)
    return compare_with_used(request, used)


@click.command()
@click.option("--corpus", type=click.Path(path_type=Path), default=None,
              help="The corpus folder (default: the packaged one).")  # fmt: skip
@click.option("--target", type=click.Path(path_type=Path), default=Path("var/classifier-candidate"),
              show_default=True, help="Where the candidate goes.")  # fmt: skip
@click.option("--install", is_flag=True, help="Put it in use if it is not worse.")
@click.option("--compare", "also_others", is_flag=True, help="Train the other candidates too.")
@click.option("--full-precision", is_flag=True,
              help="32-bit arithmetic: slower on new processors, faster on old ones.")  # fmt: skip
def main(
    corpus: Path | None, target: Path, install: bool, also_others: bool, full_precision: bool
) -> None:
    """Train the classifier and compare it with the one in use."""
    plan = replace(TuningPlan(), half_precision=not full_precision)
    request = TrainRequest(
        corpus=corpus or packaged_dir("models") / "corpus",
        target=target.absolute(),
        plan=plan,
        compare=also_others,
    )
    used = packaged_classifier()
    outcome = train(request, used)
    old = "–" if outcome.old_f2 is None else f"{outcome.old_f2:.4f}"
    click.echo(f"新模型 {outcome.version}：测试语料 F2 {outcome.new_f2:.4f}；在用模型 {old}")
    if not install:
        click.echo(f"候选模型在 {request.target}；启用前请用 qc replay --classifier 试算")
        return
    if not outcome.not_worse:
        click.echo("新模型不如在用模型，未启用", err=True)
        raise click.exceptions.Exit(1)
    if used.exists():
        shutil.rmtree(used)
    shutil.copytree(request.target, used)
    click.echo(f"已启用：{used}")


if __name__ == "__main__":
    main()
