"""The encoder and its output layer as a PyTorch network, for training only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from qc_pipeline.detect.learned.encoding import LONGEST, PAD, Encoded
from qc_pipeline.learn.encoder_weights import EncoderWeights
from qc_pipeline.learn.vocabulary import Vocabulary

# PyTorch's short cut for inference gives other numbers than the layers it replaces.
torch.backends.mha.set_fastpath_enabled(False)


@dataclass(frozen=True, slots=True)
class Batch:
    """`states` [lines, pieces, width]; `there` and `text` [lines, pieces] are 1 where a piece
    stands, and where it belongs to the utterance itself.
    """

    states: Tensor
    there: Tensor
    text: Tensor


class Encoder(nn.Module):
    """Post-norm transformer with the weights of the sentence encoder; no pooling."""

    def __init__(self, weights: EncoderWeights, vocabulary: Vocabulary, *, dropout: float) -> None:
        super().__init__()
        values = weights.tensors
        positions = values["emb.pos"][:LONGEST] + values["emb.type"][0]
        self.word = nn.Embedding.from_pretrained(
            torch.from_numpy(values["emb.word"][list(vocabulary.kept)])
        )
        self.position = nn.Embedding.from_pretrained(torch.from_numpy(positions))
        self.norm = nn.LayerNorm(weights.width, eps=weights.epsilon)
        _set(self.norm, values["emb.ln.w"], values["emb.ln.b"])
        self.layers = nn.ModuleList(
            _layer(weights, number, dropout=dropout) for number in range(weights.layers)
        )
        self.width = weights.width

    def embedded(self, windows: Sequence[Encoded]) -> Batch:
        """What enters the first layer."""
        longest = max(len(window.ids) for window in windows)
        ids = torch.full((len(windows), longest), PAD)
        there = torch.zeros((len(windows), longest))
        text = torch.zeros((len(windows), longest))
        for row, window in enumerate(windows):
            ids[row, : len(window.ids)] = torch.tensor(window.ids)
            there[row, : len(window.ids)] = 1
            text[row, window.text] = 1
        states = self.norm(self.word(ids) + self.position(torch.arange(longest))[None])
        return Batch(states, there, text)

    def through(self, batch: Batch, layers: slice) -> Batch:
        """The batch after some of the layers."""
        states = batch.states
        for layer in self.layers[layers]:
            states = layer(states, src_key_padding_mask=batch.there == 0)
        return Batch(states, batch.there, batch.text)


def pooled(batch: Batch) -> Tensor:
    """[lines, 2 × width]: mean over all pieces, and over those of the utterance."""
    states = batch.states.float()
    means = [
        (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True).clamp(min=1)
        for mask in (batch.there, batch.text)
    ]
    return torch.cat(means, 1)


class Head(nn.Module):
    """Standardises pooled features and gives one log-odds per code."""

    mean: Tensor
    spread: Tensor

    def __init__(self, width: int, outputs: int, *, dropout: float) -> None:
        super().__init__()
        self.linear = nn.Linear(width, outputs)
        self.dropout = nn.Dropout(dropout)
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("spread", torch.ones(width))

    def forward(self, features: Tensor) -> Tensor:
        """[lines, outputs]."""
        odds: Tensor = self.linear(self.dropout((features - self.mean) / self.spread))
        return odds


def _layer(weights: EncoderWeights, number: int, *, dropout: float) -> nn.Module:
    def value(name: str) -> np.ndarray[Any, np.dtype[np.float32]]:
        return weights.tensors[f"l{number}.{name}"]

    layer = nn.TransformerEncoderLayer(
        weights.width, weights.heads, weights.inner, dropout=dropout, activation="gelu",
        layer_norm_eps=weights.epsilon, batch_first=True,
    )  # fmt: skip
    attention = layer.self_attn
    attention.in_proj_weight.data = torch.from_numpy(
        np.concatenate([value("q.w"), value("k.w"), value("v.w")])
    )
    attention.in_proj_bias.data = torch.from_numpy(
        np.concatenate([value("q.b"), value("k.b"), value("v.b")])
    )
    _set(attention.out_proj, value("ao.w"), value("ao.b"))
    _set(layer.norm1, value("aln.w"), value("aln.b"))
    _set(layer.linear1, value("fi.w"), value("fi.b"))
    _set(layer.linear2, value("fo.w"), value("fo.b"))
    _set(layer.norm2, value("oln.w"), value("oln.b"))
    return layer


def _set(part: Any, weight: Any, bias: Any) -> None:
    part.weight.data = torch.from_numpy(np.array(weight))
    part.bias.data = torch.from_numpy(np.array(bias))
