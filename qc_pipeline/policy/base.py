"""What every policy model shares: frozen, and no key it doesn't know."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class PolicyModel(BaseModel):
    """A part of a policy file."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class PolicyFile(PolicyModel):
    """A whole policy file: its version and the day it comes into force."""

    version: int
    effective_from: date


class TimeLimit(PolicyModel):
    """How long something may take. Day units end at 23:59:59 of the last day."""

    amount: int = Field(ge=0)
    unit: Literal["minute", "hour", "calendar_day", "working_day"]
