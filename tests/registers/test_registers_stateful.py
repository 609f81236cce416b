"""Random days at the review desk against a plain model of what should come of them."""

import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from qc_pipeline.errors import RegisterError
from qc_pipeline.policy import load_policy
from qc_pipeline.records import SEVERITIES
from qc_pipeline.registers.case_desk import notify
from qc_pipeline.registers.desk import confirm, reject, undo
from qc_pipeline.registers.log import read_events
from qc_pipeline.registers.projections import Registers, fold, load_registers
from qc_pipeline.registers.verify import verify_home
from qc_pipeline.settings import Settings
from qc_pipeline.store.store import Store
from tests.registers.making import MARCH, a_call, a_finding, scanned

POLICY = load_policy(Settings().policy_dir)
REVIEWERS = st.sampled_from(["r1", "r2", "r3"])
CODES = ("threat_intimidation", "opening_incomplete")


class ReviewDesk(RuleBasedStateMachine):
    @initialize(
        made=st.lists(
            st.tuples(
                st.integers(0, 2),  # which call
                st.sampled_from(CODES),
                st.sampled_from(["critical", "major", "minor", "info"]),
                st.sampled_from(["agent", "agent", "agent", "dialler"]),
            ),
            min_size=2,
            max_size=6,
        )
    )
    def scan(self, made):
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        self.store, self.keys = Store(folder / "home"), folder / "keys"
        self.store.migrate()
        self.findings = [
            a_finding(f"c{call}", code=code, severity=severity, nth=nth, responsible_party=party)
            for nth, (call, code, severity, party) in enumerate(made)
        ]
        # Ten days apart, so that a notice may come before, between and after them.
        self.conduct = {f"c{n}": MARCH + timedelta(days=10 * n) for n in range(3)}
        for call_id, at in self.conduct.items():
            mine = [finding for finding in self.findings if finding.call_id == call_id]
            scanned(self.store, a_call(call_id, at=at), mine)
        self.at = MARCH + timedelta(hours=1)
        # The model: per finding what was said, per (call, code) the time of notice.
        self.verdicts = {}
        self.noticed = {}

    def teardown(self):
        if hasattr(self, "verdicts"):
            problems = verify_home(self.store, keys=self.keys).problems
            assert [problem for problem in problems if problem.where == "register"] == []
        if hasattr(self, "_folder"):
            self._folder.cleanup()

    @rule(hours=st.integers(1, 200))
    def time_passes(self, hours):
        self.at += timedelta(hours=hours)

    @rule(minutes=st.integers(1, 20))
    def a_moment_passes(self, minutes):
        self.at += timedelta(minutes=minutes)

    @rule(data=st.data(), by=REVIEWERS, milder=st.none() | st.sampled_from(SEVERITIES))
    def somebody_confirms(self, data, by, milder):
        self._confirm(data.draw(st.sampled_from(self.findings)), by, milder)

    @rule(data=st.data())
    def two_agree_and_the_collector_is_informed(self, data):
        finding = data.draw(st.sampled_from(self.findings))
        for by in ("r1", "r2"):
            self._confirm(finding, by, None)
        if (finding.call_id, finding.code) in self._counting():
            self._inform((finding.call_id, finding.code))

    def _confirm(self, finding, by, milder):
        known = self._known(finding)
        said = milder or finding.severity
        graver = SEVERITIES.index(said) < SEVERITIES.index(finding.severity)
        refused = graver or (known and (known["state"] != "awaiting" or known["by"] == by))
        try:
            confirm(
                self.store, finding.finding_id, by=by, at=self.at, policy=POLICY,
                keys=self.keys, severity=milder,
            )  # fmt: skip
        except RegisterError:
            assert refused
            return
        assert not refused
        if known:
            said = max(said, known["severity"], key=SEVERITIES.index)
        state = "awaiting" if said == "critical" and not known else "confirmed"
        self._say(finding, {"state": state, "by": by, "severity": said})

    @rule(data=st.data(), by=REVIEWERS, reason=st.sampled_from(["quoted", "2", "other"]))
    def somebody_rejects(self, data, by, reason):
        finding = data.draw(st.sampled_from(self.findings))
        known = self._known(finding)
        refused = reason == "other" or (
            known and (known["state"] != "awaiting" or known["by"] == by)
        )
        try:
            reject(
                self.store, finding.finding_id, by=by, at=self.at, policy=POLICY,
                keys=self.keys, reason=reason,
            )  # fmt: skip
        except RegisterError:
            assert refused
            return
        assert not refused
        self._say(finding, {"state": "rejected", "by": by, "severity": None})

    @rule(data=st.data(), by=REVIEWERS)
    def somebody_takes_his_word_back(self, data, by):
        finding = data.draw(st.sampled_from(self.findings))
        known = self._known(finding)
        subject = (finding.call_id, finding.code)
        rests = known and finding.responsible_party == "agent" and known["state"] != "rejected"
        refused = (
            not known
            or known["by"] != by
            or self.at > known["at"] + timedelta(minutes=POLICY.review.undo_minutes)
            or (rests and known["severity"] != "info" and subject in self.noticed)
        )
        try:
            undo(self.store, finding.finding_id, by=by, at=self.at, policy=POLICY, keys=self.keys)
        except RegisterError:
            assert refused
            return
        assert not refused
        self.verdicts[finding.finding_id] = known["before"] or {"state": "open"}

    def _known(self, finding):
        known = self.verdicts.get(finding.finding_id)
        return None if known is None or known["state"] == "open" else known

    def _say(self, finding, said):
        before = self._known(finding)
        self.verdicts[finding.finding_id] = {**said, "at": self.at, "before": before}

    @precondition(lambda self: self._counting())
    @rule(data=st.data())
    def the_collector_is_informed(self, data):
        self._inform(data.draw(st.sampled_from(sorted(self._counting()))))

    def _inform(self, subject):
        [case] = [
            case
            for case in self._cases().values()
            if (case.call_id, case.code) == subject and case.counts
        ]
        try:
            notify(self.store, case.case_id, by="boss", at=self.at, policy=POLICY, keys=self.keys)
        except RegisterError:
            assert subject in self.noticed
            return
        assert subject not in self.noticed
        self.noticed[subject] = self.at

    @invariant()
    def the_tables_are_what_the_log_and_the_verdicts_say(self):
        if not hasattr(self, "verdicts"):
            return
        with self.store.reading() as session:
            tables = load_registers(session)
            assert fold(Registers(), read_events(session)) == tables
        cases = tables.cases.values()
        counting = {(case.call_id, case.code): case for case in cases if case.counts}
        assert set(counting) == self._counting()
        for (call_id, code), case in counting.items():
            steps = [self._step(call_id, code, codes) for codes in ((code,), CODES)]
            assert [case.occurrence_same, case.occurrence_any] == steps
            assert case.level is not None
        for case in cases:
            if not case.counts:
                assert (case.occurrence_same, case.level) == (None, None)
        assert {key: row.state for key, row in tables.reviews.items()} == {
            key: "awaiting_second" if said["state"] == "awaiting" else said["state"]
            for key, said in self.verdicts.items()
        }

    def _cases(self):
        with self.store.reading() as session:
            return load_registers(session).cases

    def _counting(self):
        return {
            (finding.call_id, finding.code)
            for finding in self.findings
            if finding.responsible_party == "agent"
            and (verdict := self.verdicts.get(finding.finding_id))
            and verdict["state"] == "confirmed"
            and verdict["severity"] != "info"
        }

    def _step(self, call_id, code, codes):
        """One more than the earlier steps; all calls lie within one window."""
        step, noticed_at = 1, None
        history = sorted(
            (subject for subject in self._counting() if subject[1] in codes),
            key=lambda subject: self.conduct[subject[0]],
        )
        for at in sorted({self.conduct[subject[0]] for subject in history}):
            if at > self.conduct[call_id]:
                break
            if noticed_at is not None and at > noticed_at:
                step, noticed_at = step + 1, None
            for subject in history:
                if self.conduct[subject[0]] == at and subject in self.noticed:
                    notice = max(self.noticed[subject], at)
                    noticed_at = min(noticed_at or notice, notice)
        return step


TestReviewDesk = ReviewDesk.TestCase
TestReviewDesk.settings = settings(
    max_examples=10,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
