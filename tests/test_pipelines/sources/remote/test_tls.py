"""HTTPS at a pinned address: the certificate is checked for the name, never for the address."""

import socket
import ssl
from pathlib import Path

import pytest

from tests.certificates import certificate
from tests.test_pipelines.sources.remote.world import contract, http_server, settings
from xihu_pipelines.sources.remote.fetch import fetch
from xihu_platform.errors import PlatformError
from xihu_platform.settings import RemoteSettings


@pytest.mark.parametrize(("shown", "good"), [("api.example", True), ("other.example", False)])
def test_the_certificate_is_for_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: str, good: bool
) -> None:
    pem = certificate(tmp_path, shown)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    original = socket.getaddrinfo

    def resolved(host: str, port: int, *args: object, **kwargs: object) -> object:
        known = "127.0.0.1" if host == "api.example" else host
        return original(known, port, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    wanted = contract("type: api, location: 'connection://bureau/x'", connection="bureau")
    with http_server(lambda _p, _h: (200, {}, b'[{"id": 1}]'), tls=context) as port:
        limits = RemoteSettings(ca_file=pem, timeout_s=5)
        made = settings(tmp_path, f"https://api.example:{port}/", limits=limits)
        if good:
            assert fetch(made, wanted, tmp_path / "in").rows == 1
        else:
            with pytest.raises(PlatformError):
                fetch(made, wanted, tmp_path / "in")
