"""From a tuned network to the files that detection reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qc_pipeline.detect.learned.artefact import Card, Weights, write_card
from qc_pipeline.learn.corpus import CODES, CorpusLine
from qc_pipeline.learn.network import Encoder
from qc_pipeline.learn.vocabulary import Vocabulary, tokeniser

Floats = NDArray[np.float32]
_EXAMPLE_STEP = 127


def write_encoder(encoder: Encoder, vocabulary: Vocabulary, folder: Path) -> None:
    """`encoder/` as CTranslate2 reads it (eight-bit weights) and `tokenizer.json`."""
    from ctranslate2.specs import common_spec, transformer_spec

    layers: list[Any] = list(encoder.layers)
    spec = transformer_spec.TransformerEncoderModelSpec(
        transformer_spec.TransformerEncoderSpec(
            len(layers),
            layers[0].self_attn.num_heads,
            pre_norm=False,
            activation=common_spec.Activation.GELU,
            layernorm_embedding=True,
        ),
        pooling_layer=False,
    )
    made: Any = spec.encoder
    made.scale_embeddings = False
    made.embeddings[0].weight = _values(encoder.word.weight)
    made.position_encodings.encodings = _values(encoder.position.weight)
    _copy_norm(made.layernorm_embedding, encoder.norm)
    for there, layer in zip(made.layer, layers, strict=True):
        there.self_attention.linear[0].weight = _values(layer.self_attn.in_proj_weight)
        there.self_attention.linear[0].bias = _values(layer.self_attn.in_proj_bias)
        _copy_linear(there.self_attention.linear[1], layer.self_attn.out_proj)
        _copy_norm(there.self_attention.layer_norm, layer.norm1)
        _copy_linear(there.ffn.linear_0, layer.linear1)
        _copy_linear(there.ffn.linear_1, layer.linear2)
        _copy_norm(there.ffn.layer_norm, layer.norm2)
    spec.register_vocabulary([text for text, _ in vocabulary.pieces])
    spec.config.unk_token = "<unk>"  # noqa: S105 - a piece of text, not a secret
    spec.config.layer_norm_epsilon = encoder.norm.eps
    spec.validate()
    spec.optimize(quantization="int8")
    target = folder / "encoder"
    target.mkdir(parents=True, exist_ok=True)
    spec.save(str(target))
    tokeniser(vocabulary).save(str(folder / "tokenizer.json"), pretty=False)


def write_head(
    folder: Path,
    *,
    mean: Floats,
    spread: Floats,
    weight: Floats,
    bias: Floats,
    lines: Sequence[CorpusLine],
    features: Floats,
) -> None:
    """`head.npz`: the output layer, and the violations among `lines` (with their `features`,
    [lines, width]) as examples, each a direction in eight bits.
    """
    chosen = [index for index, line in enumerate(lines) if line.labels and not line.heard]
    points = (features[chosen] - mean) / spread
    points /= np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-6)
    largest = float(np.abs(points).max())
    np.savez_compressed(
        folder / "head.npz",
        mean=mean.astype(np.float32),
        spread=spread.astype(np.float32),
        weight=weight.astype(np.float32),
        bias=bias.astype(np.float32),
        examples=np.rint(points / largest * _EXAMPLE_STEP).astype(np.int8),
        example_codes=np.array([CODES.index(lines[i].labels[0]) for i in chosen], np.int16),
        example_texts=np.array([lines[i].text for i in chosen]),
    )


def finish(
    folder: Path,
    *,
    name: str,
    written: Weights,
    heard: Weights,
) -> Card:
    """Write the card over everything else in `folder`."""
    return write_card(
        folder,
        name=name,
        codes=list(CODES),
        written=written.model_dump(),
        heard=heard.model_dump(),
    )


def _values(tensor: Any) -> Floats:
    # A copy: the converter scales arrays in place.
    return np.array(tensor.detach().float().numpy(), copy=True)


def _copy_linear(there: Any, layer: Any) -> None:
    there.weight = _values(layer.weight)
    there.bias = _values(layer.bias)


def _copy_norm(there: Any, norm: Any) -> None:
    there.gamma = _values(norm.weight)
    there.beta = _values(norm.bias)
