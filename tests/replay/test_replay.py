"""A rule or policy change, tried on a home folder as a scan left it."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Literal

import pytest

from qc_pipeline.errors import HomeError, ModelError, PolicyError, RuleError
from qc_pipeline.records import CaseFacts, ReferenceTables
from qc_pipeline.replay.compare import FindingChange, Shape
from qc_pipeline.replay.report import ReplayReport
from qc_pipeline.replay.run import ReplayRequest, replay
from qc_pipeline.replay.stored import Period
from qc_pipeline.scan.work import open_workbench, process
from qc_pipeline.settings import Settings, packaged_dir
from qc_pipeline.store.lock import exclusive_lock
from tests.replay.conftest import (
    CALLS,
    GREETING,
    ODD,
    OTHER,
    Edit,
    Reviewed,
    replacing,
    with_rule,
)
from tests.replay.homes import MARCH, a_call, contents, judge, later, written_items
from tests.store.builders import query

Folders = Callable[[Edit], Path]


def of_kind(report: ReplayReport, change: str) -> dict[str, FindingChange]:
    """Findings gained, lost or changed, by call."""
    return {c.finding.call_id: c for c in report.changes if c.change == change}


# --- nothing is written ----------------------------------------------------------------------


def test_a_replay_of_nothing_changed_shows_no_difference(reviewed: Reviewed) -> None:
    before = contents(reviewed.settings.home)
    report = replay(ReplayRequest(), settings=reviewed.settings)
    assert not report.differs
    assert (report.calls.in_period, report.calls.heard, report.calls.reused) == (6, 6, 6)
    assert (report.calls.judged_again, report.calls.facts_not_proven) == (0, 0)
    assert report.notices == ("已关闭分类模型，只用规则",)
    assert contents(reviewed.settings.home) == before


def test_home_and_keys_are_as_they_were_and_the_database_is_free(
    reviewed: Reviewed, removed: ReplayReport
) -> None:
    assert removed.differs
    began = time.monotonic()
    with exclusive_lock(reviewed.settings.home, timeout_s=1.0):
        assert time.monotonic() - began < 0.5


# --- rules -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def removed(reviewed: Reviewed) -> ReplayReport:
    """The home under the product's own rules: without `trial.odd`."""
    folders = (reviewed.settings.home, reviewed.settings.keys)
    before = [contents(folder) for folder in folders]
    report = replay(ReplayRequest(lexicons=packaged_dir("lexicons")), settings=reviewed.settings)
    assert [contents(folder) for folder in folders] == before
    return report


def test_what_a_removed_rule_found_is_lost(removed: ReplayReport) -> None:
    lost = of_kind(removed, "lost")
    assert set(lost) == {"confirmed", "rejected", "swap"}
    assert of_kind(removed, "gained") == {}
    change = lost["rejected"]
    assert (change.finding.rule_id, change.finding.matched) == ("trial.odd", ODD)
    assert (change.before, change.after) == (Shape("major", "open", "agent"), None)
    assert (change.agent_id, change.started_at) == ("A01", later(60))
    assert removed.rule_names["trial.odd"] == "试行规则"
    (counts,) = removed.by_rule
    assert (counts.code, counts.rule_id, counts.lost, counts.gained) == (
        "service_conduct", "trial.odd", 3, 0,
    )  # fmt: skip
    assert (removed.calls.judged_again, removed.calls.utterances) == (6, 20)


def test_a_lost_finding_that_a_human_confirmed_is_named(
    removed: ReplayReport, reviewed: Reviewed
) -> None:
    (change,) = removed.confirmed_lost
    assert (change.finding.finding_id, change.verdict) == (reviewed.confirmed, "confirmed")
    (case,) = removed.cases
    assert case.effects == ("finding_lost",)
    assert case.findings_lost == (reviewed.confirmed,)
    assert removed.resting_cases == {reviewed.confirmed: (case.case_id,)}


def test_verdicts_hold_whatever_the_rules_say(removed: ReplayReport) -> None:
    (score,) = removed.scores
    assert score.call_id == "swap", "the other findings are decided: their cards don't move"


@pytest.fixture(scope="module")
def widened(reviewed: Reviewed, lexicons: Folders) -> ReplayReport:
    """The home under a rule for more words, milder, which no negation stops; and with other
    words that tell of a complaint.
    """

    def edit(folder: Path) -> None:
        with_rule(f"[{ODD}|{OTHER}]")(folder)
        replacing("trial.yaml", "severity: major", "guards: {off: [negation]}")(folder)
        events = folder / "context" / "events.yaml"
        text = events.read_text("utf-8")
        first = text.index("    says:", text.index("  complaint:"))
        last = text.index("    unless:", first)
        events.write_text(f'{text[:first]}    says: ["{OTHER}"]\n{text[last:]}', "utf-8")

    return replay(ReplayRequest(lexicons=lexicons(edit)), settings=reviewed.settings)


def test_what_a_new_rule_finds_is_gained_and_lowers_the_score(widened: ReplayReport) -> None:
    gained = of_kind(widened, "gained")
    assert set(gained) == {"plain", "both"}
    assert gained["plain"].finding.matched == OTHER
    assert gained["plain"].stopped_by == ()
    scores = {change.call_id: change for change in widened.scores}
    assert set(scores) == {"plain", "both", "swap"}
    assert (scores["plain"].machine_before, scores["plain"].machine_after) == (100, 95)
    assert scores["plain"].passes_after is True


def test_a_guard_that_no_longer_stops_a_hit_is_told(widened: ReplayReport) -> None:
    (reason,) = of_kind(widened, "gained")["both"].stopped_by
    assert reason.startswith("negation: ")


def test_another_severity_is_a_change_and_reaches_the_case(
    widened: ReplayReport, reviewed: Reviewed
) -> None:
    changed = of_kind(widened, "changed")
    assert set(changed) == {"confirmed", "rejected", "swap"}
    assert changed["confirmed"].before == Shape("major", "open", "agent")
    assert changed["confirmed"].after == Shape("minor", "open", "agent")
    (case,) = widened.cases
    assert {"severity", "points", "level"} <= set(case.effects)
    assert case.before is not None
    assert (case.before.severity, case.after.severity) == ("major", "minor")
    assert (case.before.points, case.after.points) == (25, 5)


def test_words_that_no_longer_tell_of_a_complaint_name_the_entry_that_rests_on_them(
    widened: ReplayReport, reviewed: Reviewed
) -> None:
    (entry,) = [e for e in widened.entries if e.register == "complaint"]
    assert (entry.signal.change, entry.signal.call_id) == ("lost", "both")
    assert (entry.state, entry.decided_by) == ("received", None)
    ((complaint_id,),) = query(reviewed.store, "SELECT complaint_id FROM complaints")
    assert entry.entry_id == complaint_id


# --- policy ----------------------------------------------------------------------------------


def test_other_points_move_scores_without_hearing_a_call_again(
    reviewed: Reviewed, policies: Folders
) -> None:
    folder = policies(replacing("taxonomy.yaml", "major: 25", "major: 15"))
    report = replay(ReplayRequest(policy=folder), settings=reviewed.settings)
    assert (report.calls.judged_again, report.calls.reused) == (0, 6)
    assert report.changes == ()
    scores = {change.call_id: change for change in report.scores}
    assert set(scores) == {"confirmed", "swap", "late"}
    card = scores["confirmed"]
    assert (card.machine_before, card.machine_after, card.human_after) == (75, 85, 85)
    assert (card.passes_before, card.passes_after) == (False, True)
    assert (card.passed_before, card.passed_after) == (False, True)
    (case,) = report.cases
    assert case.effects == ("points",)


def test_another_ladder_shows_the_level_it_would_propose(
    reviewed: Reviewed, policies: Folders
) -> None:
    folder = policies(
        replacing(
            "discipline.yaml",
            "when: {first: true, severity: [major], without: [significant_effect]}\n    at_least: L1",
            "when: {first: true, severity: [major], without: [significant_effect]}\n    at_least: L3",
        )
    )
    report = replay(ReplayRequest(policy=folder), settings=reviewed.settings)
    (case,) = report.cases
    assert case.effects == ("level",)
    assert case.before is not None
    assert (case.before.level, case.after.level) == ("L1", "L3")
    assert report.scores == ()


def test_other_contact_limits_are_judged_over_all_calls(
    reviewed: Reviewed, policies: Folders
) -> None:
    folder = policies(
        replacing("contact.yaml", "dials_per_number_per_day: 4", "dials_per_number_per_day: 1")
    )
    report = replay(ReplayRequest(policy=folder), settings=reviewed.settings)
    assert report.calls.judged_again == 0
    (gained,) = report.changes
    assert (gained.change, gained.finding.call_id) == ("gained", "late")
    assert gained.finding.rule_id == "contact.dials_per_day"
    assert report.rule_names["contact.dials_per_day"] == "同一号码当日拨打超限"
    (score,) = report.scores
    assert (score.call_id, score.machine_before, score.machine_after) == ("late", 75, 50)


def test_another_default_severity_is_judged_again(reviewed: Reviewed, policies: Folders) -> None:
    folder = policies(
        replacing(
            "taxonomy.yaml",
            "{zh: 开场不完整,     en: Opening incomplete,            severity: major,",
            "{zh: 开场不完整,     en: Opening incomplete,            severity: minor,",
        )
    )
    report = replay(ReplayRequest(policy=folder), settings=reviewed.settings)
    assert report.calls.judged_again == 6
    change = of_kind(report, "changed")["late"]
    assert change.finding.code == "opening_incomplete"
    assert change.after == Shape("minor", "open", "agent")
    (score,) = report.scores
    assert (score.machine_before, score.machine_after) == (75, 95)


def test_other_complaint_clocks_show_the_dates_they_would_end(
    reviewed: Reviewed, policies: Folders
) -> None:
    folder = policies(
        replacing(
            "complaints.yaml",
            "stop: decided, amount: 15, unit: calendar_day",
            "stop: decided, amount: 10, unit: calendar_day",
        )
    )
    report = replay(ReplayRequest(policy=folder), settings=reviewed.settings)
    (due,) = report.due
    assert due.call_id == "both"
    assert due.first_reply_before == due.first_reply_after
    assert (due.decision_before - due.decision_after).days == 5


# --- which calls, which facts ----------------------------------------------------------------


def test_only_calls_of_the_period_are_judged(reviewed: Reviewed, policies: Folders) -> None:
    folder = policies(replacing("taxonomy.yaml", "major: 25", "major: 15"))
    period = Period(since=later(1), until=later(24 * 60))
    report = replay(ReplayRequest(policy=folder, period=period), settings=reviewed.settings)
    assert report.calls.in_period == 2
    assert {change.call_id for change in report.scores} == {"swap"}
    assert report.cases == (), "the case is about a call before the period"


def test_calls_are_judged_by_the_facts_of_their_time(tmp_path: Path, lexicons: Folders) -> None:
    def tables(status: Literal["none", "filed"], day: int) -> ReferenceTables:
        row = CaseFacts(
            "K-c", bank="某银行", as_of=MARCH.replace(day=day), legal_status=status,
            amount_due=Decimal("1200.5"), credit_reportable=True,
        )  # fmt: skip
        return ReferenceTables(cases=(row,), present=frozenset({"cases"}))

    settings = Settings(
        home=tmp_path / "home", keys=tmp_path / "keys", classifier="none",
        lexicons=lexicons(with_rule(OTHER)),
    )  # fmt: skip
    claim = a_call("c", *GREETING, ("agent", "您的案子我们已经起诉到法院了"))
    judge(settings, [claim], tables("none", 2))
    # The case is filed two days later; the table as it was on the first day is gone by then.
    store = judge(settings, [a_call("d", *GREETING, at=later(3 * 24 * 60))], tables("filed", 4))
    found = query(store, "SELECT code, status FROM findings WHERE call_id = 'c'")
    assert ("false_legal_claim", "open") in found, "it was not filed when the call was made"
    report = replay(ReplayRequest(lexicons=lexicons(with_rule(ODD))), settings=settings)
    assert (report.calls.judged_again, report.calls.facts_not_proven) == (2, 0)
    assert not report.differs


# --- reuse, and what can't be judged ---------------------------------------------------------


def test_what_is_known_is_used_and_what_is_gone_is_named(own_home: Reviewed) -> None:
    tried = own_home.settings.model_copy(update={"lexicons": packaged_dir("lexicons")})
    known = [call for call in CALLS if call.call.call_id == "confirmed"]
    bench = open_workbench(tried)
    for item in written_items(tried, known, ReferenceTables()):
        process(item, bench=bench)
    for call_id, damage in (("rejected", Path.unlink), ("swap", cut_off)):
        sql = f"SELECT recording_sha256 FROM calls WHERE call_id = '{call_id}'"
        ((sha256,),) = query(own_home.store, sql)
        (transcript,) = (own_home.settings.home / "transcripts" / sha256).glob("*.json")
        damage(transcript)
    request = ReplayRequest(lexicons=tried.lexicon_dir)
    report = replay(request, settings=own_home.settings)
    assert [call.call_id for call in report.calls.missing] == ["rejected", "swap"]
    assert (report.calls.judged_again, report.calls.reused, report.calls.failed) == (3, 1, ())
    assert set(of_kind(report, "lost")) == {"confirmed"}, "what is gone counts as it is stored"


def cut_off(path: Path) -> None:
    """Half of a file, as a full disk leaves it."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def test_the_replay_foretells_what_a_scan_with_the_new_rules_does(
    own_home: Reviewed, lexicons: Folders, policies: Folders
) -> None:
    rules = lexicons(with_rule(OTHER))
    policy = policies(replacing("taxonomy.yaml", "minor: 5", "minor: 10"))
    cards = "SELECT call_id, machine_score, human_score, passed, critical FROM scores ORDER BY 1"
    standing = (
        "SELECT finding_id FROM findings WHERE superseded_at IS NULL AND detector <> 'contact'"
    )
    scores_before = {row[0]: row[1:] for row in query(own_home.store, cards)}
    before = {row[0] for row in query(own_home.store, standing)}
    report = replay(ReplayRequest(lexicons=rules, policy=policy), settings=own_home.settings)
    swapped = {c.change: c for c in report.changes if c.finding.call_id == "swap"}
    assert swapped["lost"].counterpart == swapped["gained"].finding.finding_id
    assert swapped["gained"].counterpart == swapped["lost"].finding.finding_id
    tried = own_home.settings.model_copy(update={"lexicons": rules, "policy": policy})
    judge(tried, CALLS)
    after = {row[0] for row in query(own_home.store, standing)}
    names = {kind: {c.finding.finding_id for c in report.changes if c.change == kind}
             for kind in ("gained", "lost")}  # fmt: skip
    assert names == {"gained": after - before, "lost": before - after}
    assert names["gained"]
    assert names["lost"]
    scores_after = {row[0]: row[1:] for row in query(own_home.store, cards)}
    foretold = {
        change.call_id: (
            change.machine_after, change.human_after, change.passed_after, change.critical_after,
        )
        for change in report.scores
    }  # fmt: skip
    assert foretold == {
        call_id: card for call_id, card in scores_after.items() if card != scores_before[call_id]
    }
    assert not replay(ReplayRequest(), settings=tried).differs


# --- what can't be used ----------------------------------------------------------------------


def test_folders_and_homes_that_cannot_be_used_are_refused(
    reviewed: Reviewed, lexicons: Folders, policies: Folders, tmp_path: Path
) -> None:
    broken = lexicons(replacing("service_conduct.yaml", "code: service_conduct", "code: manners"))
    with pytest.raises(RuleError, match=r"service_conduct\.yaml:\d+: .*manners"):
        replay(ReplayRequest(lexicons=broken), settings=reviewed.settings)

    def without_context(folder: Path) -> None:
        (folder / "context" / "events.yaml").unlink()

    with pytest.raises(RuleError, match="complaint"):
        replay(ReplayRequest(lexicons=lexicons(without_context)), settings=reviewed.settings)
    wrong = policies(replacing("taxonomy.yaml", "pass_above: 80", "pass_above: high"))
    with pytest.raises(PolicyError, match=r"taxonomy\.yaml: pass_above"):
        replay(ReplayRequest(policy=wrong), settings=reviewed.settings)
    with pytest.raises(ModelError, match=str(tmp_path)):
        replay(ReplayRequest(classifier=tmp_path), settings=reviewed.settings)
    nowhere = reviewed.settings.model_copy(update={"home": tmp_path / "nowhere"})
    with pytest.raises(HomeError, match="qc scan"):
        replay(ReplayRequest(), settings=nowhere)
    assert not (tmp_path / "nowhere").exists()


def test_results_of_another_version_are_told_apart(own_home: Reviewed) -> None:
    newer = own_home.settings.model_copy(update={"lexicons": packaged_dir("lexicons")})
    report = replay(ReplayRequest(), settings=newer)
    assert any("6 通" in notice and "规则" in notice for notice in report.notices)
    assert set(of_kind(report, "lost")) == {"confirmed", "rejected", "swap"}
