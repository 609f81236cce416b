"""Verify an evidence pack from the file alone: no store, no network, on any machine."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from qc_pipeline.errors import RegisterError, UsageError
from qc_pipeline.evidence.pack import FORMAT, MANIFEST, SIGNATURE
from qc_pipeline.evidence.signing import fingerprint, is_signed, published_key
from qc_pipeline.registers.chain import RegisterEvent, read_key, verify_link
from qc_pipeline.store.archive import read_archive, write_archive


@dataclass(frozen=True, slots=True)
class PackReport:
    """What was found. `problems` mean the pack isn't what was signed; `notices` say what this
    machine can't tell. `signed_by` is the fingerprint of the signing key.
    """

    subject: str
    signed_by: str
    problems: tuple[str, ...]
    notices: tuple[str, ...]
    files: int
    entries: int

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def verify_pack(
    path: Path, *, keys: Path | None = None, public_key: str | None = None
) -> PackReport:
    """Check every byte of the pack, its signature, and how its log entries follow each other.

    `public_key` (hexadecimal) is the one the agency has published; without it, this
    installation's own if `keys` has one, else the fingerprint is for comparing by eye. With the
    register's key in `keys` the entries' own hashes are checked too.

    Raises UsageError if the file can't be read at all.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", remedy="name an evidence pack") from None
    try:
        content = read_archive(io.BytesIO(data))
    except ValueError as error:
        return _unreadable(
            f"文件不是证据包，或已损坏：{error}。请向制作方重新索取 "
            "(no evidence pack, or damaged: ask whoever made it for it again)"
        )
    problems: list[str] = []
    again = io.BytesIO()
    write_archive(again, content)
    if again.getvalue() != data:
        problems.append("文件的结构被改动过（与内容重新打包的结果不一致）")
    manifest, signature = content.pop(MANIFEST, b""), content.pop(SIGNATURE, b"")
    try:
        about: Mapping[str, Any] = json.loads(manifest)
        signed: Mapping[str, str] = json.loads(signature)
        signer = signed["public_key"]
        signed_by = fingerprint(signer)
        files: Mapping[str, Mapping[str, Any]] = about["files"]
        subject = f"{about['subject']['kind']} {about['subject']['id']}"
        known = about["format"] == FORMAT
    except (ValueError, KeyError, TypeError, AttributeError):
        return _unreadable(
            f"{MANIFEST} 或 {SIGNATURE} 缺失或已损坏。请向制作方重新索取 "
            "(list or signature missing or damaged: ask whoever made it for the pack again)"
        )
    if not known:
        problems.append(f"证据包格式为 {about['format']}，本程序只认识 {FORMAT}")
    if not is_signed(manifest, public_key=signer, signature=signed.get("signature", "")):
        problems.append(f"{MANIFEST} 与签名不符：清单在签名之后被改动过")
    problems += _file_problems(content, files)
    expected = public_key or (published_key(keys) if keys else None)
    notices: list[str] = []
    if expected is None:
        notices.append(f"请将签名公钥指纹 {signed_by} 与机构公布的指纹核对")
    elif expected.strip().lower() != signer:
        problems.append(f"签名公钥（指纹 {signed_by}）不是所给的公钥")
    entries = _entries(content.get("entries.json", b"[]"), problems)
    problems += _order_problems(entries)
    hash_problems, hash_notices = _hash_problems(entries, keys, masked=bool(about.get("masked")))
    return PackReport(
        subject=subject,
        signed_by=signed_by,
        problems=(*problems, *hash_problems),
        notices=(*notices, *hash_notices, *(f"制作时缺少：{each}" for each in about["missing"])),
        files=len(files),
        entries=len(entries),
    )


def _unreadable(what: str) -> PackReport:
    return PackReport("?", "?", (what,), (), 0, 0)


def _file_problems(
    content: Mapping[str, bytes], files: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    found = []
    for name in sorted(files.keys() | content.keys()):
        if name not in content:
            found.append(f"{name} 缺失")
        elif name not in files:
            found.append(f"{name} 不在清单中")
        elif hashlib.sha256(content[name]).hexdigest() != files[name].get("sha256"):
            found.append(f"{name} 的内容被改动过")
    return found


def _entries(data: bytes, problems: list[str]) -> list[RegisterEvent]:
    try:
        return [
            RegisterEvent(**{**row, "at": datetime.fromisoformat(row["at"])})
            for row in json.loads(data)
        ]
    except (ValueError, KeyError, TypeError):
        problems.append("entries.json 已损坏")
        return []


def _order_problems(entries: list[RegisterEvent]) -> list[str]:
    found = []
    for before, after in pairwise(entries):
        if after.seq <= before.seq:
            found.append(f"登记日志第 {after.seq} 条排在第 {before.seq} 条之后")
        elif after.seq == before.seq + 1 and after.prev_hash != before.hash:
            found.append(f"登记日志第 {after.seq} 条与前一条不衔接")
    return found


def _hash_problems(
    entries: list[RegisterEvent], keys: Path | None, *, masked: bool
) -> tuple[list[str], list[str]]:
    try:
        key = read_key(keys) if keys else None
    except RegisterError as error:
        return [], [f"登记日志的密钥不可用（{error.what}），各条的哈希未核对"]
    if key is None:
        return [], ["本机没有登记日志的密钥：各条的哈希由签名担保，未逐条核对"] if entries else []
    wrong = [entry.seq for entry in entries if not verify_link(entry, key=key)]
    if not wrong:
        return [], []
    if len(wrong) == len(entries):
        return [], ["登记日志属于另一套密钥：各条的哈希由签名担保，未逐条核对"]
    numbers = "、".join(map(str, wrong))
    if masked:
        return [], [f"登记日志第 {numbers} 条含被遮盖的号码，其哈希由签名担保"]
    return [f"登记日志第 {numbers} 条与其哈希不符"], []
