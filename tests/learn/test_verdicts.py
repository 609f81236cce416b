"""Reviewers' verdicts come out as training lines, and only where they say something of the words."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest

from qc_pipeline.learn.corpus import CorpusLine, parse_corpus_line
from qc_pipeline.policy import Policy, load_policy
from qc_pipeline.records import SHANGHAI, Finding
from qc_pipeline.registers.desk import confirm, reject
from qc_pipeline.settings import Settings
from qc_pipeline.store.export import export_table
from qc_pipeline.store.loader import load_calls, load_outcomes
from qc_pipeline.store.store import Store
from tests.store.builders import (
    a_call,
    a_finding,
    a_transcript,
    an_outcome,
    an_utterance,
)

SAID = {
    0: "您好",
    1: "你们是不是要上门？打13912345678找我",
    2: "当然上门，你等着",
    3: "我们不会上门的",
}


@pytest.fixture
def policy() -> Policy:
    return load_policy(Settings().policy_dir)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "home")
    made.migrate()
    utterances = [
        an_utterance(index, text, speaker="customer" if index == 1 else "agent")
        for index, text in SAID.items()
    ]
    transcript = a_transcript("c1", *utterances)
    findings = [
        on(2, "threat_intimidation"), on(2, "service_conduct", severity="minor"),
        on(3, "threat_intimidation"),
    ]  # fmt: skip
    load_calls(made, [a_call("c1")])
    load_outcomes(made, [replace(an_outcome("c1", *findings), transcript=transcript)])
    return made


def on(index: int, code: str, **more: object) -> Finding:
    text = SAID[index]
    return a_finding("c1", code, utterance_index=index, utterance=text, matched=text[:2], **more)


def lines(store: Store) -> list[CorpusLine]:
    out = BytesIO()
    export_table(store, "verdicts", format="jsonl", target=out)
    return [parse_corpus_line(json.loads(line)) for line in out.getvalue().decode().splitlines()]


def test_decided_words_become_training_lines(store: Store, policy: Policy, tmp_path: Path) -> None:
    now = datetime.now(SHANGHAI) - timedelta(hours=1)
    desk = {"at": now, "policy": policy, "keys": tmp_path / "keys"}
    assert lines(store) == []
    threat, manner, denied = (
        on(2, "threat_intimidation"), on(2, "service_conduct", severity="minor"),
        on(3, "threat_intimidation"),
    )  # fmt: skip
    confirm(store, threat.finding_id, by="甲", **desk)
    confirm(store, threat.finding_id, by="乙", **desk)
    assert lines(store) == [], "another finding on these words is still open"
    reject(store, manner.finding_id, by="甲", reason="quoted", **desk)
    reject(store, denied.finding_id, by="甲", reason="negated", **desk)
    guilty, innocent = lines(store)
    assert (guilty.text, guilty.labels) == (SAID[2], ("threat_intimidation",))
    assert guilty.previous == "你们是不是要上门？打＊＊＊＊＊＊＊＊＊＊＊找我"
    assert (innocent.text, innocent.labels) == (SAID[3], ())
    assert innocent.near_miss_of == "threat_intimidation"
    assert {guilty.style, innocent.style} == {"verdict"}


def test_a_misheard_word_teaches_nothing(store: Store, policy: Policy, tmp_path: Path) -> None:
    desk = {"at": datetime.now(SHANGHAI), "policy": policy, "keys": tmp_path / "keys"}
    wrong = on(3, "threat_intimidation")
    reject(store, wrong.finding_id, by="甲", reason="recognition_error", **desk)
    assert lines(store) == []
