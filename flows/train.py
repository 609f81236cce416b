"""Training as a Prefect flow: corpus → classifier → measured beside the one in use → installed.

    python -m flows.train                 train into var/classifier-candidate and compare
    python -m flows.train --install       ... and put it in use if it is not worse
    python -m flows.train --compare       also train the other candidate models (slow)
    python -m flows.train --keep-encoder  leave the encoder in use as it is: minutes, not an hour

`make train` does the second after setting up. Prefect sees names and numbers only. The tuned
encoder is kept under var/training: a run that was stopped later, or that changes only the rest,
takes it up again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import click
from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE

from qc_pipeline.detect.learned.artefact import packaged_classifier
from qc_pipeline.detect.learned.classifier import load_classifier
from qc_pipeline.detect.rules import RuleSet, load_rules
from qc_pipeline.errors import HomeError, ModelError
from qc_pipeline.learn.candidates import tuned
from qc_pipeline.learn.corpus import Corpus, CorpusLine, load_corpus
from qc_pipeline.learn.encoder_weights import EncoderWeights, packaged_weights, read_weights
from qc_pipeline.learn.kept import kept_or_tuned, key_of
from qc_pipeline.learn.measure import Measured, measure
from qc_pipeline.learn.model_card import model_card
from qc_pipeline.learn.operating_point import Bounds
from qc_pipeline.learn.reading import OutputLayer, from_classifier, from_network
from qc_pipeline.learn.training import (
    VOCABULARY_SIZE,
    Compared,
    Manner,
    compare,
    train_classifier,
    training_forms,
)
from qc_pipeline.learn.tuning import Network, TuningPlan
from qc_pipeline.learn.vocabulary import Vocabulary, mandarin_vocabulary
from qc_pipeline.policy import Policy, load_policy
from qc_pipeline.replay.run import ReplayRequest, replay
from qc_pipeline.settings import load_settings, packaged_dir

BOUNDS: Mapping[Manner, Bounds] = {"written": Bounds(0.1, 0.015), "heard": Bounds(0.1, 0.02)}
"""Largest shares of near-misses and of plain talk that operating points may flag."""
NOT_WORSE_BY = 0.005
CARD = "MODEL_CARD.md"


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """What to train from, where to put it, and how. `keep_encoder`: a classifier whose encoder
    is left as it is; `kept`: where tuned encoders are kept; `home`: whose stored calls it is
    tried on (None: the default one).
    """

    corpus: Path
    target: Path
    plan: TuningPlan
    kept: Path | None = None
    keep_encoder: Path | None = None
    compare: bool = False
    home: Path | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the new classifier would change on stored calls. `confirmed_lost`: findings people
    confirmed that it would not make and nothing of the same code in their place.
    """

    calls: int
    gained: int
    lost: int
    confirmed_lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """F2 on the test voices, written and recognised: of the new classifier and of the one in use
    (None: there is none). `replayed`: on stored calls; None when there are none.
    """

    version: str
    new_f2: tuple[float, float]
    old_f2: tuple[float, float] | None
    replayed: Replayed | None = None

    @property
    def not_worse(self) -> bool:
        """Whether the new one may take the old one's place: as good on the test voices, and no
        finding that people confirmed would be gone.
        """
        as_good = self.old_f2 is None or all(
            new >= old - NOT_WORSE_BY for new, old in zip(self.new_f2, self.old_f2, strict=True)
        )
        return as_good and (self.replayed is None or not self.replayed.confirmed_lost)


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
    forms = training_forms(corpus, seed=request.plan.seed)
    encoder, compared = encoder_for(request, forms, corpus, say=log.info)
    card, points = train_classifier(
        forms, corpus, request.target, encoder=encoder, rules=rules, policy=policy,
        bounds=BOUNDS, progress=log.info,
    )  # fmt: skip
    both = rules.with_classifier(load_classifier(request.target))
    columns = on_test_voices(corpus, rules=rules, both=both, policy=policy)
    text = model_card(
        card, points, bounds=BOUNDS, corpus=corpus, plan=request.plan, compared=compared,
        columns=columns,
    )  # fmt: skip
    (request.target / CARD).write_text(text, encoding="utf-8")
    return card.version


def encoder_for(
    request: TrainRequest,
    forms: Sequence[Sequence[CorpusLine]],
    corpus: Corpus,
    *,
    say: Callable[[str], None],
) -> tuple[Callable[[Path], OutputLayer], list[Compared]]:
    """What puts the encoder into a folder, tuned or kept; and the candidates, if asked for."""
    weights = read_weights(packaged_weights())
    vocabulary = mandarin_vocabulary(weights.pieces, size=VOCABULARY_SIZE)
    encoder: Callable[[Path], OutputLayer]
    if request.keep_encoder is not None:
        encoder = partial(from_classifier, request.keep_encoder)
    else:
        network = tuned_network(request, forms, weights=weights, vocabulary=vocabulary, say=say)
        encoder = partial(from_network, network, vocabulary)
    kept = (request.kept or request.target.parent) / (
        f"compared-{key_of(forms, vocabulary, request.plan)}.json"
    )
    if request.compare:
        compared = compare(
            forms, corpus, weights=weights, vocabulary=vocabulary, encoder=encoder,
            most_flagged=BOUNDS["written"].flagged,
            report=lambda each: say(f"{each.name}: F2 {each.f2:.3f}, heard {each.f2_heard:.3f}"),
        )  # fmt: skip
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps([asdict(each) for each in compared]), encoding="utf-8")
    elif kept.exists():
        say("candidates were compared on exactly these lines before: shown again")
        compared = [Compared(**each) for each in json.loads(kept.read_text(encoding="utf-8"))]
    else:
        compared = []
    return encoder, compared


def tuned_network(
    request: TrainRequest,
    forms: Sequence[Sequence[CorpusLine]],
    *,
    weights: EncoderWeights,
    vocabulary: Vocabulary,
    say: Callable[[str], None],
) -> Network:
    """The encoder tuned on the forms; taken from where it is kept if it was made before."""

    def tune() -> Network:
        say(f"tuning on {len(forms)} lines")
        return tuned(
            forms, weights=weights, vocabulary=vocabulary, plan=request.plan,
            after_epoch=lambda epoch, _: say(f"pass {epoch + 1} of {request.plan.epochs}"),
        )  # fmt: skip

    network, found = kept_or_tuned(
        request.kept, forms, weights=weights, vocabulary=vocabulary, plan=request.plan, tuned=tune
    )
    if found:
        say("the encoder was tuned from exactly this before: taken up again")
    return network


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
    corpus = load_corpus(request.corpus)

    def f2_of(folder: Path) -> tuple[float, float]:
        both = rules.with_classifier(load_classifier(folder))
        written, heard = (
            measure(lines, rules=both, policy=policy).f2
            for lines in (corpus.written["test"], corpus.noisy["test"])
        )
        return written, heard

    new = f2_of(request.target)
    try:
        old = f2_of(used)
    except ModelError as error:
        log.info("no classifier in use: %s", error)
        old = None
    return Outcome(load_classifier(request.target).version, new, old)


@task(persist_result=False, cache_policy=NO_CACHE)
def try_on_stored_calls(request: TrainRequest) -> Replayed | None:
    """The new classifier on the calls of a home; None when there is no home yet."""
    log = get_run_logger()
    try:
        report = replay(
            ReplayRequest(classifier=request.target), settings=load_settings(home=request.home)
        )
    except HomeError as error:
        log.info("no stored calls to try it on: %s", error)
        return None
    return Replayed(
        calls=report.calls.heard,
        gained=sum(each.change == "gained" for each in report.changes),
        lost=sum(each.change == "lost" for each in report.changes),
        confirmed_lost=tuple(
            each.finding.finding_id for each in report.confirmed_lost if each.counterpart is None
        ),
    )


@flow(name="train", log_prints=False)
def train(request: TrainRequest, used: Path) -> Outcome:
    """Train a candidate, hold it against the classifier in `used`, try it on stored calls."""
    train_and_describe(request)
    return replace(compare_with_used(request, used), replayed=try_on_stored_calls(request))


@click.command()
@click.option("--corpus", type=click.Path(path_type=Path), default=None,
              help="The corpus folder (default: the packaged one).")  # fmt: skip
@click.option("--target", type=click.Path(path_type=Path), default=Path("var/classifier-candidate"),
              show_default=True, help="Where the candidate goes.")  # fmt: skip
@click.option("--install", is_flag=True, help="Put it in use if it is not worse.")
@click.option("--compare", "also_others", is_flag=True, help="Train the other candidates too.")
@click.option("--keep-encoder", is_flag=True, help="Leave the encoder in use as it is.")
@click.option("--home", type=click.Path(path_type=Path), default=None,
              help="Whose stored calls the new one is tried on (default: the usual home).")  # fmt: skip
@click.option("--half-precision", is_flag=True,
              help="16-bit arithmetic: faster on processors made for it, slower on others.")  # fmt: skip
def main(
    corpus: Path | None,
    target: Path,
    install: bool,
    also_others: bool,
    keep_encoder: bool,
    home: Path | None,
    half_precision: bool,
) -> None:
    """Train the classifier and compare it with the one in use."""
    used = packaged_classifier()
    request = TrainRequest(
        corpus=corpus or packaged_dir("models") / "corpus",
        target=target.absolute(),
        plan=replace(TuningPlan(), half_precision=half_precision),
        kept=Path("var/training").absolute(),
        keep_encoder=used if keep_encoder else None,
        compare=also_others,
        home=home,
    )
    outcome = train(request, used)
    click.echo(f"新模型 {outcome.version}：测试语料 F2 {_pair(outcome.new_f2)}；"
               f"在用模型 {_pair(outcome.old_f2)}")  # fmt: skip
    if outcome.replayed is not None:
        tried = outcome.replayed
        click.echo(
            f"在已存的 {tried.calls} 通通话上试算：新增命中 {tried.gained}，消失 {tried.lost}，"
            f"其中人工已确认的 {len(tried.confirmed_lost)}"
        )
    if not install:
        click.echo(f"候选模型在 {request.target}；启用前请用 qc replay --classifier 试算")
        return
    if not outcome.not_worse:
        click.echo("新模型不如在用模型，或会丢掉人工已确认的命中，未启用", err=True)
        raise click.exceptions.Exit(1)
    if used.exists():
        shutil.rmtree(used)
    shutil.copytree(request.target, used)
    click.echo(f"已启用：{used}")


def _pair(f2: tuple[float, float] | None) -> str:
    return "–" if f2 is None else f"{f2[0]:.4f}（文字）{f2[1]:.4f}（识别）"


if __name__ == "__main__":
    main()
