"""Several calls share one model: their windows are recognised together, in fuller batches.

Each call is worked on by a thread of its own, which hands in its windows and sleeps. The model
runs once every call has handed in (or finished), or when enough windows lie there to fill it
while other calls are still being decoded from disk. What a window yields doesn't depend on its
neighbours, so neither does a transcript.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Condition

from qc_pipeline.speech.segment import Window
from qc_pipeline.speech.transcriber import Recognised, Transcriber


@dataclass(eq=False, slots=True)
class _HandedIn:
    windows: Sequence[Window]
    hotwords: tuple[str, ...]
    again: bool
    heard: list[Recognised] | None = None
    error: BaseException | None = None

    @property
    def settled(self) -> bool:
        return self.heard is not None or self.error is not None


@dataclass(eq=False)
class SharedTranscriber:
    """A `Transcriber` for several threads at once, each inside `taking_part()`.

    `enough`: from this many waiting windows on, the model doesn't wait for the other calls.
    """

    model: Transcriber
    calls: int
    enough: int = 64
    _changed: Condition = field(default_factory=Condition, init=False)
    _waiting: list[_HandedIn] = field(default_factory=list, init=False)
    _busy: bool = field(default=False, init=False)

    @property
    def name(self) -> str:
        """See `Transcriber`."""
        return self.model.name

    @property
    def fingerprint(self) -> str:
        """See `Transcriber`."""
        return self.model.fingerprint

    @contextmanager
    def taking_part(self) -> Iterator[None]:
        """Around the work on one of the `calls`: when it is done, nobody waits for it."""
        try:
            yield
        finally:
            with self._changed:
                self.calls -= 1
                self._changed.notify_all()

    def transcribe(
        self, windows: Sequence[Window], *, hotwords: Sequence[str] = ()
    ) -> list[Recognised]:
        """See `Transcriber`."""
        return self._hand_in(_HandedIn(windows, tuple(hotwords), again=False))

    def transcribe_again(self, windows: Sequence[Window]) -> list[Recognised]:
        """See `Transcriber`."""
        return self._hand_in(_HandedIn(windows, (), again=True))

    def _hand_in(self, own: _HandedIn) -> list[Recognised]:
        with self._changed:
            self._waiting.append(own)
            self._changed.notify_all()
            while not own.settled:
                if self._busy or not self._due():
                    self._changed.wait()
                    continue
                taken, self._waiting, self._busy = self._waiting, [], True
                self._changed.release()
                try:
                    self._recognise(taken)
                finally:
                    self._changed.acquire()
                    self._busy = False
                    self._changed.notify_all()
        if own.error is not None:
            raise own.error
        return own.heard or []

    def _due(self) -> bool:
        handed_in = sum(len(item.windows) for item in self._waiting)
        return len(self._waiting) >= self.calls or handed_in >= self.enough

    def _recognise(self, taken: Sequence[_HandedIn]) -> None:
        kinds: dict[tuple[bool, tuple[str, ...]], list[_HandedIn]] = {}
        for item in taken:
            kinds.setdefault((item.again, item.hotwords), []).append(item)
        for items in kinds.values():
            try:
                self._run(items)
            except Exception:
                # One call's windows must not take the others' results with them.
                for item in items:
                    try:
                        self._run([item])
                    except Exception as error:  # handed to the thread it belongs to
                        item.error = error

    def _run(self, items: Sequence[_HandedIn]) -> None:
        windows = [window for item in items for window in item.windows]
        if items[0].again:
            heard = self.model.transcribe_again(windows)
        else:
            heard = self.model.transcribe(windows, hotwords=items[0].hotwords)
        first = 0
        for item in items:
            item.heard = heard[first : first + len(item.windows)]
            first += len(item.windows)
