"""The corpus is read strictly: a wrong line is named with its file and what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from qc_pipeline.errors import CorpusError
from qc_pipeline.learn.corpus import CODES, CorpusLine, load_corpus, near_duplicates

GUILTY: dict[str, Any] = {
    "id": "v-1", "text": "你闺女几点放学我都知道", "speaker": "agent", "callee": "debtor",
    "prev": None, "labels": ["threat_intimidation"], "near_miss_of": None, "style": "veiled",
    "voice": "v",
}  # fmt: skip
INNOCENT: dict[str, Any] = {
    **GUILTY, "id": "v-2", "text": "孩子放学了您先去接", "labels": [],
    "near_miss_of": "threat_intimidation", "style": "answer",
}  # fmt: skip


def folder(tmp_path: Path, *lines: dict[str, Any], splits: str = "train: [v]\n") -> Path:
    (tmp_path / "voices").mkdir()
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (tmp_path / "voices/v.jsonl").write_text(text, encoding="utf-8")
    (tmp_path / "splits.yaml").write_text(f"{splits}validation: []\ntest: []\n")
    return tmp_path


def test_lines_go_to_the_split_of_their_voice(tmp_path: Path) -> None:
    corpus = load_corpus(folder(tmp_path, GUILTY, INNOCENT))
    assert [line.id for line in corpus.written["train"]] == ["v-1", "v-2"]
    assert corpus.written["test"] == ()


def test_a_recognised_copy_keeps_labels_and_split(tmp_path: Path) -> None:
    root = folder(tmp_path, GUILTY)
    (root / "noisy").mkdir()
    copies = [{"id": "v-1", "text": "你归女几点放学我都知道"}, {"id": "v-1", "text": "。"}]
    text = "".join(json.dumps(copy, ensure_ascii=False) + "\n" for copy in copies)
    (root / "noisy/v.jsonl").write_text(text, encoding="utf-8")
    (copy,) = load_corpus(root).noisy["train"]
    assert copy.heard
    assert copy.labels == ("threat_intimidation",)
    assert copy.id != "v-1"


def test_verdicts_only_train(tmp_path: Path) -> None:
    root = folder(tmp_path, GUILTY)
    (root / "verdicts").mkdir()
    line = {**INNOCENT, "style": "verdict", "voice": "verdicts"}
    (root / "verdicts/2026-11.jsonl").write_text(json.dumps(line), encoding="utf-8")
    corpus = load_corpus(root)
    assert [each.id for each in corpus.written["train"]] == ["v-1", "v-2"]
    assert corpus.written["test"] == corpus.written["validation"] == ()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"labels": ["rudeness"]}, "rudeness"),
        ({"labels": ["abuse_insult", "abuse_insult"]}, "stands twice"),
        ({"near_miss_of": "abuse_insult"}, "not the near-miss"),
        ({"labels": []}, "near_miss_of is None"),
        ({"labels": [], "near_miss_of": "rudeness"}, "rudeness"),
        ({"speaker": "customer"}, "collector"),
        ({"callee": "dog"}, "dog"),
        ({"text": "……"}, "empty"),
        ({"text": ""}, "empty"),
        ({"style": "shouting"}, "shouting"),
        ({"style": "plain"}, "plain talk"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, change: dict[str, Any], complaint: str) -> None:
    root = folder(tmp_path, INNOCENT, {**GUILTY, **change})
    with pytest.raises(CorpusError, match=r"v\.jsonl, line 2: ") as error:
        load_corpus(root)
    assert complaint in str(error.value)


def test_a_missing_field_and_broken_json_are_named(tmp_path: Path) -> None:
    root = folder(tmp_path, {k: v for k, v in GUILTY.items() if k != "prev"})
    with pytest.raises(CorpusError, match="exactly the fields"):
        load_corpus(root)
    (root / "voices/v.jsonl").write_text("{oops", encoding="utf-8")
    with pytest.raises(CorpusError, match="line 1"):
        load_corpus(root)


@pytest.mark.parametrize(
    ("splits", "complaint"),
    [
        ("train: [v]\nvalidation: [v]\n", "stands twice"),
        ("train: []\n", "no split for v"),
        ("train: [v, w]\n", "no file for w"),
    ],
)
def test_splits_name_every_voice_once(tmp_path: Path, splits: str, complaint: str) -> None:
    root = folder(tmp_path, GUILTY)
    rest = "" if "validation" in splits else "validation: []\n"
    (root / "splits.yaml").write_text(f"{splits}{rest}test: []\n")
    with pytest.raises(CorpusError, match=complaint):
        load_corpus(root)


def test_an_id_stands_once(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="also stands in"):
        load_corpus(folder(tmp_path, GUILTY, GUILTY))


def line(number: int, text: str, previous: str = "", code: str | None = CODES[0]) -> CorpusLine:
    return CorpusLine(
        id=str(number), text=text, callee="debtor", previous=previous,
        labels=(code,) if code else (), near_miss_of=None if code else CODES[0],
        style="blunt", voice="v",
    )  # fmt: skip


def test_near_duplicates_are_found_and_pairs_told_apart_by_context_are_not() -> None:
    same = [
        line(1, "今天下午三点前把钱还上"),
        line(2, "今天下午三点前把钱还上！"),
        line(3, "完全不同的话"),
    ]
    assert [(a.id, b.id) for a, b, _ in near_duplicates(same, at_least=0.5)] == [("1", "2")]
    on_purpose = [
        line(1, "可以啊，发过来吧", "给你红包"),
        line(2, "可以啊，发过来吧", "账单发我", None),
    ]
    assert near_duplicates(on_purpose, at_least=0.5) == []
