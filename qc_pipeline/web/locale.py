"""Words the pages use, Chinese first: one catalogue, `messages.yaml`, with both languages a key."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml

Locale = Literal["zh", "en"]
LOCALES: tuple[Locale, ...] = ("zh", "en")
HTML_LANG: Mapping[str, str] = {"zh": "zh-CN", "en": "en"}
CATALOGUE = Path(__file__).parent / "messages.yaml"


@lru_cache(maxsize=1)
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Message key → language → text."""
    loaded: dict[str, dict[str, str]] = yaml.safe_load(CATALOGUE.read_text("utf-8"))
    return loaded


def message(key: str, locale: Locale, **values: object) -> str:
    """The text for `key`, its `{names}` filled in. An unknown key is a mistake of ours."""
    text = catalogue()[key][locale]
    return text.format(**values) if values else text


def chosen_locale(*wanted: str | None, default: Locale) -> Locale:
    """The first of `wanted` that is a language we have."""
    for one in wanted:
        for locale in LOCALES:
            if one == locale:
                return locale
    return default
