"""HTTPS at a pinned address: the certificate is checked for the name, never for the address."""

import datetime
import socket
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.test_pipelines.sources.remote.world import contract, http_server, settings
from xihu_pipelines.sources.remote.fetch import fetch
from xihu_platform.errors import PlatformError
from xihu_platform.settings import RemoteSettings


def certificate(folder: Path, name: str) -> Path:
    """A self-signed certificate with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


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
