"""The reference tables: typed where the contract says so, absent where they are absent."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qc_pipeline.errors import QcError, TableError
from qc_pipeline.intake.tables import read_tables
from qc_pipeline.records import (
    SHANGHAI,
    Approval,
    CaseFacts,
    Designation,
    Message,
    Payment,
    PhoneEntry,
    ReferenceTables,
    RepaymentAccount,
    StaffMember,
    StopFlag,
)


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=SHANGHAI)


FILES = {
    "cases": "case_id,customer_id,bank,product,assigned_at,as_of,amount_due,min_due,days_overdue,"
    "legal_status,credit_reportable,account_tail\n"
    'K1,C1,江屿银行,信用卡,2026-09-01,2026-10-13T02:00:00+08:00,"38,642.17",,68,none,1,0926\n',
    "flags": "case_id,phone,kind,from,to,approved_at,source\n"
    ",199-0000-4066,third_party_refused,2026-10-16,2026-10-20,2026-10-16,s04\n",
    "approvals": "case_id,bank,product,kind,from,until,detail\n"
    ",青岳银行,,instalment,2026-11-01,2027-04-30,须审批\n",
    "accounts": "bank,account,holder\n江屿银行,9990010000000101,专户\n",
    "designations": "bank,wording\n,禾序公司\n",
    "staff": "agent_id,name,team,supervisor_id,department_head_id,valid_from,valid_to\n"
    "A1,郝建军,一组,M01,D01,2024-03-01,\n",
    "phones": "case_id,phone,relation,source,verified\nK1,+86 19900002001,debtor,contract,0\n",
    "payments": "case_id,paid_at,amount\nK1,2026-10-26 11:05,10000\n",
    "messages": "case_id,phone,sent_at,channel,text\n"
    "K1,19900002001,2026-10-13T10:00:00+08:00,sms,请回电\n",
}
EXPECTED = ReferenceTables(
    cases=(
        CaseFacts(
            "K1", "C1", "江屿银行", "信用卡", at(2026, 9, 1), at(2026, 10, 13, 2),
            Decimal("38642.17"), None, 68, "none", True, "0926",
        ),
    ),
    flags=(
        StopFlag(
            None, "19900004066", "third_party_refused", at(2026, 10, 16),
            at(2026, 10, 20, 23, 59, 59, 999999), at(2026, 10, 16, 23, 59, 59, 999999), "s04",
        ),
    ),
    approvals=(
        Approval(
            None, "青岳银行", None, "instalment", at(2026, 11, 1),
            at(2027, 4, 30, 23, 59, 59, 999999), "须审批",
        ),
    ),
    accounts=(RepaymentAccount("江屿银行", "9990010000000101", "专户"),),
    designations=(Designation(None, "禾序公司"),),
    staff=(StaffMember("A1", "郝建军", "一组", "M01", "D01", at(2024, 3, 1), None),),
    phones=(PhoneEntry("K1", "19900002001", "debtor", "contract", False),),
    payments=(Payment("K1", at(2026, 10, 26, 11, 5), Decimal(10000)),),
    messages=(Message("K1", "19900002001", at(2026, 10, 13, 10), "sms", "请回电"),),
    present=frozenset(FILES),
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for stem, text in FILES.items():
        (tmp_path / f"{stem}.csv").write_text(text, "utf-8")
    return tmp_path


def test_every_table_of_the_contract_is_read(folder: Path) -> None:
    reading = read_tables(folder)
    assert reading.tables == EXPECTED
    assert reading.rejected == ()
    (notice,) = reading.notices
    assert "payments.csv" in notice
    assert "Asia/Shanghai" in notice


def test_an_absent_table_is_not_an_empty_one(folder: Path) -> None:
    (folder / "flags.csv").unlink()
    (folder / "payments.csv").write_text("case_id,paid_at,amount\n", "utf-8")
    tables = read_tables(folder).tables
    assert (tables.flags, tables.payments) == ((), ())
    assert "flags" not in tables.present
    assert "payments" in tables.present


def test_no_tables_at_all_is_fine(tmp_path: Path) -> None:
    assert read_tables(tmp_path).tables == ReferenceTables()


@pytest.mark.parametrize("word", ["none", "filed", "judgment"])
def test_the_legal_status_none_is_a_status(folder: Path, word: str) -> None:
    (folder / "cases.csv").write_text(f"case_id,legal_status\nK1,{word}\n", "utf-8")
    assert read_tables(folder).tables.cases[0].legal_status == word


def test_an_unknown_fact_is_unknown_with_a_notice(folder: Path) -> None:
    (folder / "cases.csv").write_text(
        "case_id,legal_status,amount_due,credit_reportable\nK1,maybe,三万,?\n", "utf-8"
    )
    reading = read_tables(folder)
    (case,) = reading.tables.cases
    assert (case.legal_status, case.amount_due, case.credit_reportable) == (None, None, None)
    said = " ".join(reading.notices)
    assert "cases.csv" in said
    assert "none、filed、judgment" in said
    assert "三万" not in said  # an amount is the customer's affair


@pytest.mark.parametrize(
    ("stem", "text", "said"),
    [
        ("cases", "case_id\n1.2E+17\n", "case_id"),
        ("flags", "case_id,phone,kind\nK1,,stop\n", "kind"),
        ("flags", "case_id,phone,kind\n,,paused\n", "case_id"),
        ("approvals", "kind\ngift\n", "kind"),
        ("accounts", "account\n9.99E+15\n", "account"),
        ("payments", "case_id,paid_at,amount\nK1,2026-10-26,lots\n", "amount"),
        ("messages", "sent_at,text\n2026-10-13,hello\n", "sent_at"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_and_the_rest_read(
    tmp_path: Path, stem: str, text: str, said: str
) -> None:
    (tmp_path / f"{stem}.csv").write_text(text, "utf-8")
    reading = read_tables(tmp_path)
    (problem,) = reading.rejected
    assert f"{stem}.csv" in problem.where
    assert "row 2" in problem.where
    assert said in problem.what
    assert problem.remedy
    assert getattr(reading.tables, stem) == ()


def test_an_account_number_is_never_shown(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text("account\n9.99E+15\n", "utf-8")
    assert "9.99" not in str(read_tables(tmp_path).rejected[0])


@pytest.mark.parametrize(
    ("text", "said"), [("bank,holder\na,b\n", "lacks the required column account"), ("", "empty")]
)
def test_an_unusable_table_is_an_error_with_the_remedy(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "accounts.csv").write_text(text, "utf-8")
    with pytest.raises(TableError, match=said) as error:
        read_tables(tmp_path)
    assert "accounts.csv" in str(error.value)
    assert error.value.remedy


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="no such folder"):
        read_tables(tmp_path / "no")


@given(stem=st.sampled_from(sorted(FILES)), data=st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_never_crash(tmp_path: Path, stem: str, data: bytes) -> None:
    for path in tmp_path.iterdir():
        path.unlink()
    header = FILES[stem].partition("\n")[0].encode()
    (tmp_path / f"{stem}.csv").write_bytes(header + b"\n" + data)
    try:
        reading = read_tables(tmp_path)
    except QcError:
        return
    assert reading.tables.present == {stem}
