"""What rates measured on lines mean for a review queue in which violations are rare."""

from __future__ import annotations

from qc_pipeline.learn.measure import Measured, wilson

PREVALENCE = 0.01
"""Share of calls with a critical violation."""
AGENT_LINES_A_CALL = 25


def plain_talk(measured: Measured) -> tuple[str, ...]:
    """What ordinary talk set off, per 1,000 utterances with its interval. Markdown."""
    flags, of = measured.plain_flagged, measured.plain
    low, high = wilson(flags, of)
    critical = measured.plain_critical
    low_c, high_c = wilson(critical, of)
    return (
        f"{of} agent utterances of ordinary lawful calls by other authors: {flags} flagged,",
        f"{1000 * flags / of:.1f} per 1,000 (95 %: {1000 * low:.1f}–{1000 * high:.1f}); {critical}",
        f"of them critical, {1000 * critical / of:.1f} per 1,000 (95 %: {1000 * low_c:.1f}–"
        f"{1000 * high_c:.1f}).",
    )


def critical_tier(
    measured: Measured, *, prevalence: float = PREVALENCE, lines: int = AGENT_LINES_A_CALL
) -> tuple[str, ...]:
    """The expected precision of the queue's critical tier, with its arithmetic, at the measured
    rate of false critical flags and at both ends of its interval. Markdown.
    """
    found = measured.recall
    low, high = wilson(measured.plain_critical, measured.plain)
    rate = measured.plain_critical / measured.plain
    rows = [
        f"| {name} | {per_line:.5f} | {1 - (1 - per_line) ** lines:.2%} | "
        f"{expected_precision(found, per_line, prevalence=prevalence, lines=lines):.0%} |"
        for name, per_line in (("measured", rate), ("lower end", low), ("upper end", high))
    ]
    true, false = prevalence * found, (1 - prevalence) * (1 - (1 - rate) ** lines)
    return (
        f"If {prevalence:.0%} of calls hold one critical violation and a call has {lines} agent",
        f"utterances: flagged for good reason {prevalence:.0%} × {found:.1%} = {true:.2%} of calls;",
        f"flagged for nothing {1 - prevalence:.0%} × (1 − (1 − {rate:.5f})^{lines}) = {false:.2%};",
        f"expected precision of the critical tier {true:.4f} / ({true:.4f} + {false:.4f}) =",
        f"{expected_precision(found, rate, prevalence=prevalence, lines=lines):.0%}.",
        "",
        "| rate of false critical flags | per utterance | innocent calls flagged | precision |",
        "|---|---|---|---|",
        *rows,
    )


def expected_precision(
    found: float, per_line: float, *, prevalence: float = PREVALENCE,
    lines: int = AGENT_LINES_A_CALL,
) -> float:  # fmt: skip
    """Share of flagged calls that hold a violation. `found`: share of violations found;
    `per_line`: share of ordinary utterances flagged.
    """
    true = prevalence * found
    false = (1 - prevalence) * (1 - (1 - per_line) ** lines)
    return true / (true + false) if true + false else 0.0
