"""Read and validate the policy folder."""

from __future__ import annotations

import hashlib
from datetime import date, time
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
from qc_pipeline.records import Role, Severity


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


class ContactLimits(_File):
    """Limits on when and how often a number may be dialled, and what forbids it altogether.

    `relations`: the words of phones.csv for each role; any other word means a third party.
    """

    quiet_hours: tuple[QuietHours, ...]
    holidays: dict[str, Severity]
    dials_per_number_per_day: int = Field(ge=1)
    dials_per_number_per_hour: int = Field(ge=1)
    third_party_dials_per_day: int = Field(ge=1)
    third_party_dials_per_hour: int = Field(ge=1)
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
    model_alone_quarantined: tuple[str, ...] = ()


class Policy(_Model):
    """Everything under `policy/`, with a version that names its exact content."""

    version: str
    taxonomy: Taxonomy
    contact: ContactLimits
    holidays: Holidays
    detection: DetectionLimits
    required: RequiredTalk
    review: Review
    discipline: Discipline
    complaints: ComplaintRules
    integrity: IntegrityLimits


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


def load_policy(folder: Path) -> Policy:
    """The policy in `folder`; `version` is the hash of every YAML file in it.

    Raises PolicyError.
    """
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.yaml")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return Policy(
        version=digest.hexdigest()[:12],
        taxonomy=read_policy_file(folder / "taxonomy.yaml", Taxonomy),
        contact=read_policy_file(folder / "contact.yaml", ContactLimits),
        holidays=read_policy_file(folder / "holidays.yaml", Holidays),
        detection=read_policy_file(folder / "detection.yaml", DetectionLimits),
        required=read_policy_file(folder / "required.yaml", RequiredTalk),
        review=read_policy_file(folder / "review.yaml", Review),
        discipline=read_policy_file(folder / "discipline.yaml", Discipline),
        complaints=read_policy_file(folder / "complaints.yaml", ComplaintRules),
        integrity=read_policy_file(folder / "integrity.yaml", IntegrityLimits),
    )
