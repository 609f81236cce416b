"""What detection would find, or lose, in a call if it went by the lines that people corrected.

A proposal to a reviewer and no more: nothing is written, and what he makes of it he says himself,
by adding a finding or by rejecting one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from qc_pipeline.detect.call import CallDetection, detect_call
from qc_pipeline.detect.rules import RuleSet
from qc_pipeline.errors import RegisterError
from qc_pipeline.policy import Policy
from qc_pipeline.records import CallEvent, EventKind, Finding, Utterance
from qc_pipeline.registers.wording import Wording
from qc_pipeline.replay.plan import facts_of
from qc_pipeline.replay.stored import StoredCall, calls_named, scan_moments
from qc_pipeline.store.artefacts import read_transcript, transcript_path
from qc_pipeline.store.store import Store

REGISTERED: tuple[EventKind, ...] = (
    "complaint", "emergency", "refusal", "dispute", "objection", "promise",
)  # fmt: skip
"""What is said in a call that a register rests on."""
_HUMAN_ENDED = ("rejected", "overturned")


@dataclass(frozen=True, slots=True)
class CorrectedCall:
    """A call with corrected lines, and what they would change.

    `gained`: findings that nobody has, `lost`: findings that stand and would not be made; those
    that a person has already added or rejected are left out. `signals` are words for a register
    that are heard only now. `missing`: the transcript is gone, so nobody can tell.
    """

    call_id: str
    wordings: tuple[Wording, ...]
    gained: tuple[Finding, ...] = ()
    lost: tuple[Finding, ...] = ()
    signals: tuple[CallEvent, ...] = ()
    missing: bool = False

    @property
    def changes(self) -> bool:
        """Whether there is anything to decide."""
        return bool(self.gained or self.lost or self.signals)


def hear_corrected(
    store: Store, call_id: str, *, rules: RuleSet, policy: Policy
) -> CorrectedCall | None:
    """Judge the call twice by `rules`, the policy in force and the facts it was judged by: as it
    was recognised, and as it was corrected; give what differs. None without corrected lines.

    Raises RegisterError if there is no such call.
    """
    page = calls_named(store, [call_id])
    if not page.calls:
        raise RegisterError(f"there is no call {call_id}", remedy="see `qc export calls`")
    [stored] = page.calls
    with store.reading() as session:
        rows = session.rows("registers/wordings_of_call", {"call_id": call_id})
    wordings = tuple(Wording(**row) for row in rows)
    if not wordings:
        return None
    recording, configuration = stored.recording, stored.transcript_config
    transcript = None
    if recording is not None and configuration is not None:
        transcript = read_transcript(transcript_path(store.home, recording.sha256, configuration))
    if recording is None or transcript is None:
        return CorrectedCall(call_id, wordings, missing=True)
    facts = facts_of(stored, recording, tables=page.tables, moments=scan_moments(store))
    heard, corrected = (
        detect_call(
            facts.context, lines, rules=rules, policy=policy.at(stored.call.started_at)
        )
        for lines in (transcript.utterances, with_wordings(transcript.utterances, wordings))
    )  # fmt: skip
    return CorrectedCall(
        call_id, wordings,
        gained=_gained(heard, corrected, stored),
        lost=_lost(heard, corrected, stored),
        signals=_signals(heard.events, corrected.events),
    )  # fmt: skip


def with_wordings(
    utterances: Sequence[Utterance], wordings: Iterable[Wording]
) -> tuple[Utterance, ...]:
    """The utterances with what a person heard in place of what was recognised. His ears leave no
    doubt of recognition, and the times of single words are gone with the words.
    """
    said: Mapping[int, str] = {each.index: each.text for each in wordings}
    return tuple(
        replace(
            each, text=said[each.index], words=(), confidence=1.0, suspect=None, other_text=None
        )
        if each.index in said
        else each
        for each in utterances
    )


def _gained(
    heard: CallDetection, corrected: CallDetection, stored: StoredCall
) -> tuple[Finding, ...]:
    before = {_place(each) for each in heard.findings}
    there = {
        (each.finding.code, each.finding.utterance_index)
        for each in stored.findings
        if each.standing
    }
    return tuple(
        each
        for each in corrected.findings
        if _place(each) not in before and (each.code, each.utterance_index) not in there
    )


def _lost(
    heard: CallDetection, corrected: CallDetection, stored: StoredCall
) -> tuple[Finding, ...]:
    after = {_place(each) for each in corrected.findings}
    gone = {_place(each) for each in heard.findings} - after
    return tuple(
        each.finding
        for each in stored.findings
        if each.standing
        and each.finding.status not in _HUMAN_ENDED
        and _place(each.finding) in gone
    )


def _place(finding: Finding) -> tuple[str, str, int | None]:
    """What makes two findings the same although the words around them have changed."""
    return finding.code, finding.rule_id, finding.utterance_index


def _signals(heard: Iterable[CallEvent], corrected: Iterable[CallEvent]) -> tuple[CallEvent, ...]:
    known = {(each.kind, each.utterance_index) for each in heard}
    return tuple(
        each
        for each in corrected
        if each.kind in REGISTERED and (each.kind, each.utterance_index) not in known
    )
