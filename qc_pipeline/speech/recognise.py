"""One recording's sound in, its transcript out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from qc_pipeline.errors import SettingsError
from qc_pipeline.intake.decode import Audio
from qc_pipeline.records import Transcript, Utterance
from qc_pipeline.settings import SpeechSettings
from qc_pipeline.speech.acoustics import DIGITAL_SILENCE_DBFS, level_between, speech_seconds
from qc_pipeline.speech.confidence import doubt_whole_call
from qc_pipeline.speech.crosstalk import same_sound, without_crosstalk, without_echoed_text
from qc_pipeline.speech.diarise import Diarisation, Diarizer, VoiceDiarizer
from qc_pipeline.speech.endpoint import (
    EndpointTranscriber,
    check_endpoint,
    endpoint_fingerprint,
)
from qc_pipeline.speech.hallucination import PHANTOMS, is_mere_uncertainty, suspicion
from qc_pipeline.speech.heard import Heard, hear, utterance_of
from qc_pipeline.speech.languages import DETECT, spoken_language
from qc_pipeline.speech.models import model_fingerprint, resolve_model
from qc_pipeline.speech.normalise import CHINESE
from qc_pipeline.speech.respelling import ngrams_sha256, packaged_ngrams, respell
from qc_pipeline.speech.roles import ROLE_CUES, ChannelMap, Roles, roles_of, roles_of_voices
from qc_pipeline.speech.segment import (
    WHISPER_WINDOW_S,
    Samples,
    Span,
    Turn,
    Window,
    find_speech,
    group_turns,
    pack,
)
from qc_pipeline.speech.talk import with_sound
from qc_pipeline.speech.transcriber import Transcriber
from qc_pipeline.speech.whisper import WhisperTranscriber

SAMPLE_RATE = 16_000

_REVISION = 3  # raise it when a change here changes transcripts: stored ones are then redone
_NOT_IN_TRANSCRIPT = {
    "model",
    "jobs",
    "threads",
    "batch_size",
    "calls_at_once",
    "calls_per_worker",
    "endpoint",
    "endpoint_hosts",
    "endpoint_timeout_s",
}
_CONTEXT_S = 0.25  # sound kept on either side of a stretch of speech
_LONGEST_WINDOW_S = WHISPER_WINDOW_S - 1.0
_UNHEARD_S = 0.8  # shorter stretches without words may be a cough or a hum
_WORTH_PARTING = 0.4  # confidence from which voices end each other's turns
_DOUBTFUL_VOICE = 0.1  # of the way from "either voice" to "surely this one"
_NOT_UNDERSTOOD = "no_text: 有人说话，但未能识别出内容"
_WINDOW_SLACK = 1.4  # a window may be this much longer than asked for, to end between turns


def config_hash(settings: SpeechSettings, *, channels: str | None, model_fingerprint: str) -> str:
    """16 hex digits that name a recognition configuration: everything that changes the
    transcript and nothing else. The model counts by content, not by name.
    """
    parts = {
        "revision": _REVISION,
        "settings": settings.model_dump(mode="json", exclude=_NOT_IN_TRANSCRIPT),
        "channels": channels,
        "model": model_fingerprint,
        "data": [
            *(hashlib.sha256(p.read_bytes()).hexdigest() for p in (PHANTOMS, ROLE_CUES)),
            ngrams_sha256() if _respells(settings) else "",
        ],
        "diarizer": diarizer.fingerprint if (diarizer := load_diarizer(settings)) else None,
    }
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def load_transcriber(settings: SpeechSettings) -> Transcriber:
    """The recogniser that `settings` name; its weights are loaded at the first window.

    Raises ModelError when the model isn't there, SettingsError for a language it doesn't know.
    """
    if settings.endpoint is not None:
        return EndpointTranscriber(
            name=settings.model,
            url=settings.endpoint,
            language="" if settings.language == DETECT else settings.language,
            prompt=_prompt(settings),
            timeout_s=settings.endpoint_timeout_s,
            allowed_hosts=settings.endpoint_hosts,
        )
    folder = resolve_model(settings.model)
    if settings.language != DETECT and f'"<|{settings.language}|>"' not in (
        folder / "tokenizer.json"
    ).read_text("utf-8"):
        raise SettingsError(
            f"模型 {settings.model} 不认识语言 {settings.language!r}",
            remedy="把 speech.language 设为 zh、yue、en 等 Whisper 语言代码，或 auto（逐通检测）",
        )
    return WhisperTranscriber(
        name=settings.model,
        folder=folder,
        fingerprint=model_fingerprint(settings.model),
        device=settings.device,
        compute_type=settings.compute_type,
        language=settings.language,
        beam_size=settings.beam_size,
        prompt=_prompt(settings),
        batch_size=settings.batch_size,
        threads=settings.threads,
    )


def engine_fingerprint(settings: SpeechSettings) -> str:
    """What names the recogniser in configurations: a local model's content, a service's model name.

    Raises ModelError when the model isn't there, SettingsError for an unusable address.
    """
    if settings.endpoint is None:
        return model_fingerprint(settings.model)
    check_endpoint(settings.endpoint)
    return endpoint_fingerprint(settings.model)


def load_diarizer(settings: SpeechSettings) -> Diarizer | None:
    """What tells voices on one channel apart, as `settings` say; None for nothing."""
    return VoiceDiarizer() if settings.diarizer == "voices" else None


def _prompt(settings: SpeechSettings) -> str:
    """The default prompt is Mandarin: another language does without, unless one is set."""
    default = SpeechSettings.model_fields["prompt"].default
    if settings.language in {*CHINESE, DETECT} or settings.prompt != default:
        return settings.prompt
    return ""


def recognise(
    audio: Audio,
    *,
    recording_sha256: str,
    channels: ChannelMap | None,
    transcriber: Transcriber,
    settings: SpeechSettings,
    diarizer: Diarizer | None = None,
) -> Transcript:
    """The transcript of one recording, 16 kHz: utterances of all channels by time.

    `channels` is the call record's channel map; None = work it out. Without speech there are
    no utterances. Without `diarizer` the speakers of one channel stay unknown.
    Raises ModelError when the recogniser isn't installed or a model is gone.
    """
    samples = _separate_channels(audio, channels)
    spans = _speech(samples)
    voices = _voices(samples, spans, diarizer)
    if voices is not None and voices.told_apart and voices.confidence >= _WORTH_PARTING:
        spans = [Span(v.voice, v.start_s, v.end_s) for v in voices.stretches]
    turns = group_turns(spans, gap_s=settings.turn_gap_s)
    heard = _heard(samples, turns, transcriber, settings)
    heard = [item for item in heard if not _over_nothing(samples, item)]
    if samples.shape[0] > 1:
        heard = without_echoed_text(samples, heard, sample_rate=SAMPLE_RATE)
    if voices is None:
        roles = roles_of(heard, channels=samples.shape[0], channel_map=channels)
    else:
        roles = roles_of_voices(heard, confidence=_confidence(voices))
    language = spoken_language(heard, default=settings.language)
    utterances = doubt_whole_call(_utterances(heard, roles, settings, voices))
    if _respells(settings) and language == "zh":
        utterances = respell(utterances, packaged_ngrams())
    utterances = with_sound(utterances, samples, sample_rate=SAMPLE_RATE)
    return Transcript(
        recording_sha256=recording_sha256,
        config_hash=config_hash(
            settings, channels=channels, model_fingerprint=transcriber.fingerprint
        ),
        model=transcriber.name,
        language=language,
        duration_s=round(audio.duration_s, 3),
        channels=audio.channels,
        speech_s=round(speech_seconds(spans), 3),
        utterances=tuple(utterances),
        role_source=roles.source,
        role_confidence=round(roles.confidence, 4),
        third_voice_s=_third_voice(samples, spans, voices, diarizer),
        voices_confidence=None if voices is None else round(voices.confidence, 4),
    )


def _voices(
    samples: Samples, spans: Sequence[Span], diarizer: Diarizer | None
) -> Diarisation | None:
    """Who speaks when on the only channel; None where there are more, or no way to tell."""
    if diarizer is None or samples.shape[0] > 1 or not spans:
        return None
    return diarizer.diarise(samples[0], spans)


def _confidence(voices: Diarisation) -> float:
    # With a third person in the call, two roles don't cover who speaks.
    sure = voices.told_apart and voices.third_voice_s is None
    return voices.confidence if sure else 0.0


def _third_voice(
    samples: Samples,
    spans: Sequence[Span],
    voices: Diarisation | None,
    diarizer: Diarizer | None,
) -> float | None:
    """When a further person joins: on one channel, or on either of two."""
    if voices is not None or diarizer is None:
        return voices.third_voice_s if voices is not None else None
    found = [
        diarizer.new_voice(samples[channel], [s for s in spans if s.channel == channel])
        for channel in range(samples.shape[0])
    ]
    return min((at_s for at_s in found if at_s is not None), default=None)


def _respells(settings: SpeechSettings) -> bool:
    """Cantonese is spoken with other words and sounds than the model knows."""
    return settings.respell and settings.language in ("zh", DETECT)


def _separate_channels(audio: Audio, channels: ChannelMap | None) -> Samples:
    """[channels, frames]; one row when the channels hold the same sound or the map says mono."""
    if audio.sample_rate != SAMPLE_RATE:
        raise ValueError(f"recognition works on {SAMPLE_RATE} Hz, not {audio.sample_rate}")
    samples: Samples = audio.samples
    if samples.shape[0] > 1 and (
        channels == "mono" or same_sound(samples, sample_rate=SAMPLE_RATE)
    ):
        samples = samples.mean(axis=0, keepdims=True, dtype=np.float32)
    return samples


def _speech(samples: Samples) -> list[Span]:
    longest = _LONGEST_WINDOW_S - 2 * _CONTEXT_S
    spans = [
        span
        for channel in range(samples.shape[0])
        for span in find_speech(
            samples[channel], sample_rate=SAMPLE_RATE, channel=channel, max_s=longest
        )
    ]
    return without_crosstalk(samples, spans, sample_rate=SAMPLE_RATE)


def _heard(
    samples: Samples, turns: Sequence[Turn], transcriber: Transcriber, settings: SpeechSettings
) -> list[Heard]:
    """All turns recognised in full windows; those that failed there once more, each alone."""
    one_channel = samples.shape[0] == 1

    def windows_over(group: Sequence[Turn], channel: int) -> list[Window]:
        return pack(
            samples[channel],
            group,
            sample_rate=SAMPLE_RATE,
            target_s=settings.window_s,
            max_s=min(settings.window_s * _WINDOW_SLACK, _LONGEST_WINDOW_S),
            context_s=_CONTEXT_S,
        )

    windows = [
        window
        for channel in range(samples.shape[0])
        # Voices of one channel share its windows: cutting them apart would cost words.
        for window in windows_over(
            [t for t in turns if one_channel or t.channel == channel], channel
        )
    ]
    first = hear(turns, windows, transcriber.transcribe(windows, hotwords=settings.hotwords))
    failed = [i for i, item in enumerate(first) if item.has_holes or _doubt(item, settings)]
    if not failed:
        return first
    alone = [
        window
        for i in failed
        for window in windows_over([turns[i]], 0 if one_channel else turns[i].channel)
    ]
    again = hear([turns[i] for i in failed], alone, transcriber.transcribe_again(alone))
    result = list(first)
    for index, second in zip(failed, again, strict=True):
        kept, other = first[index], second
        if _better(second, kept, settings):
            kept, other = other, kept
        result[index] = replace(kept, other_words=tuple(word.text for word in other.words))
    return result


def _better(second: Heard, first: Heard, settings: SpeechSettings) -> bool:
    """Whether to believe the second hearing. Something doubtful is still better than nothing."""

    def rank(item: Heard) -> int:
        if not item.words:
            return 3
        doubt = _doubt(item, settings)
        return 0 if doubt is None else 1 if is_mere_uncertainty(doubt) else 2

    if rank(second) != rank(first):
        return rank(second) < rank(first)
    if rank(first) == 0:
        return second.characters_per_s > first.characters_per_s
    return second.probability > first.probability


def _doubt(item: Heard, settings: SpeechSettings) -> str | None:
    if not item.words:
        return None
    return suspicion(item.evidence, prompt=settings.prompt, hotwords=settings.hotwords)


def _over_nothing(samples: Samples, item: Heard) -> bool:
    """Whether a turn stands on digital silence: nobody can have said anything there."""
    turn = item.turn
    sound = samples[min(turn.channel, samples.shape[0] - 1)]
    level = level_between(sound, turn.start_s, turn.end_s, sample_rate=SAMPLE_RATE)
    return level < DIGITAL_SILENCE_DBFS


def _utterances(
    heard: Sequence[Heard], roles: Roles, settings: SpeechSettings, voices: Diarisation | None
) -> list[Utterance]:
    """What was heard; where somebody spoke and nothing was understood, an utterance says so.

    A turn whose voice is doubtful is nobody's.
    """
    utterances: list[Utterance] = []
    margins = {(v.start_s, v.end_s): v.margin for v in voices.stretches} if voices else {}
    for item in heard:
        understood = any(char.isalnum() for char in item.text)
        if not understood and item.turn.speech_s < _UNHEARD_S:
            continue
        speaker = roles.speaker_of[item.turn.channel]
        if margins and _margin(item.turn, margins) < _DOUBTFUL_VOICE:
            speaker = "unknown"
        utterance = utterance_of(
            item,
            index=len(utterances),
            speaker=speaker,
            suspect=_doubt(item, settings) if understood else _NOT_UNDERSTOOD,
            language=item.language or settings.language,
        )
        utterances.append(utterance if voices is None else replace(utterance, channel=0))
    return utterances


def _margin(turn: Turn, margins: Mapping[tuple[float, float], float]) -> float:
    """How surely a turn is its voice's, its stretches weighed by their length."""
    weighed = [margins[span.start_s, span.end_s] * span.length_s for span in turn.spans]
    return sum(weighed) / max(turn.speech_s, 1e-6)
