"""The facts of a call are found again among everything that was ever known."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from qc_pipeline.records import CallContext, CallRecord, CaseFacts, RepaymentAccount
from qc_pipeline.replay.facts import Known, KnownTables, ScanMoment, facts_then
from tests.replay.homes import MARCH

DAY = timedelta(days=1)
CALL = CallRecord(call_id="c", started_at=MARCH + 9 * DAY, agent_id="A01", case_id="K", bank="甲")


def a_case(days_overdue: int) -> CaseFacts:
    return CaseFacts("K", bank="甲", as_of=MARCH, days_overdue=days_overdue)


def tables_of(contents: list[tuple[int | None, frozenset[str]]]) -> KnownTables:
    """The store after one load a day: on day n the case had `contents[n][0]` days overdue, None:
    no such case."""
    cases = [
        Known(
            a_case(days),
            MARCH + n * DAY,
            None if n + 1 == len(contents) else MARCH + (n + 1) * DAY,
        )
        for n, (days, _) in enumerate(contents)
        if days is not None
    ]
    account = Known(RepaymentAccount("甲", "6222", "某银行"), MARCH, None)
    return KnownTables({"K": cases}, {}, [account], [])


def moments_of(contents: list[tuple[int | None, frozenset[str]]]) -> list[ScanMoment]:
    return [
        ScanMoment(f"S{n}", MARCH + n * DAY + timedelta(minutes=1), present)
        for n, (_, present) in reversed(list(enumerate(contents)))
    ]


def recognising(context: CallContext):
    return lambda tried: tried == context


PRESENT = st.sampled_from([frozenset({"cases"}), frozenset({"cases", "accounts"}), frozenset()])
DAYS = st.lists(st.tuples(st.none() | st.integers(0, 3), PRESENT), min_size=1, max_size=6)


@given(contents=DAYS, data=st.data())
def test_the_facts_of_any_scan_are_found_again(contents, data) -> None:
    judged_on = data.draw(st.integers(0, len(contents) - 1))
    came_on = data.draw(st.integers(0, judged_on))
    days, present = contents[judged_on]
    expected = CallContext(
        call=CALL,
        case=a_case(days) if days is not None and "cases" in present else None,
        accounts=(RepaymentAccount("甲", "6222", "某银行"),) if "accounts" in present else (),
        tables_present=present,
    )
    found = facts_then(
        CALL, first_scan_id=f"S{came_on}", tables=tables_of(contents),
        moments=moments_of(contents), made_from=recognising(expected),
    )  # fmt: skip
    assert found.proven
    assert found.context == expected


def test_facts_that_nothing_recognises_are_those_of_the_scan_that_brought_the_call() -> None:
    contents = [(1, frozenset({"cases"})), (2, frozenset({"cases"})), (3, frozenset({"cases"}))]
    found = facts_then(
        CALL, first_scan_id="S1", tables=tables_of(contents), moments=moments_of(contents),
        made_from=lambda context: False,
    )  # fmt: skip
    assert not found.proven
    assert found.context.case == a_case(2)


def test_a_store_without_a_scan_knows_no_facts() -> None:
    found = facts_then(
        CALL, first_scan_id=None, tables=tables_of([(1, frozenset())]), moments=[],
        made_from=lambda context: context.case is None,
    )  # fmt: skip
    assert found.proven
    assert found.context.case is None
