"""Rules alone on sentences by authors who hadn't seen the rules: what is found, what is accused."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qc_pipeline.detect.line import detect_line, parse_line
from qc_pipeline.detect.rules import RuleSet, load_rules
from qc_pipeline.policy import Policy, load_policy
from qc_pipeline.settings import load_settings

VOICES = Path(__file__).parent / "voices"


@dataclass(slots=True)
class Measured:
    """Counts by main code; near-misses by the code they nearly are."""

    violations: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    near_misses: Counter[str] = field(default_factory=Counter)
    flagged: Counter[str] = field(default_factory=Counter)

    @property
    def recall(self) -> float:
        """Share of violations with a finding under their main code."""
        return self.found.total() / self.violations.total()

    @property
    def false_rate(self) -> float:
        """Share of near-misses with any finding of a spoken code."""
        return self.flagged.total() / self.near_misses.total()


def read_voice(path: Path) -> list[dict[str, Any]]:
    """The lines of one voice."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def measure(lines: Iterable[dict[str, Any]], *, rules: RuleSet, policy: Policy) -> Measured:
    """Detect in each line. Quarantined findings count as found, and as a flag."""
    spoken = {code for code, entry in policy.taxonomy.codes.items() if entry.spoken}
    result = Measured()
    for raw in lines:
        line = parse_line(json.dumps(raw, ensure_ascii=False))
        findings, _ = detect_line(line, rules=rules, policy=policy)
        codes = {finding.code for finding in findings} & spoken
        if raw["labels"]:
            result.violations[raw["labels"][0]] += 1
            result.found[raw["labels"][0]] += raw["labels"][0] in codes
        else:
            result.near_misses[raw["near_miss_of"]] += 1
            result.flagged[raw["near_miss_of"]] += bool(codes)
    return result


def main() -> None:
    """Print the tables as they stand in docs/evaluation.md."""
    settings = load_settings()
    policy = load_policy(settings.policy_dir)
    rules = load_rules(settings.lexicon_dir, taxonomy=policy.taxonomy)
    everything: list[dict[str, Any]] = []
    print("| voice | violations found | near-misses flagged |\n|---|---|---|")
    for path in sorted(VOICES.glob("*.jsonl")):
        lines = read_voice(path)
        everything += lines
        print(_row(path.stem, measure(lines, rules=rules, policy=policy)))
    total = measure(everything, rules=rules, policy=policy)
    print(_row("**all**", total))
    print("\n| code | violations found | near-misses flagged |\n|---|---|---|")
    for code in sorted(total.violations):
        print(
            f"| {code} | {total.found[code]} of {total.violations[code]} "
            f"| {total.flagged[code]} of {total.near_misses[code]} |"
        )


def _row(name: str, measured: Measured) -> str:
    return (
        f"| {name} | {measured.found.total()} of {measured.violations.total()} "
        f"({measured.recall:.0%}) | {measured.flagged.total()} of "
        f"{measured.near_misses.total()} ({measured.false_rate:.0%}) |"
    )


if __name__ == "__main__":
    main()
