"""Files of SFTP servers and object stores: byte for byte, from the server the operator meant."""

import base64
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko
import pytest
from paramiko.common import AUTH_FAILED, AUTH_SUCCESSFUL, OPEN_SUCCEEDED
from paramiko.sftp import SFTP_NO_SUCH_FILE

from tests.test_pipelines.sources.remote.world import Answer, contract, http_server, settings
from xihu_catalog.contracts.model import Contract
from xihu_pipelines.sources.remote.fetch import fetch
from xihu_platform.errors import BadInput, TerminalError
from xihu_platform.settings import RemoteSettings

CONTENT = "编号,姓名\n1,张三\n".encode("gb18030")


class _Server(paramiko.ServerInterface):
    def check_auth_password(self, username: str, password: str) -> int:
        good = (username, password) == ("steward", "pass-w0rd")
        return AUTH_SUCCESSFUL if good else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return OPEN_SUCCEEDED


class _Files(paramiko.SFTPServerInterface):
    root: Path

    def stat(self, path: str) -> paramiko.SFTPAttributes | int:
        return paramiko.SFTPAttributes.from_stat(os.stat(self.root / path.lstrip("/")))

    def open(
        self, path: str, flags: int, attr: paramiko.SFTPAttributes
    ) -> paramiko.SFTPHandle | int:
        target = self.root / path.lstrip("/")
        if not target.is_file():
            return SFTP_NO_SUCH_FILE
        handle = paramiko.SFTPHandle(flags)
        handle.readfile = target.open("rb")  # type: ignore[attr-defined]  # as paramiko's demo does
        return handle


@contextmanager
def sftp_server(folder: Path) -> Iterator[tuple[int, str]]:
    """Port and public key."""
    key = paramiko.ECDSAKey.generate()
    files = type("Files", (_Files,), {"root": folder})
    listener = socket.create_server(("127.0.0.1", 0))
    transports: list[paramiko.Transport] = []

    def serve() -> None:
        while True:
            try:
                stream, _ = listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(stream)
            transports.append(transport)
            transport.add_server_key(key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, files)
            try:
                transport.start_server(server=_Server())
            except (paramiko.SSHException, EOFError, OSError):  # whoever asked is gone
                continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1]), f"{key.get_name()} {key.get_base64()}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for transport in transports:
            transport.close()
        thread.join()


def sftp(name: str = "people.csv") -> Contract:
    server = f"type: sftp, format: csv, location: 'connection://bureau/inbox/{name}'"
    return contract(server, connection="bureau", encoding="gb18030")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    (tmp_path / "root" / "inbox").mkdir(parents=True)
    (tmp_path / "root" / "inbox" / "people.csv").write_bytes(CONTENT)
    return tmp_path / "root"


def test_a_file_comes_over_sftp_as_it_is(tmp_path: Path, inbox: Path) -> None:
    with sftp_server(inbox) as (port, key):
        made = settings(tmp_path, f"sftp://steward:pass-w0rd@127.0.0.1:{port}", host_key=key)
        fetched = fetch(made, sftp(), tmp_path / "in")
    assert fetched.path.name == "people.csv"
    assert fetched.path.read_bytes() == CONTENT


def test_a_server_with_another_key_gets_no_password(tmp_path: Path, inbox: Path) -> None:
    other = paramiko.ECDSAKey.generate()
    with sftp_server(inbox) as (port, _key):
        made = settings(
            tmp_path,
            f"sftp://steward:pass-w0rd@127.0.0.1:{port}",
            host_key=f"{other.get_name()} {other.get_base64()}",
        )
        with pytest.raises(TerminalError) as caught:
            fetch(made, sftp(), tmp_path / "in")
    assert "pass-w0rd" not in caught.value.text.en


@pytest.mark.parametrize("key", [None, "ssh-rsa", "ssh-rsa !!", "what AAAA"])
def test_a_server_nobody_vouches_for_is_not_connected_to(tmp_path: Path, key: str | None) -> None:
    made = settings(tmp_path, "sftp://steward:x@127.0.0.1:9", host_key=key)
    with pytest.raises(BadInput, match="HOST_KEY"):
        fetch(made, sftp(), tmp_path / "in")


def test_a_missing_file_and_a_wrong_password_are_said_plainly(tmp_path: Path, inbox: Path) -> None:
    with sftp_server(inbox) as (port, key):
        made = settings(tmp_path, f"sftp://steward:pass-w0rd@127.0.0.1:{port}", host_key=key)
        with pytest.raises(TerminalError, match="No such file"):
            fetch(made, sftp("other.csv"), tmp_path / "in")
        wrong = settings(tmp_path, f"sftp://steward:wr0ng@127.0.0.1:{port}", host_key=key)
        with pytest.raises(TerminalError, match="Authentication failed"):
            fetch(wrong, sftp(), tmp_path / "in")
    assert list((tmp_path / "in").iterdir()) == []


def s3_store(path: str, headers: dict[str, str]) -> Answer:
    """As much of S3 as reading one object asks for."""
    if path.split("?")[0] != "/bucket/inbox/people.csv" or "AK" not in headers["Authorization"]:
        return 404, {"Content-Type": "application/xml"}, b"<Error><Code>NoSuchKey</Code></Error>"
    span = headers.get("Range", "")
    if span:
        first, _, last = span.removeprefix("bytes=").partition("-")
        part = CONTENT[int(first) : int(last or len(CONTENT)) + 1]
        place = f"bytes {first}-{int(first) + len(part) - 1}/{len(CONTENT)}"
        return 206, {"Content-Range": place, "ETag": '"x"'}, part
    return 200, {"ETag": '"x"', "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}, CONTENT


def s3(name: str = "people.csv") -> Contract:
    server = f"type: s3, format: csv, location: 'connection://bureau/inbox/{name}'"
    return contract(server, connection="bureau", encoding="gb18030")


def test_an_object_comes_from_s3_as_it_is(tmp_path: Path) -> None:
    with http_server(s3_store) as port:
        url = f"s3://AK@127.0.0.1:{port}/bucket?scheme=http"
        fetched = fetch(settings(tmp_path, url, password="SK"), s3(), tmp_path / "in")
    assert fetched.path.read_bytes() == CONTENT


def test_an_object_that_is_not_there_is_said_without_secrets(tmp_path: Path) -> None:
    with http_server(s3_store) as port:
        made = settings(tmp_path, f"s3://AK@127.0.0.1:{port}/bucket?scheme=http", password="SKSK")
        with pytest.raises(TerminalError) as caught:
            fetch(made, s3("none.csv"), tmp_path / "in")
    assert "SKSK" not in caught.value.text.zh + caught.value.text.en


def test_a_store_at_an_inside_address_is_refused_unless_allowed(tmp_path: Path) -> None:
    for url in ("s3://AK@127.0.0.1:9/bucket", "sftp://u:p@127.0.0.1:9"):
        made = settings(
            tmp_path, url, inside=False, host_key=_key(), limits=RemoteSettings(timeout_s=2)
        )
        with pytest.raises(BadInput, match="inside address"):
            fetch(made, s3() if url.startswith("s3") else sftp(), tmp_path / "in")


def _key() -> str:
    key = paramiko.ECDSAKey.generate()
    assert base64.b64decode(key.get_base64())
    return f"{key.get_name()} {key.get_base64()}"
