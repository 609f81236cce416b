"""Written lines as a recogniser might hear them: errors as counted, drawn from seeds."""

from __future__ import annotations

import random
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from qc_pipeline.detect.phonetic import sound_of
from qc_pipeline.learn.corpus import CorpusLine, load_corpus, spoken
from qc_pipeline.learn.mishearing import (
    Mishearing,
    count_mishearing,
    forms_of,
    misheard,
    mishearing_of,
)
from qc_pipeline.settings import packaged_dir

CORPUS = load_corpus(packaged_dir("models") / "corpus")
COUNTED = mishearing_of(CORPUS.written["train"], CORPUS.noisy["train"])


def a_line(text: str, *, previous: str = "") -> CorpusLine:
    return CorpusLine(
        id="v-1", text=text, callee="debtor", previous=previous, labels=("abuse_insult",),
        near_miss_of=None, style="blunt", voice="v",
    )  # fmt: skip


def test_errors_are_counted_on_pairs() -> None:
    counted = count_mishearing(
        [("征信花了", "争信花了"), ("上征信的", "上争信的")], vocabulary=["争"]
    )
    assert counted.rates == (0.25, 0.25)
    assert counted.taken_for == {"征": {"争": 2}}
    assert counted.lost == counted.made_up == 0
    assert counted.shaky["征"] > 1 > counted.shaky["信"]


def test_a_line_of_which_hardly_anything_was_heard_teaches_nothing() -> None:
    assert count_mishearing([("您今天能还吗", "字幕")], vocabulary=[]).rates == (0.0,)


def test_the_corpus_is_misheard_as_often_as_it_was() -> None:
    lines = CORPUS.written["validation"][:600]
    rates = [
        Levenshtein.distance(spoken(x.text), spoken(misheard(x, COUNTED, seed=3).text))
        / len(spoken(x.text))
        for x in lines
    ]
    assert mean(rates) == pytest.approx(mean(COUNTED.rates), abs=0.04)


def test_most_errors_sound_like_what_was_said() -> None:
    alike = total = 0
    for line in CORPUS.written["validation"][:300]:
        heard = spoken(misheard(line, COUNTED, seed=3).text)
        said = spoken(line.text)
        for edit in Levenshtein.editops(said, heard):
            if edit.tag == "replace":
                total += 1
                alike += sound_of(said[edit.src_pos]) == sound_of(heard[edit.dest_pos])
    assert alike / total > 0.5


@settings(deadline=None)
@given(st.text(max_size=60), st.integers())
def test_any_text_keeps_words_and_the_seed_decides(text: str, seed: int) -> None:
    heard = COUNTED.mishear(text, random.Random(seed))
    assert heard == COUNTED.mishear(text, random.Random(seed))
    assert bool(spoken(heard)) == bool(spoken(text))


def test_without_errors_nothing_changes() -> None:
    perfect = Mishearing((0.0,), {}, 0, 0, 1.0, {}, {})
    assert perfect.mishear("您今天能还吗？", random.Random(1)) == "您今天能还吗？"


def test_what_the_other_side_said_is_misheard_too() -> None:
    line = a_line("你还要脸不要", previous="我下岗了真的没有办法还这个钱" * 4)
    heard = misheard(line, COUNTED, seed=1)
    assert heard.previous != line.previous
    assert (heard.labels, heard.callee, heard.heard) == (line.labels, line.callee, True)


def test_every_training_line_has_a_noisy_form_and_keeps_its_labels() -> None:
    forms = forms_of(CORPUS.written["train"], CORPUS.noisy["train"], seed=1)
    assert len(forms) == len(CORPUS.written["train"])
    assert all(len(line) >= 2 and not line[0].heard and line[1].heard for line in forms)
    assert sum(len(line) - 2 for line in forms) == len(CORPUS.noisy["train"])
    assert all(len({form.labels for form in line}) == 1 for line in forms)


def test_without_recognised_lines_there_is_nothing_to_count_on() -> None:
    assert forms_of([a_line("你好")], [], seed=1) == [[a_line("你好")]]
