"""What counts as another fact, and what doesn't."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from qc_pipeline.records import (
    SHANGHAI,
    CallContext,
    CallRecord,
    CaseFacts,
    Designation,
    RepaymentAccount,
)
from qc_pipeline.scan.facts import facts_hash

CALL = CallRecord(
    call_id="c", started_at=datetime(2026, 3, 3, 10, tzinfo=SHANGHAI), agent_id="A01", case_id="K"
)
CONTEXT = CallContext(
    call=CALL,
    case=CaseFacts("K", amount_due=Decimal("1200.5"), legal_status="none"),
    accounts=(RepaymentAccount("甲", "6222", "某银行"), RepaymentAccount("甲", "6333", "某银行")),
    designations=(Designation("甲", "某律所"), Designation(None, "某公司")),
)


def test_the_order_of_rows_and_how_an_amount_is_written_are_no_facts() -> None:
    turned = replace(
        CONTEXT,
        accounts=CONTEXT.accounts[::-1],
        designations=CONTEXT.designations[::-1],
        case=replace(CONTEXT.case, amount_due=Decimal("1200.50")),
        call=replace(CALL, row=7, extra={"skill": "3"}, recording="a.wav"),
    )
    assert facts_hash(turned) == facts_hash(CONTEXT)


def test_whatever_detection_may_look_at_is_a_fact() -> None:
    others = [
        replace(CONTEXT, accounts=CONTEXT.accounts[:1]),
        replace(CONTEXT, case=replace(CONTEXT.case, legal_status="filed")),
        replace(CONTEXT, case=replace(CONTEXT.case, amount_due=Decimal("1200.51"))),
        replace(CONTEXT, tables_present=frozenset({"cases"})),
        replace(CONTEXT, call=replace(CALL, callee="guarantor")),
        replace(CONTEXT, call=replace(CALL, agent_note="已还")),
    ]
    assert len({facts_hash(each) for each in [CONTEXT, *others]}) == len(others) + 1
