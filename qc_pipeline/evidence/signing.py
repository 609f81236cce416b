"""The agency's signature under an evidence pack: Ed25519 (RFC 8032).

The private key lies beside the other keys, outside the home folder; the public one is for
handing out. Whoever gets a pack compares its fingerprint with the one the agency has published.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from qc_pipeline.errors import RegisterError

PRIVATE_FILE = "evidence.key"
PUBLIC_FILE = "evidence.pub"


def sign(message: bytes, *, keys: Path) -> tuple[str, str]:
    """(public key, signature) as hexadecimal text. The key is made when there is none yet.

    Raises RegisterError if the key is damaged or others may read it.
    """
    private = _private_key(keys)
    return private.public_key().public_bytes_raw().hex(), private.sign(message).hex()


def is_signed(message: bytes, *, public_key: str, signature: str) -> bool:
    """Whether `signature` was made over `message` by the owner of `public_key`."""
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        public.verify(bytes.fromhex(signature), message)
    except (ValueError, InvalidSignature):
        return False
    return True


def fingerprint(public_key: str) -> str:
    """A public key as people compare it: eight groups of four of its SHA-256."""
    digest = hashlib.sha256(bytes.fromhex(public_key)).hexdigest()[:32]
    return "-".join(digest[n : n + 4] for n in range(0, 32, 4))


def published_key(keys: Path) -> str | None:
    """The public key of this installation, or None if it has none."""
    try:
        return (keys / PUBLIC_FILE).read_text("ascii").strip()
    except FileNotFoundError:
        return None


def _private_key(keys: Path) -> Ed25519PrivateKey:
    path = keys / PRIVATE_FILE
    try:
        text = path.read_text("ascii").strip()
    except FileNotFoundError:
        return _created(keys)
    if path.stat().st_mode & 0o077:
        raise RegisterError(f"others may read {path}", remedy=f"chmod 600 {path}")
    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text))
    except ValueError:
        raise RegisterError(
            f"{path} is damaged", remedy="restore it from your backup of the keys"
        ) from None


def _created(keys: Path) -> Ed25519PrivateKey:
    keys.mkdir(parents=True, exist_ok=True, mode=0o700)
    private = Ed25519PrivateKey.generate()
    path = keys / PRIVATE_FILE
    temporary = keys / f".{PRIVATE_FILE}.{os.getpid()}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(private.private_bytes_raw().hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)  # of two that create it at once, one wins
        except FileExistsError:
            return _private_key(keys)
    finally:
        temporary.unlink(missing_ok=True)
    (keys / PUBLIC_FILE).write_text(private.public_key().public_bytes_raw().hex() + "\n", "ascii")
    return private
