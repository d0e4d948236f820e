"""Keys: derived from one master key, each for one use, never in SQL text and never in a log."""

import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from xihu_platform.errors import BadInput, TerminalError
from xihu_platform.settings import Settings
from xihu_platform.vault.seal import CipherName, SealKey
from xihu_platform.vault.sm3 import hmac_sm3

DigestName = Literal["hmac-sha256", "hmac-sm3"]
_LETTERS: dict[DigestName, str] = {"hmac-sha256": "s", "hmac-sm3": "m"}
_PSEUDONYM = re.compile(r"([sm])([1-9][0-9]*)_.+")
_BLOCK = 64  # bytes of an HMAC-SHA-256 block (RFC 2104)


@dataclass(frozen=True, slots=True)
class Pads:
    """An HMAC key as the two blocks that an SQL engine prepends (RFC 2104)."""

    key_id: str
    inner: bytes
    outer: bytes


def key_id_of(use: str) -> str:
    """The id of the key for one use; it says nothing about the key."""
    return f"k{sha256(use.encode()).hexdigest()[:12]}"


def subject_use(key_version: int) -> str:
    """The use of the key that makes pseudonyms of a key version out of those of the one before."""
    return "subject" if key_version == 1 else f"subject:{key_version}"


def prefix_of(digest: DigestName, key_version: int) -> str:
    """What stands before each pseudonym: its digest and its key version.

    >>> prefix_of("hmac-sm3", 2)
    'm2_'
    """
    return f"{_LETTERS[digest]}{key_version}_"


def key_version_of(pseudonym: str) -> int:
    """The key version that a pseudonym says it is of. Raises BadInput for any other text.

    >>> key_version_of("s3_0123456789abcdef0123456789abcdef")
    3
    """
    found = _PSEUDONYM.fullmatch(pseudonym)
    if found is None:
        raise BadInput("这不是本平台的脱敏编号", "this is not a pseudonym of this platform")
    return int(found[2])


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
        """The pads of the HMAC key for one use."""
        key = self.derive(use).ljust(_BLOCK, b"\0")
        return Pads(
            key_id=key_id_of(use),
            inner=bytes(b ^ 0x36 for b in key),
            outer=bytes(b ^ 0x5C for b in key),
        )

    def pseudonym(self, kind: str, number: str, key_version: int = 1) -> str:
        """The pseudonym of one document number, as ingestion makes it for a column.

        The number is canonical already (standards.documents); the kind keeps a passport apart
        from an identity card of the same characters.
        """
        return self.promoter(0, key_version)(f"{kind}:{number}")

    def promote(self, pseudonym: str, key_version: int) -> str:
        """The same person's pseudonym of a later key version.

        Raises BadInput for an earlier one: the way back does not exist.
        """
        given = key_version_of(pseudonym)
        if given > key_version or not pseudonym.startswith(prefix_of(self.digest, given)):
            raise BadInput(
                f"密钥版本 {given} 的脱敏编号不能变为版本 {key_version}："
                "只能向后更换，且摘要算法不变",
                f"a pseudonym of key version {given} cannot become one of version {key_version}: "
                "pseudonyms are promoted only, and keep their digest",
            )
        return self.promoter(given, key_version)(pseudonym)

    def key_versions(self, pseudonym: str, newest: int) -> tuple[str, ...]:
        """Every form that one person has, from the pseudonym's own key version to the newest."""
        own = key_version_of(pseudonym)
        return tuple(self.promote(pseudonym, n) for n in range(own, max(own, newest) + 1))

    def promoter(self, given: int, key_version: int) -> Callable[[str], str]:
        """Takes texts of one key version to a later one; 0 is "kind:number" itself.

        Key version n is keyed over the whole text of key version n-1: whoever holds the keys up to
        n-1 cannot make it, and nothing that is stored needs the number to be promoted.
        """
        steps = [
            (prefix_of(self.digest, n), self.derive(subject_use(n)))
            for n in range(given + 1, key_version + 1)
        ]

        def promoted(text: str) -> str:
            for prefix, key in steps:
                text = prefix + self._hashed(key, text.encode())[:32]
            return text

        return promoted

    def _hashed(self, key: bytes, message: bytes) -> str:
        if self.digest == "hmac-sm3":
            return hmac_sm3(key, message)
        return hmac.new(key, message, sha256).hexdigest()

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
            f"本平台的脱敏编号以 {began} 生成，不能改为 {digest}：同一人将对不上。"
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
