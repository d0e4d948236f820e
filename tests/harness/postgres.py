"""A real PostgreSQL of its own for a test: made in a temporary folder, gone afterwards."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

PASSWORD = "s3cret'with\\odd@signs"


def binaries() -> Path | None:
    """The newest PostgreSQL installed, on the PATH or where Debian puts it."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return versions[-1].parent if versions else None


@contextmanager
def running_postgres() -> Iterator[int]:
    """The port of a server on loopback; user `steward` with PASSWORD. Fails where none is."""
    bin_folder = binaries()
    if bin_folder is None:
        pytest.fail("no PostgreSQL is installed: run .ci/servers")
    user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="xihu-pg-"))
    try:
        if user:
            shutil.chown(folder, user)
        words = folder / "password"
        words.write_text(PASSWORD)
        if user:
            shutil.chown(words, user)
        data = folder / "data"
        init: list[str | Path] = [
            bin_folder / "initdb",
            "-D",
            data,
            "-U",
            "steward",
            "-A",
            "scram-sha-256",
        ]
        init += ["--pwfile", words, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run(init, check=True, capture_output=True, user=user)
        port = _free_port()
        options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c fsync=off"
        start: list[str | Path] = [
            bin_folder / "pg_ctl",
            "-D",
            data,
            "-w",
            "-o",
            options,
            "-l",
            folder / "log",
        ]
        subprocess.run([*start, "start"], check=True, capture_output=True, user=user)
        try:
            yield port
        finally:
            stop: list[str | Path] = [bin_folder / "pg_ctl", "-D", data, "-m", "immediate", "stop"]
            subprocess.run(stop, check=True, capture_output=True, user=user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running_postgres_address() -> Iterator[str]:
    """The same, as the beginning of the addresses of its databases."""
    with running_postgres() as port:
        yield f"postgresql+psycopg://steward:{quote(PASSWORD, safe='')}@127.0.0.1:{port}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
