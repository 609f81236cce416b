"""Count the model that tells characters of one sound apart, and say what it buys.

python models/respelling/build.py            # count from models/corpus, write ngrams.npz
python models/respelling/build.py --measure  # character error rate on voices it never saw
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from rapidfuzz.distance import Levenshtein

from qc_pipeline.learn.corpus import Corpus, Split, load_corpus
from qc_pipeline.learn.respelling import build_ngrams
from qc_pipeline.reports.evaluate import content
from qc_pipeline.speech.respelling import ngrams_file, read_ngrams, spelled, write_ngrams

CORPUS = Path(__file__).resolve().parents[1] / "corpus"


def measure(corpus: Corpus, split: Split) -> tuple[int, float, float]:
    """(reference characters, error rate as recognised, error rate respelled)."""
    ngrams = read_ngrams(ngrams_file())
    originals = {line.id: line.text for line in corpus.written[split]}
    characters = before = after = 0
    for line in corpus.noisy[split]:
        said = content(originals[line.id.removesuffix("~")])
        new = spelled(line.text, np.full(len(line.text), 0.5, np.float32), ngrams)
        characters += len(said)
        before += Levenshtein.distance(said, content(line.text))
        after += Levenshtein.distance(said, content(new))
    return characters, before / characters, after / characters


def main() -> None:
    """Build, or measure what is built."""
    corpus = load_corpus(CORPUS)
    if "--measure" not in sys.argv:
        write_ngrams(ngrams_file(), build_ngrams(corpus))
    for split in ("validation", "test"):
        characters, before, after = measure(corpus, split)
        print(
            f"{split}: {characters} characters, CER {before:.3f} as recognised, {after:.3f} respelled"
        )


if __name__ == "__main__":
    main()
