"""Sealing blocks of rows: AES-256-GCM over an Arrow stream, bound to where the block belongs."""

import secrets

import pyarrow as pa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from xihu_platform.errors import TerminalError

_NONCE = 12  # bytes, NIST SP 800-38D


def seal_bytes(key: bytes, content: bytes, place: str) -> bytes:
    """Nonce and ciphertext; `place` is authenticated, so a block cannot be moved elsewhere."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, content, place.encode())


def open_bytes(key: bytes, sealed: bytes, place: str) -> bytes:
    """Raises TerminalError when the block was changed, moved, or sealed with another key."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], place.encode())
    except InvalidTag as broken:
        raise TerminalError(
            f"{place} 的加密块无法打开：密钥不符或内容被改动",
            f"the sealed block of {place} does not open: another key, or it was changed",
        ) from broken


def seal_rows(key: bytes, rows: pa.Table, place: str) -> bytes:
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, rows.schema, options=options) as writer:
        writer.write_table(rows)
    return seal_bytes(key, sink.getvalue().to_pybytes(), place)


def open_rows(key: bytes, sealed: bytes, place: str) -> pa.Table:
    with pa.ipc.open_stream(open_bytes(key, sealed, place)) as reader:
        return reader.read_all()
