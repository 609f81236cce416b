"""Which version of a policy file counts on a day (DESIGN 8)."""

import re
import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qc_pipeline.errors import PolicyError
from qc_pipeline.policy import load_policy
from qc_pipeline.records import SHANGHAI
from qc_pipeline.settings import Settings
from qc_pipeline.store.versions import keep_policies, kept_version


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "policy"
    shutil.copytree(Settings().policy_dir, made, ignore=shutil.ignore_patterns("*.py*"))
    return made


def dated(folder: Path, name: str, since: str, *changes: tuple[str, str], plain=False) -> Path:
    """Another version of a file, in force from `since` on."""
    text = (folder / f"{name}.yaml").read_text("utf-8")
    text = re.sub("^effective_from: .*$", f"effective_from: {since}", text, flags=re.M)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / (f"{name}.yaml" if plain else f"{name}@{since}.yaml")
    path.write_text(text, "utf-8")
    return path


def noon(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(hour=12, tzinfo=SHANGHAI)


def test_one_version_of_each_file_is_one_policy() -> None:
    policy = load_policy(Settings().policy_dir)
    assert policy.others == ()
    assert policy.at(noon("2026-03-01")) is policy


def test_the_version_of_the_day_counts(folder: Path) -> None:
    dated(folder, "taxonomy", "2026-04-01", ("pass_above: 80", "pass_above: 85"))
    dated(folder, "contact", "2026-07-01", ("per_day: 4", "per_day: 3"))
    policy = load_policy(folder, on=date(2026, 5, 1))
    assert [each.since.isoformat() for each in policy.others] == ["2000-01-01", "2026-07-01"]
    told = {
        day: (policy.at(noon(day)).taxonomy.pass_above,
              policy.at(noon(day)).contact.dials_per_number_per_day)
        for day in ("2026-03-31", "2026-04-01", "2026-06-30", "2026-07-01", "2031-01-01")
    }  # fmt: skip
    assert told == {
        "2026-03-31": (80, 4), "2026-04-01": (85, 4), "2026-06-30": (85, 4),
        "2026-07-01": (85, 3), "2031-01-01": (85, 3),
    }  # fmt: skip


def test_the_day_is_that_of_shanghai(folder: Path) -> None:
    dated(folder, "taxonomy", "2026-04-01", ("pass_above: 80", "pass_above: 85"))
    policy = load_policy(folder)
    midnight = datetime(2026, 4, 1, tzinfo=SHANGHAI)
    assert policy.at(midnight).taxonomy.pass_above == 85
    assert policy.at(midnight - timedelta(seconds=1)).taxonomy.pass_above == 80


def test_a_moment_before_the_first_version_is_refused_with_the_remedy(folder: Path) -> None:
    dated(folder, "taxonomy", "2026-01-01", plain=True)
    policy = load_policy(folder)
    with pytest.raises(PolicyError, match="in force on 2025-12-31: the first is of 2026") as caught:
        policy.at(noon("2025-12-31"))
    assert "NAME@2025-12-31.yaml" in str(caught.value.remedy)


def test_an_unknown_moment_is_refused(folder: Path) -> None:
    with pytest.raises(PolicyError, match="without a time"):
        load_policy(folder).at(None)


def test_a_policy_that_begins_tomorrow_is_none_today(folder: Path) -> None:
    dated(folder, "review", "2026-06-02", plain=True)
    with pytest.raises(PolicyError, match="no policy is in force on 2026-06-01"):
        load_policy(folder, on=date(2026, 6, 1))


def test_a_name_that_says_another_day_is_refused(folder: Path) -> None:
    dated(folder, "taxonomy", "2026-04-01").rename(folder / "taxonomy@2026-05-01.yaml")
    with pytest.raises(PolicyError, match=r"2026-05-01.yaml: effective_from is 2026-04-01"):
        load_policy(folder)


def test_two_versions_of_one_day_are_refused(folder: Path) -> None:
    dated(folder, "taxonomy", "2000-01-01")
    with pytest.raises(PolicyError, match="comes into force on 2000-01-01 too"):
        load_policy(folder)


def test_a_file_may_exist_only_in_dated_versions(folder: Path) -> None:
    dated(folder, "taxonomy", "2026-04-01")
    (folder / "taxonomy.yaml").unlink()
    assert load_policy(folder).first_day == date(2026, 4, 1)


def test_a_version_is_named_by_what_is_in_force_only(folder: Path) -> None:
    before = load_policy(folder).version
    dated(folder, "taxonomy", "2026-04-01", ("pass_above: 80", "pass_above: 85"))
    policy = load_policy(folder)
    assert policy.at(noon("2026-03-31")).version == before
    assert policy.version != before


def test_every_version_in_use_is_kept_as_text(folder: Path, tmp_path: Path) -> None:
    dated(folder, "taxonomy", "2026-04-01", ("pass_above: 80", "pass_above: 85"))
    policy = load_policy(folder)
    keep_policies(tmp_path, policy)
    for day, line in (("2026-03-31", b"pass_above: 80"), ("2026-04-01", b"pass_above: 85")):
        kept = kept_version(tmp_path, "policy", policy.at(noon(day)).version)
        assert kept is not None
        assert line in kept["taxonomy.yaml"]
        assert not [name for name in kept if "@" in name]


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    days=st.lists(st.dates(date(2025, 1, 1), date(2027, 1, 1)), min_size=1, max_size=4, unique=True),
    asked=st.dates(date(2024, 12, 1), date(2027, 2, 1)),
)  # fmt: skip
def test_the_latest_version_not_after_the_day_counts(
    tmp_path_factory, days: list[date], asked: date
) -> None:
    folder = tmp_path_factory.mktemp("dated") / "policy"
    shutil.copytree(Settings().policy_dir, folder, ignore=shutil.ignore_patterns("*.py*"))
    for number, day in enumerate(days):
        dated(folder, "taxonomy", day.isoformat(), ("pass_above: 80", f"pass_above: {number}"))
    expected = max(
        ((day, number) for number, day in enumerate(days) if day <= asked), default=(None, 80)
    )[1]
    policy = load_policy(folder, on=asked)
    assert policy.taxonomy.pass_above == expected
    assert policy.at(noon(asked.isoformat())) is policy
