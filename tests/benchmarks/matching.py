"""Text detection beside a bare Aho-Corasick search for the rules' own phrases.

Peer: pyahocorasick over the literal pieces of the same lexicons, nothing else. Ours: patterns on
characters and on sound, conditions and guards, with every rule loaded. One core, in processor time,
so that other work on the machine weighs less. The lines are the samples' with clauses swapped: hardly
one comes twice, so nothing remembered helps.
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import ahocorasick

from qc_pipeline.detect.line import TextLine, detect_line
from qc_pipeline.detect.rules import load_rules
from qc_pipeline.policy import load_policy
from qc_pipeline.settings import load_settings
from tests.benchmarks.replaying import generated_calls

CALLS = 50
ROUNDS = 3


def main() -> None:
    """Print utterances per second of both, and the ratio."""
    settings = load_settings()
    policy = load_policy(settings.policy_dir)
    rules = load_rules(settings.lexicon_dir, taxonomy=policy.taxonomy)
    texts = [text for call in generated_calls(CALLS) for _, text in call.turns]
    lines = [TextLine(str(place), text) for place, text in enumerate(texts)]
    phrases = _phrases(settings.lexicon_dir)
    automaton = ahocorasick.Automaton()
    for phrase in phrases:
        automaton.add_word(phrase, phrase)
    automaton.make_automaton()

    def ours() -> None:
        for line in lines:
            detect_line(line, rules=rules, policy=policy)

    def peer() -> None:
        for line in lines:
            list(automaton.iter(line.text))

    ours()
    our = statistics.median(_seconds(ours) for _ in range(ROUNDS))
    bare = statistics.median(_seconds(peer) for _ in range(ROUNDS))
    print(f"{len(lines)} utterances ({len(set(texts))} different), {len(rules.rules)} rules, one core, "
          f"processor time, median of {ROUNDS}")  # fmt: skip
    print(f"  pyahocorasick on {len(phrases)} phrases: {len(lines) / bare:9.0f} utterances/s")
    print(f"  qc detect, rules and guards:   {len(lines) / our:9.0f} utterances/s")
    print(f"  ratio: {our / bare:.0f} times the bare search's time")


def _seconds(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _phrases(folder: Path) -> set[str]:
    written = "".join(path.read_text("utf-8") for path in sorted(folder.rglob("*.yaml")))
    return set(re.findall(r"[\u4e00-\u9fff]{2,12}", written))


if __name__ == "__main__":
    main()
