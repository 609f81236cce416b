"""One cell of text becomes a value, or says why it can't."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_pipeline.intake.cells import (
    NO_OFFSET,
    CellFault,
    CellReader,
    Remarked,
    amount,
    channel_order,
    clean,
    day_end,
    day_start,
    identifier,
    is_missing,
    moment,
    name,
    one_of,
    phone_number,
    seconds,
    whole_number,
    yes_or_no,
)
from qc_pipeline.records import SHANGHAI

READERS = [
    amount, channel_order, day_end, day_start, identifier, moment, name, one_of(("a", "b")),
    phone_number, seconds, whole_number, yes_or_no,
]  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ('="00123"', "00123"),
        ("'00123", "00123"),
        ("  x　", "x"),
        ("\ufeff\xa0x\u200b", "x"),
        ("'quoted'", "'quoted'"),
    ],
)
def test_what_excel_puts_around_a_value_is_taken_off(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


@pytest.mark.parametrize("text", ["", "NULL", "nan", "None", "#N/A", "-"])
def test_an_exports_ways_of_writing_nothing_are_nothing(text: str) -> None:
    assert is_missing(text)


def test_an_identifier_stays_text() -> None:
    assert identifier("000123") == "000123"
    assert identifier("2026-10/13 a#1") == "2026-10/13 a#1"


def test_the_point_zero_of_excel_is_removed_and_remarked() -> None:
    read = identifier("20261013001.0")
    assert isinstance(read, Remarked)
    assert read.value == "20261013001"


@pytest.mark.parametrize("text", ["1.2E+17", "1.20261E+17", "1e+05", "#REF!", "a\nb", "x" * 201])
def test_an_identifier_that_lost_its_digits_or_is_none_is_a_fault(text: str) -> None:
    with pytest.raises(CellFault) as fault:
        identifier(text)
    assert fault.value.what
    assert fault.value.remedy


@pytest.mark.parametrize("text", ["1E5", "3E10", "1.2.3", "12E+"])
def test_an_identifier_that_only_resembles_a_number_is_kept(text: str) -> None:
    assert identifier(text) == text


@pytest.mark.parametrize(
    "written",
    ["19900001234", "199-0000-1234", "199 0000 1234", "+86 19900001234", "008619900001234",
     "１９９００００１２３４", "(199)00001234"],
)  # fmt: skip
def test_one_number_is_always_written_one_way(written: str) -> None:
    assert phone_number(written) == "19900001234"


@pytest.mark.parametrize("written", ["199****1234", "0532-88881234转801"])
def test_a_masked_number_or_an_extension_keeps_its_form(written: str) -> None:
    assert phone_number(written) == written


@pytest.mark.parametrize(
    "text",
    ["2026-10-13T10:22:00+08:00", "2026-10-13T02:22:00Z", "2026-10-12T21:22:00-05:00",
     "2026-10-13 10:22:00+0800"],
)  # fmt: skip
def test_a_time_with_an_offset_is_placed_in_shanghai(text: str) -> None:
    assert moment(text) == datetime(2026, 10, 13, 10, 22, tzinfo=SHANGHAI)
    assert moment(text).tzinfo is SHANGHAI


@pytest.mark.parametrize(
    "text",
    ["2026-10-13T10:22:00", "2026-10-13 10:22", "2026/10/13 10:22", "2026/10/13 10:22:00",
     "2026年10月13日 10:22", "2026.10.13 10:22"],
)  # fmt: skip
def test_a_time_without_an_offset_is_shanghai_with_a_remark(text: str) -> None:
    assert moment(text) == Remarked(datetime(2026, 10, 13, 10, 22, tzinfo=SHANGHAI), NO_OFFSET)


@pytest.mark.parametrize(
    "text",
    ["2026-13-45T10:00:00", "10/13/2026 10:22", "46308.43", "20261013", "1760322120", "tomorrow",
     "2026-10-13T25:00:00", "1900-01-00 00:00", "0001-01-01T00:00:00+08:00",
     "9999-12-31T23:59:59-10:00", "2026-10-13"],
)  # fmt: skip
def test_what_is_no_point_in_time_is_a_fault(text: str) -> None:
    # A bare date would put the call at midnight, inside the quiet hours.
    with pytest.raises(CellFault):
        moment(text)


def test_a_time_format_is_read_beside_iso() -> None:
    expected = datetime(2026, 10, 13, 10, 22, tzinfo=SHANGHAI)
    assert moment("13.10.26 10h22", time_format="%d.%m.%y %Hh%M").value == expected
    assert moment("2026-10-13T10:22:00+08:00", time_format="%d.%m.%y %Hh%M") == expected


def test_a_bare_date_opens_a_period_at_its_start_and_closes_it_at_its_end() -> None:
    assert day_start("2026-10-13") == datetime(2026, 10, 13, tzinfo=SHANGHAI)
    assert day_end("2026/10/13") == datetime(2026, 10, 13, 23, 59, 59, 999999, tzinfo=SHANGHAI)
    assert day_end("2026-10-13T10:00:00+08:00").hour == 10


@pytest.mark.parametrize(
    ("text", "value"),
    [("85", 85.0), ("85.5", 85.5), ("1,234", 1234.0), ("00:01:25", 85.0), ("85秒", 85.0),
     ("85s", 85.0), ("８５", 85.0), ("0", 0.0)],
)  # fmt: skip
def test_lengths_are_seconds(text: str, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize(
    "text", ["abc", "-3", "inf", "nan5", "1_000", "01:25", "1e400", "90000000", "12,34", "1.2E+05"]
)
def test_what_is_no_length_is_a_fault(text: str) -> None:
    with pytest.raises(CellFault):
        seconds(text)


@pytest.mark.parametrize(
    "text", ["38642.17", "38,642.17", "¥38642.17", "￥38,642.17元", " 38642.17 "]
)
def test_money_is_exact(text: str) -> None:
    assert amount(text) == Decimal("38642.17")


@pytest.mark.parametrize("text", ["NaN", "Infinity", "三万", "1.2E+05", ""])
def test_what_is_no_money_is_a_fault(text: str) -> None:
    with pytest.raises(CellFault):
        amount(text)


def test_counts_are_whole() -> None:
    assert whole_number("64") == 64
    assert whole_number("64.0") == 64
    for text in ("-1", "6.5", "x"):
        with pytest.raises(CellFault):
            whole_number(text)


@pytest.mark.parametrize(
    ("text", "value"), [("1", True), ("是", True), ("0", False), ("No", False)]
)
def test_yes_and_no(text: str, value: bool) -> None:
    assert yes_or_no(text) is value


@pytest.mark.parametrize(
    "text", ["agent,customer", "Agent, Customer", "agent;customer", "agent|customer"]
)
def test_channel_order_in_any_punctuation(text: str) -> None:
    assert channel_order(text) == "agent,customer"


def test_a_word_from_a_list_in_any_case_and_no_other() -> None:
    read = one_of(("outbound", "inbound"))
    assert read("OutBound") == "outbound"
    with pytest.raises(CellFault) as fault:
        read("呼出")
    assert "outbound、inbound" in fault.value.remedy


@given(st.text(max_size=60))
def test_any_text_is_a_value_or_a_fault_with_a_remedy(text: str) -> None:
    for read in READERS:
        fault = fault_of(read, clean(text))
        assert fault is None or (fault.what and fault.remedy)


def fault_of(read: CellReader, text: str) -> CellFault | None:
    try:
        read(text)
    except CellFault as fault:
        return fault
    return None


@given(st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30)))
def test_a_time_written_in_iso_comes_back(when: datetime) -> None:
    placed = when.replace(tzinfo=SHANGHAI)
    assert moment(placed.isoformat()) == placed


@given(st.decimals(-(10**9), 10**9, places=2))
def test_an_amount_comes_back_to_the_cent(value: Decimal) -> None:
    assert amount(f"{value:,}") == value
