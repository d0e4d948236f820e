"""Keys and seals: derived, bound to their place, never shown."""

from pathlib import Path

import pyarrow as pa
import pytest

from xihu_platform.errors import TerminalError
from xihu_platform.settings import Settings, VaultSettings
from xihu_platform.vault.keys import Keyring, open_keyring
from xihu_platform.vault.seal import (
    CipherName,
    SealKey,
    open_bytes,
    open_rows,
    seal_bytes,
    seal_rows,
)

SECRET = b"k" * 32
KEY = SealKey(SECRET)


@pytest.mark.parametrize("cipher", ["aes-256-gcm", "sm4-gcm"])
def test_rows_come_back_as_they_were_sealed_whatever_is_set_now(cipher: CipherName) -> None:
    rows = pa.table({"a": ["甲", None], "n": [1, 2]})
    sealed = seal_rows(SealKey(SECRET, cipher), rows, "here")
    assert open_rows(KEY, sealed, "here") == rows
    assert open_rows(SealKey(SECRET, "sm4-gcm"), sealed, "here") == rows
    for broken in (sealed[:-1], b"\x09" + sealed[1:], sealed[:5], b""):
        with pytest.raises(TerminalError):
            open_rows(KEY, broken, "here")


@pytest.mark.parametrize("place", ["there", ""])
def test_a_block_moved_elsewhere_does_not_open(place: str) -> None:
    with pytest.raises(TerminalError):
        open_bytes(KEY, seal_bytes(KEY, b"x", "here"), place)


def test_a_changed_byte_or_another_key_does_not_open() -> None:
    sealed = bytearray(seal_bytes(KEY, b"content", "here"))
    with pytest.raises(TerminalError):
        open_bytes(SealKey(b"j" * 32), bytes(sealed), "here")
    sealed[-1] ^= 1
    with pytest.raises(TerminalError):
        open_bytes(KEY, bytes(sealed), "here")


def test_the_same_content_never_looks_the_same() -> None:
    assert seal_bytes(KEY, b"x", "here") != seal_bytes(KEY, b"x", "here")


def test_each_use_has_its_own_key() -> None:
    keyring = Keyring(SECRET)
    assert keyring.derive("a") != keyring.derive("b")
    assert keyring.pads("recipient:a").key_id != keyring.pads("recipient:b").key_id
    assert SECRET.hex() not in repr(keyring)


def test_the_development_key_is_made_once_and_private(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    first = open_keyring(settings)
    assert open_keyring(settings) == first
    assert (tmp_path / "keys" / "master.key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["", "zz", "ab" * 8])
def test_a_master_key_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(TerminalError, match="64 hex digits"):
        open_keyring(Settings(data_dir=tmp_path, master_key=text))


def test_an_installation_keeps_the_digest_that_it_began_with(tmp_path: Path) -> None:
    sm3 = VaultSettings(pseudonyms="hmac-sm3", cipher="sm4-gcm")
    ring = open_keyring(Settings(data_dir=tmp_path, vault=sm3))
    assert ring.pseudonym("citizen_id", "1").startswith("m1_")
    with pytest.raises(TerminalError, match="one person would become two"):
        open_keyring(Settings(data_dir=tmp_path))
