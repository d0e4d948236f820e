"""Secrets of clients and demo people: from the settings, or made once and kept in development."""

import fcntl
import hashlib
import json
import os
import secrets
from pathlib import Path

from xihu_platform.errors import TerminalError
from xihu_platform.settings import Settings


def hash_secret(secret: str) -> str:
    """How random ids are kept in tables. They hold 256 bits, so a bare hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def portal_secret(settings: Settings, client_id: str) -> str:
    """The secret of a portal's client; in production it must stand in the settings."""
    identity = settings.identity
    given = {
        identity.citizen_client: identity.citizen_secret,
        identity.official_client: identity.official_secret,
    }[client_id]
    return given.get_secret_value() if given else development_secret(settings, client_id)


def development_secret(settings: Settings, name: str) -> str:
    """A secret made up at first use and kept in data_dir; there is none in production."""
    if settings.profile == "production":
        raise TerminalError(
            f"生产环境没有为 {name} 预设密钥，请在设置中给出。",
            f"There is no made-up secret for {name} in production; give it in the settings.",
        )
    folder = settings.data_dir / "identity"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "development.json"
    with (folder / "development.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two processes must not each make up their own
        known: dict[str, str] = json.loads(path.read_text("utf-8")) if path.exists() else {}
        if name not in known:
            known[name] = secrets.token_urlsafe(24)
            write_private(path, json.dumps(known, indent=1, sort_keys=True))
        return known[name]


def write_private(path: Path, text: str) -> None:
    """Replace a file that only its owner may read, durably."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{secrets.token_hex(4)}")
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
