"""Run every rule's own examples.

    python -m qc_pipeline.detect.check [FOLDER] [CODE ...] [--list]

prints each example that fails and ends with 1 when there is one.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from qc_pipeline.detect.judge import judge
from qc_pipeline.detect.line import (
    SECONDS_PER_LINE,
    TextLine,
    line_context,
    line_scene,
    written_scene,
    written_utterance,
)
from qc_pipeline.detect.rule_models import Example
from qc_pipeline.detect.rules import Rule, RuleSet, load_rules
from qc_pipeline.detect.scene import Scene
from qc_pipeline.errors import QcError
from qc_pipeline.policy.load import Policy, load_policy
from qc_pipeline.records import Finding
from qc_pipeline.settings import load_settings

MIN_EXAMPLES = 2


@dataclass(frozen=True, slots=True)
class ExampleFailure:
    """An example that doesn't come out as its rule says; `why` in Chinese."""

    rule_id: str
    where: str
    kind: Literal["hit", "miss", "too_few", "context"]
    example: str
    why: str


def check_rules(
    rules: RuleSet, *, policy: Policy, codes: Collection[str] = ()
) -> tuple[ExampleFailure, ...]:
    """Every failing example of the rules (of `codes`; without, also of the context phrases).
    A hit must give a finding of its own rule, open or quarantined; a miss must not. Every rule
    needs two of each.
    """
    failures: list[ExampleFailure] = []
    for rule in rules.rules:
        if not codes or rule.code in codes:
            failures.extend(_check_rule(rule, rules=rules, policy=policy))
    context = rules.folder / "context"
    if not codes and context.is_dir():
        for line in rules.context.failing_examples():
            failures.append(ExampleFailure("context", str(context), "context", line, ""))
    guards = rules.folder / "guards"
    if not codes and guards.is_dir() and rules.rules:
        for line in rules.rules[0].guard_words.failing_examples():
            failures.append(ExampleFailure("guards", str(guards), "context", line, ""))
    return tuple(failures)


def _check_rule(rule: Rule, *, rules: RuleSet, policy: Policy) -> Iterator[ExampleFailure]:
    if min(len(rule.hits), len(rule.misses)) < MIN_EXAMPLES:
        why = f"hits {len(rule.hits)}、misses {len(rule.misses)}，各至少要 {MIN_EXAMPLES} 条"
        yield ExampleFailure(rule.id, rule.where, "too_few", "", why)
    for example in rule.hits:
        stands, stopped = try_example(rule, example, rules=rules, policy=policy)
        if not stands:
            why = "；".join(r for f in stopped for r in f.reasons[1:]) or "没有任何用语匹配"
            yield ExampleFailure(rule.id, rule.where, "hit", str(example), why)
    for example in rule.misses:
        stands, _ = try_example(rule, example, rules=rules, policy=policy)
        if stands:
            why = "；".join(f"匹配到「{f.matched}」（{f.detector}）" for f in stands)
            yield ExampleFailure(rule.id, rule.where, "miss", str(example), why)


def try_example(
    rule: Rule, example: Example, *, rules: RuleSet, policy: Policy
) -> tuple[list[Finding], list[Finding]]:
    """What one rule finds in an example, and what guards stopped."""
    scene = example_scene(example, rules=rules)
    last = len(scene.turns) - 1
    places = range(last + 1) if example.turns else [last]
    judged = [judge(rule, scene, place, policy=policy) for place in places]
    stands = [each[1] for each in judged if each is not None and each[0]]
    return stands, [each[1] for each in judged if each is not None and not each[0]]


def example_scene(example: Example, *, rules: RuleSet) -> Scene:
    """An example as a scene: a line, or a short call when it has turns."""
    if not example.turns:
        line = TextLine(
            id="example",
            text=example.text,
            speaker=example.speaker,
            callee=example.callee,
            prev=example.prev,
            case=example.case,
        )
        return line_scene(line, rules=rules)
    utterances = []
    start_s = 0.0
    for index, turn in enumerate(example.turns):
        start_s = start_s if turn.at_s is None else turn.at_s
        utterances.append(written_utterance(index, turn.speaker, turn.text, start_s=start_s))
        start_s += SECONDS_PER_LINE
    context = line_context("example", callee=example.callee, case=example.case)
    return written_scene(context, utterances, rules=rules, text_only=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Exit code 0, 1 (an example fails) or 2 (a file is wrong)."""
    parser = argparse.ArgumentParser(prog="python -m qc_pipeline.detect.check", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="folder of rule files")
    parser.add_argument("code", nargs="*", help="check only the rules of these codes")
    parser.add_argument("--list", action="store_true", help="list the rules instead")
    options = parser.parse_args(arguments)
    try:
        settings = load_settings()
        policy = load_policy(settings.policy_dir)
        rules = load_rules(
            options.folder or settings.lexicon_dir, taxonomy=policy.taxonomy, codes=options.code
        )
        if options.list:
            _print_list(rules)
            return 0
        failures = check_rules(rules, policy=policy, codes=options.code)
    except QcError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    _print_failures(failures, rules=rules)
    return 1 if failures else 0


_KINDS = {"hit": "应命中而未命中", "miss": "不应命中却命中", "too_few": "例句太少",
          "context": "通话过程用语"}  # fmt: skip


def _print_failures(failures: Sequence[ExampleFailure], *, rules: RuleSet) -> None:
    rule_id = ""
    for failure in failures:
        if failure.rule_id != rule_id:
            rule_id = failure.rule_id
            print(f"\n{rule_id}  {failure.where}")
        print(f"  {_KINDS[failure.kind]}: {failure.example}")
        if failure.why:
            print(f"      {failure.why}")
    examples = sum(len(rule.hits) + len(rule.misses) for rule in rules.rules)
    print(f"\n{len(rules.rules)} rules, {examples} examples, {len(failures)} failures")


def _print_list(rules: RuleSet) -> None:
    for rule in rules.rules:
        rows = ",".join(rule.rulebook)
        examples = f"{len(rule.hits)}+{len(rule.misses)}"
        cells = rule.code, rule.id, f"v{rule.version}", rule.severity, rule.name, rows, examples
        print("\t".join(cells))


if __name__ == "__main__":
    sys.exit(main())
