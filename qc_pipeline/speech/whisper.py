"""faster-whisper behind the `Transcriber` seam: batched decoding of our own windows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from qc_pipeline.speech.extra import require_asr
from qc_pipeline.speech.languages import DETECT, likeliest
from qc_pipeline.speech.normalise import CHINESE
from qc_pipeline.speech.segment import WHISPER_WINDOW_S, Window
from qc_pipeline.speech.transcriber import Recognised, RecognisedWord

_FRAMES_PER_S = 100
_TOKENS_PER_S = 14  # no speech needs more; it bounds what a decoding loop can cost
_TOKENS_AT_LEAST = 40
_TAIL_S = 3.0  # silence the model wants to see after the last word; with less it runs on
_SHORTEST_S = 10.0  # ... and after a few words it wants more
_STEP_S = 2.0  # windows are filled up to a multiple of this, so that equals can share a batch
_CAREFUL_BEAM = 5
_REPETITION_PENALTY = 1.1


@dataclass(frozen=True, slots=True)
class _Decoding:
    beam_size: int
    prompt: str
    hotwords: tuple[str, ...]
    repetition_penalty: float


@dataclass
class WhisperTranscriber:
    """A Whisper model in a folder. It is loaded at first use, and never pickled.

    A window is encoded at its own length (rounded up), not at Whisper's thirty seconds, and
    shares a batch only with windows of the same length: what it yields never depends on its
    neighbours.
    """

    name: str
    folder: Path
    fingerprint: str
    device: str = "cpu"
    compute_type: str = "int8"
    language: str = "zh"
    beam_size: int = 5
    prompt: str = ""
    batch_size: int = 8
    threads: int = 1
    _loaded: Any = field(default=None, init=False, repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_loaded": None}

    def transcribe(
        self, windows: Sequence[Window], *, hotwords: Sequence[str] = ()
    ) -> list[Recognised]:
        """See `Transcriber`. Windows are 16 kHz and at most 30 s long."""
        by_length: dict[int, list[int]] = {}
        for index, window in enumerate(windows):
            by_length.setdefault(_frames(window), []).append(index)
        decoding = _Decoding(self.beam_size, self.prompt, tuple(hotwords), 1.0)
        results: dict[int, Recognised] = {}
        for frames, indexes in sorted(by_length.items(), reverse=True):
            for first in range(0, len(indexes), self.batch_size):
                batch = indexes[first : first + self.batch_size]
                heard = self._decode([windows[i] for i in batch], frames, decoding)
                results.update(zip(batch, heard, strict=True))
        return [results[index] for index in range(len(windows))]

    def transcribe_again(self, windows: Sequence[Window]) -> list[Recognised]:
        """See `Transcriber`: full thirty seconds, no prompt to echo, repetition made dear."""
        frames = int(WHISPER_WINDOW_S * _FRAMES_PER_S)
        decoding = _Decoding(max(self.beam_size, _CAREFUL_BEAM), "", (), _REPETITION_PENALTY)
        results: list[Recognised] = []
        for first in range(0, len(windows), self.batch_size):
            batch = windows[first : first + self.batch_size]
            results += self._decode(batch, frames, decoding)
        return results

    def _model(self) -> Any:
        if self._loaded is None:
            require_asr()
            from faster_whisper import WhisperModel

            self._loaded = WhisperModel(
                str(self.folder),
                device=self.device,
                compute_type=self.compute_type,
                cpu_threads=self.threads,
                local_files_only=True,
            )
        return self._loaded

    def _decode(
        self, windows: Sequence[Window], frames: int, decoding: _Decoding
    ) -> list[Recognised]:
        model = self._model()
        features, lengths = self._features(model, windows, frames)
        encoded = _encode(model, features)
        if self.language != DETECT:
            return self._decode_in(self.language, encoded, frames, lengths, decoding)
        languages = [likeliest(found) for found in model.model.detect_language(encoded)]
        heard: dict[int, Recognised] = {}
        for language in sorted(set(languages)):
            rows = [row for row, spoken in enumerate(languages) if spoken == language]
            part = encoded if len(rows) == len(windows) else _encode(model, features[rows])
            found = self._decode_in(
                language, part, frames, [lengths[row] for row in rows], decoding
            )
            heard.update(
                (row, replace(one, language=language)) for row, one in zip(rows, found, strict=True)
            )
        return [heard[row] for row in range(len(windows))]

    def _decode_in(
        self, language: str, encoded: Any, frames: int, lengths: list[int], decoding: _Decoding
    ) -> list[Recognised]:
        from faster_whisper.tokenizer import Tokenizer
        from faster_whisper.transcribe import get_suppressed_tokens

        model = self._model()
        tokenizer = Tokenizer(
            model.hf_tokenizer, model.model.is_multilingual, task="transcribe", language=language
        )
        # The prompt is Chinese: it would draw another language's words towards Mandarin.
        prompted = decoding.prompt if language == self.language or language in CHINESE else ""
        prompt = model.get_prompt(
            tokenizer,
            tokenizer.encode(prompted) if prompted else [],
            without_timestamps=True,
            hotwords=" ".join(decoding.hotwords) or None,
        )
        longest = len(prompt) + _TOKENS_AT_LEAST + _TOKENS_PER_S * frames // _FRAMES_PER_S
        outputs = model.model.generate(
            encoded,
            [prompt] * len(lengths),
            beam_size=decoding.beam_size,
            repetition_penalty=decoding.repetition_penalty,
            max_length=min(model.max_length, longest),
            suppress_tokens=get_suppressed_tokens(tokenizer, (-1,)),
            return_scores=True,
            return_no_speech_prob=True,
        )
        tokens = [[t for t in o.sequences_ids[0] if t < tokenizer.eot] for o in outputs]
        aligned = model.find_alignment(tokenizer, tokens, encoded, lengths)
        return [_recognised(output, words) for output, words in zip(outputs, aligned, strict=True)]

    @staticmethod
    def _features(model: Any, windows: Sequence[Window], frames: int) -> tuple[Any, list[int]]:
        stack = np.zeros((len(windows), model.model.n_mels, frames), np.float32)
        lengths: list[int] = []
        for row, window in enumerate(windows):
            spectrum = model.feature_extractor(window.samples)[..., :-1][:, :frames]
            stack[row, :, : spectrum.shape[-1]] = spectrum
            lengths.append(int(spectrum.shape[-1]))
        return stack, lengths


def _encode(model: Any, features: Any) -> Any:
    """The encoder's output for [windows, mels, frames].

    A processor encodes windows faster one by one (a batch outgrows its cache) and decodes them
    faster together; a GPU takes the batch.
    """
    if model.model.device != "cpu" or len(features) == 1:
        return model.encode(features)
    from ctranslate2 import StorageView  # type: ignore[attr-defined]

    parts = [np.asarray(model.encode(features[i : i + 1])) for i in range(len(features))]
    return StorageView.from_array(np.concatenate(parts))


def _frames(window: Window) -> int:
    wanted = max(window.duration_s + _TAIL_S, _SHORTEST_S)
    filled = math.ceil(wanted / _STEP_S) * _STEP_S
    return int(min(filled, WHISPER_WINDOW_S) * _FRAMES_PER_S)


def _recognised(output: Any, words: Sequence[dict[str, Any]]) -> Recognised:
    length = len(output.sequences_ids[0])
    return Recognised(
        words=tuple(
            RecognisedWord(
                word["word"], float(word["start"]), float(word["end"]), float(word["probability"])
            )
            for word in words
            if word["word"]
        ),
        average_log_probability=float(output.scores[0]) * length / (length + 1),
        no_speech_probability=float(output.no_speech_prob),
    )
