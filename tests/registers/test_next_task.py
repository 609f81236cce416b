"""Who gets which call next (POLICY "Triage order"): one call, one task, one holder."""

from datetime import timedelta

import pytest

from qc_pipeline.errors import RegisterError
from qc_pipeline.registers.assignments import release
from qc_pipeline.registers.desk import confirm, hear_sample, unsure
from qc_pipeline.registers.next_task import next_task
from qc_pipeline.registers.queue import list_queue
from qc_pipeline.registers.tasks import update_tasks
from tests.registers.making import a_call, a_finding, on, scanned
from tests.store.builders import query

NOW = on(20)


def sampling(policy, **rules):
    """The policy with another sample."""
    sample = policy.review.sample.model_copy(update=rules)
    return policy.model_copy(update={"review": policy.review.model_copy(update={"sample": sample})})


@pytest.fixture
def work(store, policy):
    """Three calls with two minor findings each, and two calls in which nothing was found."""
    for number in range(3):
        name = f"c{number}"
        made = [
            a_finding(
                name, code="service_conduct", severity="minor", nth=n, score=0.9 - number / 10
            )
            for n in range(2)
        ]
        scanned(store, a_call(name, at=on(2 + number)), made)
    for number in range(2):
        scanned(store, a_call(f"q{number}", at=on(6 + number)))
    return sampling(policy, share=1.0, share_of_tasks=0.0)


def test_one_call_is_one_task_and_nobody_elses(store, work):
    first = next_task(store, policy=work, by="r1", at=NOW)
    second = next_task(store, policy=work, by="r2", at=NOW)
    assert first is not None
    assert second is not None
    assert (first.assignment.call_id, len(first.rows)) == ("c0", 2)
    assert (second.assignment.call_id, len(second.rows)) == ("c1", 2)


def test_asking_again_renews_and_a_lock_runs_out(store, work):
    minutes = timedelta(minutes=work.review.lock_minutes)
    next_task(store, policy=work, by="r1", at=NOW)
    again = next_task(store, policy=work, by="r1", at=NOW + minutes / 2)
    assert again is not None
    assert (again.assignment.call_id, again.assignment.until) == ("c0", NOW + minutes * 1.5)
    in_time = next_task(store, policy=work, by="r2", at=NOW + minutes * 1.25)
    late = next_task(store, policy=work, by="r3", at=NOW + minutes * 1.75)
    assert in_time is not None
    assert late is not None
    assert (in_time.assignment.call_id, late.assignment.call_id) == ("c1", "c0")


def test_what_is_given_back_is_free(store, work):
    next_task(store, policy=work, by="r1", at=NOW)
    assert release(store.home, "c0", by="r1")
    other = next_task(store, policy=work, by="r2", at=NOW)
    assert other is not None
    assert other.assignment.call_id == "c0"


def test_the_sample_comes_when_nothing_waits_and_is_not_called_one(store, work, keys):
    for row in list_queue(store, policy=work):
        confirm(store, row.finding_id, by="r9", at=on(19), policy=work, keys=keys)
    task = next_task(store, policy=work, by="r1", at=NOW)
    assert task is not None
    assert (task.assignment.call_id, task.rows) == ("q0", ())
    hear_sample(store, "q0", by="r1", at=NOW, keys=keys)
    following = next_task(store, policy=work, by="r1", at=NOW)
    assert following is not None
    assert following.assignment.call_id == "q1"
    hear_sample(store, "q1", by="r1", at=NOW, keys=keys)
    assert next_task(store, policy=work, by="r1", at=NOW) is None


def test_a_share_of_tasks_is_sampled_but_never_before_what_is_urgent(store, work):
    always = sampling(work, share_of_tasks=1.0)
    task = next_task(store, policy=always, by="r1", at=NOW)
    assert task is not None
    assert task.assignment.call_id == "q0"
    scanned(store, a_call("bad", at=on(9)), [a_finding("bad")])
    task = next_task(store, policy=always, by="r2", at=NOW)
    assert task is not None
    assert task.assignment.call_id == "bad"


def test_about_the_policys_share_of_reviewers_is_given_a_sampled_call(store, work):
    tenth = sampling(work, share_of_tasks=0.1)
    given = []
    for number in range(60):
        task = next_task(store, policy=tenth, by=f"r{number}", at=NOW)
        assert task is not None
        given.append(task.assignment.call_id.startswith("q"))
        release(store.home, task.assignment.call_id, by=f"r{number}")
    assert 1 <= sum(given) <= 15


def test_who_is_unsure_is_not_given_the_finding_again(store, work, keys):
    for row in list_queue(store, policy=work):
        if row.call_id == "c0":
            unsure(store, row.finding_id, by="r1", at=on(19), policy=work, keys=keys)
    mine = next_task(store, policy=work, by="r1", at=NOW)
    other = next_task(store, policy=work, by="r2", at=NOW)
    assert mine is not None
    assert other is not None
    assert (mine.assignment.call_id, other.assignment.call_id) == ("c1", "c0")
    # The same in the table that pages are read from.
    assert query(store, "SELECT first_by FROM call_tasks WHERE call_id = 'c0'") == [(["r1"],)]


def test_who_has_spoken_of_all_that_waits_is_done_with_the_call(store, work, keys):
    update_tasks(store)
    first, second = (row for row in list_queue(store, policy=work) if row.call_id == "c0")
    said = {"at": on(19), "policy": work, "keys": keys}
    done = "SELECT done_by FROM call_tasks WHERE call_id = 'c0'"
    unsure(store, first.finding_id, by="r1", **said)
    assert query(store, done) == [([],)], "one of two: there is something left to say"
    unsure(store, second.finding_id, by="r1", **said)
    unsure(store, second.finding_id, by="r2", **said)
    assert query(store, done) == [(["r1"],)]
    confirm(store, second.finding_id, by="r3", **said)
    unsure(store, first.finding_id, by="r2", **said)
    assert query(store, done) == [(["r1", "r2"],)], "what is decided waits for nobody"
    assert update_tasks(store) == 0


def test_a_share_of_uncertain_findings_moves_up_and_a_certain_one_never_sinks(store, policy):
    """Inside a tier: severity times score, but a tenth counts by its uncertainty."""
    made = [
        a_finding(f"c{number}", score=0.5 if number % 2 else 0.95, rule_id=f"rule.{number}")
        for number in range(80)
    ]
    for each in made:
        scanned(store, a_call(each.call_id), [each])
    order = [row.score for row in list_queue(store, policy=policy, limit=200)]
    ahead = order.index(0.95)
    assert order == [0.5] * ahead + [0.95] * 40 + [0.5] * (40 - ahead)
    assert 1 <= ahead <= 12, "about a tenth of the forty uncertain ones"
    none = policy.review.model_copy(update={"uncertain_share": 0.0})
    plain = list_queue(store, policy=policy.model_copy(update={"review": none}), limit=200)
    assert [row.score for row in plain] == [0.95] * 40 + [0.5] * 40


def test_pages_and_shell_use_the_same_share(store, policy):
    """The table of tasks has the shipped share in SQL: nothing may be stale for another one."""
    assert policy.review.uncertain_share == 0.1
    scanned(store, a_call("c1"), [a_finding("c1")])
    update_tasks(store)
    with store.reading() as session:
        assert session.rows("registers/tasks_stale") == []


def test_tasks_lie_in_the_order_of_the_queue(store, work):
    scanned(store, a_call("a9", at=on(9)), [a_finding("a9")])
    assert update_tasks(store) == 4
    lying = query(store, "SELECT call_id FROM call_tasks ORDER BY rowid")
    in_turn = dict.fromkeys(row.call_id for row in list_queue(store, policy=work))
    assert [call_id for (call_id,) in lying] == list(in_turn)
    assert next(iter(in_turn)) == "a9", "critical, though it came last"


def test_nobody_speaks_on_a_call_that_another_has_taken(store, work, keys):
    """A verdict on a locked finding is refused and changes nothing."""
    [mine, _] = next_task(store, policy=work, by="r1", at=NOW).rows
    said = {"policy": work, "keys": keys}
    with pytest.raises(RegisterError, match="somebody else's until 12:20") as refused:
        confirm(store, mine.finding_id, by="r2", at=NOW, **said)
    assert "r1" not in str(refused.value)
    with store.reading() as session:
        assert session.rows("registers/events") == []
    confirm(store, mine.finding_id, by="r1", at=NOW, **said)
    late = NOW + timedelta(minutes=work.review.lock_minutes + 1)
    other = next(row for row in list_queue(store, policy=work) if row.call_id == "c0")
    confirm(store, other.finding_id, by="r2", at=late, **said)
