"""Write an evidence pack: one file that proves itself.

    index.html            what it shows, in Chinese, for reading
    clips/<finding>.wav   two turns before the words to the reply after
    recordings/...        the original recordings, if asked for
    findings.json, suppressed.json, transcripts.json, recordings.json, facts.json
    entries.json          the register's entries with their links
    policy/<version>/..., rules/<version>/...   the texts in force
    manifest.json         what the pack is, and the SHA-256 of each file above
    signature.json        the agency's signature over manifest.json

The same content is always the same bytes, so that a changed byte shows wherever it is.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from qc_pipeline import __version__
from qc_pipeline.errors import QcError, RecordingError, UsageError
from qc_pipeline.evidence.clip import cut_clip
from qc_pipeline.evidence.masking import masked
from qc_pipeline.evidence.material import Material, Row, gather
from qc_pipeline.evidence.page import render_page
from qc_pipeline.evidence.signing import sign
from qc_pipeline.intake.recording_store import RecordingStore
from qc_pipeline.policy import Policy
from qc_pipeline.registers.access_log import record_access
from qc_pipeline.store.archive import write_archive
from qc_pipeline.store.artefacts import safe_name
from qc_pipeline.store.store import Store
from qc_pipeline.store.versions import kept_version

FORMAT = "qc-evidence/1"
MANIFEST, SIGNATURE = "manifest.json", "signature.json"
_TURNS_BEFORE, _TURNS_AFTER = 2, 1
_LONGEST_CLIP_S = 120.0


def make_pack(
    store: Store, subject_id: str, *, target: Path, by: str, at: datetime, policy: Policy,
    recordings: RecordingStore, keys: Path, unmasked: bool = False, whole_recordings: bool = False,
) -> tuple[str, ...]:  # fmt: skip
    """Write the pack about a finding, case or complaint to `target`, whole or not at all; returns
    what it had to leave out, in Chinese.

    The access log says so before the file is there. Raises RegisterError (unknown subject, keys),
    UsageError (`target` can't be written), HomeError.
    """
    material = gather(store, subject_id)
    content, missing = _content(
        material if unmasked else masked(material), store.home, recordings,
        policy=policy, whole_recordings=whole_recordings,
    )  # fmt: skip
    about = {
        "format": FORMAT,
        "software": __version__,
        "subject": {"kind": material.subject.kind, "id": subject_id},
        "made_at": at.isoformat(),
        "made_by": by,
        "masked": not unmasked,
        "missing": list(missing),
        "chain": {name: getattr(material.head, name) for name in ("chain_id", "seq", "hash")}
        if material.head
        else None,
    }
    content["index.html"] = render_page(
        material if unmasked else masked(material), about=about, clips=_clips_in(content),
        policy=policy,
    ).encode()  # fmt: skip
    about["files"] = {
        name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in sorted(content.items())
    }
    manifest = _json(about)
    public_key, signature = sign(manifest, keys=keys)
    content[MANIFEST] = manifest
    content[SIGNATURE] = _json(
        {"algorithm": "ed25519", "public_key": public_key, "signature": signature}
    )
    record_access(
        store.home, keys=keys, actor=by, action="evidence.made", subject=subject_id, at=at,
        details={"masked": not unmasked, "whole_recordings": whole_recordings,
                 "manifest_sha256": hashlib.sha256(manifest).hexdigest()},
    )  # fmt: skip
    _write(target, content)
    return missing


def _content(
    material: Material, home: Path, recordings: RecordingStore, *, policy: Policy,
    whole_recordings: bool,
) -> tuple[dict[str, bytes], tuple[str, ...]]:  # fmt: skip
    missing: list[str] = []
    content = {
        "findings.json": _json(material.findings),
        "suppressed.json": _json(material.suppressed),
        "transcripts.json": _json(material.utterances),
        "recordings.json": _json([_about_recording(row) for row in material.recordings]),
        "facts.json": _json(
            {call_id: {"proven": then.proven, **asdict(then.context)}
             for call_id, then in material.facts.items()}
        ),
        "entries.json": _json(material.entries),
    }  # fmt: skip
    kept = {row["call_id"]: row for row in material.recordings}
    for row in material.findings:
        if row["start_s"] is None or row["call_id"] not in kept:
            continue
        begin, end = _clip_span(row, material.utterances)
        try:
            path = recordings.path(kept[row["call_id"]]["key"])
            data = cut_clip(path, start_s=begin, end_s=end)
        except (RecordingError, OSError) as error:
            missing.append(f"{row['finding_id']} 的录音片段：{_what(error)}")
        else:
            content[f"clips/{safe_name(row['finding_id'])}.wav"] = data
    if whole_recordings:
        for row in material.recordings:
            try:
                data = recordings.path(row["key"]).read_bytes()
            except (RecordingError, OSError) as error:
                missing.append(f"{row['call_id']} 的原始录音：{_what(error)}")
            else:
                content[f"recordings/{row['sha256']}.{row['container']}"] = data
    for version in sorted({row["policy_version"] for row in material.findings}):
        texts = kept_version(home, "policy", version)
        if texts is None:
            missing.append(f"政策 {version} 的文本未留存")
        for name, data in (texts or {}).items():
            content[f"policy/{safe_name(version)}/{name}"] = data
    for version in sorted({row["rules_version"] for row in material.findings}):
        texts = kept_version(home, "rules", version)
        if texts is None:
            missing.append(f"规则 {version} 的文本未留存")
        ids = {row["rule_id"] for row in material.findings if row["rules_version"] == version}
        for name, data in (texts or {}).items():
            if _defines(data, ids):
                content[f"rules/{safe_name(version)}/{name}"] = data
    return content, tuple(missing)


def _about_recording(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "key"}


def _clip_span(finding: Row, utterances: tuple[Row, ...]) -> tuple[float, float]:
    """From two turns before the words to the reply after, in seconds; never endlessly long."""
    begin, end = finding["start_s"] - 5.0, finding["end_s"] + 5.0
    index = finding["utterance_index"]
    if index is not None:
        near = [
            row for row in utterances
            if row["call_id"] == finding["call_id"]
            and index - _TURNS_BEFORE <= row["index"] <= index + _TURNS_AFTER
        ]  # fmt: skip
        begin = min([row["start_s"] for row in near], default=begin)
        end = max([row["end_s"] for row in near], default=end)
    begin = max(0.0, begin, finding["start_s"] - _LONGEST_CLIP_S / 2)
    return begin, min(end, begin + _LONGEST_CLIP_S)


def _defines(text: bytes, rule_ids: set[str]) -> bool:
    return any(
        re.search(rb"\bid:\s*" + re.escape(rule_id.encode()) + rb"\s*$", text, re.M)
        for rule_id in rule_ids
    )


def _clips_in(content: Mapping[str, bytes]) -> frozenset[str]:
    return frozenset(name for name in content if name.startswith("clips/"))


def _what(error: Exception) -> str:
    return error.what if isinstance(error, QcError) else (getattr(error, "strerror", "") or "?")


def _json(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, default=_plain)
    return (text + "\n").encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, frozenset):
        return sorted(value)
    return asdict(value)


def _write(target: Path, content: Mapping[str, bytes]) -> None:
    packed = io.BytesIO()
    write_archive(packed, content)
    temporary = target.with_name(f".{target.name}.part")
    try:
        temporary.write_bytes(packed.getvalue())
        temporary.replace(target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise UsageError(
            f"{target} can't be written: {error.strerror}", remedy="choose another -o"
        ) from error
