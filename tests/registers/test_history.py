"""Every register can be read as it stood at any past moment."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qc_pipeline.cli import cli
from qc_pipeline.errors import RegisterError, UsageError
from qc_pipeline.policy import Policy, load_policy
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers.case_desk import notify
from qc_pipeline.registers.desk import confirm, reject
from qc_pipeline.registers.history import complete_history, parse_moment, reading_as_of
from qc_pipeline.registers.log import read_events
from qc_pipeline.registers.projections import Registers, differences, fold, load_registers, rebuild
from qc_pipeline.settings import Settings
from qc_pipeline.store.store import Store
from tests.registers.making import MARCH, a_call, a_finding, on, scanned

POLICY = load_policy(Settings().policy_dir)


def a_home(folder: Path, *, findings: int = 4) -> tuple[Store, Path, list[str]]:
    store = Store(folder / "home")
    store.migrate()
    made = [a_finding(f"c{n}", severity="major") for n in range(findings)]
    for finding in made:
        scanned(store, a_call(finding.call_id, at=MARCH), [finding])
    return store, folder / "keys", [finding.finding_id for finding in made]


def test_a_case_is_what_it_was_at_each_step(store: Store, keys: Path, policy: Policy) -> None:
    finding = a_finding("c1")
    scanned(store, a_call("c1"), [finding])
    acting = {"policy": policy, "keys": keys}
    confirm(store, finding.finding_id, by="r1", at=on(3), **acting)
    verdict = confirm(store, finding.finding_id, by="r2", at=on(4), **acting)
    assert verdict.case is not None
    notify(store, verdict.case.case_id, by="lead", at=on(5), **acting)

    def state_on(day: int) -> list[str]:
        with reading_as_of(store, on(day, 13)) as session:
            return [row["state"] for row in session.rows("registers/cases")]

    assert state_on(2) == []
    assert [state_on(day) for day in (3, 4, 5)] == [["under_review"], ["confirmed"], ["notified"]]
    with reading_as_of(store, on(4, 13)) as session:
        # Views and the log see the same moment.
        assert [row["notified_at"] for row in session.rows("export/discipline")] == [None]
        assert {event.at for event in read_events(session)} == {on(3), on(4)}


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(acts=st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=8),
       asked=st.integers(0, 9))  # fmt: skip
def test_the_past_is_what_the_log_says_up_to_then(tmp_path_factory, acts, asked) -> None:
    store, keys, names = a_home(tmp_path_factory.mktemp("past"))
    for step, (which, good) in enumerate(acts):
        at = MARCH + timedelta(hours=1 + step)
        try:
            if good:
                confirm(store, names[which], by="r1", at=at, policy=POLICY, keys=keys)
            else:
                reject(store, names[which], by="r1", at=at, policy=POLICY, keys=keys, reason="1")
        except RegisterError:
            continue  # decided already
    moment = MARCH + timedelta(hours=asked, minutes=30)
    with store.reading() as session:
        events = [event for event in read_events(session) if event.at <= moment]
        assert differences(session, read_events(session)) == []
    with reading_as_of(store, moment) as session:
        assert load_registers(session) == fold(Registers(), events)


def test_history_that_was_changed_or_lost_is_found_and_rebuilt(
    store: Store, keys: Path, policy: Policy
) -> None:
    finding = a_finding("c1", severity="major")
    scanned(store, a_call("c1"), [finding])
    confirm(store, finding.finding_id, by="r1", at=on(3), policy=policy, keys=keys)
    with store.writing() as session:
        whole = session.rows("registers/pasts")
        session.run("registers/drop_other_pasts", {"keep": [whole[0]["seq"]]})
    with store.reading() as session:
        assert any("history of" in line for line in differences(session, read_events(session)))
    with pytest.raises(UsageError, match="qc scan"), reading_as_of(store, on(4)):
        pass
    assert complete_history(store) == len(whole) - 1
    assert complete_history(store) == 0
    with store.writing() as session:
        rebuild(session)
        assert session.rows("registers/pasts") == whole


def test_a_moment_that_cannot_be_meant_is_refused(store: Store) -> None:
    with (
        pytest.raises(RegisterError, match="future"),
        reading_as_of(store, datetime.now(SHANGHAI) + timedelta(days=2)),
    ):
        pass
    with pytest.raises(UsageError, match="2026-03-01"):
        parse_moment("yesterday")


def test_a_date_means_its_end_and_today_means_now() -> None:
    assert parse_moment("2026-03-01") == datetime(2026, 3, 1, 23, 59, 59, 999_999, SHANGHAI)
    assert parse_moment("2026-03-01T09:30") == datetime(2026, 3, 1, 9, 30, tzinfo=SHANGHAI)
    now = datetime.now(SHANGHAI)
    assert abs(parse_moment(f"{now:%Y-%m-%d}") - now) < timedelta(minutes=1)


def test_an_export_can_be_had_as_of_a_day(store: Store, keys: Path, policy: Policy) -> None:
    finding = a_finding("c1", severity="major")
    scanned(store, a_call("c1"), [finding])
    verdict = confirm(store, finding.finding_id, by="r1", at=on(3), policy=policy, keys=keys)
    assert verdict.case is not None
    notify(store, verdict.case.case_id, by="lead", at=on(5), policy=policy, keys=keys)
    home = ["--home", str(store.home)]

    def states(*arguments: str) -> list[str]:
        result = CliRunner().invoke(cli, ["export", "discipline", *home, *arguments])
        assert result.exit_code == 0, result.output
        return [json.loads(line)["state"] for line in result.stdout.splitlines()]

    assert states() == ["notified"]
    assert states("--as-of", "2026-03-04") == ["confirmed"]
    assert states("--as-of", "2026-03-02") == []
    refused = CliRunner().invoke(cli, ["export", "calls", *home, "--as-of", "2026-03-04"])
    assert isinstance(refused.exception, UsageError)
