"""The corpus that comes with the project keeps what its data card promises."""

from __future__ import annotations

from collections import Counter
from itertools import chain

import pytest

from qc_pipeline.learn.corpus import CODES, Corpus, CorpusLine, load_corpus, near_duplicates
from qc_pipeline.settings import packaged_dir
from tests.data.voices import held_out

FOLDER = packaged_dir("models") / "corpus"


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return load_corpus(FOLDER)


@pytest.fixture(scope="module")
def cases(corpus: Corpus) -> list[CorpusLine]:
    """Everything but plain talk."""
    return [x for x in chain(*corpus.written.values()) if x.labels or x.near_miss_of]


def test_it_is_large_enough(corpus: Corpus, cases: list[CorpusLine]) -> None:
    assert len(cases) + len(held_out()) >= 8_000
    assert len({line.voice for line in cases}) >= 24
    assert sum(map(len, corpus.noisy.values())) >= 2_000


def test_violations_and_near_misses_are_equally_many(cases: list[CorpusLine]) -> None:
    guilty = sum(bool(line.labels) for line in cases)
    assert 0.48 <= guilty / len(cases) <= 0.52


def test_every_voice_has_every_code_on_both_sides(cases: list[CorpusLine]) -> None:
    counted = Counter((x.voice, x.labels[0] if x.labels else "", x.near_miss_of) for x in cases)
    for voice in {line.voice for line in cases}:
        for code in CODES:
            assert counted[voice, code, None] >= 9, (voice, code)
            assert counted[voice, "", code] >= 9, (voice, code)


def test_voices_do_not_cross_splits(corpus: Corpus) -> None:
    for split, lines in corpus.noisy.items():
        voices = {line.voice for line in corpus.written[split]}
        assert {line.voice for line in lines} <= voices
    assert all(len({x.voice for x in lines}) >= 4 for lines in corpus.written.values())


def test_the_other_side_is_heard_in_many_lines(cases: list[CorpusLine]) -> None:
    assert sum(bool(line.previous) for line in cases) / len(cases) >= 0.4
    assert sum(line.callee != "debtor" for line in cases) / len(cases) >= 0.15


def test_no_line_is_nearly_another(cases: list[CorpusLine]) -> None:
    alike = near_duplicates([*cases, *held_out()], at_least=0.5)
    assert [(one.text, two.text) for one, two, _ in alike] == []
