"""What may be done with a complaint from here: the legal steps of its state, for who may take them.

Which steps are legal is read from the register's own machine; the desk refuses the rest all the
same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from qc_pipeline.policy import Policy
from qc_pipeline.records import SHANGHAI
from qc_pipeline.registers import complaint_desk as desk
from qc_pipeline.registers import complaints
from qc_pipeline.registers.complaints import MACHINE_OF_COMPLAINTS, Complaint
from qc_pipeline.registers.people import same_person
from qc_pipeline.web.case_actions import Action, Field
from qc_pipeline.web.refusals import BadRequest
from qc_pipeline.web.visitor import Visitor


@dataclass(frozen=True, slots=True)
class _Step:
    event: str
    do: Callable[..., Complaint]
    fields: tuple[Field, ...] = ()
    fixed: tuple[tuple[str, Any], ...] = ()
    ready: Callable[[Complaint], bool] = lambda _: True
    main: bool = False


def _needed(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name, True) for name in names)


_NOTE = Field("note")
STEPS: Mapping[str, _Step] = {
    "accept": _Step(complaints.ACCEPTED, desk.accept_complaint, (_NOTE,), main=True,
                    ready=lambda c: c.proposed),
    "decline": _Step(complaints.DECLINED, desk.decline_complaint, _needed("note"),
                     ready=lambda c: c.proposed),
    "pause": _Step(complaints.PAUSED, desk.pause_collection, main=True,
                   ready=lambda c: bool(c.case_id or c.phone)),
    "triage": _Step(complaints.TRIAGED, desk.triage_complaint,
                    (Field("triage", True), Field("complex_case")), main=True),
    "lock": _Step(complaints.EVIDENCE_LOCKED, desk.lock_evidence, main=True,
                  ready=lambda c: bool(c.calls)),
    "check": _Step(complaints.CHECKED, desk.check_complaint, _needed("finding"), main=True),
    "reply": _Step(complaints.REPLIED, desk.reply_complaint,
                   _needed("finding", "progress", "way"), main=True),
    "investigate": _Step(complaints.INVESTIGATED, desk.investigate_complaint, main=True),
    "decide": _Step(complaints.DECIDED, desk.decide_complaint,
                    (*_needed("validity", "decision"), Field("codes")), main=True),
    "satisfied": _Step(complaints.SATISFIED, desk.record_satisfaction, _needed("statement"),
                       (("satisfied", True),), main=True),
    "not_satisfied": _Step(complaints.NOT_SATISFIED, desk.record_satisfaction,
                           _needed("statement"), (("satisfied", False),)),
    "resolve": _Step(complaints.RESOLVED, desk.resolve_complaint, main=True,
                     ready=lambda c: c.state != "escalated"),
    "exit": _Step(complaints.RESOLVED, desk.resolve_complaint,
                  _needed("exit_approval", "reason"), ready=lambda c: c.state == "escalated"),
    "archive": _Step(complaints.ARCHIVED, desk.archive_complaint, _needed("archive"), main=True,
                     ready=lambda c: bool(c.evidence)),
    "file": _Step(complaints.FILED, desk.file_complaint, _needed("receipt"), main=True),
    "close": _Step(complaints.CLOSED, desk.close_complaint, main=True),
    "link": _Step(complaints.LINKED, desk.link_complaint,
                  (Field("calls"), Field("case_id"), Field("phone"))),
    "report": _Step(complaints.REPORTED, desk.report_complaint, _needed("to")),
    "contact": _Step(complaints.CONTACTED, desk.record_contact, _needed("note")),
    "team": _Step(complaints.TEAM_ASSIGNED, desk.assign_team, _needed("team")),
    "progress": _Step(complaints.PROGRESSED, desk.record_progress, _needed("note")),
    "add_evidence": _Step(complaints.EVIDENCE_ADDED, desk.lock_evidence,
                          ready=lambda c: bool(c.calls)),
    "extend": _Step(complaints.EXTENDED, desk.extend_complaint, _needed("approval"),
                    ready=lambda c: not c.extension_approval),
    "escalate": _Step(complaints.ESCALATED, desk.escalate_complaint, _needed("to", "reason")),
    "transfer": _Step(complaints.TRANSFERRED, desk.record_transfer,
                      (Field("how", True), Field("from_team"), Field("instruction"))),
    "withdraw": _Step(complaints.WITHDRAWN, desk.withdraw_complaint,
                      _needed("said_at", "statement")),
    "reopen": _Step(complaints.REOPENED, desk.reopen_complaint, _needed("reason")),
}  # fmt: skip
_WITHOUT_POLICY = frozenset({"decline"})
_LISTS = frozenset({("link", "calls"), ("report", "to"), ("decide", "codes")})
_YES = frozenset({"complex_case", "from_team"})


def actions_for(visitor: Visitor, complaint: Complaint) -> list[Action]:
    """The steps the visitor may take now; none if the complaint is about him."""
    about = (complaint.agent_id, *complaint.agents)
    himself = (visitor.name, visitor.user.agent_id)
    if not visitor.may("complaint.act") or any(
        same_person(agent, name) for agent in about for name in himself
    ):
        return []
    return [
        Action(name, tuple(_chosen(visitor, each) for each in step.fields), step.main)
        for name, step in STEPS.items()
        if _legal(step, complaint)
    ]


def act_on(visitor: Visitor, complaint_id: str, name: str, form: Mapping[str, Any]) -> Complaint:
    """Take step `name` with the fields of `form`. Raises BadRequest, RegisterError."""
    step = STEPS.get(name)
    if step is None:
        raise BadRequest("action")
    given: dict[str, Any] = {}
    for field in step.fields:
        text = str(form.get(field.name, "")).strip()
        if text:
            given[field.name] = _read(name, field.name, text)
    for field in step.fields:
        if field.needed and field.name not in given:
            raise BadRequest(field.name)
    house = visitor.desk
    who: dict[str, Any] = {
        "by": visitor.name, "at": datetime.now(SHANGHAI), "keys": house.settings.keys,
    }  # fmt: skip
    if name not in _WITHOUT_POLICY:
        who["policy"] = house.policy
    return step.do(house.store, complaint_id, **who, **dict(step.fixed), **given)


def _legal(step: _Step, complaint: Complaint) -> bool:
    # A proposal is accepted or declined first; calls can be linked before.
    if complaint.state == "received" and step.event not in (
        complaints.ACCEPTED, complaints.DECLINED, complaints.LINKED,
    ):  # fmt: skip
        return False
    return MACHINE_OF_COMPLAINTS.may(complaint.state, step.event) and step.ready(complaint)


def _read(step: str, name: str, text: str) -> Any:
    if name == "said_at":
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise BadRequest(name) from None
        return at if at.tzinfo else at.replace(tzinfo=SHANGHAI)
    if (step, name) in _LISTS:
        return text.replace("，", " ").replace("、", " ").replace(",", " ").split()
    return True if name in _YES else text


def _chosen(visitor: Visitor, field: Field) -> Field:
    policy: Policy = visitor.desk.policy
    zh = visitor.locale == "zh"
    choices: tuple[tuple[str, str], ...] = ()
    if field.name == "triage":
        choices = tuple(
            (key, words if zh else key.replace("_", " "))
            for key, words in policy.complaints.triage.items()
        )
    elif field.name == "validity":
        choices = tuple(
            (key, visitor.t(f"validity.{key}")) for key in ("not_upheld", "partly_upheld", "upheld")
        )
    elif field.name == "codes":
        named = ((key, code.zh if zh else code.en) for key, code in policy.taxonomy.codes.items())
        choices = (("", "–"), *named)
    elif field.name in _YES:
        choices = (("", visitor.t("answer.no")), ("1", visitor.t("answer.yes")))
    return replace(field, choices=choices)
