"""Recognise spoken lines with the settings of a scan: `{"id", "text"}` a line.

python models/corpus/hear.py VOICE.chosen.jsonl FOLDER_OF_WAV models/corpus/noisy/VOICE.jsonl
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from qc_pipeline.intake.decode import decode_audio
from qc_pipeline.settings import SpeechSettings
from qc_pipeline.speech.normalise import normalise
from qc_pipeline.speech.recognise import SAMPLE_RATE, load_transcriber
from qc_pipeline.speech.segment import Window

_TOGETHER = 8
_LONGEST_S = 28


def main() -> None:
    """Recognise every line that has a recording."""
    source, folder, target = (Path(argument) for argument in sys.argv[1:4])
    transcriber = load_transcriber(SpeechSettings())
    ids = [json.loads(written)["id"] for written in source.read_text("utf-8").splitlines()]
    spoken = [name for name in ids if (folder / f"{name}.wav").exists()]
    with target.open("w", encoding="utf-8") as out:
        for first in range(0, len(spoken), _TOGETHER):
            names = spoken[first : first + _TOGETHER]
            for name, heard in zip(
                names, transcriber.transcribe([_window(folder / f"{n}.wav") for n in names]),
                strict=True,
            ):  # fmt: skip
                text = normalise([word.text for word in heard.words], language="zh").text
                if text:
                    print(json.dumps({"id": name, "text": text}, ensure_ascii=False), file=out)


def _window(path: Path) -> Window:
    samples = decode_audio(path).samples[0][: _LONGEST_S * SAMPLE_RATE]
    return Window(0, samples.astype(np.float32), SAMPLE_RATE, ())


if __name__ == "__main__":
    main()
