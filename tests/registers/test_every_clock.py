"""Every time limit of the policy, by name: met at its last second, too late one second after.

A limit that somebody adds to the policy fails the first test until it has a row here.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import pytest
from pydantic import BaseModel

from qc_pipeline.errors import RegisterError
from qc_pipeline.policy import Policy
from qc_pipeline.policy.base import TimeLimit
from qc_pipeline.policy.holidays import classify
from qc_pipeline.registers import appeal_desk, objections
from qc_pipeline.registers.chain import FIRST_PREVIOUS, link
from qc_pipeline.registers.desk import confirm, undo
from qc_pipeline.registers.next_task import next_task
from qc_pipeline.registers.queue import list_queue
from qc_pipeline.store.store import Store
from tests.registers.cases import Office
from tests.registers.complaint_file import File, at
from tests.registers.making import MARCH, a_call, a_finding, on, scanned

MONDAY = at("2026-03-02T16:00")
SECOND = timedelta(seconds=1)
Late = Callable[[Office, datetime], bool]
"""Whether what was done at that moment was too late."""


@dataclass(frozen=True)
class Row:
    """`source` is the rulebook row or the section of POLICY, `due` the last moment in time."""

    source: str
    due: str
    late: Late


# --- complaints: everything before the step that stops the clock is done at once ------------------


def _stops(step: str, clock: str, *, before: str | None = None, **opened) -> Late:
    """A complaint of Monday 16:00; `step` stops `clock`, the steps up to `before` were done."""

    def late(office: Office, moment: datetime) -> bool:
        file = File(office.policy, MONDAY, **{"logged": MONDAY, **opened})
        if before:
            file.walk(before)
        return clock in file.do(step, at=moment).breached

    return late


def _of_class(triage: str, step: str, clock: str) -> Late:
    def late(office: Office, moment: datetime) -> bool:
        file = File(office.policy, MONDAY).do("pause").do("triage", triage=triage)
        return clock in file.do(step, at=moment).breached

    return late


def _complex(office: Office, moment: datetime, *, extended: bool = False) -> bool:
    file = File(office.policy, MONDAY, logged=MONDAY).do("pause").do("triage", complex_case=True)
    file.do("lock").do("check").do("reply").do("investigate")
    if extended:
        file.do("extend").do("investigate")
    return "decision" in file.do("decision", at=moment).breached


def _filing(office: Office, moment: datetime) -> bool:
    file = File(office.policy, MONDAY).walk("satisfied")
    file.do("resolve", at=at("2026-04-30T10:00")).do("archive")
    return "filing" in file.do("file", at=moment).breached


def _transfer(office: Office, moment: datetime) -> bool:
    file = File(office.policy, MONDAY).walk("investigate")
    file.do("decision", at=at("2026-03-05T11:00"))
    return "transfer" in file.do("transfer", at=moment).breached


def _withdrawal(office: Office, moment: datetime) -> bool:
    file = File(office.policy, MONDAY).do("pause")
    file.do("withdraw", at=moment, said_at=at("2026-03-03T10:00"), statement="来电撤回")
    return "withdrawal" in file.breached


def _objection(office: Office, moment: datetime) -> bool:
    kinds = office.policy.complaints.objections
    day_kind = partial(classify, holidays=office.policy.holidays)
    said = {"by": "officer", "at": MONDAY}
    entry, log = None, []

    def take(event):
        nonlocal entry
        log.append(link(event, seq=len(log) + 1, prev_hash=FIRST_PREVIOUS, key=b"k"))
        entry = objections.apply(entry, log[-1])

    take(
        objections.decide_raise(
            "O1", raised_at=MONDAY, kind="credit_record", text="逾期记录有误", kinds=kinds, **said
        )
    )
    take(objections.decide_defer(entry, kinds=kinds, day_kind=day_kind, **said))
    for event in objections.decide_reply(entry, by="officer", at=moment, answer="已更正"):
        take(event)
    return entry.breached_at is not None


# --- discipline and review ------------------------------------------------------------------------


def _refused(act: Callable[[], object]) -> bool:
    try:
        act()
    except RegisterError:
        return True
    return False


def _own_words(office: Office, moment: datetime) -> bool:
    """The notice of the case was received on Monday 16:00: he objects, and he appeals."""
    office.at = MARCH
    case = office.case(at=MARCH)
    office.act("notify", case, "boss", at=MONDAY)
    office.act("acknowledge_receipt", case, case.agent_id, at=MONDAY)
    objects = _refused(
        lambda: office.act("object_to", case, case.agent_id, at=moment, text="未说过")
    )
    appeals = _refused(
        lambda: appeal_desk.file_appeal(
            office.store, by=case.agent_id, at=moment, policy=office.policy, keys=office.keys,
            finding_id=case.findings[0], grounds="未说过",
        )
    )  # fmt: skip
    assert objects == appeals, "both have the same window"
    return objects


def _against_the_sanction(office: Office, moment: datetime) -> bool:
    case = office.approved(office.case(at=MARCH))
    office.act("notify", case, "boss", at=at("2026-04-01T16:00"))
    office.act("acknowledge_receipt", case, case.agent_id, at=at("2026-04-01T16:00"))
    return _refused(
        lambda: appeal_desk.file_appeal(
            office.store, by=case.agent_id, at=moment, policy=office.policy, keys=office.keys,
            case_id=case.case_id, grounds="过重",
        )
    )  # fmt: skip


def _ageing(severity: str) -> Late:
    def late(office: Office, moment: datetime) -> bool:
        scanned(office.store, a_call("c1"), [a_finding("c1", severity=severity)])
        [row] = list_queue(office.store, policy=office.policy, as_of=moment)
        return row.overdue

    return late


def _taking_back(office: Office, moment: datetime) -> bool:
    found = a_finding("c1", severity="major")
    scanned(office.store, a_call("c1"), [found])
    said = {"by": "r1", "policy": office.policy, "keys": office.keys}
    confirm(office.store, found.finding_id, at=on(4), **said)
    return _refused(lambda: undo(office.store, found.finding_id, at=moment, **said))


def _holding(office: Office, moment: datetime) -> bool:
    """Whether the call that r1 took on the 4th is anybody's again."""
    found = a_finding("c1", severity="major")
    scanned(office.store, a_call("c1"), [found])
    next_task(office.store, by="r1", at=on(4), policy=office.policy)
    return not _refused(
        lambda: confirm(
            office.store, found.finding_id, by="r2", at=moment, policy=office.policy,
            keys=office.keys,
        )
    )  # fmt: skip


def _counting(office: Office, moment: datetime) -> bool:
    """Whether conduct at that moment is a first one again, after one of 10 March 2025."""
    office.at = at("2025-03-10T12:00")
    first = office.case("c1", at=at("2025-03-10T10:00"), severity="minor")
    office.act("notify", first, "boss", at=at("2025-03-11T10:00"))
    office.at = at("2026-03-20T09:00")
    return office.case("c2", at=moment, severity="minor").occurrence_same == 1


CLOCKS: Mapping[str, Row] = {
    "complaints.clocks.pause": Row("3.3; CC-63", "2026-03-02T16:10", _stops("pause", "pause")),
    "complaints.clocks.report": Row("CP-11", "2026-03-02T16:10", _stops("report", "report")),
    "complaints.clocks.first_reply": Row(
        "CP-01", "2026-03-03T23:59:59", _stops("reply", "first_reply", before="check")
    ),
    "complaints.clocks.bank_reply": Row(
        "POLICY Complaints", "2026-03-02T18:00",
        _stops("reply", "bank_reply", before="check", bank_due_at=at("2026-03-02T18:00")),
    ),
    "complaints.clocks.urgent_contact": Row(
        "CP-02", "2026-03-02T16:30", _of_class("urgent", "contact", "urgent_contact")
    ),
    "complaints.clocks.urgent_progress": Row(
        "CP-02", "2026-03-03T23:59:59", _of_class("urgent", "progress", "urgent_progress")
    ),
    "complaints.clocks.priority_contact": Row(
        "CP-03", "2026-03-02T18:00",
        _of_class("hq_regulator_consumer", "contact", "priority_contact"),
    ),
    "complaints.clocks.special_team": Row(
        "CP-04", "2026-03-02T18:00", _of_class("media_judicial", "team", "special_team")
    ),
    "complaints.clocks.decision": Row(
        "3.3 银保监3号令", "2026-03-18T23:59:59",
        _stops("decision", "decision", before="investigate", logged=at("2026-03-03T09:00")),
    ),
    "complaints.clocks.withdrawal": Row(
        "3.3 银保监3号令 15", "2026-03-03T23:59:59", _withdrawal
    ),
    # 1 to 5 May 2026 are the holiday, Saturday 9 May is worked in exchange.
    "complaints.clocks.filing": Row("CP-06", "2026-05-11T23:59:59", _filing),
    "complaints.clocks.transfer": Row("CP-08", "2026-03-05T23:59:59", _transfer),
    "complaints.decision_complex": Row("3.3", "2026-04-01T23:59:59", _complex),
    "complaints.extension": Row("3.3", "2026-05-01T23:59:59", partial(_complex, extended=True)),
    "complaints.objections.credit_record.limit": Row(
        "3.3 征信业管理条例 25", "2026-03-22T23:59:59", _objection
    ),
    "discipline.windows.finding": Row(
        "POLICY Discipline: 3 working days", "2026-03-05T23:59:59", _own_words
    ),
    # 4 to 6 April 2026 are 清明.
    "discipline.windows.sanction": Row(
        "POLICY Discipline: 5 working days", "2026-04-09T23:59:59", _against_the_sanction
    ),
    "discipline.occurrence_window_months": Row(
        "DS-17; POLICY Discipline: 12 months", "2026-03-10T09:59:59", _counting
    ),
    # The finding was made 12 hours after the call of Monday 10:00.
    "review.age_limits.critical": Row(
        "POLICY Triage order: 24 h", "2026-03-03T22:00", _ageing("critical")
    ),
    "review.age_limits.major": Row(
        "POLICY Triage order: 3 working days", "2026-03-05T23:59:59", _ageing("major")
    ),
    "review.undo_minutes": Row(
        "policy/review.yaml: 15 minutes", "2026-03-04T12:15", _taking_back
    ),
    "review.lock_minutes": Row("DESIGN; 20 minutes", "2026-03-04T12:19:59", _holding),
}  # fmt: skip


def _limits(model: BaseModel, path: str) -> Iterator[tuple[str, object]]:
    """Every time limit under `model` with its dotted name: models of one, and plain numbers that
    are named after a unit of time.
    """
    for name in type(model).model_fields:
        value = getattr(model, name)
        here = f"{path}.{name}"
        if name.endswith(("_minutes", "_months", "_days")):
            yield here, value
        entries = value if isinstance(value, Mapping) else {None: value}
        for key, each in entries.items():
            where = here if key is None else f"{here}.{key}"
            if isinstance(each, TimeLimit):
                yield where, each
            elif isinstance(each, BaseModel):
                yield from _limits(each, where)


def test_no_limit_of_the_registers_is_without_a_row_here(policy: Policy):
    known = {
        name
        for part in ("complaints", "discipline", "review")
        for name, _ in _limits(getattr(policy, part), part)
    }
    assert known == set(CLOCKS)


@pytest.mark.parametrize("name", CLOCKS)
def test_a_limit_is_met_at_its_last_second_and_missed_one_later(name, policy, tmp_path):
    row = CLOCKS[name]
    due = at(row.due)
    for moment, late in ((due, False), (due + SECOND, True)):
        store = Store(tmp_path / f"home-{late}")
        store.migrate()
        office = Office(store, policy, tmp_path / f"keys-{late}")
        assert row.late(office, moment) is late, f"{row.source}: {moment}"


def test_a_clock_cites_what_its_row_here_cites(policy):
    for name, clock in policy.complaints.clocks.items():
        assert CLOCKS[f"complaints.clocks.{name}"].source == clock.source
    kind = policy.complaints.objections["credit_record"]
    assert CLOCKS["complaints.objections.credit_record.limit"].source == kind.source
