"""Choose the lines of a voice that are to be spoken: some of every code, both sides.

    python models/corpus/choose_spoken.py models/corpus/voices/VOICE.jsonl 3 > VOICE.chosen.jsonl

The number is how many violations and how many near-misses of each code. The same voice and
number always give the same lines. Lines with Latin letters are left out: the synthetic voice
can't say them.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    """Print the chosen lines."""
    path, number = Path(sys.argv[1]), int(sys.argv[2])
    sides: dict[tuple[str, bool], list[dict[str, Any]]] = {}
    for written in path.read_text(encoding="utf-8").splitlines():
        line = json.loads(written)
        if not any(letter.isascii() and letter.isalpha() for letter in line["text"]):
            code = line["labels"][0] if line["labels"] else line["near_miss_of"]
            sides.setdefault((code or "", bool(line["labels"])), []).append(line)
    chance = random.Random(path.stem)  # noqa: S311 - a choice of lines, nothing secret
    for _, lines in sorted(sides.items()):
        for line in chance.sample(lines, min(number, len(lines))):
            print(json.dumps(line, ensure_ascii=False))


if __name__ == "__main__":
    main()
