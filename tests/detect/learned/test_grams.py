"""Grams see words through homophones and cost no vocabulary."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from qc_pipeline.detect.classifier import Excerpt
from qc_pipeline.detect.learned.classifier import joined
from qc_pipeline.detect.learned.grams import BUCKETS, Grams, gram_row, syllables


def likeness(one: Excerpt, two: Excerpt) -> float:
    rows = np.zeros((2, BUCKETS))
    for row, excerpt in zip(rows, (one, two), strict=True):
        buckets, values = gram_row(excerpt)
        row[buckets] = values
    return float(rows[0] @ rows[1] / np.linalg.norm(rows[0]) / np.linalg.norm(rows[1]))


def said(text: str, previous: str = "") -> Excerpt:
    return Excerpt(text, previous, "debtor")


def test_a_homophone_stays_close() -> None:
    meant = said("影响你征信")
    assert likeness(meant, said("影响你争信")) > likeness(meant, said("影响你心情")) + 0.2


def test_blurred_sounds_are_one() -> None:
    assert syllables("张三") == syllables("脏山")
    assert syllables("ok7")[:2] == ["o", "k"]


def test_the_previous_utterance_and_the_listener_count() -> None:
    assert likeness(said("行"), said("行", "我要投诉你")) < 1
    assert likeness(said("行"), Excerpt("行", "", "third_party")) < 1


@settings(deadline=None)
@given(st.text(max_size=300), st.text(max_size=80))
def test_any_text_gives_a_row(text: str, previous: str) -> None:
    buckets, values = gram_row(said(text, previous))
    assert len(buckets) == len(values) == len(set(buckets.tolist())) > 0
    assert (np.diff(buckets) > 0).all()
    assert buckets[-1] < BUCKETS
    assert 0 < float(values @ values) < 2.4, "three blocks, of length 1, 1 and 0.4, may overlap"


def test_weights_are_read_and_summed(tmp_path: Path) -> None:
    weights = np.zeros((BUCKETS, 2), np.int8)
    buckets, values = gram_row(said("滚"))
    weights[buckets, 0] = 100
    np.savez_compressed(
        tmp_path / "grams.npz", weights=weights, scales=np.array([0.01, 1], np.float32),
        bias=np.array([-1, 2], np.float32),
    )  # fmt: skip
    odds = Grams(tmp_path / "grams.npz").odds([said("滚"), said("您好")])
    assert odds[0, 0] == np.float32(values.sum() - 1) or abs(odds[0, 0] - values.sum() + 1) < 1e-4
    assert odds[0, 1] == odds[1, 1] == 2


def test_plain_talk_is_nothing_else() -> None:
    by_meaning = np.array([3.0, -3.0], np.float32)
    surely_not = joined(by_meaning, np.array([0.0, 0.0, 9.0], np.float32))
    as_it_was = joined(by_meaning, np.array([0.0, 0.0, -9.0], np.float32))
    assert (surely_not < 0.001).all()
    assert np.allclose(as_it_was, 1 / (1 + np.exp(-by_meaning)), atol=1e-3)
