"""A tuned network kept under the key of everything it was made from.

Tuning takes an hour on two cores, the rest of training minutes: a run that was stopped, or that
changes only the rest, takes the network up again. Another line, form, seed or plan is another
key.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from qc_pipeline.learn.candidates import targets_of
from qc_pipeline.learn.corpus import CODES, CorpusLine
from qc_pipeline.learn.encoder_weights import EncoderWeights
from qc_pipeline.learn.network import Encoder, Head
from qc_pipeline.learn.tuning import Network, TuningPlan
from qc_pipeline.learn.vocabulary import Vocabulary

_OUTPUTS = len(CODES) + 1


def kept_or_tuned(
    folder: Path | None,
    forms: Sequence[Sequence[CorpusLine]],
    *,
    weights: EncoderWeights,
    vocabulary: Vocabulary,
    plan: TuningPlan,
    tuned: Callable[[], Network],
) -> tuple[Network, bool]:
    """The network in `folder` that was made from exactly this, and True; else what `tuned`
    makes, which is kept there. None: nothing is kept.
    """
    if folder is None:
        return tuned(), False
    path = folder / f"{key_of(forms, vocabulary, plan)}.pt"
    if path.exists():
        encoder = Encoder(weights, vocabulary, dropout=plan.dropout)
        head = Head(2 * encoder.width, _OUTPUTS, dropout=plan.dropout)
        found = torch.load(path, weights_only=True)
        encoder.load_state_dict(found["encoder"])
        head.load_state_dict(found["head"])
        encoder.eval()
        head.eval()
        return Network(encoder, head), True
    network = tuned()
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}")
    torch.save(
        {"encoder": network.encoder.state_dict(), "head": network.head.state_dict()}, unfinished
    )
    unfinished.rename(path)
    return network, False


def key_of(forms: Sequence[Sequence[CorpusLine]], vocabulary: Vocabulary, plan: TuningPlan) -> str:
    """Names everything a network is made from."""
    digest = hashlib.sha256(repr((plan, vocabulary.kept)).encode())
    for line in forms:
        for form in line:
            digest.update(repr((form.text, form.previous, form.callee)).encode())
        digest.update(targets_of(line).tobytes())
    return digest.hexdigest()[:16]
