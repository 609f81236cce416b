"""A case in the store, taken as far as a test needs it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from qc_pipeline.policy import Policy
from qc_pipeline.policy.discipline import MoneyGate
from qc_pipeline.registers import case_desk
from qc_pipeline.registers.desk import confirm
from qc_pipeline.registers.discipline import Case
from qc_pipeline.registers.log import read_events
from qc_pipeline.registers.projections import load_registers
from qc_pipeline.registers.verify import verify_home
from qc_pipeline.store.store import Store
from tests.registers.making import MARCH, a_call, a_finding, on, scanned

MORNING = on(20, 9)


def with_money(policy: Policy, **changed) -> Policy:
    """The policy of somebody who has set every amount that the product leaves unset."""
    gate = MoneyGate(
        deduction_cap_percent=Decimal(20), minimum_wage_yuan=Decimal(2690),
        acknowledgement_required=True,
    )  # fmt: skip
    amounts = {"fine_min_yuan": Decimal(200)}
    discipline = policy.discipline.model_copy(
        update={"money_gate": gate, "amounts": amounts, **changed}
    )
    return policy.model_copy(update={"discipline": discipline})


@dataclass
class Office:
    """People at work on one store; the clock goes on by a minute with every act."""

    store: Store
    policy: Policy
    keys: Path
    at: datetime = MORNING

    def act(self, what: str, case: Case | str, by: str, **said) -> Case:
        """One of `case_desk`'s functions by name."""
        self.at = said.pop("at", self.at + timedelta(minutes=1))
        return getattr(case_desk, what)(
            self.store, case if isinstance(case, str) else case.case_id, by=by, at=self.at,
            policy=self.policy, keys=self.keys, **said,
        )  # fmt: skip

    def case(self, call_id: str = "c1", *, at: datetime = MARCH, agent_id: str = "A01", **finding):
        """A confirmed case about a call made by `agent_id`: major and one of its kind, unless
        `finding` says otherwise.
        """
        given = {"code": "debt_misinformation", "severity": "major", **finding}
        found = a_finding(call_id, **given)
        scanned(self.store, a_call(call_id, agent_id=agent_id, at=at), [found])
        self.at += timedelta(minutes=1)
        for by in ("r1", "r2") if found.severity == "critical" else ("r1",):
            verdict = confirm(
                self.store, found.finding_id, by=by, at=self.at, policy=self.policy, keys=self.keys
            )
        return verdict.case

    def noticed(self, case: Case) -> Case:
        self.act("notify", case, "boss")
        return self.act("acknowledge_receipt", case, case.agent_id)

    def heard(self, case: Case) -> Case:
        self.noticed(case)
        return self.act("record_no_objection", case, case.agent_id)

    def approved(self, case: Case, level: str = "L1", **said) -> Case:
        self.heard(case)
        self.act("propose_sanction", case, "p1", level=level, **said)
        return self.act("approve_sanction", case, "p2")

    def accepted(self, case: Case, level: str = "L1", **said) -> Case:
        self.approved(case, level, **said)
        self.act("notify", case, "boss")
        self.act("acknowledge_receipt", case, case.agent_id)
        return self.act("accept_sanction", case, case.agent_id)

    def executed(self, case: Case, level: str = "L1", **said) -> Case:
        gate = said.pop("gate", None)
        self.accepted(case, level, **said)
        if gate:
            self.act("pass_gate", case, "hr", **gate)
        return self.act("execute_sanction", case, "p3")

    def now(self, case: Case | str) -> Case:
        return self.tables().cases[case if isinstance(case, str) else case.case_id]

    def only(self, call_id: str) -> Case:
        """The one case about that call."""
        [found] = [each for each in self.tables().cases.values() if each.call_id == call_id]
        return found

    def tables(self):
        with self.store.reading() as session:
            return load_registers(session)

    def log(self) -> list[tuple[str, str, str]]:
        with self.store.reading() as session:
            return [(e.action, e.actor, e.subject) for e in read_events(session)]

    def register_problems(self) -> list:
        report = verify_home(self.store, keys=self.keys)
        return [problem for problem in report.problems if problem.where == "register"]


def repeat(office: Office, *, first: str = "c1", second: str = "c2", **finding) -> Case:
    """A second case of the same code, after notice of the first."""
    office.noticed(office.case(first, **finding))
    return office.case(second, at=office.at + timedelta(minutes=1), **finding)
