"""The transformer at work: windows of pieces in, one point in meaning space each out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qc_pipeline.detect.learned.encoding import Encoded

_BATCH = 32
Floats = NDArray[np.float32]


class SentenceEncoder:
    """The encoder in `folder`, as CTranslate2 reads it, on one thread of the processor."""

    def __init__(self, folder: Path) -> None:
        import ctranslate2

        self._model: Any = ctranslate2.Encoder(  # type: ignore[attr-defined]
            str(folder), device="cpu", compute_type="int8", intra_threads=1
        )

    def features(self, windows: Sequence[Encoded]) -> Floats:
        """[windows, 2 × width]: mean over the window, and over the utterance in it."""
        rows: list[Floats] = [np.zeros(0, np.float32)] * len(windows)
        order = sorted(range(len(windows)), key=lambda i: len(windows[i].ids))
        for first in range(0, len(order), _BATCH):
            batch = order[first : first + _BATCH]
            result = self._model.forward_batch([list(windows[i].ids) for i in batch])
            hidden = np.asarray(result.last_hidden_state, np.float32)
            for row, i in enumerate(batch):
                own = hidden[row, : len(windows[i].ids)]
                rows[i] = np.concatenate([own.mean(axis=0), own[windows[i].text].mean(axis=0)])
        return np.stack(rows) if rows else np.zeros((0, 0), np.float32)
