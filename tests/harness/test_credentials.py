"""Sealed credentials before others' programs: veraPDF, and a time stamp authority over HTTP."""

import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.test_platform.credentials.made import document_facts, identity_of
from xihu_platform.credentials.document import make_document
from xihu_platform.credentials.identity import SealingIdentity, Trust
from xihu_platform.credentials.making import Maker
from xihu_platform.credentials.seal import SealState, check_seal, seal
from xihu_platform.errors import TerminalError, TransientError

pytestmark = [pytest.mark.harness, pytest.mark.timeout(600)]
HERE = Path(__file__).parent / "verapdf"
NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
TSA = """[ tsa ]
default_tsa = this
[ this ]
serial = {0}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


@pytest.fixture(scope="module")
def vera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of veraPDF's libraries, from Maven Central."""
    if shutil.which("mvn") is None:
        pytest.skip("Maven is not installed")
    folder = tmp_path_factory.mktemp("vera")
    command = ["mvn", "-q", "-B", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies"]
    subprocess.run([*command, f"-DoutputDirectory={folder}"], check=True, capture_output=True)
    return folder


def judged(vera: Path, file: Path, flavour: str) -> list[str]:
    command = ["java", "-cp", f"{vera}/*", str(HERE / "Check.java"), str(file), flavour]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@pytest.mark.parametrize("holder", ["王小明", "𠮷#[$] 😀\u202e 长" * 40])
def test_sealed_file_is_an_archive_and_accessible(vera: Path, tmp_path: Path, holder: str) -> None:
    ours = identity_of(b"m" * 32)
    maker, file = Maker(ours), tmp_path / "sealed.pdf"
    file.write_bytes(maker.make(document_facts(holder), "{}", NOW))
    maker.close()
    assert judged(vera, file, "3a") == ["compliant"]
    assert judged(vera, file, "ua1") == ["compliant"]


def test_the_judge_refuses_a_file_without_its_last_newline(vera: Path, tmp_path: Path) -> None:
    file = tmp_path / "sealed.pdf"
    body = make_document(document_facts(), "a.b.c").rstrip(b"\n")
    file.write_bytes(seal(body, identity_of(b"m" * 32), NOW))
    assert judged(vera, file, "3a")[-1] == "not compliant"


def certificate(
    name: str, days: int, above: tuple[x509.Certificate, rsa.RSAPrivateKey] | None, use: str
) -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = dict.fromkeys(("key_encipherment", "data_encipherment", "key_agreement"), False)
    usage |= {"encipher_only": False, "decipher_only": False, "crl_sign": False}
    usage |= {"digital_signature": use != "authority", "content_commitment": use == "seal"}
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(above[0].subject if above else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + days * DAY)
        .add_extension(x509.BasicConstraints(use == "authority", None), True)
        .add_extension(x509.KeyUsage(key_cert_sign=use == "authority", **usage), True)
    )
    if use == "stamp":
        extended = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        made = made.add_extension(extended, True)
    return made.sign(above[1] if above else key, SHA256()), key


def pem(made: tuple[x509.Certificate, rsa.RSAPrivateKey]) -> tuple[bytes, bytes]:
    key = made[1].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made[0].public_bytes(Encoding.PEM), key


@pytest.fixture(scope="module")
def stamping(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, bytes]]:
    """Address and authority of a time stamp authority: OpenSSL's, asked over HTTP."""
    folder = tmp_path_factory.mktemp("tsa")
    root = certificate("Stamps", 3650, None, "authority")
    cert, key = pem(certificate("Stamp", 3650, root, "stamp"))
    (folder / "tsa.pem").write_bytes(cert)
    (folder / "tsa.key").write_bytes(key)
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(TSA.format(folder))
    command = ["openssl", "ts", "-reply", "-config", str(folder / "tsa.cnf"), "-queryfile", "-"]
    command = [*command[:-1], "/dev/stdin", "-signer", str(folder / "tsa.pem")]
    command += ["-inkey", str(folder / "tsa.key")]

    class Authority(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            said = subprocess.run(command, input=asked, capture_output=True, check=True).stdout
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = HTTPServer(("127.0.0.1", 0), Authority)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", pem(root)[0]
    server.shutdown()
    thread.join()
    server.server_close()


def short_lived(stamps: bytes, url: str | None) -> SealingIdentity:
    """A sealer whose certificate ends in thirty days."""
    root = certificate("Authority", 3650, None, "authority")
    cert, key = pem(certificate("Seal", 30, root, "seal"))
    return SealingIdentity(key, cert, Trust(pem(root)[0], stamps), url)


def test_stamped_seal_is_valid_after_its_certificate_ended(stamping: tuple[str, bytes]) -> None:
    url, stamps = stamping
    identity = short_lived(stamps, url)
    maker = Maker(identity)
    body = maker.make(document_facts(), "{}", NOW)
    maker.close()
    later = NOW + 400 * DAY
    found = check_seal(body, identity.trust, later)
    assert found.state == SealState.VALID
    assert found.stamped_at is not None
    assert abs(found.stamped_at - datetime.now(UTC)) < timedelta(minutes=5)
    assert found.moment == found.stamped_at
    untrusting = Trust(identity.trust.authorities)
    assert check_seal(body, untrusting, NOW).state == SealState.VALID
    assert check_seal(body, untrusting, later).state == SealState.EXPIRED
    assert check_seal(body, identity.trust, NOW + 4000 * DAY).state == SealState.EXPIRED


def test_unstamped_seal_ends_with_its_certificate() -> None:
    identity = short_lived(b"", None)
    body = seal(make_document(document_facts(), "a.b.c"), identity, NOW)
    assert check_seal(body, identity.trust, NOW + 29 * DAY).state == SealState.VALID
    assert check_seal(body, identity.trust, NOW + 31 * DAY).state == SealState.EXPIRED


def test_nothing_is_sealed_without_the_stamp_that_is_asked_for(
    stamping: tuple[str, bytes],
) -> None:
    url, _ = stamping
    document = make_document(document_facts(), "a.b.c")
    with pytest.raises(TransientError):
        seal(document, short_lived(b"", "http://127.0.0.1:9/"), NOW)
    with pytest.raises(TerminalError):  # a stamp that the readers would not trust
        seal(document, short_lived(pem(certificate("Others", 9, None, "authority"))[0], url), NOW)
