"""Sealing blocks of rows: AES-256-GCM, or SM4-GCM by setting, over an Arrow stream.

A block is bound to where it belongs, and its first byte says with which cipher it was sealed: so
blocks of both are opened, whatever the setting says now.
"""

import secrets
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from xihu_platform.errors import TerminalError

CipherName = Literal["aes-256-gcm", "sm4-gcm"]
_MARKS: dict[CipherName, bytes] = {"aes-256-gcm": b"\x01", "sm4-gcm": b"\x02"}
_NONCE = 12  # bytes, NIST SP 800-38D
_TAG = 16
_SM4_KEY = 16  # bytes, GB/T 32907


@dataclass(frozen=True, slots=True)
class SealKey:
    """A key of 32 bytes, and the cipher that new blocks are sealed with."""

    secret: bytes
    cipher: CipherName = "aes-256-gcm"

    def __repr__(self) -> str:
        return f"SealKey(…, {self.cipher})"


def seal_bytes(key: SealKey, content: bytes, place: str) -> bytes:
    """Mark, nonce and ciphertext; `place` is authenticated: a block cannot be moved elsewhere."""
    nonce = secrets.token_bytes(_NONCE)
    mark = _MARKS[key.cipher]
    if key.cipher == "sm4-gcm":
        return mark + nonce + _sm4_seal(key.secret, nonce, content, place.encode())
    return mark + nonce + AESGCM(key.secret).encrypt(nonce, content, place.encode())


def open_bytes(key: SealKey, sealed: bytes, place: str) -> bytes:
    """Raises TerminalError when the block was changed, moved, or sealed with another key."""
    mark, nonce, rest = sealed[:1], sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
    try:
        if mark == _MARKS["sm4-gcm"]:
            return _sm4_open(key.secret, nonce, rest, place.encode())
        if mark != _MARKS["aes-256-gcm"]:
            raise InvalidTag
        return AESGCM(key.secret).decrypt(nonce, rest, place.encode())
    except (InvalidTag, ValueError) as broken:
        raise TerminalError(
            f"{place} 的加密块无法打开：密钥不符或内容被改动",
            f"the sealed block of {place} does not open: another key, or it was changed",
        ) from broken


def _sm4_seal(secret: bytes, nonce: bytes, content: bytes, place: bytes) -> bytes:
    sealer = Cipher(algorithms.SM4(secret[:_SM4_KEY]), modes.GCM(nonce)).encryptor()
    sealer.authenticate_additional_data(place)
    return sealer.update(content) + sealer.finalize() + sealer.tag


def _sm4_open(secret: bytes, nonce: bytes, sealed: bytes, place: bytes) -> bytes:
    content, tag = sealed[:-_TAG], sealed[-_TAG:]
    opener = Cipher(algorithms.SM4(secret[:_SM4_KEY]), modes.GCM(nonce, tag)).decryptor()
    opener.authenticate_additional_data(place)
    return opener.update(content) + opener.finalize()


def seal_rows(key: SealKey, rows: pa.Table, place: str) -> bytes:
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, rows.schema, options=options) as writer:
        writer.write_table(rows)
    return seal_bytes(key, sink.getvalue().to_pybytes(), place)


def open_rows(key: SealKey, sealed: bytes, place: str) -> pa.Table:
    with pa.ipc.open_stream(open_bytes(key, sealed, place)) as reader:
        return reader.read_all()
