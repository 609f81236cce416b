"""Figures and search show what the visitor may see, no more, and what they show can be followed."""

from __future__ import annotations

import re
from contextlib import closing

import duckdb
import openpyxl
import pytest

from qc_pipeline.registers.access_log import read_accesses

PERIOD = "since=2026-01-01&until=2026-12-31"


def test_the_dashboard_begins_with_coverage_and_denominators(person) -> None:
    text = person("compliance").get(f"/dashboard?{PERIOD}").text
    assert text.index("质检覆盖") < text.index("每周违规率")
    assert "话单 8 条" in text
    assert "样本不足" in text or "本期没有数据" in text


def test_a_period_without_calls_is_said_to_be_empty(person) -> None:
    text = person("compliance").get("/dashboard?since=2020-01-01&until=2020-01-31").text
    assert "本期没有数据" in text
    assert "话单 0 条" in text


@pytest.mark.parametrize(
    "address", ["/dashboard?since=tomorrow", "/search?since=2026-02-01&until=2026-01-01"]
)
def test_a_period_that_is_none_is_refused(person, address: str) -> None:
    assert person("compliance").get(address).status_code == 400


def test_whoever_is_bound_to_a_team_or_bank_sees_only_that(person) -> None:
    whole = person("compliance").get(f"/dashboard?{PERIOD}").text
    [everything] = re.findall(r"话单 (\d+) 条", whole)
    for who in ("team_lead", "bank_client"):
        mine = person(who).get(f"/dashboard?{PERIOD}&team=&bank=&agent=").text
        [seen] = re.findall(r"话单 (\d+) 条", mine)
        assert int(seen) < int(everything), who
        assert "/search?" not in mine, "who may not search gets no link to it"


def test_a_table_is_exported_and_logged(person, home, tmp_path) -> None:
    officer = person("compliance")
    answer = officer.get(f"/dashboard/export?{PERIOD}&table=codes&format=xlsx")
    assert answer.status_code == 200
    (tmp_path / "codes.xlsx").write_bytes(answer.content)
    sheet = openpyxl.load_workbook(tmp_path / "codes.xlsx").active
    assert [cell.value for cell in sheet[1]] == ["code", "violating", "critical", "waiting"]
    assert "data.exported" in {entry.action for entry in read_accesses(home.home)}
    assert officer.get("/dashboard/export?table=secrets").status_code == 400


def test_words_are_found_with_what_stands_around_them(person) -> None:
    reviewer = person("reviewer")
    text = reviewer.get(f"/search?words=还&{PERIOD}").text
    assert "<mark>还</mark>" in text
    assert "/call?id=" in text
    assert "没有符合的内容" in reviewer.get(f"/search?words=量子力学&{PERIOD}").text


def test_a_search_over_months_finds_each_line_once_newest_first(person, home) -> None:
    moments = ("2025-03-09 23:59", "2026-01-01 00:00", "2026-06-01 12:00", "2026-06-07 12:00",
               "2026-06-20 12:00", "2026-06-30 23:59")  # fmt: skip
    with closing(duckdb.connect(home.home / "qc.duckdb")) as connection:
        connection.execute("SET TimeZone = 'Asia/Shanghai'")
        for n, moment in enumerate(moments):
            connection.execute(
                "INSERT INTO calls (call_id, started_at) VALUES (?, ?::TIMESTAMPTZ)",
                [f"m{n}", moment],
            )
            connection.execute(
                "INSERT INTO utterances (call_id, index, speaker, listener, start_s, end_s, text,"
                " raw_text, confidence, channel, day)"
                " VALUES (?, 0, 'agent', 'debtor', 0, 1, '独此一句', '', 1, 0, ?::DATE)",
                [f"m{n}", moment[:10]],
            )
    text = person("reviewer").get("/search?words=此一&since=2025-01-01&until=2026-06-30").text
    assert re.findall(r"/call\?id=(m\d)", text) == ["m5", "m4", "m3", "m2", "m1", "m0"]


def test_misheard_words_are_found_by_their_sound(person, store) -> None:
    with store.reading() as session:
        lines = session.rows("reports/utterances_of_calls", {"call_ids": ["s01"]})
    line = max(lines, key=lambda row: len(row["text"]))["text"]
    assert len(line) > 4
    heard = person("reviewer").get(f"/search?words={line[:2]}&sound=1&{PERIOD}").text
    assert f"<mark>{line[:2]}</mark>" in heard


def test_markup_and_wildcards_in_a_search_are_only_words(person) -> None:
    reviewer = person("reviewer")
    for words in ("<script>alert(1)</script>", "%", "' OR 1=1 --"):
        answer = reviewer.get("/search", params={"words": words, "since": "2026-01-01"})
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text
        assert "没有符合的内容" in answer.text


def test_calls_of_a_code_are_found_without_words(person) -> None:
    text = person("reviewer").get(f"/search?code=threat_intimidation&{PERIOD}").text
    assert "/call?id=" in text or "没有符合的内容" in text
