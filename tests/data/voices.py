"""Detection on sentences by authors who hadn't seen the rules: what is found, what is accused.

`python -m tests.data.voices` prints the tables of docs/evaluation.md: the four held-out voices
beside this file, the test voices of the corpus, and plain talk.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from qc_pipeline.detect.detectors import load_detectors
from qc_pipeline.detect.rules import load_rules
from qc_pipeline.learn.corpus import CorpusLine, load_corpus
from qc_pipeline.learn.measure import Measured, measure, table, wilson
from qc_pipeline.learn.prevalence import critical_tier
from qc_pipeline.policy import load_policy
from qc_pipeline.settings import load_settings, packaged_dir
from tests.data.hearing import respelled

VOICES = Path(__file__).parent / "voices"


def read_voice(path: Path) -> list[dict[str, Any]]:
    """The lines of one held-out voice."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def held_out() -> list[CorpusLine]:
    """All lines of the held-out voices."""
    return [
        CorpusLine(
            id=row["id"], text=row["text"], callee=row["callee"], previous=row["prev"] or "",
            labels=tuple(row["labels"]), near_miss_of=row["near_miss_of"], style=row["style"],
            voice=path.stem,
        )
        for path in sorted(VOICES.glob("*.jsonl")) for row in read_voice(path)
    ]  # fmt: skip


def main() -> None:
    """Print every table."""
    settings = load_settings()
    policy = load_policy(settings.policy_dir)
    rules = load_rules(settings.lexicon_dir, taxonomy=policy.taxonomy)
    both = load_detectors(settings, policy=policy).rules
    corpus = load_corpus(packaged_dir("models") / "corpus")
    sets = {
        "Four held-out voices": held_out(),
        "Test voices of the corpus": corpus.written["test"],
        "Test voices of the corpus, spoken and recognised": corpus.noisy["test"],
        "Test voices of the corpus, recognised and respelled as in a scan": [
            respelled(line) for line in corpus.noisy["test"]
        ],
    }
    for title, lines in sets.items():
        alone = measure(lines, rules=rules, policy=policy)
        joint = measure(lines, rules=both, policy=policy)
        print(f"### {title}\n\n{table({'rules': alone, 'with model': joint})}")
        for name, measured in (("rules alone", alone), ("with model", joint)):
            if measured.plain:
                print(f"{plain_talk(name, measured)}\n")
        if joint.plain:
            print("#### At real prevalence\n")
            print("\n".join(critical_tier(joint)) + "\n")


def plain_talk(name: str, measured: Measured) -> str:
    """One line on ordinary talk."""
    low, high = wilson(measured.plain_flagged, measured.plain)
    return (
        f"Plain talk, {name}: {measured.plain_flagged} of {measured.plain} agent utterances "
        f"flagged (95 %: {1000 * low:.1f} to {1000 * high:.1f} per 1,000), "
        f"{measured.plain_critical} of them critical."
    )


if __name__ == "__main__":
    main()
