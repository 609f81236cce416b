"""The rules desk: rules with their examples, and what detection says of a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import Response

from qc_pipeline.detect.line import TextLine, detect_line
from qc_pipeline.detect.rulebook import load_rulebook
from qc_pipeline.detect.rules import Rule
from qc_pipeline.records import Finding, Role
from qc_pipeline.web.pages import page
from qc_pipeline.web.refusals import BadRequest
from qc_pipeline.web.visitor import May, Visitor

router = APIRouter(prefix="/rules", tags=["rules"])
Reader = Annotated[Visitor, Depends(May("rules.see"))]
LISTENERS: tuple[Role, ...] = get_args(Role)
LONGEST = 500
"""Characters of a sentence that can be tried."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A sentence with what is known around it, and what detection says of it."""

    text: str
    prev: str
    listener: str
    findings: tuple[Finding, ...]
    suppressed: tuple[Finding, ...]


@router.get("", summary="The rules in force")
def rules(
    request: Request, visitor: Reader, words: Annotated[str, Query(max_length=100)] = "",
    code: Annotated[str, Query(max_length=60)] = "",
) -> Response:  # fmt: skip
    """Rules by code, with rulebook rows and examples; narrowed to a code, or to those whose id, name,
    rulebook row or examples hold the words.
    """
    return _page(request, visitor, words=words.strip(), code=code, tried=None)


@router.post("/try", summary="Try a sentence")
def try_sentence(
    request: Request, visitor: Reader,
    text: Annotated[str, Form(max_length=LONGEST)],
    prev: Annotated[str, Form(max_length=LONGEST)] = "",
    listener: Annotated[str, Form(max_length=30)] = "debtor",
) -> Response:  # fmt: skip
    """What is found in it and what a guard stopped, with every reason. Nothing is kept."""
    if listener not in LISTENERS:
        raise BadRequest("listener")
    line = TextLine(id="try", text=text.strip(), callee=listener, prev=prev.strip() or None)
    desk = visitor.desk
    findings, suppressed = detect_line(line, rules=desk.rules(), policy=desk.policy)
    tried = Tried(line.text, prev.strip(), listener, findings, suppressed)
    return _page(request, visitor, words="", code="", tried=tried)


def _page(
    request: Request, visitor: Visitor, *, words: str, code: str, tried: Tried | None
) -> Response:
    loaded = visitor.desk.rules()
    shown: list[Rule] = []
    if words or code:
        shown = [rule for rule in loaded.rules if _wanted(rule, words=words, code=code)]
    counts = dict.fromkeys(visitor.desk.policy.taxonomy.codes, 0)
    for rule in loaded.rules:
        counts[rule.code] += 1
    names: dict[str, str] = {rule.id: rule.name for rule in loaded.rules}
    return page(
        request, "rules.html", visitor, rules=shown, words=words, code=code, tried=tried,
        counts={each: n for each, n in counts.items() if n}, total=len(loaded.rules),
        version=loaded.version, with_model=loaded.classifier is not None, listeners=LISTENERS,
        rows=_rulebook(loaded.folder), names=names, longest=LONGEST,
    )  # fmt: skip


def _wanted(rule: Rule, *, words: str, code: str) -> bool:
    if code and rule.code != code:
        return False
    held: Sequence[Any] = (rule.id, rule.name, *rule.rulebook, *rule.hits, *rule.misses)
    return not words or any(words in str(each) for each in held)


@cache
def _rulebook(folder: Path) -> dict[str, str]:
    """What each row of the rulebook asks, by id."""
    return {name: row.summary for name, row in load_rulebook(folder).items()}
