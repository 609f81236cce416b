from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from qc_pipeline.speech.segment import Span, Turn, Window, find_speech, group_turns, pack
from tests.speech.builders import RATE, noise

SLOW_RATE = 1_000  # packing doesn't care; it keeps generated sound small
MAX_S = 28.0


@st.composite
def spans_on(draw: st.DrawFn, channel: int = 0) -> list[Span]:
    """Spans of one channel in order, none longer than a window may hold."""
    at = draw(st.floats(0, 3))
    spans: list[Span] = []
    for _ in range(draw(st.integers(1, 25))):
        length = draw(st.floats(0.05, MAX_S - 1))
        spans.append(Span(channel, at, at + length))
        at += length + draw(st.floats(0.03, 5))
    return spans


def windows_over(spans: list[Span]) -> tuple[np.ndarray, list[Window]]:
    frames = round((spans[-1].end_s + 1) * SLOW_RATE)
    samples = np.arange(frames, dtype=np.float32)  # every sample tells where it came from
    turns = group_turns(spans, gap_s=0.7)
    windows = pack(samples, turns, sample_rate=SLOW_RATE, target_s=20, max_s=MAX_S, context_s=0.25)
    return samples, windows


@settings(deadline=None)
@given(spans_on())
def test_every_span_is_in_exactly_one_window_whole(spans: list[Span]) -> None:
    _, windows = windows_over(spans)
    pieces = [piece for window in windows for piece in window.pieces]
    assert [piece.span for piece in pieces] == spans
    for piece in pieces:
        assert piece.start_s <= piece.span.start_s + 1 / SLOW_RATE
        assert piece.end_s >= piece.span.end_s - 1 / SLOW_RATE


@settings(deadline=None)
@given(spans_on())
def test_no_window_is_longer_than_allowed(spans: list[Span]) -> None:
    _, windows = windows_over(spans)
    assert all(window.duration_s <= MAX_S + 1 / SLOW_RATE for window in windows)


@settings(deadline=None)
@given(spans_on(), st.floats(0, 1))
def test_time_in_a_window_leads_back_to_the_very_sample(spans: list[Span], where: float) -> None:
    _, windows = windows_over(spans)
    for window in windows:
        index = min(int(where * len(window.samples)), len(window.samples) - 1)
        time_s = index / SLOW_RATE
        start_s, end_s = window.original_times(time_s, time_s)
        assert start_s == end_s
        assert abs(start_s * SLOW_RATE - window.samples[index]) < 1


@settings(deadline=None)
@given(spans_on(), st.floats(-1, 35), st.floats(0, 5))
def test_no_word_spans_what_was_left_out(
    spans: list[Span], start_s: float, length_s: float
) -> None:
    _, windows = windows_over(spans)
    for window in windows:
        first, last = window.original_times(start_s, start_s + length_s)
        piece = window.piece_at(start_s + length_s / 2)
        assert piece.start_s <= first <= last <= piece.end_s


@settings(deadline=None)
@given(spans_on(0), spans_on(1))
def test_turns_keep_every_span_and_never_hold_another_channel(
    left: list[Span], right: list[Span]
) -> None:
    turns = group_turns([*left, *right], gap_s=0.7)
    assert sorted((s for t in turns for s in t.spans), key=lambda s: (s.channel, s.start_s)) == [
        *left,
        *right,
    ]
    for turn in turns:
        assert {span.channel for span in turn.spans} == {turn.channel}
        for before, after in pairwise(turn.spans):
            assert after.start_s - before.end_s <= 0.7
    assert [turn.start_s for turn in turns] == sorted(turn.start_s for turn in turns)


def test_an_answer_from_the_other_side_ends_a_turn() -> None:
    question, more = Span(0, 0.0, 1.0), Span(0, 1.6, 2.5)
    answer = Span(1, 1.1, 1.5)
    assert len(group_turns([question, more], gap_s=0.7)) == 1
    assert len(group_turns([question, answer, more], gap_s=0.7)) == 3


def test_a_monologue_is_cut_at_its_longest_pauses() -> None:
    pauses = [0.2, 0.6, 0.3, 0.5, 0.2]
    spans, at = [], 0.0
    for pause in [*pauses, 0.0]:
        spans.append(Span(0, at, at + 8))
        at += 8 + pause
    turns = group_turns(spans, gap_s=0.7)
    assert [len(turn.spans) for turn in turns] == [2, 2, 2]
    assert all(turn.end_s - turn.start_s <= 20 for turn in turns)


def test_windows_end_between_turns_when_they_can() -> None:
    turns = [Turn(0, (Span(0, at, at + 4), Span(0, at + 4.3, at + 8.3))) for at in range(0, 60, 10)]
    samples = np.zeros(61 * SLOW_RATE, np.float32)
    windows = pack(samples, turns, sample_rate=SLOW_RATE, target_s=20, max_s=MAX_S, context_s=0.25)
    last_spans = {window.pieces[-1].span for window in windows}
    assert last_spans <= {turn.spans[-1] for turn in turns}
    assert len(windows) == 3


def test_nothing_to_pack_gives_no_windows() -> None:
    assert group_turns([], gap_s=0.7) == []
    assert pack(noise(1), [], sample_rate=RATE, target_s=20, max_s=MAX_S, context_s=0.25) == []


def test_silence_and_noise_hold_no_speech() -> None:
    for samples in (np.zeros(5 * RATE, np.float32), noise(5), np.zeros(0, np.float32)):
        assert find_speech(samples, sample_rate=RATE, channel=0, max_s=28) == []


def test_speech_is_found_where_it_is(excerpt) -> None:
    audio = excerpt("s01", 0.0, 20.0)
    spans = find_speech(audio.samples[0], sample_rate=RATE, channel=0, max_s=28)
    assert 0.9 < spans[0].start_s < 1.4  # the collector's first turn: 1.07 to 4.52
    assert not any(5.3 < (s.start_s + s.end_s) / 2 < 7.5 for s in spans)  # the customer speaks
    assert all(a.end_s <= b.start_s for a, b in pairwise(spans))
