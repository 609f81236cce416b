"""What a call sounded like, as it is stored and exported."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest

from qc_pipeline.records import Speaker, UtteranceSound
from qc_pipeline.store.export import export_table
from qc_pipeline.store.loader import load_calls, load_outcomes
from qc_pipeline.store.store import Store

from .builders import a_call, a_transcript, an_outcome, an_utterance


def exported(store: Store, table: str) -> list[dict]:
    target = io.BytesIO()
    export_table(store, table, format="jsonl", target=target)
    return [json.loads(line) for line in target.getvalue().splitlines()]


@pytest.fixture
def heard(store: Store) -> Store:
    def said(
        index: int, speaker: Speaker, start_s: float, end_s: float, sound: UtteranceSound | None
    ):
        return an_utterance(index, speaker=speaker, start_s=start_s, end_s=end_s, sound=sound)

    measured = (
        said(0, "agent", 0.5, 4.5, UtteranceSound(-25, 0.0, 4.0, 0.5, 0.0, False)),
        said(1, "customer", 4.0, 6.0, UtteranceSound(-28, 0.0, 3.0, 0.0, 0.5, False)),
        said(2, "agent", 5.0, 9.0, UtteranceSound(-13, 12.0, 6.0, 0.0, 1.0, True)),
        said(3, "customer", 15.0, 17.0, UtteranceSound(-29, -1.0, 5.0, 6.0, 0.5, False)),
    )
    load_calls(store, [a_call("c1"), a_call("c2")])
    load_outcomes(store, [
        replace(an_outcome("c1"), transcript=a_transcript("c1", *measured)),
        replace(an_outcome("c2"), transcript=a_transcript("c2", said(0, "agent", 0, 1, None))),
    ])  # fmt: skip
    return store


def test_utterances_say_how_they_were_said(heard: Store) -> None:
    rows = [row for row in exported(heard, "utterance_acoustics") if row["call_id"] == "c1"]
    shouted = rows[2]
    assert (shouted["louder_db"], shouted["pace"], shouted["interrupts"]) == (12.0, 6.0, True)
    assert rows[3]["pause_before_s"] == 6.0


def test_a_call_is_summed_up(heard: Store) -> None:
    (call,) = exported(heard, "acoustics")  # nothing was measured in c2
    assert call["call_id"] == "c1"
    assert (call["agent_talk_s"], call["customer_talk_s"]) == (8.0, 4.0)
    assert call["agent_share"] == pytest.approx(2 / 3)
    assert (call["longest_pause_s"], call["longest_pause_at_s"], call["dead_air"]) == (6, 9, 1)
    assert (call["agent_interruptions"], call["customer_interruptions"]) == (1, 0)
    assert (call["shouted"], call["agent_loudest_db"]) == (1, 12.0)
    assert (call["agent_pace"], call["customer_pace"]) == (5.0, 4.0)
    assert call["overlap_s"] == pytest.approx(1.0)
    assert call["silence_s"] == pytest.approx(12.5 - 9.0)
    assert call["ended_abruptly"] is True
