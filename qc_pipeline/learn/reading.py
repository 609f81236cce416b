"""The encoder as detection runs it, while the rest of a classifier is made around it.

It comes from a tuned network, or from the files of a classifier in use (then only the rest is
trained anew: minutes instead of an hour).
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qc_pipeline.detect.classifier import Excerpt
from qc_pipeline.detect.learned.encoder import SentenceEncoder
from qc_pipeline.detect.learned.encoding import encode
from qc_pipeline.errors import ModelError
from qc_pipeline.learn.corpus import CODES, CorpusLine
from qc_pipeline.learn.export import write_encoder
from qc_pipeline.learn.vocabulary import Vocabulary

if TYPE_CHECKING:
    from qc_pipeline.learn.tuning import Network

Floats = NDArray[np.float32]
Floats64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class OutputLayer:
    """Standardises features and gives log-odds per code."""

    mean: Floats
    spread: Floats
    weight: Floats
    bias: Floats


class Reader:
    """The encoder in `folder` (`encoder/`, `tokenizer.json`) on corpus lines."""

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        self._encoder = SentenceEncoder(folder / "encoder")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))

    def features(self, lines: Sequence[CorpusLine]) -> Floats:
        """[lines, 2 × width] of the first window; zeros for a line without a known piece."""
        windows, owners = [], []
        for number, line in enumerate(lines):
            excerpt = Excerpt(text=line.text, previous=line.previous, listener=line.callee)
            for window in encode(excerpt, self._tokenizer)[:1]:
                windows.append(window)
                owners.append(number)
        found = self._encoder.features(windows)
        out = np.zeros((len(lines), found.shape[1]), np.float32)
        out[owners] = found
        return out

    def odds(self, lines: Sequence[CorpusLine], layer: OutputLayer) -> Floats64:
        """[lines, codes]: log-odds of the output layer."""
        scaled = (self.features(lines) - layer.mean) / layer.spread
        return np.asarray(scaled @ layer.weight.T + layer.bias, np.float64)


def from_network(network: Network, vocabulary: Vocabulary, folder: Path) -> OutputLayer:
    """Write a tuned encoder to `folder`; its output layer."""
    write_encoder(network.encoder, vocabulary, folder)
    head = network.head
    return OutputLayer(
        mean=head.mean.numpy(),
        spread=head.spread.numpy(),
        weight=head.linear.weight.detach().numpy()[: len(CODES)],
        bias=head.linear.bias.detach().numpy()[: len(CODES)],
    )


def from_classifier(used: Path, folder: Path) -> OutputLayer:
    """Copy the encoder of the classifier in `used` to `folder`; its output layer.

    Raises ModelError.
    """
    try:
        shutil.copytree(used / "encoder", folder / "encoder")
        shutil.copy(used / "tokenizer.json", folder / "tokenizer.json")
        with np.load(used / "head.npz") as head:
            return OutputLayer(head["mean"], head["spread"], head["weight"], head["bias"])
    except (OSError, KeyError, ValueError) as error:
        raise ModelError(
            f"no encoder to keep in {used.name}: {error}", remedy="train without --keep-encoder"
        ) from None
