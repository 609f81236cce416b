"""A home folder for the desk: sample calls with their real sound, transcripts as written.

Everything is the scan's own but the recognition: the turns of `samples/truth` with their time
spans stand for what it would have heard.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from qc_pipeline.detect.detectors import load_detectors
from qc_pipeline.intake.manifest import read_manifest
from qc_pipeline.intake.probe import probe_recording
from qc_pipeline.intake.recording_store import LocalRecordingStore
from qc_pipeline.intake.tables import read_tables
from qc_pipeline.policy import load_policy
from qc_pipeline.records import Recording, Transcript, Utterance, Word
from qc_pipeline.scan.facts import context_of
from qc_pipeline.scan.integrity import length_mismatch
from qc_pipeline.scan.work import artefact_paths, open_workbench, process, work_item
from qc_pipeline.settings import Settings
from qc_pipeline.store.artefacts import write_transcript
from qc_pipeline.store.loader import load_calls, load_outcomes, load_tables, start_scan
from qc_pipeline.store.store import Store
from tests.replay.homes import FINGERPRINT, finish, outcome

SAMPLES = Path(__file__).parents[2] / "samples"
CALLS = ("s01", "s03", "s04", "s05", "s07", "s10", "s12", "s13")


def sample_home(folder: Path, calls: tuple[str, ...] = CALLS) -> Settings:
    """Scan `calls` into `folder`/home, all but the recognition; its keys lie beside it."""
    settings = sample_settings(folder)
    policy = load_policy(settings.policy_dir)
    tables = read_tables(SAMPLES).tables
    records = [c for c in read_manifest(SAMPLES / "manifest.csv").calls if c.call_id in calls]
    store = Store(settings.home)
    store.migrate()
    load_tables(store, tables)
    scan_id = start_scan(store, manifest="manifest.csv")
    load_calls(store, records, scan_id=scan_id)
    rules = load_detectors(settings, policy=policy).rules
    bench = open_workbench(settings)
    done = []
    for call in records:
        recording = _kept(settings, SAMPLES / str(call.recording))
        mismatch, findings = length_mismatch(call, recording, policy=policy)
        item = work_item(
            context_of(call, tables), recording=recording, coverage=None, mismatch=mismatch,
            findings=findings, settings=settings, rules=rules, policy=policy,
            model_fingerprint=FINGERPRINT,
        )  # fmt: skip
        path, _ = artefact_paths(item, settings.home)
        assert path is not None
        write_transcript(path, _heard(call.call_id, recording, config_hash=item.config_hash))
        done.append(process(item, bench=bench))
    load_outcomes(store, (outcome(each, settings) for each in done))
    finish(store, settings, scan_id=scan_id, tables=tables)
    return settings


def sample_settings(folder: Path) -> Settings:
    """The settings that go with a home of `sample_home`."""
    settings = Settings(home=folder / "home", keys=folder / "keys", classifier="none")
    return settings.model_copy(update={"speech": settings.speech.model_copy(update={"jobs": 1})})


def _kept(settings: Settings, path: Path) -> Recording:
    probed = probe_recording(path)
    key = LocalRecordingStore(settings.home / "recordings").put(path, probed)
    return replace(probed, key=key)


def _heard(call_id: str, recording: Recording, *, config_hash: str) -> Transcript:
    truth = json.loads((SAMPLES / "truth" / f"{call_id}.truth.json").read_text("utf-8"))
    utterances = tuple(_utterance(n, turn) for n, turn in enumerate(truth["turns"]))
    return Transcript(
        recording_sha256=recording.sha256, config_hash=config_hash, model="written",
        language="zh", duration_s=recording.duration_s, channels=2,
        speech_s=sum(u.end_s - u.start_s for u in utterances), utterances=utterances,
        role_source="channel_map", role_confidence=1.0,
    )  # fmt: skip


def _utterance(index: int, turn: dict) -> Utterance:
    text, start, end = turn["text"], turn["start"], turn["end"]
    share = (end - start) / len(text)
    words = tuple(
        Word(n, min(n + 2, len(text)), round(start + n * share, 3),
             round(start + min(n + 2, len(text)) * share, 3), 0.95)
        for n in range(0, len(text), 2)
    )  # fmt: skip
    return Utterance(
        index=index, speaker=turn["speaker"], start_s=start, end_s=end, text=text, raw_text=text,
        confidence=0.95, channel=0 if turn["speaker"] == "agent" else 1, words=words,
    )  # fmt: skip
