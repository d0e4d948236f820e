"""A real MariaDB of its own for a test, which speaks as MySQL does; gone afterwards."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PASSWORD = "s3cret'with\\odd@signs"


@contextmanager
def running_mariadb() -> Iterator[int]:
    """The port of a server on loopback; user `steward` with PASSWORD. Fails where none is."""
    server = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin")
    installer = shutil.which("mariadb-install-db")
    if server is None or installer is None:
        pytest.fail("no MariaDB is installed: run .ci/servers all")
    user = "nobody" if os.geteuid() == 0 else None  # it refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="xihu-maria-"))
    try:
        if user:
            shutil.chown(folder, user)
        plain = ["--no-defaults", f"--datadir={folder / 'data'}"]
        made = [installer, *plain, "--auth-root-authentication-method=normal", "--skip-test-db"]
        subprocess.run(made, check=True, capture_output=True, user=user)
        start = folder / "start.sql"
        word = PASSWORD.replace("\\", "\\\\").replace("'", "''")
        start.write_text(
            f"CREATE USER 'steward'@'%' IDENTIFIED BY '{word}'; CREATE DATABASE bureau; "
            "GRANT ALL ON bureau.* TO 'steward'@'%'; FLUSH PRIVILEGES;".replace("; ", ";\n")
        )
        if user:
            start.chmod(0o644)
        port = _free_port()
        run = [server, *plain, f"--port={port}", "--bind-address=127.0.0.1"]
        run += [f"--socket={folder / 's'}", f"--pid-file={folder / 'p'}", f"--init-file={start}"]
        process = subprocess.Popen(run, user=user, stderr=subprocess.DEVNULL)
        try:
            _wait(port)
            yield port
        finally:
            process.kill()
            process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("MariaDB did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
