"""Coaching tasks and stand-downs: beside sanctions, and none."""

from datetime import timedelta

import pytest

from qc_pipeline.errors import RegisterError
from qc_pipeline.registers import coaching_desk
from qc_pipeline.registers.stand_downs import StandDown
from tests.registers.cases import Office
from tests.registers.making import a_call, on, scanned


@pytest.fixture
def office(store, policy, keys):
    scanned(store, a_call("c1"))
    return Office(store, policy, keys)


def do(office, what, *subject, **said):
    office.at = said.pop("at", office.at + timedelta(minutes=1))
    return getattr(coaching_desk, what)(
        office.store, *subject, at=office.at, keys=office.keys, **said
    )


def opened(office, **said):
    given = {"agent_id": "A01", "action": "重听三通并复述开场", "owner": "boss", "by": "qa"}
    return do(office, "open_task", **{**given, "due_at": on(27), **said})


def test_from_the_order_to_the_re_check(office):
    task = opened(office, kind="rectification")
    assert (task.state, task.kind, task.due_at) == ("open", "rectification", on(27))
    with pytest.raises(RegisterError, match="is open"):
        do(office, "check_task", task.task_id, by="qa", passed=True, result="好")
    with pytest.raises(RegisterError, match="boss's"):
        do(office, "report_task", task.task_id, by="A01", report="做了")
    do(office, "report_task", task.task_id, by="boss", report="已复述")
    for by in ("boss", "A01"):
        with pytest.raises(RegisterError, match="has a part"):
            do(office, "check_task", task.task_id, by=by, passed=True, result="好")
    failed = do(office, "check_task", task.task_id, by="qa", passed=False, result="仍漏报机构名")
    assert failed.state == "failed"
    do(office, "report_task", task.task_id, by="boss", report="再次辅导")
    done = do(office, "check_task", task.task_id, by="qa", passed=True, result="后续五通合格")
    assert (done.state, done.checked_by) == ("done", "qa")
    with pytest.raises(RegisterError, match="is done"):
        do(office, "cancel_task", task.task_id, by="qa", reason="x")
    assert office.register_problems() == []


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"agent_id": "A77"}, "nobody called A77"),
        ({"kind": "beating"}, "no task"),
        ({"action": " "}, "needs an action"),
        ({"owner": ""}, "needs an owner"),
        ({"owner": "a01"}, "own his own|can't own"),
        ({"by": "A01"}, "can't order"),
        ({"due_at": on(1)}, "has passed"),
        ({"due_at": on(27).replace(tzinfo=None)}, "no offset"),
        ({"finding_id": "F0"}, "no finding"),
        ({"case_id": "D0"}, "no case"),
        ({"by": " "}, "nobody is named"),
        ({"at": on(1).replace(year=2099), "due_at": on(2).replace(year=2099)}, "in the future"),
    ],
)
def test_a_task_that_is_refused(office, said, message):
    with pytest.raises(RegisterError, match=message) as caught:
        opened(office, **said)
    assert caught.value.remedy
    assert office.tables().coaching_tasks == {}


def test_a_task_is_about_its_own_collectors_case(office):
    case = office.case("c2", agent_id="A02")
    for about in ({"case_id": case.case_id}, {"finding_id": case.findings[0]}):
        with pytest.raises(RegisterError, match="is about A02"):
            opened(office, **about)
    assert opened(office, agent_id="A02", case_id=case.case_id).case_id == case.case_id
    cancelled = opened(office)
    assert do(office, "cancel_task", cancelled.task_id, by="qa", reason="重复").state == "cancelled"
    assert [row["state"] for row in coaching_desk.list_tasks(office.store)] == ["open", "cancelled"]


def test_off_the_phones_and_on_again(office):
    order = do(office, "order_stand_down", agent_id="A01", by="boss", reason="调查期间")
    assert order.holds(office.at)
    with pytest.raises(RegisterError, match="until lifted"):
        do(office, "order_stand_down", agent_id="A01", by="boss", reason="再停")
    with pytest.raises(RegisterError, match="can't lift his own"):
        do(office, "lift_stand_down", order.stand_down_id, by="A01", reason="我要上线")
    lifted = do(office, "lift_stand_down", order.stand_down_id, by="boss", reason="调查完毕")
    assert (lifted.lifted_by, lifted.holds(office.at)) == ("boss", False)
    with pytest.raises(RegisterError, match="ended on"):
        do(office, "lift_stand_down", order.stand_down_id, by="boss", reason="x")
    second = do(
        office, "order_stand_down", agent_id="A01", by="boss", reason="再犯", until_at=on(29)
    )
    assert second.stand_down_id != order.stand_down_id
    with pytest.raises(RegisterError, match="ended on 2026-03-29"):
        do(office, "lift_stand_down", second.stand_down_id, by="boss", reason="x", at=on(30))
    assert len(coaching_desk.list_stand_downs(office.store)) == 2
    assert office.register_problems() == []


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"by": "A01"}, "can't take himself"),
        ({"reason": " "}, "needs a reason"),
        ({"agent_id": "A77"}, "nobody called"),
        ({"from_at": on(1)}, "has passed"),
        ({"until_at": on(1)}, "ends? before|before it begins"),
        ({"case_id": "D0"}, "no case"),
    ],
)
def test_a_stand_down_that_is_refused(office, said, message):
    given = {"agent_id": "A01", "by": "boss", "reason": "调查期间", **said}
    with pytest.raises(RegisterError, match=message):
        do(office, "order_stand_down", **given)
    assert office.tables().stand_downs == {}


def test_a_stand_down_holds_from_its_first_moment_to_just_before_its_last():
    order = StandDown("S1", "A01", on(3), on(5), "x", None, "boss", on(2))
    assert [order.holds(moment) for moment in (on(2), on(3), on(4), on(5))] == [
        False, True, True, False,
    ]  # fmt: skip
