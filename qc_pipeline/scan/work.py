"""What a worker does with one call: recognise, detect, write two artefacts. No database here."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TypeGuard

from qc_pipeline.detect.call import detect_call
from qc_pipeline.detect.detectors import load_detectors
from qc_pipeline.detect.learned.remembering import RememberingClassifier
from qc_pipeline.detect.rules import RuleSet
from qc_pipeline.errors import RecordingError
from qc_pipeline.intake.decode import decode_audio
from qc_pipeline.intake.recording_store import LocalRecordingStore
from qc_pipeline.policy import Policy, load_policy
from qc_pipeline.records import (
    SHANGHAI,
    CallContext,
    Coverage,
    Detection,
    Finding,
    LineJudgements,
    Recording,
    Transcript,
)
from qc_pipeline.scan.facts import facts_hash
from qc_pipeline.settings import Settings
from qc_pipeline.speech.confidence import HARD_TO_HEAR
from qc_pipeline.speech.diarise import Diarizer
from qc_pipeline.speech.recognise import (
    config_hash,
    load_diarizer,
    load_transcriber,
    recognise,
)
from qc_pipeline.speech.transcriber import Transcriber
from qc_pipeline.store.artefacts import (
    detection_key,
    detection_path,
    read_detection,
    read_transcript,
    transcript_path,
    write_detection,
    write_transcript,
)

SILENT_BELOW_S = 0.05


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One call's work; small enough to travel to another process."""

    context: CallContext
    recording: Recording | None
    coverage: Coverage | None
    mismatch: str | None
    findings: tuple[Finding, ...]
    config_hash: str
    key: str


@dataclass(frozen=True, slots=True)
class WorkDone:
    """Where a call ended. The artefacts are found by `item`'s hashes."""

    item: WorkItem
    coverage: Coverage
    decoded: bool


@dataclass(frozen=True, slots=True)
class Workbench:
    """What one worker process keeps between calls. The model is loaded when first needed.
    `memory` is the classifier in `rules`, if there is one.
    """

    settings: Settings
    policy: Policy
    rules: RuleSet
    transcriber: Callable[[], Transcriber]
    memory: RememberingClassifier | None = None
    diarizer: Diarizer | None = None


def open_workbench(settings: Settings) -> Workbench:
    """Load rules and policy now, the model at the first call that needs it."""
    policy = load_policy(settings.policy_dir)
    rules = load_detectors(settings, policy=policy).rules
    memory = None
    if rules.classifier is not None:
        memory = RememberingClassifier(rules.classifier)
        rules = replace(rules, classifier=memory)
    loaded: list[Transcriber] = []

    def transcriber() -> Transcriber:
        if not loaded:
            loaded.append(load_transcriber(settings.speech))
        return loaded[0]

    return Workbench(settings, policy, rules, transcriber, memory, load_diarizer(settings.speech))


_bench: list[Workbench] = []


def start_worker(settings: Settings) -> None:
    """Give this worker process its workbench."""
    # Whatever the environment says: the number of threads decides a sum's last digits.
    os.environ["OMP_NUM_THREADS"] = str(settings.speech.threads)
    _bench[:] = [open_workbench(settings)]


def bench_here() -> Workbench:
    """The workbench of this worker process."""
    return _bench[0]


def process_here(item: WorkItem) -> WorkDone:
    """`process` with this worker process's own workbench."""
    return process(item, bench=bench_here())


def work_item(
    context: CallContext,
    *,
    recording: Recording | None,
    coverage: Coverage | None,
    mismatch: str | None,
    findings: tuple[Finding, ...],
    settings: Settings,
    rules: RuleSet,
    policy: Policy,
    model_fingerprint: str,
) -> WorkItem:
    """Name the artefacts a call will have, from everything that could change them."""
    recognition = config_hash(
        settings.speech, channels=context.call.channels, model_fingerprint=model_fingerprint
    )
    sha256 = recording.sha256 if recording else ""
    key = key_of_work(
        context,
        transcript=f"{sha256}/{recognition}",
        rules_version=rules.version,
        policy_version="" if _put_off(coverage) else policy.at(context.call.started_at).version,
        coverage=coverage,
        mismatch=mismatch,
        findings=findings,
    )
    return WorkItem(context, recording, coverage, mismatch, findings, recognition, key)


def key_of_work(
    context: CallContext,
    *,
    transcript: str,
    rules_version: str,
    policy_version: str,
    coverage: Coverage | None,
    mismatch: str | None,
    findings: Sequence[Finding],
) -> str:
    """The key of a call's detection. `transcript`: recording's hash, a slash, recognition
    configuration; `coverage`, `mismatch` and `findings` are what intake said.
    """
    return detection_key(
        transcript=transcript,
        rules_version=rules_version,
        policy_version=policy_version,
        facts="/".join(
            [
                facts_hash(context),
                coverage.state if coverage else "",
                mismatch or "",
                *(finding.finding_id for finding in findings),
            ]
        ),
    )


def process(item: WorkItem, *, bench: Workbench) -> WorkDone:
    """Bring one call to its two artefacts; whatever exists already is used as it is.

    Raises whatever goes wrong for a reason of ours; a fault of the recording ends in a
    coverage state instead.
    """
    call_id = item.context.call.call_id
    if _put_off(item.coverage):
        return WorkDone(item, item.coverage, decoded=False)
    if item.recording is None or item.coverage is not None:
        _ensure_detection(item, None, bench)
        coverage = item.coverage or Coverage(call_id, "failed", "no recording after intake")
        return WorkDone(item, coverage, decoded=False)
    try:
        transcript, decoded = make_transcript(item, bench=bench)
    except RecordingError as error:
        return WorkDone(item, Coverage(call_id, "unreadable", str(error)), decoded=False)
    _ensure_detection(item, transcript, bench)
    return WorkDone(item, coverage_of(item, transcript, bench.settings), decoded=decoded)


def _put_off(coverage: Coverage | None) -> TypeGuard[Coverage]:
    """Whether the call can't be judged now, and nothing about it should be kept as judged."""
    return coverage is not None and coverage.state == "deferred"


def make_transcript(item: WorkItem, *, bench: Workbench) -> tuple[Transcript, bool]:
    """The transcript of a call that has a recording, and whether it had to be made.

    Raises RecordingError kinds when the recording is at fault.
    """
    if item.recording is None:
        raise ValueError("a call without a recording has no transcript")
    path = transcript_path(bench.settings.home, item.recording.sha256, item.config_hash)
    transcript = read_transcript(path)
    if transcript is not None:
        return transcript, False
    transcript = _recognise(item, item.recording, bench)
    write_transcript(path, transcript)
    return transcript, True


def coverage_of(item: WorkItem, transcript: Transcript, settings: Settings) -> Coverage:
    """The named state of a call that has a transcript."""
    call_id = item.context.call.call_id
    if transcript.speech_s < SILENT_BELOW_S:
        return Coverage(call_id, "silent", "录音中没有语音")
    if transcript.speech_s < settings.intake.min_speech_s:
        return Coverage(call_id, "too_short", f"语音仅 {transcript.speech_s:.1f} 秒")
    if item.mismatch:
        return Coverage(call_id, "mismatch", item.mismatch)
    notes = _about_the_file(item)
    if transcript.damaged_at_s is not None:
        notes.append(f"录音在 {transcript.damaged_at_s:.0f} 秒处损坏，之后无法解码")
    if transcript.role_source == "contradicted":
        notes.append(
            f"声道表（{item.context.call.channels}）与谈话内容相反"
            f"（把握 {transcript.role_confidence:.2f}），疑似左右声道颠倒"
        )
    if all(utterance.speaker == "unknown" for utterance in transcript.utterances):
        notes.append("未能区分坐席与客户，命中待人工判断")
    elif transcript.role_source == "voices":
        notes.append(f"单声道，按声音和内容区分坐席与客户（把握 {transcript.role_confidence:.2f}）")
    if transcript.third_voice_s is not None:
        notes.append(f"约 {transcript.third_voice_s:.0f} 秒起似有第三人说话（可能转接）")
    suspect = [u.suspect for u in transcript.utterances if u.suspect]
    if HARD_TO_HEAR in suspect:
        notes.append("整通识别把握低，可能是方言或线路差，请人工听录音")
    elif suspect:
        notes.append(f"{len(transcript.utterances)} 句中 {len(suspect)} 句识别存疑")
    return Coverage(call_id, "scanned", "；".join(notes))


def _about_the_file(item: WorkItem) -> list[str]:
    """Where the file contradicts the channel map, and what its sound gives reason to check."""
    notes = [
        finding.reasons[0].split(": ", 1)[1]
        for finding in item.findings
        if finding.detector == "integrity" and finding.status == "quarantined"
    ]
    stated, found = item.context.call.channels, item.recording.channels if item.recording else 0
    if stated in ("agent,customer", "customer,agent") and found != 2:
        notes.append(f"清单称双声道（{stated}），录音有 {found} 个声道，声道表未采用")
    if stated == "mono" and found > 1:
        notes.append(f"清单称单声道，录音有 {found} 个声道，已合并识别")
    return notes


def artefact_paths(item: WorkItem, home: Path) -> tuple[Path | None, Path]:
    """(transcript, detection) of a call; no transcript without a recording."""
    detection = detection_path(home, item.context.call.call_id, item.key)
    if item.recording is None:
        return None, detection
    return transcript_path(home, item.recording.sha256, item.config_hash), detection


def _recognise(item: WorkItem, recording: Recording, bench: Workbench) -> Transcript:
    source = LocalRecordingStore(bench.settings.home / "recordings").path(recording.key)
    audio = decode_audio(source)
    transcript = recognise(
        audio,
        recording_sha256=recording.sha256,
        channels=item.context.call.channels,
        transcriber=bench.transcriber(),
        settings=bench.settings.speech,
        diarizer=bench.diarizer,
    )
    return replace(transcript, damaged_at_s=audio.damaged_at_s)


def _ensure_detection(item: WorkItem, transcript: Transcript | None, bench: Workbench) -> None:
    path = detection_path(bench.settings.home, item.context.call.call_id, item.key)
    if read_detection(path) is None:
        write_detection(path, detection_of(item, transcript, bench=bench))


def detection_of(
    item: WorkItem,
    transcript: Transcript | None,
    *,
    bench: Workbench,
    earlier: LineJudgements | None = None,
) -> Detection:
    """What the workbench's rules, and the policy in force when it was made, say about a call,
    intake's findings first. What a classifier made of its lines `earlier` isn't asked for again.
    """
    policy = bench.policy.at(item.context.call.started_at)
    detection = Detection(
        call_id=item.context.call.call_id,
        key=item.key,
        rules_version=bench.rules.version,
        policy_version=policy.version,
        transcript_sha256=item.recording.sha256 if item.recording else "",
        findings=item.findings,
        suppressed=(),
        events=(),
        listeners=(),
        created_at=datetime.now(SHANGHAI),
    )
    if transcript is not None:
        if bench.memory is not None:
            bench.memory.recall(earlier)
        found = detect_call(item.context, transcript.utterances, rules=bench.rules, policy=policy)
        detection = replace(
            detection,
            findings=(*item.findings, *found.findings),
            suppressed=found.suppressed,
            events=found.events,
            listeners=found.listeners,
            judgements=bench.memory.told() if bench.memory is not None else None,
        )
    return detection
