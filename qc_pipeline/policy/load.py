"""Read and validate the policy folder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, Field, ValidationError, field_validator

from qc_pipeline.errors import PolicyError
from qc_pipeline.policy.base import PolicyFile as _File
from qc_pipeline.policy.base import PolicyModel as _Model
from qc_pipeline.policy.complaints import ComplaintRules
from qc_pipeline.policy.discipline import Discipline, Review
from qc_pipeline.policy.integrity import IntegrityLimits
from qc_pipeline.records import SHANGHAI, Role, Severity


class Code(_Model):
    """One code of the score card."""

    zh: str
    en: str
    severity: Severity
    spoken: bool
    sub_codes: dict[str, Severity] = Field(default_factory=dict)


class Taxonomy(_File):
    """Codes, severities and points (POLICY "Severity and points")."""

    points: dict[Severity, int]
    pass_above: int
    codes: dict[str, Code]

    def severity_of(self, code: str, sub_code: str | None = None) -> Severity:
        """The default severity of a code or sub-code."""
        entry = self.codes[code]
        return entry.sub_codes.get(sub_code or "", entry.severity)


class QuietHours(_Model):
    """A half-open window of the day; `to` before `from` crosses midnight."""

    start: time = Field(alias="from")
    end: time = Field(alias="to")
    severity: Severity

    @field_validator("start", "end", mode="before")
    @classmethod
    def _text(cls, value: Any) -> time:
        return time.fromisoformat(str(value))


class StopFlagKind(_Model):
    """What a dial despite a flag of this kind amounts to, and what the flag binds."""

    zh: str
    binds: Literal["case", "phone"]
    severity: Severity
    rulebook: str
    code: str = "stop_flag_breach"


class Flood(_Model):
    """From how many dials of one number within how many minutes on it is flooding (MD-11)."""

    dials: int = Field(ge=2)
    minutes: int = Field(ge=1)


class ContactLimits(_File):
    """Limits on when and how often a number may be dialled, and what forbids it altogether.

    `customer_talks_per_day`, `least_minutes_between_dials` and `flood` have no number in the
    sources: None means that nobody has set one and the rule doesn't look (rulebook 0.1).

    `relations`: the words of phones.csv for each role; any other word means a third party.
    """

    quiet_hours: tuple[QuietHours, ...]
    holidays: dict[str, Severity]
    dials_per_number_per_day: int = Field(ge=1)
    dials_per_number_per_hour: int = Field(ge=1)
    third_party_dials_per_day: int = Field(ge=1)
    third_party_dials_per_hour: int = Field(ge=1)
    customer_talks_per_day: int | None = Field(default=None, ge=1)
    least_minutes_between_dials: int | None = Field(default=None, ge=1)
    flood: Flood | None = None
    stop_flags: dict[str, StopFlagKind]
    relations: dict[Role, tuple[str, ...]]


class RequiredTalk(_File):
    """What must be said in a call, and how sure recognition must be to miss it."""

    opening_agent_turns: int = Field(ge=1)
    certain_least_characters: int = Field(ge=0)
    certain_confidence: float = Field(ge=0, le=1)
    promise_widest_range_days: int = Field(ge=1)
    note_least_characters: int = Field(ge=0)
    note_late_after_hours: int = Field(ge=1)
    visit_statement_within_s: float = Field(gt=0)


class HolidayYear(_Model):
    """One year's official announcement."""

    off: frozenset[date]
    work: frozenset[date]
    source: str


class Holidays(_File):
    """Announcements the calendar library doesn't know."""

    years: dict[int, HolidayYear] = Field(default_factory=dict)


class DetectionLimits(_File):
    """What detection may take for certain; shares 0..1."""

    low_confidence: float = Field(ge=0, le=1)
    sound_alike_weight: float = Field(gt=0, le=1)
    correction_weight: float = Field(gt=0, le=1)
    case_facts_fresh_days: int = Field(ge=0)
    needs_settled_listener: tuple[str, ...] = ()
    speaks_of_another: tuple[str, ...] = ()
    model_alone_quarantined: tuple[str, ...] = ()


class Policy(_Model):
    """Everything under `policy/` as in force from the day `since` on, until the next of `others`;
    `version` names its exact content.

    `others` are the policies of other times, `texts` the files that this one was read from.
    """

    version: str
    since: date
    taxonomy: Taxonomy
    contact: ContactLimits
    holidays: Holidays
    detection: DetectionLimits
    required: RequiredTalk
    review: Review
    discipline: Discipline
    complaints: ComplaintRules
    integrity: IntegrityLimits
    others: tuple[Policy, ...] = Field((), repr=False)
    texts: Mapping[str, bytes] = Field(default_factory=dict, repr=False)

    @property
    def first_day(self) -> date:
        """The day since which there is a policy at all."""
        return min(each.since for each in (self, *self.others))

    def at(self, moment: datetime | None) -> Policy:
        """The policy in force at `moment` (DESIGN 8: a call is judged by that of its own time).

        Raises PolicyError if none was, or nobody knows when it is.
        """
        if moment is None:
            raise PolicyError(
                "a call without a time can't be judged: nobody knows which policy was in force",
                remedy="correct started_at in the manifest and scan it again",
            )
        day = moment.astimezone(SHANGHAI).date()
        in_force = [each for each in (self, *self.others) if each.since <= day]
        if not in_force:
            raise PolicyError(
                f"no policy was in force on {day}: the first is of {self.first_day}",
                remedy=f"add the files of that time to the policy folder, as NAME@{day}.yaml "
                f"with `effective_from: {day}` or the day they really came into force",
            )
        return max(in_force, key=lambda each: each.since)


_FILES: Mapping[str, type[_File]] = {
    "taxonomy": Taxonomy,
    "contact": ContactLimits,
    "holidays": Holidays,
    "detection": DetectionLimits,
    "required": RequiredTalk,
    "review": Review,
    "discipline": Discipline,
    "complaints": ComplaintRules,
    "integrity": IntegrityLimits,
}
_M = TypeVar("_M", bound=BaseModel)


def read_policy_file(path: Path, model: type[_M]) -> _M:
    """One YAML file as `model`. Raises PolicyError naming file, place and fault."""
    try:
        raw = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise PolicyError(f"{path}: {error.strerror}", remedy="restore the policy file") from None
    except yaml.YAMLError as error:
        raise PolicyError(f"{path}: not valid YAML: {error}") from None
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise PolicyError(f"{path}: {where}: {first['msg']}") from None


def load_policy(folder: Path, *, on: date | None = None) -> Policy:
    """The policy of `folder` in force on a day (default: today), with those of other times.

    `taxonomy.yaml` may lie beside dated ones (`taxonomy@2027-01-01.yaml`): each holds from its
    `effective_from` until the next; so with the other files. `version` is the hash of the files
    in force. Raises PolicyError.
    """
    dated = {name: _versions(folder, name, model) for name, model in _FILES.items()}
    policies = list(_periods(folder, dated))
    day = on or datetime.now(SHANGHAI).date()
    in_force = [policy for policy in policies if policy.since <= day]
    if not in_force:
        raise PolicyError(
            f"{folder}: no policy is in force on {day}: the first is of {policies[0].since}",
            remedy="set `effective_from` to the day the policy really came into force",
        )
    others = tuple(policy for policy in policies if policy is not in_force[-1])
    return in_force[-1].model_copy(update={"others": others})


_Dated = Mapping[date, tuple[Path, _File]]


def _versions(folder: Path, name: str, model: type[_File]) -> _Dated:
    """Every version of one file by the day it comes into force."""
    dated = sorted(folder.glob(f"{name}@*.yaml"))
    plain = folder / f"{name}.yaml"
    found: dict[date, tuple[Path, _File]] = {}
    for path in [*([plain] if plain.exists() or not dated else []), *dated]:
        file = read_policy_file(path, model)
        since = file.effective_from
        if path != plain and path.stem.partition("@")[2] != since.isoformat():
            raise PolicyError(
                f"{path}: effective_from is {since}", remedy=f"name the file {name}@{since}.yaml"
            )
        if since in found:
            raise PolicyError(
                f"{path}: {found[since][0].name} comes into force on {since} too",
                remedy="give one of the two another effective_from",
            )
        found[since] = (path, file)
    return found


def _periods(folder: Path, dated: Mapping[str, _Dated]) -> Iterator[Policy]:
    """The policies one after the other: a new one whenever a file changes."""
    ours = {path for versions in dated.values() for path, _ in versions.values()}
    beside = [path for path in folder.glob("*.yaml") if path not in ours]
    first = max(min(versions) for versions in dated.values())
    for since in sorted({day for versions in dated.values() for day in versions}):
        if since < first:
            continue
        chosen = {
            name: versions[max(day for day in versions if day <= since)]
            for name, versions in dated.items()
        }
        texts = {path.name: path.read_bytes() for path in beside}
        texts |= {f"{name}.yaml": path.read_bytes() for name, (path, _) in chosen.items()}
        digest = hashlib.sha256()
        for name, text in sorted(texts.items()):
            digest.update(name.encode() + b"\0" + text + b"\0")
        values: dict[str, Any] = {name: file for name, (_, file) in chosen.items()}
        yield Policy(version=digest.hexdigest()[:12], since=since, texts=texts, **values)
