"""The examples of docs/rules.md are true."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from qc_pipeline.detect.check import check_rules
from qc_pipeline.detect.condition_syntax import OPERATORS
from qc_pipeline.detect.guards import GUARDS
from qc_pipeline.detect.line import TextLine, detect_line
from qc_pipeline.detect.rules import RuleSet, load_rules
from qc_pipeline.policy.load import Policy, load_policy
from qc_pipeline.settings import PACKAGE_DIR, packaged_dir

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text("utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
FIRST_RULE = "threat.gang_visit"


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy(PACKAGE_DIR / "policy")


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory, policy: Policy) -> RuleSet:
    """Every example of the page in one folder, with the product's context phrases."""
    folder = tmp_path_factory.mktemp("documented")
    shutil.copytree(packaged_dir("lexicons") / "context", folder / "context")
    shutil.copytree(packaged_dir("lexicons") / "classes", folder / "classes")
    by_code: dict[str, str] = {}
    for block in BLOCKS:
        if block.startswith("# classes/"):
            (folder / block.split()[1]).write_text(block, "utf-8")
            continue
        head, rules = block.split("rules:\n")
        by_code[head.strip()] = by_code.get(head.strip(), head + "rules:\n") + rules
    for place, text in enumerate(by_code.values()):
        (folder / f"{place}.yaml").write_text(text, "utf-8")
    return load_rules(folder, taxonomy=policy.taxonomy)


def test_every_documented_rule_does_what_the_page_says(documented: RuleSet, policy: Policy) -> None:
    assert len(documented.rules) >= 15
    failures = check_rules(documented, policy=policy, codes=[r.code for r in documented.rules])
    assert [(f.rule_id, f.example, f.why) for f in failures] == []


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_operator_has_an_example(operator: str) -> None:
    assert any(f"{operator}:" in block for block in BLOCKS)


@pytest.mark.parametrize("guard", GUARDS)
def test_every_guard_is_described(guard: str) -> None:
    assert f"| `{guard}` |" in PAGE


TABLE = re.findall(r"^\| (\w*) ?\| ([^|]+) \| (suppress|stays|lower) \|$", PAGE, flags=re.MULTILINE)


@pytest.mark.parametrize(("guard", "said", "outcome"), TABLE)
def test_guards_decide_as_the_page_says(
    guard: str, said: str, outcome: str, documented: RuleSet, policy: Policy
) -> None:
    speaker, _, text = said.rpartition("：")
    line = TextLine(id="1", text=text, speaker="customer" if speaker == "客户" else "agent")
    findings, suppressed = detect_line(line, rules=documented, policy=policy)
    of_first = [f for f in findings + suppressed if f.rule_id == FIRST_RULE]
    assert len(of_first) == 1
    reasons = " ".join(of_first[0].reasons)
    if outcome == "suppress":
        assert of_first[0] in suppressed
        assert f"{guard}: " in reasons
    else:
        assert of_first[0] in findings
        assert ("correction: " in reasons) is (outcome == "lower")


def test_the_table_of_guards_was_read() -> None:
    assert len(TABLE) >= 10
