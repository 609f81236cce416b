"""Work out how a text file is encoded; say so when it isn't plain UTF-8."""

from __future__ import annotations

import re
from dataclasses import dataclass

UNREADABLE = "\ufffd"  # stands where bytes could not be read

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "an Excel workbook or a zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF", "a PDF document"),
    (b"RIFF", "an audio file"),
    (b"OggS", "an audio file"),
    (b"ID3", "an audio file"),
    (b"fLaC", "an audio file"),
)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_NOT_IN_TEXT = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ue000-\uf8ff]")
_SAVE_AS = "save it as CSV UTF-8 (in Excel: Save as, CSV UTF-8)"


class NotText(Exception):
    """The bytes aren't text this project can read: what they are instead, and the remedy."""

    def __init__(self, what: str, *, remedy: str = _SAVE_AS) -> None:
        self.what = what
        self.remedy = remedy
        super().__init__(what)


@dataclass(frozen=True, slots=True)
class DecodedText:
    """Text, and what the user should know about how it was read."""

    text: str
    notices: tuple[str, ...] = ()


def decode_text(data: bytes) -> DecodedText:
    """Text from UTF-8 (with or without BOM), UTF-16 with BOM, or GB18030.

    UTF-8 with a few damaged bytes is read with U+FFFD in their place, so that only the rows
    they stand in suffer. Raises NotText.
    """
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            raise NotText(f"is {kind}, not text")
    if data.startswith(_UTF16):
        return _utf16(data)
    if b"\0" in data:
        raise NotText("is a binary file, not text")
    if data.startswith(b"\xef\xbb\xbf"):
        plain = decode_text(data[3:])
        return DecodedText(plain.text, ("文件开头有 BOM，已忽略", *plain.notices))
    try:
        return DecodedText(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        return _not_utf8(data, error)


def _utf16(data: bytes) -> DecodedText:
    try:
        text = data.decode("utf-16")
    except UnicodeDecodeError:
        raise NotText("is a binary file or damaged UTF-16") from None
    if _NOT_IN_TEXT.search(text):
        raise NotText("is a binary file, not text")
    return DecodedText(text, ("文件是 UTF-16 编码，已转换；建议另存为 UTF-8",))


def _not_utf8(data: bytes, error: UnicodeDecodeError) -> DecodedText:
    repaired = data.decode("utf-8", "replace")
    damaged = repaired.count(UNREADABLE)
    intact = sum(1 for character in repaired if character > "\x7f") - damaged
    if intact >= 10 * damaged:
        line = data.count(b"\n", 0, error.start) + 1
        notice = f"文件是 UTF-8，但有 {damaged} 处字节损坏（首处在文件第 {line} 行）"
        return DecodedText(repaired, (notice,))
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        text = ""
    if not _plausible_chinese(text):
        raise NotText(
            f"is neither UTF-8 nor GB18030 text (first odd byte 0x{data[error.start]:02x} "
            f"at offset {error.start})"
        )
    return DecodedText(text, ("文件是 GB18030 编码，已转换；建议另存为 UTF-8",))


def _plausible_chinese(text: str) -> bool:
    # GB18030 decodes almost any bytes; text that was something else (Big5, Shift-JIS,
    # Latin-1) comes out as rare characters outside the old common set.
    if not text or _NOT_IN_TEXT.search(text):
        return False
    foreign = [character for character in text if character > "\x7f"]
    common = len("".join(foreign).encode("gb2312", "ignore")) / 2
    return common >= 0.85 * len(foreign)
