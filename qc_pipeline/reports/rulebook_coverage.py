"""Which rows of the rulebook are looked for, by what, and what covers the others.

    python -m qc_pipeline.reports.rulebook_coverage > docs/coverage.md

writes the page of the documentation.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Literal, get_args

from qc_pipeline.detect import field_visit, identity, notes, opening, promise
from qc_pipeline.detect.rulebook import (
    COVERAGE_FILE,
    RulebookRow,
    StatedRow,
    load_rulebook,
    load_statements,
)
from qc_pipeline.detect.rules import RuleSet, load_rules
from qc_pipeline.errors import QcError, RuleError
from qc_pipeline.intake import integrity
from qc_pipeline.policy import Policy, load_policy
from qc_pipeline.policy.discipline import Discipline
from qc_pipeline.records import BuiltInRule, ReferenceTables
from qc_pipeline.settings import load_settings
from qc_pipeline.store.contact_findings import contact_rules
from qc_pipeline.store.export import TABLES

State = Literal["automated", "registered", "planned", "out_of_reach"]
STATES: tuple[State, ...] = get_args(State)
STATES_ZH: Mapping[State, str] = {
    "automated": "自动检测",
    "registered": "登记或导入",
    "planned": "计划中",
    "out_of_reach": "系统外",
}
NO_CODE = "none"  # how a row without a card code is asked for
_OFF_CARD_ZH = {"data_security": "数据安全", NO_CODE: "登记与管理"}


@dataclass(frozen=True, slots=True)
class CoveredRow:
    """A row of the rulebook and its state: `rules` look for it, registers and imports (`by`)
    cover it, `reason` (zh) says how, what is missing or what it needs.
    """

    id: str
    code: str | None
    type: str
    summary: str
    state: State
    rules: tuple[str, ...]
    by: tuple[str, ...]
    reason: str


def built_in_rules(policy: Policy) -> tuple[BuiltInRule, ...]:
    """Every rule that is code: required actions, notes, contact rules, recordings."""
    return (
        *opening.RULES, *identity.RULES, *promise.RULES, *notes.RULES, *field_visit.RULES,
        *contact_rules(policy), *integrity.RULES,
    )  # fmt: skip


def rulebook_coverage(rules: RuleSet, *, policy: Policy) -> tuple[CoveredRow, ...]:
    """The state of every row of the rulebook beside `rules`, in the rulebook's order.

    What a rule cites is automated; everything else is what the coverage file states. Raises
    RuleError naming file and row: a row without a state, with two, stated although a rule looks
    for it, unknown, or covered by a register that isn't there.
    """
    book = load_rulebook(rules.folder)
    looked_for = _looked_for(rules, policy=policy, book=book)
    statements = load_statements(rules.folder)
    stated = {row.id: row for _, row in statements}
    wrong = [
        *_wrong_statements(statements, book=book, looked_for=looked_for, policy=policy),
        *(
            f"{rules.folder / COVERAGE_FILE}: row {row_id} has no state and no rule cites it"
            for row_id in book
            if row_id not in stated and row_id not in looked_for
        ),
    ]
    if wrong:
        raise RuleError("\n".join(wrong))
    return tuple(
        _covered(row, looked_for.get(row.id, ()), stated.get(row.id)) for row in book.values()
    )


def count_states(rows: Iterable[CoveredRow], *, policy: Policy) -> dict[str | None, Counter[State]]:
    """How many rows of each code are in each state: the codes of the card in their order, then
    other codes, then None.
    """
    counts: dict[str | None, Counter[State]] = {}
    for row in rows:
        counts.setdefault(row.code, Counter())[row.state] += 1
    others = sorted(code for code in counts if code and code not in policy.taxonomy.codes)
    return {
        code: counts[code] for code in (*policy.taxonomy.codes, *others, None) if code in counts
    }


def _looked_for(
    rules: RuleSet, *, policy: Policy, book: Mapping[str, RulebookRow]
) -> dict[str, tuple[str, ...]]:
    cited = [(rule.id, rule.rulebook) for rule in rules.rules]
    cited += [(rule.id, rule.rulebook) for rule in built_in_rules(policy)]
    looked_for: dict[str, tuple[str, ...]] = {}
    for rule_id, rows in cited:
        for row_id in rows:
            if row_id not in book:
                raise RuleError(f"rule {rule_id}: rulebook: no rulebook row {row_id!r}")
            looked_for[row_id] = (*looked_for.get(row_id, ()), rule_id)
    return looked_for


def _wrong_statements(
    statements: Sequence[tuple[str, StatedRow]], *, book: Mapping[str, RulebookRow],
    looked_for: Mapping[str, tuple[str, ...]], policy: Policy,
) -> Iterable[str]:  # fmt: skip
    registers = _registers(policy)
    seen: set[str] = set()
    for where, row in statements:
        said = f"{where}: row {row.id}"
        if row.id not in book:
            yield f"{said} is not in the rulebook"
        if row.id in seen:
            yield f"{said} has a state already"
        if row.id in looked_for:
            names = ", ".join(looked_for[row.id])
            yield f"{said} can't be {row.state}: it is automated by {names}"
        if bool(row.by) != (row.state == "registered"):
            yield f"{said}: `by` belongs to a registered row, and to no other"
        for name in row.by:
            if name not in registers:
                yield f"{said}: there is no register or import {name}"
            elif registers[name] and row.id not in registers[name]:
                yield f"{said}: {name} stands for {', '.join(registers[name])}"
        seen.add(row.id)


def _registers(policy: Policy) -> dict[str, tuple[str, ...]]:
    """What `by` may name; a ladder row also says which rows of the rulebook it stands for."""
    return {
        **{f"ladder.{row.id}": row.rulebook for row in policy.discipline.ladder},
        **{f"discipline.{name}": () for name in Discipline.model_fields},
        **{f"table.{f.name}": () for f in fields(ReferenceTables) if f.name != "present"},
        **{f"export.{name}": () for name in TABLES},
    }


def _covered(row: RulebookRow, rules: tuple[str, ...], stated: StatedRow | None) -> CoveredRow:
    return CoveredRow(
        id=row.id,
        code=row.code,
        type=row.type,
        summary=row.summary,
        state=stated.state if stated else "automated",
        rules=rules,
        by=stated.by if stated else (),
        reason=stated.zh if stated else "",
    )


# --- the page of the documentation -----------------------------------------------------------

_HEAD = """# What covers the rulebook

Generated by `python -m qc_pipeline.reports.rulebook_coverage > docs/coverage.md`; a test says
when it is out of date. The same in the shell: `qc rules coverage`.

| state | means |
|---|---|
| 自动检测 automated | at least one rule looks for breaches |
| 登记或导入 registered | a register or an import covers it today |
| 计划中 planned | our inputs would do (calls, recordings, tables, registers); it says what is missing |
| 系统外 out_of_reach | it needs what no input holds: a door log, a photo, a personnel file ... |

Automated doesn't mean that every breach is found, nor that every clause of the row is looked at.
What is automated is collected from the rules themselves: the `rulebook` lists in `lexicons/`
and in the rules that are code. Everything else is stated in `lexicons/coverage.yaml`.
"""


def coverage_page(rows: Sequence[CoveredRow], *, policy: Policy) -> str:
    """The page as Markdown: counts per code, then every row under its code."""
    counts = count_states(rows, policy=policy)
    lines = [_HEAD, _cells("code", *STATES, "rows"), "|---|" + "---:|" * (len(STATES) + 1)]
    for code, states in counts.items():
        numbers = [states[state] for state in STATES]
        lines.append(_cells(code_heading(code, policy), *numbers, sum(numbers)))
    total = sum(counts.values(), Counter())
    lines.append(_cells("**all**", *(total[state] for state in STATES), len(rows)))
    for code in counts:
        lines += ["", f"## {code_heading(code, policy)}", "", _cells("row", "asks", "state", "by")]
        lines.append("|---|---|---|---|")
        lines += [
            _cells(row.id, row.summary, STATES_ZH[row.state], covered_by(row, quote="`"))
            for row in rows
            if row.code == code
        ]
    return "\n".join(lines) + "\n"


def covered_by(row: CoveredRow, *, quote: str = "") -> str:
    """Rules, or registers and reason, in one line; names between `quote`."""
    names = ", ".join(f"{quote}{name}{quote}" for name in (*row.rules, *row.by))
    return "：".join(part for part in (names, row.reason) if part)


def code_heading(code: str | None, policy: Policy) -> str:
    """A code in Chinese and as it is asked for; None is what counts under no code."""
    name = code or NO_CODE
    known = policy.taxonomy.codes.get(name)
    return f"{known.zh if known else _OFF_CARD_ZH[name]} {name}"


def _cells(*cells: object) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def main() -> int:
    """Print the page. Exit code 2 when a file is wrong."""
    try:
        settings = load_settings()
        policy = load_policy(settings.policy_dir)
        rules = load_rules(settings.lexicon_dir, taxonomy=policy.taxonomy)
        sys.stdout.write(coverage_page(rulebook_coverage(rules, policy=policy), policy=policy))
    except QcError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
