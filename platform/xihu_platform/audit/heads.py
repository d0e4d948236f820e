"""Signed heads of the log, kept outside the database: what the log must still agree with.

A head is one line of JSON: tree size, root, time, key id, Ed25519 signature over the rest. The
newest line of `heads.jsonl` is always at least as new as the last acknowledged entry.
"""

import base64
import json
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from xihu_platform.errors import BadInput
from xihu_platform.lake.durable import sync_file
from xihu_platform.vault.keys import Keyring

HEADS = "heads.jsonl"
LARGEST = 2**63 - 1
"""Entries that a log can have: what a database's number holds."""


@dataclass(frozen=True, slots=True)
class Head:
    """The state of the log at one moment."""

    size: int
    root: bytes
    at: str
    key_id: str
    signature: bytes

    def line(self) -> str:
        return json.dumps(
            {
                **_signed_part(self.size, self.root, self.at, self.key_id),
                "signature": base64.b64encode(self.signature).decode(),
            },
            sort_keys=True,
        )


def _signed_part(size: int, root: bytes, at: str, key_id: str) -> dict[str, str | int]:
    return {"at": at, "key_id": key_id, "root": root.hex(), "size": size}


def _message(size: int, root: bytes, at: str, key_id: str) -> bytes:
    return (
        b"xihu-audit-head\n"
        + json.dumps(_signed_part(size, root, at, key_id), sort_keys=True).encode()
    )


class Signer:
    """The signing key, derived from the master key; the log's database never holds it."""

    def __init__(self, keyring: Keyring) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(keyring.derive("audit-heads"))
        self.public_key = self._key.public_key()
        self.key_id = key_id_of(self.public_key)

    def sign(self, size: int, root: bytes, at: str) -> Head:
        signature = self._key.sign(_message(size, root, at, self.key_id))
        return Head(size, root, at, self.key_id, signature)

    def sign_document(self, kind: str, content: bytes) -> bytes:
        """The signature over a document that the platform makes; a head's or another kind's is
        never one of it."""
        return self._key.sign(_document_message(kind, content))


def key_id_of(key: Ed25519PublicKey) -> str:
    return sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def is_genuine(head: Head, key: Ed25519PublicKey) -> bool:
    try:
        key.verify(head.signature, _message(head.size, head.root, head.at, head.key_id))
    except InvalidSignature:
        return False
    return head.key_id == key_id_of(key)


def _document_message(kind: str, content: bytes) -> bytes:
    return f"xihu-{kind}\n".encode() + content


def is_genuine_document(kind: str, content: bytes, signature: bytes, key: Ed25519PublicKey) -> bool:
    """Whether `sign_document` made the signature with the private key of this one."""
    try:
        key.verify(signature, _document_message(kind, content))
    except InvalidSignature:
        return False
    return True


def parse_head(line: str, where: str) -> Head:
    """Raises BadInput for a line that is no head."""
    try:
        raw = json.loads(line)
        size = int(raw["size"])
        if not 0 <= size <= LARGEST:
            raise ValueError(size)
        return Head(
            size=size,
            root=bytes.fromhex(raw["root"]),
            at=str(raw["at"]),
            key_id=str(raw["key_id"]),
            signature=base64.b64decode(raw["signature"], validate=True),
        )
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        raise BadInput(
            f"{where} 不是审计日志的签名头，应为 heads.jsonl 中的一行",
            f"{where} holds no signed head: give a line of heads.jsonl",
        ) from None


def read_head(path: Path) -> Head:
    """The newest head of a saved file."""
    lines = path.read_text(encoding="utf-8").split() if path.is_file() else []
    text = path.read_text(encoding="utf-8").strip().splitlines() if lines else []
    if not text:
        raise BadInput(f"{path.name} 中没有签名头", f"{path.name} holds no signed head")
    return parse_head(text[-1], path.name)


def find_head(path: Path, size: int, key: Ed25519PublicKey) -> Head | None:
    """The newest genuine head of exactly this size in a file; none for lines that are no heads.

    Two are of one size where the entries of the first never became durable.
    """
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    for line in reversed(lines):
        try:
            head = parse_head(line, path.name)
        except BadInput:
            continue
        if head.size == size and is_genuine(head, key):
            return head
        if head.size < size:
            return None
    return None


class HeadFile:
    """`heads.jsonl`: appended and synchronised before the entries below a head count as durable."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / HEADS
        fresh = not self.path.exists()
        self._handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        if fresh:
            sync_file(self.path)

    def append(self, head: Head) -> None:
        os.write(self._handle, head.line().encode() + b"\n")
        os.fsync(self._handle)

    def close(self) -> None:
        os.close(self._handle)
