"""With whose key and certificate credentials are sealed, and whom a reader trusts.

Production names its files in the settings. In development there is a small authority of this
installation: its keys are derived from the master key like all others, and so are its certificates,
word for word the same in every process and after every restore.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from xihu_platform.errors import TerminalError
from xihu_platform.settings import CredentialSettings, Settings
from xihu_platform.vault.keys import Keyring

_FROM, _UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2070, 1, 1, tzinfo=UTC)
"""Of the certificates of development: they need no date of their own."""
_SERIAL_BYTES = 16
_CURVE = ec.SECP256R1()
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the curve P-256 (SP 800-186, 3.2.1.3)."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom a reader trusts, in PEM: authorities of seals, and of time stamps."""

    authorities: bytes
    stamp_authorities: bytes = b""


@dataclass(frozen=True, slots=True)
class SealingIdentity:
    """What seals: a key and its certificate (first, with what leads to the authority), in PEM."""

    key: bytes
    certificates: bytes
    trust: Trust
    stamp_url: str | None = None
    """Address of an RFC 3161 time stamp authority."""

    def __repr__(self) -> str:
        return "SealingIdentity(…)"


def open_identity(settings: Settings, keyring: Keyring) -> SealingIdentity:
    """Raises TerminalError in production where a file is not named or cannot be read."""
    named = settings.credentials
    files = {
        "XIHU_CREDENTIALS__KEY_FILE": named.key_file,
        "XIHU_CREDENTIALS__CERTIFICATE_FILE": named.certificate_file,
        "XIHU_CREDENTIALS__AUTHORITY_FILE": named.authority_file,
    }
    missing = [name for name, path in files.items() if path is None]
    if len(missing) == len(files) and settings.profile == "development":
        return _with_stamps(_development(keyring), named)
    if missing:
        raise TerminalError(
            f"没有证照签章所需的设置：{'、'.join(missing)}",
            f"credentials cannot be sealed without {', '.join(missing)}",
        )
    key, certificates, authority = (_read(path) for path in files.values() if path is not None)
    return _with_stamps(SealingIdentity(key, certificates, Trust(authority)), named)


def _with_stamps(identity: SealingIdentity, named: CredentialSettings) -> SealingIdentity:
    if named.stamp_url is None:
        return identity
    stamps = _read(named.stamp_authority_file) if named.stamp_authority_file else b""
    trust = Trust(identity.trust.authorities, stamps)
    return SealingIdentity(identity.key, identity.certificates, trust, named.stamp_url)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise TerminalError(
            f"无法读取 {path}：{fault.strerror}", f"{path} cannot be read: {fault.strerror}"
        ) from None


def _development(keyring: Keyring) -> SealingIdentity:
    authority, seal = (_key(keyring, use) for use in ("credential-authority", "credential-seal"))
    above = _name("开发用发证根 Development authority")
    root = _certificate(keyring, above, above, authority, authority, is_authority=True)
    name = _name("开发用证照签章 Development seal")
    leaf = _certificate(keyring, name, above, seal, authority, is_authority=False)
    key = seal.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return SealingIdentity(
        key, leaf.public_bytes(Encoding.PEM), Trust(root.public_bytes(Encoding.PEM))
    )


def _key(keyring: Keyring, use: str) -> ec.EllipticCurvePrivateKey:
    """A key of the curve out of 48 derived bytes (FIPS 186-5, A.2.1: extra random bits)."""
    number = int.from_bytes(keyring.derive(use, 48)) % (_ORDER - 1) + 1
    return ec.derive_private_key(number, _CURVE)


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "样例 SAMPLE"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _certificate(
    keyring: Keyring,
    name: x509.Name,
    above: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signs: ec.EllipticCurvePrivateKey,
    *,
    is_authority: bool,
) -> x509.Certificate:
    serial = keyring.derive(f"credential-serial {is_authority}", _SERIAL_BYTES)
    usage = x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=not is_authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )
    public = signs.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(above)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(serial) >> 1 or 1)
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
        .add_extension(x509.BasicConstraints(is_authority, 0 if is_authority else None), True)
        .add_extension(usage, True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), False)
        .sign(signs, SHA256(), ecdsa_deterministic=True)
    )
