"""What a worker process does in a replay: judge calls again, from artefacts, writing nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from qc_pipeline.detect.matching import PatternBank, Scanned
from qc_pipeline.records import Detection
from qc_pipeline.scan.pool import Workshop
from qc_pipeline.scan.work import (
    Workbench,
    WorkItem,
    artefact_paths,
    detection_of,
    open_workbench,
)
from qc_pipeline.settings import Settings
from qc_pipeline.store.artefacts import detection_path, read_detection, read_transcript

CALLS_PER_BATCH = 16
_BATCHES_PER_WORKER = 5_000
_TEXTS_REMEMBERED = 8_192
_LONGEST_REMEMBERED = 100


@dataclass(frozen=True, slots=True)
class Again:
    """One call to judge again, and the key of its stored detection: what a classifier made of
    its lines is known from there.
    """

    item: WorkItem
    stored_key: str


Batch = tuple[Again, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """One call judged again: `anew`, over so many `utterances`, or by the artefact of an earlier
    detection. Without a detection, `missing` says that the transcript is gone or damaged,
    `fault` what went wrong.
    """

    call_id: str
    detection: Detection | None
    anew: bool = False
    utterances: int = 0
    missing: bool = False
    fault: str | None = None


class RememberingBank(PatternBank):
    """A rule set's bank that remembers short texts with what was found in them: over weeks of
    calls, collectors say the same lines again and again.
    """

    def __init__(self, bank: PatternBank) -> None:
        super().__init__()
        self.matchers = bank.matchers
        self._bank = bank
        self._remembered = lru_cache(_TEXTS_REMEMBERED)(bank.scan)

    def scan(self, text: str) -> Scanned:
        """What of the bank may be in `text`."""
        return (self._remembered if len(text) <= _LONGEST_REMEMBERED else self._bank.scan)(text)


_bench: list[Workbench] = []


def start(settings: Settings) -> None:
    """Give this worker process the rules and policy to try."""
    bench = open_workbench(settings)
    _bench[:] = [replace(bench, rules=replace(bench.rules, bank=RememberingBank(bench.rules.bank)))]


def judge_here(batch: Batch) -> tuple[Judged, ...]:
    """`judge_again` for each call, with this worker process's own workbench."""
    return tuple(judge_again(again, bench=_bench[0]) for again in batch)


def judge_again(again: Again, *, bench: Workbench) -> Judged:
    """The detection of one call: the artefact of this key if there is one, else made anew.

    Never raises: what goes wrong with one call is its `fault`, and the rest goes on.
    """
    item, home = again.item, bench.settings.home
    call_id = item.context.call.call_id
    transcript_file, detection_file = artefact_paths(item, home)
    try:
        known = read_detection(detection_file)
        if known is not None:
            return Judged(call_id, known)
        transcript = read_transcript(transcript_file) if transcript_file else None
        if transcript is None:
            return Judged(call_id, None, missing=True)
        stored = None
        if bench.memory is not None:
            stored = read_detection(detection_path(home, call_id, again.stored_key))
        detection = detection_of(
            item, transcript, bench=bench, earlier=stored.judgements if stored else None
        )
    except Exception as error:
        return Judged(call_id, None, fault=f"{type(error).__name__}: {error}")
    return Judged(call_id, detection, anew=True, utterances=len(transcript.utterances))


def workshop_for(settings: Settings) -> Workshop[Batch, tuple[Judged, ...]]:
    """How worker processes are started and what they do."""
    return Workshop(judge_here, start, (settings,), _BATCHES_PER_WORKER)
