"""Keys: derived from one master key, each for one use, never in SQL text and never in a log."""

import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from xihu_platform.errors import TerminalError
from xihu_platform.settings import Settings
from xihu_platform.vault.seal import CipherName, SealKey
from xihu_platform.vault.sm3 import hmac_sm3

DigestName = Literal["hmac-sha256", "hmac-sm3"]
SUBJECT_KEYS: dict[DigestName, str] = {"hmac-sha256": "s1_", "hmac-sm3": "m1_"}
"""What stands before each pseudonym: digest and number of the key it was made with."""
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
    digest: DigestName = "hmac-sha256"
    cipher: CipherName = "aes-256-gcm"

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
        message, key = f"{kind}:{number}".encode(), self.derive("subject")
        if self.digest == "hmac-sm3":
            return SUBJECT_KEYS[self.digest] + hmac_sm3(key, message)[:32]
        return SUBJECT_KEYS[self.digest] + hmac.new(key, message, sha256).hexdigest()[:32]

    def sealing(self, use: str) -> SealKey:
        """The key that blocks of one use are sealed with."""
        return SealKey(self.derive(use), self.cipher)


def open_keyring(settings: Settings) -> Keyring:
    """The keyring of this installation; in development a master key is made on first use."""
    chosen = settings.vault
    _check_digest(settings.data_dir / "keys" / "pseudonyms", chosen.pseudonyms)
    if settings.master_key is not None:
        master = _from_hex(settings.master_key.get_secret_value())
        return Keyring(master, chosen.pseudonyms, chosen.cipher)
    path = settings.data_dir / "keys" / "master.key"
    if not path.exists():
        _write_once(path, secrets.token_hex(32))
    master = _from_hex(path.read_text(encoding="ascii").strip())
    return Keyring(master, chosen.pseudonyms, chosen.cipher)


def _check_digest(mark: Path, digest: DigestName) -> None:
    """Pseudonyms of two digests never meet: an installation keeps the one it began with."""
    mark.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not mark.exists():
        _write_once(mark, digest)
    began = mark.read_text(encoding="ascii").strip()
    if began != digest:
        raise TerminalError(
            f"本平台的假名以 {began} 生成，不能改为 {digest}：同一人将对不上。"
            "请恢复 XIHU_VAULT__PSEUDONYMS",
            f"this installation makes pseudonyms with {began} and cannot change to {digest}: one "
            "person would become two. Set XIHU_VAULT__PSEUDONYMS back",
        )


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
