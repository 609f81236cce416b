"""What a rule file may contain. `conditions` reads the `when` part, `patterns` the patterns."""

from __future__ import annotations

from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from qc_pipeline.records import Role, Severity, Speaker

GuardName = Literal[
    "speaker", "listener", "quotation", "reported_speech", "negation", "question",
    "lawful", "advice", "denial", "rule_quoted", "referral", "refusal", "retraction", "inquiry",
    "care", "fact", "correction", "low_confidence",
]  # fmt: skip
GUARD_NAMES: tuple[str, ...] = get_args(GuardName)
TurningFact = Literal["filed", "judgment", "credit_reportable"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ExampleTurn(_Model):
    """One utterance of an example that needs more than two."""

    speaker: Speaker
    text: str
    at_s: float | None = Field(None, ge=0)


class Example(_Model):
    """A sentence a rule must (or must not) find, with what is known around it.

    Plain text, or `text` with `prev` (what the other side said before), or `turns` of a
    longer stretch, in which the rule must fire (or never fire) somewhere.
    """

    text: str = ""
    prev: str | None = None
    turns: tuple[ExampleTurn, ...] = ()
    speaker: Speaker = "agent"
    callee: Role = "debtor"
    case: dict[str, Any] = {}

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        return {"text": value} if isinstance(value, str) else value

    @field_validator("turns", mode="before")
    @classmethod
    def _short_turns(cls, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return [_turn(each) for each in value]

    @model_validator(mode="after")
    def _one_form(self) -> Example:
        if bool(self.text) == bool(self.turns):
            raise ValueError("an example has either `text` or `turns`")
        if self.turns and self.prev is not None:
            raise ValueError("`prev` belongs to `text`; put it into `turns`")
        return self

    def __str__(self) -> str:
        said = self.text or " / ".join(f"{turn.speaker}: {turn.text}" for turn in self.turns)
        return f"{self.prev} → {said}" if self.prev else said


def _turn(value: Any) -> Any:
    """`{agent: 你好}` as `{speaker: agent, text: 你好}`."""
    if isinstance(value, dict) and "speaker" not in value and value:
        speaker, text = next(iter(value.items()))
        rest = {key: item for key, item in value.items() if key != speaker}
        return {"speaker": speaker, "text": text, **rest}
    return value


class GuardSwitches(_Model):
    """Which guards don't apply to a rule."""

    off: tuple[GuardName, ...] = ()


class RuleModel(_Model):
    """One rule as written in its file; `when` is compiled by `conditions`."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$")
    version: int = Field(ge=1)
    name: str = Field(min_length=1)
    rulebook: tuple[str, ...] = ()
    severity: Severity | None = None
    sub_code: str | None = None
    speaker: Literal["agent", "customer", "any"] = "agent"
    listener: tuple[Role, ...] = ()
    confidence: float = Field(0.85, ge=0, le=1)
    sound_alike: bool = True
    turns_on: TurningFact | None = None
    guards: GuardSwitches = GuardSwitches()
    when: Any
    hits: tuple[Example, ...] = ()
    misses: tuple[Example, ...] = ()


class RuleFileModel(_Model):
    """One rule file: a code and its rules."""

    code: str
    rules: tuple[RuleModel, ...]


class ClassFileModel(_Model):
    """One file of word classes: name -> words, which may contain other classes as <name>."""

    classes: dict[str, tuple[str, ...]]
