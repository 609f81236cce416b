"""What people do with a complaint, step by step (rulebook 3.3, POLICY "Complaints").

Every function gives the events of one act: the act itself, then a `complaint.breached` for each
clock it stops too late, so that a late answer doesn't hide its lateness. All raise RegisterError
if the state doesn't allow the act, what it needs is missing, it lies before the complaint, or
whoever acts is complained about.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from qc_pipeline.errors import RegisterError
from qc_pipeline.policy.complaints import ComplaintRules, Triage
from qc_pipeline.registers import complaints
from qc_pipeline.registers.chain import MACHINE, NewEvent, iso
from qc_pipeline.registers.complaint_clocks import read, run_out, started, written
from qc_pipeline.registers.complaints import MACHINE_OF_COMPLAINTS, Complaint, check_handler
from qc_pipeline.registers.people import same_person
from qc_pipeline.registers.steps import in_words, not_before, step
from qc_pipeline.registers.timeline import DayKind, due_date

VALIDITIES = ("upheld", "partly_upheld", "not_upheld")
CLASSES: tuple[str, ...] = get_args(Triage)


@dataclass(frozen=True, slots=True)
class Act:
    """Who acts, when, and by which rules."""

    by: str
    at: datetime
    rules: ComplaintRules
    day_kind: DayKind


def decide_link(
    complaint: Complaint, act: Act, *, calls: Sequence[str], agents: Sequence[str],
    case_id: str | None = None, phone: str | None = None,
) -> list[NewEvent]:  # fmt: skip
    """`act.by` says the complaint is about these calls, made by `agents`."""
    new = [call for call in calls if call not in complaint.calls]
    if not new and not case_id and not phone:
        raise RegisterError(
            f"complaint {complaint.complaint_id} is linked to these calls", remedy="name others"
        )
    values: dict[str, Any] = {
        "calls": (*complaint.calls, *new),
        "agents": tuple(sorted({*complaint.agents, *agents})),
        "agent_id": complaint.agent_id or next(iter(agents), None),
        "case_id": complaint.case_id or case_id,
        "phone": complaint.phone or phone,
    }
    if any(same_person(act.by, agent) for agent in values["agents"]):
        raise RegisterError(
            f"complaint {complaint.complaint_id} would concern {act.by}",
            remedy="somebody else has to link these calls",
        )
    return _act(complaint, complaints.LINKED, act, **values)


def decide_pause(complaint: Complaint, act: Act) -> list[NewEvent]:
    """Collection is paused on the account; the pause flag is a second event (`stop_flags`)."""
    if not (complaint.case_id or complaint.phone):
        raise RegisterError(
            f"complaint {complaint.complaint_id} names no case and no number to pause",
            remedy="link it first: qc complaint link ID --case CASE or --phone NUMBER",
        )
    return _act(complaint, complaints.PAUSED, act, stops=("paused",), paused_at=act.at)


def decide_report(complaint: Complaint, act: Act, *, to: Sequence[str]) -> list[NewEvent]:
    """Team manager and business head (`to`) were told (CP-11)."""
    named = [name.strip() for name in to if name.strip()]
    if not named:
        raise RegisterError("nobody is named as told", remedy="say who was told")
    return _act(complaint, complaints.REPORTED, act, stops=("reported",), more={"to": named})


def decide_contact(complaint: Complaint, act: Act, *, note: str) -> list[NewEvent]:
    """The complainant was contacted. That alone is no reply: it stops no clock for one."""
    note = in_words(note, "a contact needs a note", "say what was said, and by which way")
    return _act(
        complaint, complaints.CONTACTED, act, stops=("contacted",), more={"note": note},
        contacted_at=complaint.contacted_at or act.at,
    )  # fmt: skip


def decide_team(complaint: Complaint, act: Act, *, team: str) -> list[NewEvent]:
    """A dedicated team takes it over (CP-04)."""
    team = in_words(team, "no team is named", "name the team or its head")
    return _act(
        complaint, complaints.TEAM_ASSIGNED, act, stops=("team_assigned",), team=team,
        team_at=complaint.team_at or act.at,
    )  # fmt: skip


def decide_triage(
    complaint: Complaint, act: Act, *, triage: str, complex_case: bool = False
) -> list[NewEvent]:
    """The class of the complaint, which sets off the clocks of that class."""
    if triage not in CLASSES:
        raise RegisterError(f"there is no class {triage!r}", remedy=f"use {', '.join(CLASSES)}")
    clocks = {
        name: due.at
        for start, at in (("received", complaint.received_at), ("progress", act.at))
        for name, due in started(
            act.rules, start, at, day_kind=act.day_kind, triage=triage
        ).items()
    }  # fmt: skip
    values: dict[str, Any] = {"triage": triage, "complex_case": complex_case}
    if complex_case and complaint.logged_at is not None:
        due = due_date(complaint.logged_at, act.rules.decision_complex, day_kind=act.day_kind)
        clocks["decision"] = due.at
        values["decision_due"] = due.at
    # What was done before the class was known counts.
    done_before = {"contacted": complaint.contacted_at, "team_assigned": complaint.team_at}
    met = read(complaint.met)
    late = {}
    for name, due_at in clocks.items():
        done_at = done_before.get(act.rules.clocks[name].stop)
        if done_at is not None:
            met[name] = done_at
            if done_at > due_at:
                late[name] = due_at
    return _act(
        complaint, complaints.TRIAGED, act, clocks=clocks, met=met, also_late=late,
        last_progress_at=act.at, **values,
    )  # fmt: skip


def decide_lock(
    complaint: Complaint, act: Act, *, evidence: Mapping[str, str], gaps: Mapping[str, str]
) -> list[NewEvent]:
    """What the complaint rests on is locked: `kind:id` -> SHA-256, and for calls without a
    recording why there is none (CP-05). After that, more can be added.
    """
    if not evidence:
        raise RegisterError(
            f"complaint {complaint.complaint_id} has no evidence to lock",
            remedy="link its calls (qc complaint link) or name documents",
        )
    missing = [
        call for call in complaint.calls if f"recording:{call}" not in evidence and call not in gaps
    ]
    if missing:
        raise RegisterError(
            f"no recording and no reason for call {', '.join(missing)}",
            remedy="lock every linked call, or say why its recording is missing",
        )
    held = {**dict(entry.split("=", 1) for entry in complaint.evidence), **evidence}
    first = complaint.state == "triaged"
    return _act(
        complaint, complaints.EVIDENCE_LOCKED if first else complaints.EVIDENCE_ADDED, act,
        evidence=tuple(f"{name}={sha}" for name, sha in sorted(held.items())),
        gaps=tuple(f"{call}: {why}" for call, why in sorted(gaps.items())),
    )  # fmt: skip


def decide_check(complaint: Complaint, act: Act, *, finding: str) -> list[NewEvent]:
    """What the preliminary check found, before anybody replies (POLICY)."""
    finding = in_words(finding, "a preliminary check needs a finding", "say what was found")
    return _act(complaint, complaints.CHECKED, act, preliminary=finding)


def decide_reply(
    complaint: Complaint, act: Act, *, finding: str, progress: str, way: str
) -> list[NewEvent]:
    """The first reply, with what was found and how it goes on (CP-14).

    Raises RegisterError too if it says no more than that it was received: that is a contact,
    and the clock goes on.
    """
    said = {"finding": finding, "progress": progress}
    for name, text in said.items():
        if is_empty_reply(text, rules=act.rules):
            raise RegisterError(
                f"the reply to complaint {complaint.complaint_id} has no {name}: “{text.strip()}”",
                remedy="say what was found and how it goes on (CP-14); that it was received is a "
                "contact, and doesn't stop the clock",
            )
    way = in_words(way, "the way of the reply is not named", "say phone, letter, e-mail ...")
    return _act(
        complaint, complaints.REPLIED, act, stops=("first_reply", "contacted", "progress"),
        starts=("progress",), first_reply_at=act.at, last_progress_at=act.at,
        reply=f"{finding.strip()}；{progress.strip()}", more={"way": way},
    )  # fmt: skip


def decide_investigate(complaint: Complaint, act: Act) -> list[NewEvent]:
    """It is being investigated (again)."""
    return _act(complaint, complaints.INVESTIGATED, act)


def decide_progress(complaint: Complaint, act: Act, *, note: str) -> list[NewEvent]:
    """How it stands; an urgent complaint needs that every day (CP-02)."""
    note = in_words(note, "progress needs a note", "say what was done")
    return _act(
        complaint, complaints.PROGRESSED, act, stops=("progress",), starts=("progress",),
        last_progress_at=act.at, more={"note": note},
    )  # fmt: skip


def decide_extend(complaint: Complaint, act: Act, *, approval: str) -> list[NewEvent]:
    """The decision may take longer, once, under an approval's number (3.3: +30 days)."""
    approval = in_words(approval, "an extension needs an approval", "give the approval's number")
    if complaint.extension_approval:
        raise RegisterError(
            f"complaint {complaint.complaint_id} was extended under {complaint.extension_approval}",
            remedy="it can be extended once",
        )
    due = due_date(complaint.decision_due, act.rules.extension, day_kind=act.day_kind)
    return _act(
        complaint, complaints.EXTENDED, act, clocks={"decision": due.at}, decision_due=due.at,
        extension_approval=approval,
    )  # fmt: skip


def decide_escalate(complaint: Complaint, act: Act, *, to: str, reason: str) -> list[NewEvent]:
    """A superior takes over what can't be settled here."""
    to = in_words(to, "nobody is named as taking over", "say who")
    reason = in_words(reason, "an escalation needs a reason", "say why")
    return _act(complaint, complaints.ESCALATED, act, more={"to": to, "reason": reason})


def decide_decision(
    complaint: Complaint, act: Act, *, validity: str, decision: str, codes: Sequence[str] = ()
) -> list[NewEvent]:
    """The decision and what is proposed to the complainant; an upheld complaint says so in an
    event of its own, with the `codes` of what was done.
    """
    if validity not in VALIDITIES:
        raise RegisterError(f"there is no validity {validity!r}", remedy=f"use {VALIDITIES}")
    decision = in_words(decision, "a decision needs its reasons", "say what was found, and why")
    upheld = validity != "not_upheld"
    if upheld and not codes:
        raise RegisterError(
            "an upheld complaint names what was done", remedy="give the code of the violation"
        )
    events = _act(
        complaint, complaints.DECIDED, act, stops=("decided",), decided_at=act.at,
        decision=decision, validity=validity, codes=tuple(codes),
    )  # fmt: skip
    if not upheld:
        return events
    so_far = _clocks_after(events, complaint)
    clocks = {
        **so_far,
        **{
            name: due.at
            for name, due in started(
                act.rules, "upheld", act.at, day_kind=act.day_kind
            ).items()
        },
    }  # fmt: skip
    told = NewEvent(
        act.at, act.by, complaints.UPHELD, complaint.complaint_id,
        {
            "set": {"upheld_at": iso(act.at), "clocks": list(written(clocks))},
            "validity": validity, "codes": list(codes), "calls": list(complaint.calls),
            "agents": list(complaint.agents),
        },
    )  # fmt: skip
    return [events[0], told, *events[1:]]


def decide_transfer(
    complaint: Complaint, act: Act, *, how: str, from_team: bool = False,
    instruction: str | None = None,
) -> list[NewEvent]:  # fmt: skip
    """The collector is off the case (CP-08); off the team only by the bank's `instruction`."""
    how = in_words(how, "the transfer is not described", "say who took over the case")
    if from_team and not (instruction and instruction.strip()):
        raise RegisterError(
            "removing a collector from the team needs the bank's instruction",
            remedy="give the number of the instruction, or take him off the case only",
        )
    if instruction:
        how = f"{how}（银行指令 {instruction.strip()}）"
    return _act(complaint, complaints.TRANSFERRED, act, stops=("transferred",), transfer=how)


def decide_satisfied(
    complaint: Complaint, act: Act, *, satisfied: bool, statement: str
) -> list[NewEvent]:
    """What the complainant says to the proposal: satisfied means with no further demand."""
    statement = in_words(
        statement, "the complainant's answer is not recorded", "say what he said, and how"
    )
    action = complaints.SATISFIED if satisfied else complaints.NOT_SATISFIED
    return _act(complaint, action, act, satisfaction=statement)


def decide_resolve(
    complaint: Complaint, act: Act, *, exit_approval: str | None = None, reason: str | None = None
) -> list[NewEvent]:
    """It is settled: the complainant is satisfied, or a superior approved, with a reason, that
    it goes on as a long-term matter (CP-07).
    """
    values: dict[str, Any] = {}
    if complaint.state == "escalated":
        values["exit_approval"] = in_words(
            exit_approval, "a long-term exit needs an approval", "give the approval's number"
        )
        in_words(reason, "a long-term exit needs a reason", "say why it can't be settled")
    return _act(
        complaint, complaints.RESOLVED, act, starts=("resolved",), resolved_at=act.at,
        more={"reason": reason}, **values,
    )  # fmt: skip


def decide_withdraw(
    complaint: Complaint, act: Act, *, said_at: datetime, statement: str
) -> list[NewEvent]:
    """The complainant withdrew it at `said_at`; handling ends the same day (3号令 15)."""
    statement = in_words(
        statement, "the withdrawal is not recorded", "say how the complainant withdrew"
    )
    not_before(said_at, complaint.received_at, "the complaint was received")
    not_before(act.at, said_at, "the withdrawal")
    # What had run out before the withdrawal is a breach all the same; the rest stops running.
    late = run_out(complaint.clocks, complaint.met, complaint.breaches, at=said_at)
    done = read(complaint.met)
    kept = {
        name: due
        for name, due in read(complaint.clocks).items()
        if name in done or name in late or written({name: due})[0] in complaint.breaches
    }
    ending = {
        name: due.at
        for start, at in (("withdrawn", said_at), ("resolved", act.at))
        for name, due in started(act.rules, start, at, day_kind=act.day_kind).items()
    }
    return _act(
        complaint, complaints.WITHDRAWN, act, clocks={**kept, **ending}, only_clocks=True,
        stops=("withdrawal_recorded",), also_late=late, withdrawn_at=said_at,
        satisfaction=statement, proposed=False,
    )  # fmt: skip


def decide_archive(complaint: Complaint, act: Act, *, archive: str) -> list[NewEvent]:
    """The file is in the archive, with its evidence (CP-06)."""
    archive = in_words(archive, "the archive's number is missing", "say where the file lies")
    if not complaint.evidence:
        raise RegisterError(
            f"complaint {complaint.complaint_id} has no locked evidence",
            remedy="lock it first: qc complaint lock",
        )
    return _act(complaint, complaints.ARCHIVED, act, archive=archive)


def decide_file(complaint: Complaint, act: Act, *, receipt: str) -> list[NewEvent]:
    """The bank has the file and gave a receipt (CP-06)."""
    receipt = in_words(receipt, "the bank's receipt is missing", "give its number")
    return _act(complaint, complaints.FILED, act, stops=("filed",), bank_receipt=receipt)


def decide_close(complaint: Complaint, act: Act) -> list[NewEvent]:
    """It is closed: settled, archived with evidence, filed with the bank."""
    settled = complaint.withdrawn_at or complaint.exit_approval or complaint.satisfaction
    if not (settled and complaint.evidence and complaint.bank_receipt):
        raise RegisterError(
            f"complaint {complaint.complaint_id} can't be closed yet",
            remedy="it needs satisfaction, withdrawal or an approved exit; evidence; a receipt",
        )
    return _act(complaint, complaints.CLOSED, act, closed_at=act.at)


def decide_reopen(complaint: Complaint, act: Act, *, reason: str) -> list[NewEvent]:
    """It is taken up again; the time for a decision starts anew."""
    reason = in_words(reason, "reopening needs a reason", "say what is new")
    due = started(act.rules, "logged", act.at, day_kind=act.day_kind)["decision"]
    met = {name: at for name, at in read(complaint.met).items() if name != "decision"}
    return _act(
        complaint, complaints.REOPENED, act, clocks={"decision": due.at}, met=met,
        decision_due=due.at, decided_at=None, resolved_at=None, withdrawn_at=None,
        satisfaction=None, exit_approval=None, reopened=complaint.reopened + 1,
        extension_approval=None, more={"reason": reason},
    )  # fmt: skip


def decide_breaches(complaint: Complaint, *, at: datetime) -> list[NewEvent]:
    """An event for each clock that has run out by `at` and that nobody has recorded yet.

    A proposal that nobody accepted has none yet: they come when it is accepted.
    """
    if complaint.proposed or complaint.state == "declined":
        return []
    late = run_out(complaint.clocks, complaint.met, complaint.breaches, at=at)
    return _breached(complaint.complaint_id, complaint.breaches, late, at=at)


def is_empty_reply(text: str, *, rules: ComplaintRules) -> bool:
    """Whether a text says nothing: no word, or only such as “已收到”."""
    plain = re.sub(r"[\W_]+", "", text)
    for phrase in sorted(rules.empty_replies, key=len, reverse=True):
        plain = plain.replace(phrase, "")
    return re.sub(r"[您你的投诉我们公司了请耐心等待好谢]", "", plain) == ""


def _act(
    complaint: Complaint, action: str, act: Act, *, stops: Sequence[str] = (),
    starts: Sequence[str] = (), clocks: Mapping[str, datetime] | None = None,
    met: Mapping[str, datetime] | None = None, only_clocks: bool = False,
    also_late: Mapping[str, datetime] | None = None, more: Mapping[str, Any] | None = None,
    **values: Any,
) -> list[NewEvent]:  # fmt: skip
    """The act, and a breach for each clock of `stops` that had run out.

    `starts` names what begins now; `clocks` and `met` change the complaint's own.
    """
    check_handler(complaint, act.by)
    not_before(act.at, complaint.received_at, "the complaint was received")
    running = {} if only_clocks else read(complaint.clocks)
    running |= clocks or {}
    done = read(complaint.met) if met is None else dict(met)
    late = dict(also_late or {})
    for name, due in running.items():
        clock = act.rules.clocks.get(name)
        if clock is None or clock.stop not in stops or name in done:
            continue
        done[name] = act.at
        if act.at > due and written({name: due})[0] not in complaint.breaches:
            late[name] = due
    for start in starts:
        for each in {None, complaint.triage}:
            for name, due_at in started(
                act.rules, start, act.at, day_kind=act.day_kind, triage=each
            ).items():
                running[name] = due_at.at
                done.pop(name, None)
    event = step(
        MACHINE_OF_COMPLAINTS, complaint, action, by=act.by, at=act.at, more=more,
        clocks=written(running), met=written(done),
        handled_by=tuple(dict.fromkeys((*complaint.handled_by, act.by))), **values,
    )  # fmt: skip
    return [
        event, *_breached(complaint.complaint_id, complaint.breaches, late, at=act.at)
    ]  # fmt: skip


def _breached(
    complaint_id: str, known: Sequence[str], late: Mapping[str, datetime], *, at: datetime
) -> list[NewEvent]:
    events, breaches = [], tuple(known)
    for name, due in late.items():
        breaches = (*breaches, *written({name: due}))
        details = {"clock": name, "due": iso(due), "set": {"breaches": list(breaches)}}
        events.append(NewEvent(at, MACHINE, complaints.BREACHED, complaint_id, details))
    return events


def _clocks_after(events: Sequence[NewEvent], complaint: Complaint) -> dict[str, datetime]:
    for event in events:
        if "clocks" in event.payload["set"]:
            return read(event.payload["set"]["clocks"])
    return read(complaint.clocks)
