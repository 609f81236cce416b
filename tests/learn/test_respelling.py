"""Counting the model that tells characters of one sound apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from qc_pipeline.learn.corpus import Corpus, CorpusLine
from qc_pipeline.learn.respelling import build_ngrams, count_confusions, count_talk, count_words
from qc_pipeline.speech.respelling import spelled


def line(number: int, text: str, *, heard: bool = False) -> CorpusLine:
    return CorpusLine(
        f"v-{number}{'~' * heard}", text, "debtor", "", (), None, "plain", "v", heard=heard
    )  # fmt: skip


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    lines = tuple(line(i, "这笔款由蓝鲸公司委托我们来谈。") for i in range(40))
    nothing: tuple[CorpusLine, ...] = ()
    return Corpus(
        {"train": lines, "validation": (line(99, "绿鲨"),), "test": nothing},
        {"train": (line(0, "这笔款油蓝惊公司伟托我们来谈", heard=True),), "validation": nothing,
         "test": nothing},
    )  # fmt: skip


@pytest.fixture(scope="module")
def dictionary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("words") / "dict.txt"
    words = [*"这笔款由油蓝惊鲸伟我们来谈", "公司", "委托", "鲸鱼", "吃惊", "伟大"]
    path.write_text("".join(f"{word} 900 n\n" for word in words), "utf-8")
    return path


def test_what_the_training_voices_say_decides(corpus: Corpus, dictionary: Path) -> None:
    ngrams = build_ngrams(corpus, dictionary=dictionary)
    heard = "由蓝惊公司伟托"
    assert spelled(heard, np.zeros(len(heard), np.float32), ngrams) == "由蓝鲸公司委托"


def test_other_voices_are_never_read(corpus: Corpus, dictionary: Path) -> None:
    other = replace(corpus, written={**corpus.written, "validation": (line(7, "紫狐" * 50),)})
    one, two = (build_ngrams(each, dictionary=dictionary) for each in (corpus, other))
    assert np.array_equal(one.trigrams, two.trigrams)
    assert np.array_equal(one.costs, two.costs)


def test_witten_bell_believes_counts_and_leaves_room_for_the_unseen() -> None:
    talk = count_talk(["还款，还钱", "还款"])
    assert talk.rows[1]["还款"] == 2
    seen, rarer = talk.after("还", "款", 0.01), talk.after("还", "钱", 0.01)
    unseen = talk.after("还", "车", 0.01)
    assert seen > rarer > unseen > 0


def test_a_dictionary_tells_what_follows_inside_words(tmp_path: Path) -> None:
    dictionary = tmp_path / "dict.txt"
    dictionary.write_text("委托 900 v\n伟大 900 a\n稀 1 a\nabc 900 n\n", "utf-8")
    words = count_words(dictionary)
    assert words.after("委", "托") > 10 * words.after("伟", "托")
    assert "稀" not in words.characters
    assert "a" not in words.characters


def test_confusions_that_happen_once_are_chance() -> None:
    often = [("红的", "号的")] * 3
    once = [("红的", "红地底")]
    confused = count_confusions(often + once)
    assert set(confused) == {"hao"}
    assert 0 < confused["hao"]["hong"] < 1
