"""The table of roles: what each may do, and whose rows it sees. Read from `roles.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from qc_pipeline.errors import SettingsError

ScopeKind = Literal["all", "team", "bank", "self", "none"]
PACKAGED = Path(__file__).parent / "roles.yaml"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Named(_Model):
    """A name in both languages."""

    zh: str
    en: str


class Role(Named):
    """What a role may do and whose rows it sees."""

    scope: ScopeKind
    may: tuple[str, ...]


class Roles(_Model):
    """The whole table."""

    version: int
    permissions: Mapping[str, Named]
    roles: Mapping[str, Role]

    def allows(self, role: str, permission: str) -> bool:
        """Whether `role` has `permission`. A permission nobody defined is a mistake of ours."""
        if permission not in self.permissions:
            raise KeyError(f"there is no permission {permission}")
        return role in self.roles and permission in self.roles[role].may

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        for name, role in self.roles.items():
            unknown = set(role.may) - set(self.permissions)
            if unknown:
                raise ValueError(f"role {name} has unknown permissions {sorted(unknown)}")
        return self


def load_roles(path: Path | None = None) -> Roles:
    """The table at `path`, else the packaged one. Raises SettingsError naming what is wrong."""
    path = path or PACKAGED
    try:
        return Roles.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}", remedy="correct web.roles") from None
    except (ValidationError, yaml.YAMLError) as error:
        what = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise SettingsError(f"{path}: {what}", remedy="correct the table of roles") from None
