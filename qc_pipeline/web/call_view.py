"""One call as its page shows it: facts, turns with their words in time, findings in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from qc_pipeline.records import SEVERITIES, Utterance, Word
from qc_pipeline.store.artefacts import read_transcript, transcript_path
from qc_pipeline.store.masks import mask_number, mask_text
from qc_pipeline.web.refusals import NotThere
from qc_pipeline.web.visitor import Visitor

TURNS_BEFORE, TURNS_AFTER = 2, 1
"""What is played around a finding: two turns before it, to the reply after it."""
WAITING = ("open", "quarantined")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some characters of a turn that sound together; `finding_ids` of the findings they lie in."""

    text: str
    start_s: float
    end_s: float
    finding_ids: tuple[str, ...]
    severity: str | None


@dataclass(frozen=True, slots=True)
class Turn:
    """One utterance, cut into pieces at words and at the ends of findings."""

    index: int
    speaker: str
    channel: int
    start_s: float
    end_s: float
    text: str
    confidence: float
    suspect: str | None
    corrected: str | None
    other_text: str | None
    pieces: tuple[Piece, ...]
    manner: Manner


@dataclass(frozen=True, slots=True)
class Manner:
    """How a turn was said, where that is remarkable: dB above the side's usual level, seconds of
    dead air before it, seconds it talked over the other side; None: nothing remarkable, or unknown.
    """

    shouted_db: float | None = None
    dead_air_s: float | None = None
    interrupted_s: float | None = None


@dataclass(frozen=True, slots=True)
class Strip:
    """What the call sounds like as a whole: the collector's share of the talk 0..1, how often each
    side interrupted or shouted, how often nobody spoke for long.
    """

    agent_share: float | None
    interruptions: Mapping[str, int]
    shouted: Mapping[str, int]
    dead_air: int


@dataclass(frozen=True, slots=True)
class FindingCard:
    """A finding with the stretch to play for it (seconds; None when it has no place)."""

    row: Mapping[str, Any]
    play_from: float | None
    play_to: float | None

    @property
    def waiting(self) -> bool:
        """Whether it needs a verdict."""
        return self.row["status"] in WAITING


@dataclass(frozen=True, slots=True)
class CallView:
    """Everything the page of a call shows. Texts and numbers are masked unless `revealed`."""

    call: Mapping[str, Any]
    turns: tuple[Turn, ...]
    findings: tuple[FindingCard, ...]
    suppressed: tuple[Mapping[str, Any], ...]
    events: tuple[Mapping[str, Any], ...]
    lanes: tuple[str, ...]
    strip: Strip | None
    revealed: bool

    @property
    def waiting(self) -> int:
        """How many findings need a verdict."""
        return sum(card.waiting for card in self.findings)

    @property
    def note_findings(self) -> tuple[FindingCard, ...]:
        """Where the note and the recording differ."""
        return tuple(card for card in self.findings if card.row["sub_code"] == "ri_note")


def call_view(visitor: Visitor, call_id: str, *, revealed: bool = False) -> CallView:
    """The call, if `visitor` may see it. Raises NotThere otherwise."""
    params: dict[str, Any] = {"call_id": call_id, **visitor.scope.params()}
    with visitor.desk.store.reading() as session:
        call = session.one("web/call", params)
        if call is None:
            raise NotThere
        params["day"] = call["started_at"].date() if call["started_at"] else None
        utterances = session.rows("web/call_utterances", params)
        found = session.rows("web/call_findings", params)
        suppressed = session.rows("web/call_suppressed", params)
        events = session.rows("web/call_events", params)
    recognised = _recognised(visitor, call)
    turns = tuple(_turn(row, recognised.get(row["index"]), found) for row in utterances)
    cards = tuple(_card(row, turns) for row in sorted(found, key=_urgency))
    view = CallView(
        call=call, turns=turns, findings=cards, suppressed=tuple(suppressed),
        events=tuple(events), lanes=_lanes(utterances), strip=_strip(utterances), revealed=revealed,
    )  # fmt: skip
    return view if revealed else _masked(view)


def _recognised(visitor: Visitor, call: Mapping[str, Any]) -> dict[int, Utterance]:
    """The utterances as recognition wrote them, with timed words; none if the artefact is gone."""
    if not call["recording_sha256"] or not call["transcript_config"]:
        return {}
    path = transcript_path(
        visitor.desk.settings.home, call["recording_sha256"], call["transcript_config"]
    )
    transcript = read_transcript(path)
    return {u.index: u for u in transcript.utterances} if transcript else {}


def _turn(
    row: Mapping[str, Any], recognised: Utterance | None, found: Sequence[Mapping[str, Any]]
) -> Turn:
    words: Sequence[Word] = recognised.words if recognised is not None else ()
    other = recognised.other_text if recognised is not None else None
    text, inside = row["text"], [f for f in found if f["utterance_index"] == row["index"]]
    fitting = all(0 <= word.start < word.end <= len(text) for word in words)
    words = words if fitting else ()
    cuts = {0, len(text)}
    for word in words:
        cuts |= {word.start, word.end}
    spans = [
        (max(0, f["start_offset"]), min(len(text), f["end_offset"]), f)
        for f in inside
        if f["start_offset"] is not None and f["end_offset"] is not None
    ]
    for start, end, _ in spans:
        cuts |= {start, end}
    edges = sorted(cut for cut in cuts if 0 <= cut <= len(text))
    pieces = []
    for start, end in pairwise(edges):
        within = [f for low, high, f in spans if low <= start and end <= high]
        start_s, end_s = _time_of(row, words, start, end)
        worst = min((f["severity"] for f in within), key=SEVERITIES.index, default=None)
        ids = tuple(f["finding_id"] for f in within)
        pieces.append(Piece(text[start:end], start_s, end_s, ids, worst))
    return Turn(
        index=row["index"], speaker=row["speaker"], channel=row["channel"],
        start_s=row["start_s"], end_s=row["end_s"], text=text, confidence=row["confidence"],
        suspect=row["suspect"], corrected=row["corrected"],
        other_text=other if other and other != text else None, pieces=tuple(pieces),
        manner=Manner(
            shouted_db=row["louder_db"] if row["shouted"] else None,
            dead_air_s=row["pause_before_s"] if row["after_dead_air"] else None,
            interrupted_s=row["overlap_s"] if row["interrupts"] else None,
        ),
    )  # fmt: skip


def _strip(utterances: Sequence[Mapping[str, Any]]) -> Strip | None:
    """None where nothing was measured."""
    if all(row["level_dbfs"] is None for row in utterances):
        return None
    seconds = {
        side: sum(r["end_s"] - r["start_s"] for r in utterances if r["speaker"] == side)
        for side in ("agent", "customer")
    }
    talk = sum(seconds.values())

    def times(what: str) -> dict[str, int]:
        return {
            side: sum(bool(r[what]) for r in utterances if r["speaker"] == side) for side in seconds
        }

    return Strip(
        agent_share=seconds["agent"] / talk if talk else None,
        interruptions=times("interrupts"),
        shouted=times("shouted"),
        dead_air=sum(bool(row["after_dead_air"]) for row in utterances),
    )


def _time_of(
    row: Mapping[str, Any], words: Sequence[Word], start: int, end: int
) -> tuple[float, float]:
    """When these characters sound: their word's share, or the turn's where no word has them."""
    for word in words:
        if word.start <= start and end <= word.end:
            return _share(word.start_s, word.end_s, word.start, word.end, start, end)
    return _share(row["start_s"], row["end_s"], 0, len(row["text"]), start, end)


def _share(
    from_s: float, to_s: float, low: int, high: int, start: int, end: int
) -> tuple[float, float]:
    per = (to_s - from_s) / max(1, high - low)
    return round(from_s + (start - low) * per, 3), round(from_s + (end - low) * per, 3)


def _card(row: Mapping[str, Any], turns: Sequence[Turn]) -> FindingCard:
    at = next((n for n, turn in enumerate(turns) if turn.index == row["utterance_index"]), None)
    if at is None:
        return FindingCard(row, row["start_s"], row["end_s"])
    first = turns[max(0, at - TURNS_BEFORE)]
    last = turns[min(len(turns) - 1, at + TURNS_AFTER)]
    return FindingCard(row, first.start_s, max(last.end_s, turns[at].end_s))


def _urgency(row: Mapping[str, Any]) -> tuple[Any, ...]:
    waiting = row["status"] in WAITING
    start = row["start_s"] if row["start_s"] is not None else -1.0
    return not waiting, SEVERITIES.index(row["severity"]), start, row["finding_id"]


def _lanes(utterances: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Whose voice each channel carries, by who speaks most on it."""
    lanes = []
    for channel in sorted({row["channel"] for row in utterances}):
        seconds: dict[str, float] = {}
        for row in utterances:
            if row["channel"] == channel:
                spoken = row["end_s"] - row["start_s"]
                seconds[row["speaker"]] = seconds.get(row["speaker"], 0.0) + spoken
        lanes.append(max(seconds, key=lambda name: seconds[name]))
    return tuple(lanes)


def _masked(view: CallView) -> CallView:
    call = {
        **view.call,
        "phone": mask_number(view.call["phone"]) if view.call["phone"] else None,
        "agent_note": mask_text(view.call["agent_note"]) if view.call["agent_note"] else None,
        "account_tail": mask_number(view.call["account_tail"])
        if view.call["account_tail"]
        else None,
    }
    return replace(
        view,
        call=call,
        turns=tuple(_masked_turn(turn) for turn in view.turns),
        findings=tuple(replace(c, row=_masked_row(c.row)) for c in view.findings),
        suppressed=tuple(_masked_row(row) for row in view.suppressed),
        events=tuple({**row, "matched": mask_text(row["matched"])} for row in view.events),
    )


def _masked_turn(turn: Turn) -> Turn:
    """Masked as a whole, then cut again: a number may reach over several words."""
    text = mask_text(turn.text)
    pieces, at = [], 0
    for piece in turn.pieces:
        pieces.append(replace(piece, text=text[at : at + len(piece.text)]))
        at += len(piece.text)
    corrected = mask_text(turn.corrected) if turn.corrected else None
    other = mask_text(turn.other_text) if turn.other_text else None
    return replace(turn, text=text, corrected=corrected, other_text=other, pieces=tuple(pieces))


def _masked_row(row: Mapping[str, Any]) -> Mapping[str, Any]:
    hidden = {name: mask_text(row[name]) for name in ("utterance", "matched")}
    return {**row, **hidden, "reasons": [mask_text(reason) for reason in row["reasons"]]}
