"""Calls that share a model: same results, fuller batches, nobody waits for ever."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from qc_pipeline.speech.segment import Piece, Span, Window
from qc_pipeline.speech.together import SharedTranscriber
from qc_pipeline.speech.transcriber import Recognised, RecognisedWord
from tests.speech.builders import RATE, noise


def window(name: float) -> Window:
    """A window told from others by its length."""
    span = Span(0, 0.0, name)
    return Window(0, noise(name), RATE, (Piece(0.0, 0.0, name, span),))


def heard(item: Window, mark: str = "") -> Recognised:
    word = RecognisedWord(f"{item.duration_s:.1f}{mark}", 0.0, item.duration_s, 0.9)
    return Recognised((word,), -0.3, 0.1)


class Noting:
    """Says each window's length; remembers what came together."""

    name, fingerprint = "noting", "0" * 16

    def __init__(self) -> None:
        self.batches: list[tuple[int, tuple[str, ...], bool]] = []

    def transcribe(
        self, windows: Sequence[Window], *, hotwords: Sequence[str] = ()
    ) -> list[Recognised]:
        self.batches.append((len(windows), tuple(hotwords), False))
        if any(item.duration_s > 9 for item in windows):
            raise RuntimeError("too long")
        return [heard(item) for item in windows]

    def transcribe_again(self, windows: Sequence[Window]) -> list[Recognised]:
        self.batches.append((len(windows), (), True))
        return [heard(item, "!") for item in windows]


def at_once(shared: SharedTranscriber, *calls: Callable[[], object]) -> list[object]:
    def one(call: Callable[[], object]) -> object:
        with shared.taking_part():
            try:
                return call()
            except RuntimeError as error:
                return error

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(one, calls, timeout=20))


def texts(result: object) -> list[str]:
    assert isinstance(result, list)
    return [item.text for item in result]


def test_windows_of_all_calls_are_recognised_together_and_go_back_to_their_own() -> None:
    model = Noting()
    shared = SharedTranscriber(model, calls=3)
    first, second, third = at_once(
        shared,
        lambda: shared.transcribe([window(1), window(2)]),
        lambda: shared.transcribe([window(3)]),
        lambda: shared.transcribe([window(4), window(5)]),
    )
    assert (texts(first), texts(second), texts(third)) == (["1.0", "2.0"], ["3.0"], ["4.0", "5.0"])
    assert model.batches == [(5, (), False)]


def test_a_call_that_is_done_holds_nobody_up() -> None:
    model = Noting()
    shared = SharedTranscriber(model, calls=3)
    silent, early, twice = at_once(
        shared,
        lambda: None,
        lambda: shared.transcribe([window(1)]),
        lambda: [*shared.transcribe([window(2)]), *shared.transcribe_again([window(2)])],
    )
    assert silent is None
    assert texts(early) == ["1.0"]
    assert texts(twice) == ["2.0", "2.0!"]


def test_enough_windows_need_not_wait_for_a_call_still_being_decoded() -> None:
    model, decoded = Noting(), Event()
    shared = SharedTranscriber(model, calls=2, enough=2)

    def slow() -> object:
        assert decoded.wait(20)
        return shared.transcribe([window(3)])

    def quick() -> object:
        result = shared.transcribe([window(1), window(2)])
        decoded.set()
        return result

    late, soon = at_once(shared, slow, quick)
    assert (texts(soon), texts(late)) == (["1.0", "2.0"], ["3.0"])


def test_hotwords_of_one_call_never_reach_another() -> None:
    model = Noting()
    shared = SharedTranscriber(model, calls=2)
    at_once(
        shared,
        lambda: shared.transcribe([window(1)], hotwords=["张三"]),
        lambda: shared.transcribe([window(2)], hotwords=["李四"]),
    )
    assert sorted(model.batches) == [(1, ("张三",), False), (1, ("李四",), False)]


@pytest.mark.parametrize("calls", [1, 3])
def test_a_fault_stays_with_the_call_it_belongs_to(calls: int) -> None:
    shared = SharedTranscriber(Noting(), calls=calls)
    jobs = [lambda: shared.transcribe([window(10)])]
    jobs += [lambda: shared.transcribe([window(1)])] * (calls - 1)
    fault, *rest = at_once(shared, *jobs)
    assert isinstance(fault, RuntimeError)
    assert [texts(result) for result in rest] == [["1.0"]] * (calls - 1)
