"""Judging one call again, and what detection doesn't look at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from qc_pipeline.detect.call import detect_call
from qc_pipeline.detect.learned.remembering import RememberingClassifier
from qc_pipeline.detect.rules import load_rules
from qc_pipeline.policy import Policy, load_policy
from qc_pipeline.records import CallContext, ReferenceTables
from qc_pipeline.replay.plan import AFTER_DETECTION, same_for_detection
from qc_pipeline.replay.work import Again, RememberingBank, judge_again
from qc_pipeline.reports.truth import read_truths
from qc_pipeline.scan.work import Workbench, open_workbench, process
from qc_pipeline.settings import PACKAGE_DIR, Settings, packaged_dir
from tests.detect.learned.test_remembering import Counting
from tests.replay.conftest import GREETING
from tests.replay.homes import a_call, contents, utterances_of, written_items

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


def test_a_fault_in_one_call_is_named_and_raises_nothing(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", classifier="none")
    (item,) = written_items(settings, [a_call("c", *GREETING)], ReferenceTables())
    bench = open_workbench(settings)
    broken = replace(bench, policy=bench.policy.model_copy(update={"required": None}))
    before = contents(settings.home)
    judged = judge_again(Again(item, item.key), bench=broken)
    assert judged.detection is None
    assert not judged.missing
    assert judged.fault is not None
    assert judged.fault.startswith("AttributeError")
    assert judge_again(Again(item, item.key), bench=bench).detection is not None
    assert contents(settings.home) == before, "no artefact is written"


def test_detection_never_looks_at_what_comes_after_it() -> None:
    """Else a policy that differs only there would need the calls judged again."""
    policy = load_policy(PACKAGE_DIR / "policy")
    rules = load_rules(packaged_dir("lexicons"), taxonomy=policy.taxonomy)
    looked_at = set(Policy.model_fields) - (AFTER_DETECTION - {"version"})
    blind = Policy.model_construct(**{name: getattr(policy, name) for name in looked_at})
    assert not hasattr(blind, "contact")
    points = dict.fromkeys(policy.taxonomy.points, 0)
    other = blind.model_copy(
        update={"taxonomy": policy.taxonomy.model_copy(update={"points": points, "pass_above": 0})}
    )
    found = 0
    for truth in read_truths(SAMPLES / "truth"):
        turns = tuple((turn.speaker, turn.text) for turn in truth.turns)
        written = a_call(truth.call_id, *turns, agent_note="客户承诺月底还款")
        context, utterances = CallContext(call=written.call), utterances_of(written)
        whole = detect_call(context, utterances, rules=rules, policy=policy)
        assert detect_call(context, utterances, rules=rules, policy=other) == whole
        found += len(whole.findings)
    assert found > 50


def test_policies_are_the_same_for_detection_unless_it_looks_at_what_differs() -> None:
    policy = load_policy(PACKAGE_DIR / "policy")

    def with_part(name: str, **values) -> Policy:
        part = getattr(policy, name).model_copy(update=values)
        return policy.model_copy(update={name: part, "version": "other"})

    assert same_for_detection(policy, with_part("taxonomy", pass_above=50))
    assert same_for_detection(policy, with_part("contact", dials_per_number_per_day=1))
    assert same_for_detection(policy, with_part("discipline", occurrence_window_months=1))
    assert not same_for_detection(policy, with_part("detection", low_confidence=0.9))
    assert not same_for_detection(policy, with_part("required", opening_agent_turns=9))
    assert not same_for_detection(policy, with_part("integrity", length_tolerance_s=99))
    codes = {**policy.taxonomy.codes}
    codes["abuse_insult"] = codes["abuse_insult"].model_copy(update={"severity": "minor"})
    assert not same_for_detection(policy, with_part("taxonomy", codes=codes))


def test_a_remembering_bank_finds_what_the_bank_finds() -> None:
    policy = load_policy(PACKAGE_DIR / "policy")
    rules = load_rules(packaged_dir("lexicons"), taxonomy=policy.taxonomy)
    remembering = replace(rules, bank=RememberingBank(rules.bank))
    for truth in read_truths(SAMPLES / "truth")[:4]:
        turns = tuple((turn.speaker, turn.text) for turn in truth.turns)
        written = a_call(truth.call_id, *turns)
        context, utterances = CallContext(call=written.call), utterances_of(written)
        plain = detect_call(context, utterances, rules=rules, policy=policy)
        for _ in range(2):
            assert detect_call(context, utterances, rules=remembering, policy=policy) == plain


def test_lines_that_a_model_has_judged_are_not_put_to_it_again(tmp_path: Path) -> None:
    """The stored detection knows what the model made of them; other rules change nothing there."""
    settings = Settings(home=tmp_path / "home", classifier="none")
    (item,) = written_items(settings, [a_call("c", *GREETING)], ReferenceTables())
    plain = open_workbench(settings)
    model = Counting()

    def bench() -> Workbench:
        memory = RememberingClassifier(model)
        return replace(plain, rules=replace(plain.rules, classifier=memory), memory=memory)

    process(item, bench=bench())
    asked = len(model.asked)
    assert asked > 0
    other = replace(item, key="0" * 32)
    judged = judge_again(Again(other, item.key), bench=bench())
    assert judged.anew
    assert len(model.asked) == asked
    assert judged.detection is not None
    stored = judge_again(Again(item, item.key), bench=bench()).detection
    assert stored is not None
    assert judged.detection.judgements == stored.judgements
    assert judged.detection.findings == stored.findings
