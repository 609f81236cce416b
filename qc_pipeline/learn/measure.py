"""What detection finds and whom it accuses, on labelled lines: counts, shares, intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import sqrt

from qc_pipeline.detect.line import TextLine, detect_line
from qc_pipeline.detect.rules import RuleSet
from qc_pipeline.learn.corpus import CODES, CorpusLine
from qc_pipeline.policy.load import Policy
from qc_pipeline.records import Finding

HEARD_CONFIDENCE = 0.8
"""What recognised copies are taken to have; theirs was not kept."""
_Z = 1.96  # two-sided 95 %


@dataclass(slots=True)
class Measured:
    """Counts by main code; near-misses by the code they nearly are; plain talk apart."""

    violations: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    near_misses: Counter[str] = field(default_factory=Counter)
    flagged: Counter[str] = field(default_factory=Counter)
    plain: int = 0
    plain_flagged: int = 0
    plain_critical: int = 0

    @property
    def recall(self) -> float:
        """Share of violations with a finding under their main code."""
        return self.found.total() / max(1, self.violations.total())

    @property
    def false_rate(self) -> float:
        """Share of near-misses with any finding."""
        return self.flagged.total() / max(1, self.near_misses.total())

    @property
    def f2(self) -> float:
        """F2 of found violations against flagged near-misses and plain talk, lines as they are."""
        hit, wrong = self.found.total(), self.flagged.total() + self.plain_flagged
        missed = self.violations.total() - hit
        return 5 * hit / max(1, 5 * hit + 4 * missed + wrong)


def measure(lines: Iterable[CorpusLine], *, rules: RuleSet, policy: Policy) -> Measured:
    """Put each line to detection as text with a settled listener. Quarantined counts as found,
    and as a flag.
    """
    measured = Measured()
    for line in lines:
        count(measured, line, findings_on(line, rules=rules, policy=policy))
    return measured


def findings_on(line: CorpusLine, *, rules: RuleSet, policy: Policy) -> tuple[Finding, ...]:
    """The findings of one line."""
    said = TextLine(
        id=line.id, text=line.text, callee=line.callee, prev=line.previous or None,
        confidence=HEARD_CONFIDENCE if line.heard else 1.0,
    )  # fmt: skip
    return detect_line(said, rules=rules, policy=policy)[0]


def count(measured: Measured, line: CorpusLine, findings: Sequence[Finding]) -> None:
    """Add one line to the counts."""
    if line.labels:
        main = line.labels[0]
        measured.violations[main] += 1
        measured.found[main] += any(finding.code == main for finding in findings)
    elif line.near_miss_of is not None:
        measured.near_misses[line.near_miss_of] += 1
        measured.flagged[line.near_miss_of] += bool(findings)
    else:
        measured.plain += 1
        measured.plain_flagged += bool(findings)
        measured.plain_critical += any(finding.severity == "critical" for finding in findings)


def wilson(hits: int, of: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927); 0..1 when nothing was counted."""
    if of == 0:
        return 0.0, 1.0
    share, z2 = hits / of, _Z * _Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z * sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def table(columns: dict[str, Measured]) -> str:
    """A Markdown table: a row a code, for each column violations found and near-misses flagged."""
    heads = "".join(f" {name}: found | {name}: near-misses flagged |" for name in columns)
    rows = [f"| code |{heads}", "|---|" + "---|" * (2 * len(columns))]
    for code in CODES:
        cells = "".join(
            f" {_share(m.found[code], m.violations[code])} |"
            f" {_share(m.flagged[code], m.near_misses[code])} |"
            for m in columns.values()
        )
        rows.append(f"| {code} |{cells}")
    totals = "".join(
        f" **{_share(m.found.total(), m.violations.total(), interval=True)}** |"
        f" **{_share(m.flagged.total(), m.near_misses.total(), interval=True)}** |"
        for m in columns.values()
    )
    rows.append(f"| **all** |{totals}")
    return "\n".join(rows) + "\n"


def _share(hits: int, of: int, *, interval: bool = False) -> str:
    if of == 0:
        return "–"
    text = f"{hits} of {of} ({hits / of:.0%})"
    if interval:
        low, high = wilson(hits, of)
        text += f", 95 %: {low:.1%}–{high:.1%}"
    return text
