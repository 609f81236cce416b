"""Vectors of voices parted into two; turns found between them."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qc_pipeline.speech.voices import (
    change_of_voice,
    course_of_turns,
    split_voices,
    third_voice_from,
)


def voice(number: int, windows: int, *, spread: float = 0.04, seed: int = 0) -> np.ndarray:
    """Unit vectors around a direction of its own, all with non-negative parts as real ones have."""
    centre = np.abs(np.random.default_rng(100 + number).normal(size=64))
    around = np.random.default_rng(seed * 10 + number).normal(0, spread, (windows, 64))
    vectors = centre / np.linalg.norm(centre) + around
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@given(st.integers(2, 60), st.integers(2, 60), st.integers(0, 20))
@settings(max_examples=40, deadline=None)
def test_two_voices_are_parted_however_unevenly_they_talk(a: int, b: int, seed: int) -> None:
    if min(a, b) < 0.05 * (a + b) or a + b < 4:
        return
    vectors = np.concatenate([voice(1, a, seed=seed), voice(2, b, seed=seed)])
    split = split_voices(vectors, [1.6] * (a + b))
    assert split is not None
    sides = split.scores > 0
    assert len(set(sides[:a])) == len(set(sides[a:])) == 1
    assert sides[0] != sides[-1]
    assert split.confidence > 0.5 or min(a, b) < 0.16 * (a + b)


def test_one_voice_is_not_surely_two() -> None:
    split = split_voices(voice(1, 80), [1.6] * 80)
    assert split is None or split.confidence < 0.45


def test_too_little_to_tell() -> None:
    assert split_voices(voice(1, 3), [1.0] * 3) is None


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=9), st.data())
@settings(max_examples=60, deadline=None)
def test_the_course_of_turns_is_the_likeliest_of_all(
    scores: list[float], data: st.DataObject
) -> None:
    pauses = [True] + [data.draw(st.booleans()) for _ in scores[1:]]

    def worth(course: tuple[int, ...]) -> float:
        gain = sum((0.1 * s if v else -0.1 * s) for s, v in zip(scores, course, strict=True))
        changes = [i for i in range(1, len(course)) if course[i] != course[i - 1]]
        return gain - sum(0.03 if pauses[i] else 0.3 for i in changes)

    found = tuple(course_of_turns(np.array(scores), np.array(pauses)).tolist())
    best = max(worth(course) for course in product((0, 1), repeat=len(scores)))
    assert worth(found) == pytest.approx(best)


def test_a_change_costs_more_in_the_middle_of_speech_than_after_a_pause() -> None:
    scores = np.array([-0.4] * 5 + [0.1] * 5 + [-0.4] * 5)
    at_pauses = np.isin(np.arange(15), (5, 10))
    assert course_of_turns(scores * 8, at_pauses).tolist() == [0] * 5 + [1] * 5 + [0] * 5
    assert course_of_turns(scores, np.zeros(15, bool)).tolist() == [0] * 15


def test_who_takes_over_for_good_is_noticed_and_who_answers_in_turn_is_not() -> None:
    first, second = voice(1, 30), voice(2, 20)
    times = list(np.arange(50.0))
    passed_on = np.concatenate([first, second])
    assert change_of_voice(passed_on, times, [1.6] * 50) == 30.0
    in_turn = passed_on[np.argsort(np.arange(50) % 5, kind="stable")]
    assert change_of_voice(in_turn, times, [1.6] * 50) is None
    assert change_of_voice(voice(1, 50), times, [1.6] * 50) is None


@pytest.mark.parametrize("people", [2, 3])
def test_a_third_person_is_noticed_when_three_explain_more_than_two(people: int) -> None:
    vectors = np.concatenate([voice(n, 40, seed=3) for n in range(1, people + 1)])
    times, lengths = list(np.arange(len(vectors)) * 1.0), [1.6] * len(vectors)
    split = split_voices(vectors, lengths)
    assert split is not None
    found = third_voice_from(vectors, times, lengths, split)
    assert found == (80.0 if people == 3 else None)
