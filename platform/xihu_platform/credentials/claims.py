"""Claims that others can check: W3C Verifiable Credentials 2.0, and status lists of them (W3C
Bitstring Status List 1.0), each as a JWS (W3C VC-JOSE-COSE, RFC 7515) with its certificates.

A list has `ENTRIES` bits, so that whoever fetches it whole does not say which credential they ask
about; `suspension` and `revocation` are two lists of the same places.
"""

import base64
import gzip
import json
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import numpy as np
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

from xihu_platform.credentials.identity import SealingIdentity
from xihu_platform.errors import BadInput, TerminalError

ENTRIES = 131_072
"""Bits of a list: the least that the standard takes (Bitstring Status List 1.0, 2.2)."""
Purpose = Literal["revocation", "suspension"]
PURPOSES: tuple[Purpose, ...] = ("revocation", "suspension")
LIST_LIVES = timedelta(days=1)
_CONTEXT = [
    "https://www.w3.org/ns/credentials/v2",
    "https://www.w3.org/ns/credentials/undefined-terms/v2",
]
_HEADER_LIMIT = 32 << 10  # bytes; the certificates are in it
_MEDIA, _CONTENT = "vc+jwt", "vc"
_PACKED_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class StatusPlace:
    """Where the state of a credential stands: a pair of lists from 1 on, and a bit from 0 on."""

    pair: int
    index: int

    def number(self, purpose: Purpose) -> int:
        """Of the list of one purpose: 1 and 2 of the first pair, 3 and 4 of the second."""
        return 2 * (self.pair - 1) + 1 + PURPOSES.index(purpose)


@dataclass(frozen=True, slots=True)
class StatusClaims:
    """A status list that was checked."""

    address: str
    purpose: Purpose
    bits: bytes
    issued_at: datetime

    def is_set(self, index: int) -> bool:
        """Bit 0 is the leftmost of the first byte (Bitstring Status List 1.0, 3.2)."""
        return bool(self.bits[index // 8] >> (7 - index % 8) & 1)


def credential_claims(
    base: str,
    token: str,
    place: StatusPlace,
    issuer: str,
    subject: dict[str, str],
    kind: str,
    issued_at: datetime,
    valid_until: datetime | None,
) -> str:
    """The claims of one credential, as JSON; `subject`: what it says of whoever has it."""
    lists = [
        (purpose, f"{base}/api/v1/credentials/status/{place.number(purpose)}")
        for purpose in PURPOSES
    ]
    claims: dict[str, Any] = {  # Any: a JSON document
        "@context": _CONTEXT,
        "id": f"{base}/verify/{token}",
        "type": ["VerifiableCredential"],
        "issuer": {"id": base, "name": issuer},
        "validFrom": _moment(issued_at),
        "credentialSubject": {"type": kind, **subject},
        "credentialStatus": [
            {
                "id": f"{address}#{place.index}",
                "type": "BitstringStatusListEntry",
                "statusPurpose": purpose,
                "statusListIndex": str(place.index),
                "statusListCredential": address,
            }
            for purpose, address in lists
        ],
    }
    if valid_until is not None:
        claims["validUntil"] = _moment(valid_until)
    return json.dumps(claims, ensure_ascii=False)


def status_claims(
    base: str, number: int, purpose: Purpose, taken: Collection[int], at: datetime
) -> str:
    """A list whose bits `taken` are set, as JSON. It is to be fetched again after a day."""
    bits = np.zeros(ENTRIES, dtype=np.uint8)
    bits[list(taken)] = 1
    packed = gzip.compress(np.packbits(bits).tobytes(), mtime=0)
    encoded = "u" + base64.urlsafe_b64encode(packed).rstrip(b"=").decode()
    address = f"{base}/api/v1/credentials/status/{number}"
    return json.dumps(
        {
            "@context": _CONTEXT[:1],
            "id": address,
            "type": ["VerifiableCredential", "BitstringStatusListCredential"],
            "issuer": base,
            "validFrom": _moment(at),
            "validUntil": _moment(at + LIST_LIVES),
            "credentialSubject": {
                "id": f"{address}#list",
                "type": "BitstringStatusList",
                "statusPurpose": purpose,
                "encodedList": encoded,
            },
        }
    )


def sign_claims(claims: str, identity: SealingIdentity) -> str:
    """A compact JWS by the key that seals, with its certificates in `x5c` (RFC 7515, 4.1.6).

    Raises TerminalError for a key that is neither RSA nor of the curve P-256.
    """
    chain = x509.load_pem_x509_certificates(identity.certificates)
    x5c = [base64.b64encode(one.public_bytes(Encoding.DER)).decode() for one in chain]
    alg, kind = _algorithm(chain[0])
    header = {"alg": alg, "typ": _MEDIA, "cty": _CONTENT, "x5c": x5c}
    return jws.serialize_compact(
        header, claims.encode(), kind.import_key(identity.key), registry=_registry(alg)
    )


def open_claims(token: str, certificate: bytes) -> dict[str, Any]:
    """What a JWS says, where a certificate (DER) signed it. Any: a JSON document.

    Raises BadInput for anything else.
    """
    cert = x509.load_der_x509_certificate(certificate)
    alg, kind = _algorithm(cert)
    key = kind.import_key(
        cert.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    try:
        said = json.loads(jws.deserialize_compact(token, key, registry=_registry(alg)).payload)
    except (JoseError, ValueError):
        said = None
    if not isinstance(said, dict):
        raise _unsigned()
    return said


def certificates_of(token: str) -> list[bytes]:
    """The certificates that a JWS names, in DER; who is trusted is for the caller to say.

    Raises BadInput for a text that is none.
    """
    try:
        head = token.partition(".")[0]
        header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
        found = [base64.b64decode(one, validate=True) for one in header["x5c"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _unsigned() from None
    if not found:
        raise _unsigned()
    return found


def read_status(said: dict[str, Any]) -> StatusClaims:
    """Raises BadInput where the claims are no status list, or one that is too short."""
    try:
        subject = said["credentialSubject"]
        encoded = str(subject["encodedList"])
        purpose: Purpose = subject["statusPurpose"]
        packed = base64.urlsafe_b64decode(encoded[1:] + "=" * (-len(encoded[1:]) % 4))
        unpacking = zlib.decompressobj(wbits=31)  # gzip
        bits = unpacking.decompress(packed, _PACKED_LIMIT)
        issued_at = datetime.fromisoformat(said["validFrom"])
        address = str(said["id"])
    except (KeyError, TypeError, ValueError, zlib.error):
        raise _no_list() from None
    if purpose not in PURPOSES or encoded[:1] != "u" or len(bits) * 8 < ENTRIES:
        raise _no_list()
    return StatusClaims(address, purpose, bits, issued_at)


def _registry(alg: str) -> JWSRegistry:
    made = JWSRegistry(algorithms=[alg])
    made.max_header_length = _HEADER_LIMIT
    return made


def _algorithm(certificate: x509.Certificate) -> tuple[str, type[ECKey] | type[RSAKey]]:
    key = certificate.public_key()
    if isinstance(key, EllipticCurvePublicKey):
        if key.curve.name == "secp256r1":
            return "ES256", ECKey
    elif isinstance(key, RSAPublicKey):
        return "RS256", RSAKey
    raise TerminalError(
        "签章密钥须为 RSA 或 P-256", "the key of seals must be RSA or of the curve P-256"
    )


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def _unsigned() -> BadInput:
    return BadInput(
        "声明的签名不符，或者不是签名的声明",
        "the claims are not signed by that certificate, or are no signed claims",
    )


def _no_list() -> BadInput:
    return BadInput("文件不是状态列表", "the file is no status list")
