"""Keys: derived from one master key, each for one use, never in SQL text and never in a log."""

import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from xihu_platform.errors import TerminalError
from xihu_platform.settings import Settings

_BLOCK = 64  # bytes of an HMAC-SHA-256 block (RFC 2104)


@dataclass(frozen=True, slots=True)
class Pads:
    """An HMAC key as the two blocks that an SQL engine prepends (RFC 2104)."""

    key_id: str
    inner: bytes
    outer: bytes


@dataclass(frozen=True)
class Keyring:
    """Derives every key of the platform (HKDF, RFC 5869) from the master key."""

    master: bytes

    def __repr__(self) -> str:
        return "Keyring(…)"

    def derive(self, use: str, length: int = 32) -> bytes:
        """The key for one use, such as "quarantine" or "recipient:1133…"."""
        return HKDF(SHA256(), length, salt=b"xihu", info=use.encode()).derive(self.master)

    def pads(self, use: str) -> Pads:
        """The pads of the HMAC key for one use; the id says nothing about the key."""
        key = self.derive(use).ljust(_BLOCK, b"\0")
        return Pads(
            key_id=f"k{sha256(use.encode()).hexdigest()[:12]}",
            inner=bytes(b ^ 0x36 for b in key),
            outer=bytes(b ^ 0x5C for b in key),
        )

    def pseudonym(self, kind: str, number: str) -> str:
        """The pseudonym of one document number, as the door in makes it for a column.

        The number is canonical already (standards.documents); the kind keeps a passport apart
        from an identity card of the same characters.
        """
        message = f"{kind}:{number}".encode()
        return SUBJECT_KEY + hmac.new(self.derive("subject"), message, sha256).hexdigest()[:32]


SUBJECT_KEY = "s1_"
"""Key id that stands before each pseudonym; a rotated key gets the next one."""


def open_keyring(settings: Settings) -> Keyring:
    """The keyring of this installation; in development a master key is made on first use."""
    if settings.master_key is not None:
        return Keyring(_from_hex(settings.master_key.get_secret_value()))
    path = settings.data_dir / "keys" / "master.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_once(path, secrets.token_hex(32))
    return Keyring(_from_hex(path.read_text(encoding="ascii").strip()))


def _write_once(path: Path, text: str) -> None:
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(text, encoding="ascii")


def _from_hex(text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) < 32:
        raise TerminalError(
            "XIHU_MASTER_KEY 须为 64 位十六进制数字", "XIHU_MASTER_KEY must be 64 hex digits"
        )
    return key
