"""An upheld complaint reaches the disciplinary register (rulebook DS-11, CP-08)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from qc_pipeline.errors import RegisterError
from qc_pipeline.policy import Policy
from qc_pipeline.records import Severity
from qc_pipeline.registers.chain import NewEvent
from qc_pipeline.registers.circumstances import decide_circumstance
from qc_pipeline.registers.discipline import CIRCUMSTANCE, NOTES, Case, decide_open
from qc_pipeline.registers.hands import Hand
from qc_pipeline.registers.log import RegisterLog
from qc_pipeline.registers.projections import Registers, fold, save
from qc_pipeline.registers.recount import append_and_recount, cases_around
from qc_pipeline.registers.review import JudgedFinding

FACT = "complaint_upheld"


def feed_upheld_complaint(
    log: RegisterLog, complaint_id: str, *, call_ids: Sequence[str], by: str, at: datetime,
    policy: Policy, reasons: str, agent_id: str | None = None, code: str | None = None,
    severity: Severity | None = None,
) -> list[Case]:  # fmt: skip
    """Carry an upheld complaint into the cases about its calls, inside the open transaction `log`.

    Every case about one of `call_ids` (made by `agent_id`, if given) that stands gets the fact
    `complaint_upheld` with the complaint's number, and a new proposal. Where there is none,
    `code` (of the card) opens one that waits for a person's confirmation (`under_review`), as
    severe as its code or `severity`. Gives the cases; a closed one stays as it is and isn't among
    them. Raises RegisterError for an unknown call, if `by` made one of them, or if there is
    neither a case nor a code; nothing is saved then.
    """
    taxonomy = policy.taxonomy
    if code is not None and code not in taxonomy.codes:
        raise RegisterError(f"there is no code {code!r}", remedy="see `qc rules list`")
    touched: list[Case] = []
    without = []
    for call_id in dict.fromkeys(call_ids):
        call = log.session.one("registers/call_conduct", {"call_id": call_id})
        if call is None:
            raise RegisterError(f"there is no call {call_id}", remedy="see `qc export calls`")
        if agent_id is not None and call["agent_id"] != agent_id:
            continue
        registers = Registers(cases=cases_around(log.session, call["agent_id"]))
        about = [
            case
            for case in registers.cases.values()
            if case.call_id == call_id and case.basis == "own" and case.alive
        ]
        events: list[NewEvent] = []
        if not about:
            if code is None:
                without.append(call_id)
                continue
            conduct = JudgedFinding(
                finding_id="",
                call_id=call_id,
                code=code,
                severity=severity or taxonomy.severity_of(code),
                status="open",
                responsible_party="agent",
                agent_id=call["agent_id"],
                conduct_at=call["started_at"],
            )
            ended = sum(
                (case.call_id, case.code, case.basis) == (call_id, code, "own")
                for case in registers.cases.values()
            )
            opened = decide_open(
                conduct, by=by, at=at, severity=conduct.severity, state="under_review",
                findings=(), ordinal=ended,
            )  # fmt: skip
            entries = log.append([opened])
            fold(registers, entries)
            about = [registers.cases[opened.subject]]
        else:
            entries = []
        about = [case for case in about if case.state in NOTES[CIRCUMSTANCE]]
        events += [
            decide_circumstance(
                case, Hand(by, at), evidence=f"投诉 {complaint_id} 成立：{reasons}",
                rules=policy.at(case.conduct_at).discipline, fact=FACT, complaint_id=complaint_id,
            )
            for case in about
            if complaint_id not in case.complaints
        ]  # fmt: skip
        entries += append_and_recount(log, registers, events, by=by, at=at, policy=policy)
        save(log.session, registers, entries)
        touched += [registers.cases[case.case_id] for case in about]
    if without and not touched:
        raise RegisterError(
            f"there is no disciplinary case about {', '.join(without)}",
            remedy="confirm a finding of the call, or name the code of what was done",
        )
    return touched
