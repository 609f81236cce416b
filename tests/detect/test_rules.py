"""Loading a folder of rules: what it gives, and how it complains."""

from __future__ import annotations

from pathlib import Path

import pytest

from qc_pipeline.detect.rules import RuleSet, load_rules
from qc_pipeline.errors import RuleError
from qc_pipeline.policy.load import Policy
from qc_pipeline.settings import packaged_dir
from tests.detect.conftest import MakeRules

GOOD = """\
code: threat_intimidation
rules:
  - id: threat.one
    version: 1
    name: 一
    rulebook: [CC-01]
    when: [上门]
"""


def test_a_rule_has_the_severity_of_its_code_unless_it_has_its_own(small_rules: RuleSet) -> None:
    severities = {rule.id: rule.severity for rule in small_rules.rules}
    assert severities["threat.gang_visit"] == "critical"
    assert severities["conduct.shut_up_rudely"] == "minor"
    assert severities["conduct.shut_up"] == "major"


def test_the_version_names_the_exact_content(make_rules: MakeRules) -> None:
    first = make_rules(GOOD)
    assert make_rules(GOOD).version == first.version
    assert make_rules(GOOD.replace("上门", "堵门")).version != first.version


def test_an_unchanged_folder_is_not_read_twice_a_changed_one_is(
    policy: Policy, tmp_path: Path
) -> None:
    file = tmp_path / "threat_intimidation.yaml"
    file.write_text(GOOD, "utf-8")
    first = load_rules(tmp_path, taxonomy=policy.taxonomy)
    assert load_rules(tmp_path, taxonomy=policy.taxonomy) is first
    assert load_rules(tmp_path, taxonomy=policy.taxonomy, sound_alike=False) is not first
    file.write_text(GOOD.replace("version: 1", "version: 2"), "utf-8")
    assert load_rules(tmp_path, taxonomy=policy.taxonomy).rules[0].version == 2
    file.write_text("broken: [", "utf-8")
    with pytest.raises(RuleError, match="not valid YAML"):
        load_rules(tmp_path, taxonomy=policy.taxonomy)


def test_off_and_numbers_are_words(make_rules: MakeRules) -> None:
    rules = make_rules(
        GOOD + "    guards: {off: [negation]}\n    confidence: 0.5\n    sound_alike: false\n",
        classes="hotline: [12378, no, 0571]",
    )
    assert rules.rules[0].guards_off == {"negation"}
    assert rules.rules[0].confidence == 0.5
    assert set(rules.classes["hotline"]) == {"12378", "no", "0571"}


def test_only_some_codes_can_be_loaded(policy: Policy, tmp_path: Path) -> None:
    (tmp_path / "threat_intimidation.yaml").write_text(GOOD, "utf-8")
    (tmp_path / "abuse_insult.yaml").write_text("broken: [", "utf-8")
    rules = load_rules(tmp_path, taxonomy=policy.taxonomy, codes=["threat_intimidation"])
    assert [rule.id for rule in rules.rules] == ["threat.one"]
    with pytest.raises(RuleError, match="no rule file for service_conduct"):
        load_rules(tmp_path, taxonomy=policy.taxonomy, codes=["service_conduct"])


@pytest.mark.parametrize(
    ("written", "line", "complaint"),
    [
        (GOOD.replace("when: [上门]", "when: [上门"), 8, "not valid YAML"),
        (GOOD.replace("threat_intimidation", "shouting"), 1, "unknown code 'shouting'"),
        (GOOD.replace("when:", "whem:"), 7, "rule threat.one: whem: unknown field 'whem'"),
        (GOOD.replace("    name: 一\n", ""), 3, "rule threat.one: field 'name' is missing"),
        (GOOD.replace("id: threat.one", "id: Threat One"), 3, "Threat One"),
        (GOOD.replace("version: 1", "version: x"), 4, "rule threat.one: version: 'x'"),
        (GOOD.replace("[上门]", "{sayz: [上门]}"), 7, "unknown operator 'sayz'"),
        (GOOD.replace("[上门]", '["<nobody>来"]'), 7, "unknown word class <nobody>"),
        (GOOD.replace("[上门]", '["[上"]'), 7, "']' is missing"),
        (GOOD.replace("[上门]", "{regex: '('}"), 7, "RE2"),
        (GOOD.replace("[上门]", "{regex: 'x*'}"), 7, "everywhere"),
        (GOOD.replace("[上门]", "[]"), 7, "list of conditions"),
        (GOOD.replace("[上门]", "{}"), 7, "a pattern, a list of conditions or an operator"),
        (GOOD.replace("[上门]", "{count: {says: [上门]}}"), 7, "field 'at_least' is missing"),
        (
            GOOD.replace("[上门]", "{near: {first: [上], second: [门], in: 3}}"),
            7,
            "unknown field 'in'",
        ),
        (GOOD.replace("[上门]", "{position: {first_turns: 1, last_turns: 1}}"), 7, "exactly one"),
        (GOOD.replace("[上门]", "{listener: [uncle]}"), 7, "unknown 'uncle'"),
        (GOOD.replace("[上门]", "{established: [boredom]}"), 7, "unknown 'boredom'"),
        (GOOD.replace("[上门]", "{case: {colour: [red]}}"), 7, "unknown field 'colour'"),
        (GOOD.replace("[上门]", "{case: {}}"), 7, "names no fact"),
        (GOOD.replace("[上门]", "{classifier: {code: x, at_least: 0.5}}"), 7, "unknown code 'x'"),
        (GOOD + "    guards: {off: [sleep]}\n", 8, "sleep"),
        (GOOD + "    sub_code: ri_note\n", 8, "unknown sub-code"),
        (GOOD + "    listener: [nobody]\n", 8, "nobody"),
        (GOOD + "    hits: [{prev: 喂}]\n", 8, "either `text` or `turns`"),
        (GOOD + GOOD.split("rules:\n")[1], 8, "threat.one: id already used at"),
        ("just text", 1, "expected a mapping"),
        ("", 1, "expected a mapping"),
    ],
)
def test_errors_name_file_line_and_rule(
    written: str, line: int, complaint: str, policy: Policy, tmp_path: Path
) -> None:
    path = tmp_path / "threat_intimidation.yaml"
    path.write_text(written, "utf-8")
    with pytest.raises(RuleError) as caught:
        load_rules(tmp_path, taxonomy=policy.taxonomy)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert complaint in str(caught.value)


def test_a_file_that_is_not_utf8_is_named(policy: Policy, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes("code: 威胁".encode("gb18030"))
    with pytest.raises(RuleError, match=r"a\.yaml: not UTF-8"):
        load_rules(tmp_path, taxonomy=policy.taxonomy)


def test_a_missing_folder_is_named(policy: Policy, tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="no such folder"):
        load_rules(tmp_path / "nowhere", taxonomy=policy.taxonomy)


def test_two_classes_of_one_name_are_refused(policy: Policy, tmp_path: Path) -> None:
    (tmp_path / "classes").mkdir()
    for name in ("a", "b"):
        (tmp_path / "classes" / f"{name}.yaml").write_text("classes:\n  kin: [爸]\n", "utf-8")
    with pytest.raises(
        RuleError, match=r"b\.yaml:2: word class <kin> is already defined in .*a\.yaml"
    ):
        load_rules(tmp_path, taxonomy=policy.taxonomy)


def test_a_class_that_contains_itself_is_named_with_its_line(make_rules: MakeRules) -> None:
    with pytest.raises(RuleError, match=r"test\.yaml:3: word class <b>: .*a → b → a"):
        make_rules(GOOD, classes='a: ["<b>"]\nb: [x, "<a>"]')


def test_rulebook_rows_are_checked_when_there_is_a_rulebook(policy: Policy, tmp_path: Path) -> None:
    (tmp_path / "threat_intimidation.yaml").write_text(GOOD, "utf-8")
    (tmp_path / "rulebook.yaml").write_text("rows:\n  - {id: CC-01, code: x}\n", "utf-8")
    assert load_rules(tmp_path, taxonomy=policy.taxonomy).rules
    (tmp_path / "rulebook.yaml").write_text("rows:\n  - {id: CC-02}\n", "utf-8")
    with pytest.raises(RuleError, match=r":6: rule threat\.one: rulebook: no rulebook row 'CC-01'"):
        load_rules(tmp_path, taxonomy=policy.taxonomy)
    (tmp_path / "rulebook.yaml").write_text("7", "utf-8")
    with pytest.raises(RuleError, match="expected `rows`"):
        load_rules(tmp_path, taxonomy=policy.taxonomy)


def test_only_rules_whose_words_are_there_are_run(small_rules: RuleSet) -> None:
    awake = small_rules.awake(small_rules.bank.scan("今晚我带人去你家坐坐"))
    assert [rule.id for rule in awake] == ["threat.gang_visit"]
    assert small_rules.awake(small_rules.bank.scan("您好，请问是张先生吗")) == []


def test_the_rules_that_come_with_the_product_load(policy: Policy) -> None:
    rules = load_rules(packaged_dir("lexicons"), taxonomy=policy.taxonomy)
    assert len({rule.id for rule in rules.rules}) == len(rules.rules) > 0
