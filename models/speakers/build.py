"""Write `voice-encoder.npz` from Resemblyzer's own weights.

usage: python models/speakers/build.py PATH/TO/resemblyzer/pretrained.pt

Needs PyTorch (the `train` extra) and the file from the wheel of Resemblyzer 0.1.4. The weights
become half-precision numbers; nothing is trained.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch

TARGET = Path(__file__).with_name("voice-encoder.npz")


def main(source: Path) -> None:
    """Convert the weights in `source`."""
    state = torch.load(source, map_location="cpu", weights_only=False)["model_state"]
    kept = {name: values for name, values in state.items() if name.startswith(("lstm", "linear"))}
    np.savez_compressed(
        TARGET, **{name: values.numpy().astype(np.float16) for name, values in kept.items()}
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
