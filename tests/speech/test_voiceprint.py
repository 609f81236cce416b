"""The voice encoder's arithmetic: the same network, without the library it was trained with."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from qc_pipeline.settings import packaged_dir
from qc_pipeline.speech.voiceprint import VoiceEncoder, load_encoder, spectrogram
from tests.speech.builders import RATE, noise

WEIGHTS = packaged_dir("models") / "speakers" / "voice-encoder.npz"


@pytest.fixture(scope="module")
def encoder() -> VoiceEncoder:
    return load_encoder(WEIGHTS)


def test_it_computes_what_the_original_network_computes(encoder: VoiceEncoder) -> None:
    torch = pytest.importorskip("torch")
    stored = {k: torch.tensor(v.astype(np.float32)) for k, v in np.load(WEIGHTS).items()}
    lstm, linear = torch.nn.LSTM(40, 256, 3, batch_first=True), torch.nn.Linear(256, 256)
    for module, name in ((lstm, "lstm."), (linear, "linear.")):
        module.load_state_dict({
            k.removeprefix(name): v for k, v in stored.items() if k.startswith(name)
        })  # fmt: skip
    windows = np.random.default_rng(4).random((5, 160, 40)).astype(np.float32)
    with torch.no_grad():
        _, (hidden, _) = lstm(torch.tensor(windows))
        expected = torch.nn.functional.normalize(torch.relu(linear(hidden[-1])))
    assert np.abs(encoder.embed(windows) - expected.numpy()).max() < 1e-5


def test_a_window_does_not_depend_on_its_batch(encoder: VoiceEncoder) -> None:
    windows = np.random.default_rng(5).random((300, 60, 40)).astype(np.float32)
    together = encoder.embed(windows)
    alone = np.concatenate([encoder.embed(windows[i : i + 1]) for i in (0, 255, 256, 299)])
    assert np.abs(together[[0, 255, 256, 299]] - alone).max() < 1e-5
    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-5)


def test_no_windows_no_vectors(encoder: VoiceEncoder) -> None:
    assert encoder.embed(np.zeros((0, 160, 40), np.float32)).shape == (0, 256)
    assert spectrogram(np.zeros(0, np.float32)).shape == (0, 40)


def test_a_tone_lies_in_its_band_and_the_clock_is_kept() -> None:
    clock = np.arange(RATE) / RATE
    tone = (0.1 * np.sin(2 * np.pi * 1000 * clock)).astype(np.float32)
    bands = spectrogram(np.concatenate([np.zeros(RATE, np.float32), tone]))
    assert len(bands) == 201
    assert np.flatnonzero(bands.sum(axis=1) > 1e-3)[0] == pytest.approx(100, abs=2)
    # 1000 Hz is mel 15 of 45.2 on the Slaney scale: the 14th of 40 triangles.
    assert bands[150].argmax() == 13


def test_quiet_speech_looks_like_loud_speech(encoder: VoiceEncoder) -> None:
    sound = noise(2)
    loud, quiet = (encoder.embed(spectrogram(sound * g)[None, :160]) for g in (0.01, 0.001))
    assert float((loud @ quiet.T)[0, 0]) == pytest.approx(1, abs=1e-3)


def test_the_card_names_the_very_weights() -> None:
    digest = hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()
    assert digest in WEIGHTS.with_name("MODEL_CARD.md").read_text("utf-8")
