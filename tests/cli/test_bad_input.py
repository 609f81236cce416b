"""What an operator does wrong, and what the program says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (None, "manifest.csv"),
        (b"", "manifest.csv"),
        (b"call_id,agent_id\n1,A1\n", "started_at"),
        (b"\x00\x01\x02\xff\xfe", "manifest.csv"),
    ],
    ids=["no file", "empty", "missing column", "binary"],
)
def test_an_unusable_manifest_is_refused_with_nothing_done(
    qc: Run, tmp_path: Path, content: bytes | None, word: str
) -> None:
    if content is not None:
        (tmp_path / "manifest.csv").write_bytes(content)
    done = qc("scan", "manifest.csv")
    assert done.returncode == 2
    assert word in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "home").exists()


def test_a_home_from_a_newer_version_is_left_alone(qc: Run, tmp_path: Path) -> None:
    import duckdb

    from qc_pipeline.store.store import Store

    home = tmp_path / "home"
    Store(home).migrate()
    with duckdb.connect(str(home / "qc.duckdb")) as connection:
        connection.execute(
            "INSERT INTO schema_migrations BY NAME (SELECT * REPLACE (9999 AS version) "
            "FROM schema_migrations LIMIT 1)"
        )
    (tmp_path / "m.csv").write_text("call_id,started_at,agent_id\n", "utf-8")
    done = qc("scan", "m.csv")
    assert done.returncode == 2
    assert "newer" in done.stderr


def test_reading_before_any_scan_says_what_to_do(qc: Run) -> None:
    for command in (["export", "findings"], ["review", "list"], ["verify"]):
        done = qc(*command)
        assert done.returncode == 2
        assert "qc scan" in done.stderr


def test_a_wrong_setting_is_named(qc: Run, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "settings.yaml").write_text("speech: {beam_size: many}\n", "utf-8")
    done = qc("review", "list")
    assert done.returncode == 2
    assert "beam_size" in done.stderr


def test_an_unknown_command_and_option_are_usage_errors(qc: Run) -> None:
    assert qc("scam").returncode == 2
    assert qc("scan", "--fast").returncode == 2
