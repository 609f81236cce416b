"""A complaint in memory, taken from step to step as the desk would, without a store."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from qc_pipeline.policy import Policy
from qc_pipeline.policy.holidays import classify
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers import complaint_steps, complaints
from qc_pipeline.registers.chain import FIRST_PREVIOUS, NewEvent, link
from qc_pipeline.registers.complaint_steps import Act
from qc_pipeline.registers.complaints import ComplainingCall, NewComplaint

ALL_STEPS = {
    "report": {"to": ["主管", "业务主管"]},
    "contact": {"note": "电话告知已收到"},
    "team": {"team": "专案组"},
    "triage": {"triage": "normal"},
    "pause": {},
    "lock": {"evidence": {"recording:c1": "a" * 64}, "gaps": {}},
    "check": {"finding": "录音 03:12 处坐席称已起诉，案件并未起诉"},
    "reply": {"finding": "核查录音属实", "progress": "三个工作日内答复处理决定", "way": "phone"},
    "investigate": {},
    "progress": {"note": "已约谈坐席"},
    "extend": {"approval": "YQ-1"},
    "escalate": {"to": "合规部", "reason": "客户要求超出权限"},
    "decision": {"validity": "upheld", "decision": "属实，致歉", "codes": ["false_legal_claim"]},
    "transfer": {"how": "改派 A09"},
    "satisfied": {"satisfied": True, "statement": "客户来电表示满意，无其他诉求"},
    "resolve": {"exit_approval": "TC-1", "reason": "长期跟踪"},
    "archive": {"archive": "DA-1"},
    "file": {"receipt": "HZ-1"},
    "close": {},
    "reopen": {"reason": "客户再次来电"},
}
IN_ORDER = (
    "pause", "triage", "lock", "check", "reply", "investigate", "decision", "satisfied",
    "resolve", "archive", "file", "close",
)  # fmt: skip


def at(text: str) -> datetime:
    """A moment in Asia/Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


class File:
    """One complaint and its log."""

    def __init__(self, policy: Policy, received: datetime, *, logged: datetime | None = None,
                 by: str = "officer", **new) -> None:  # fmt: skip
        self.policy, self.events = policy, []
        self.day_kind = partial(classify, holidays=policy.holidays)
        self.complaint = None
        self.at = logged or received + timedelta(minutes=1)
        values = {"channel": "bank", "text": "威胁我", "reference": "B-1", "bank": "甲银行",
                  "case_id": "K1", "agent_id": "A01", **new}  # fmt: skip
        self.take(
            [
                complaints.decide_receive(
                    NewComplaint(received_at=received, **values), by=by, at=self.at,
                    rules=policy.complaints, policy_version="v", day_kind=self.day_kind,
                )
            ]
        )  # fmt: skip

    def take(self, events: list[NewEvent]) -> None:
        for event in events:
            entry = link(event, seq=len(self.events) + 1, prev_hash=FIRST_PREVIOUS, key=b"k")
            self.complaint = complaints.apply(self.complaint, entry)
            self.events.append(entry)

    def do(self, step: str, *, at: datetime | None = None, by: str = "officer", **said) -> File:
        """One step; a minute after the one before unless `at` says when."""
        self.at = at or self.at + timedelta(minutes=1)
        act = Act(by, self.at, self.policy.complaints, self.day_kind)
        decide = getattr(complaint_steps, f"decide_{step}")
        self.take(decide(self.complaint, act, **{**ALL_STEPS.get(step, {}), **said}))
        return self

    def walk(self, until: str, **said) -> File:
        """The steps in their order up to `until`; `said` as {step: arguments}."""
        for step in IN_ORDER[: IN_ORDER.index(until) + 1]:
            self.do(step, **said.get(step, {}))
        return self

    def deadline_pass(self, moment: datetime) -> File:
        self.take(complaint_steps.decide_breaches(self.complaint, at=moment))
        return self

    @property
    def breached(self) -> list[str]:
        """The names of the clocks recorded as breached."""
        return [entry.partition("=")[0] for entry in self.complaint.breaches]


def heard(received: datetime, policy: Policy, *, proposed: datetime) -> File:
    """A complaint that the machine proposed from a call."""
    file = File.__new__(File)
    file.policy, file.events, file.complaint, file.at = policy, [], None, proposed
    file.day_kind = partial(classify, holidays=policy.holidays)
    call = ComplainingCall("c1", "A01", "K1", received, ("我要投诉",))
    file.take(
        [
            complaints.decide_propose(
                call, at=proposed, rules=policy.complaints, policy_version="v",
                day_kind=file.day_kind,
            )
        ]
    )  # fmt: skip
    return file
