"""The seal of a document: a signature after PAdES (ETSI EN 319 142-1, level B-B; B-T where a time
stamp authority is named), by pyHanko, and a check of it at a moment that is passed in.

Nothing is fetched: whom to trust is said by the caller. Imported late, and while serving in the
process that makes documents alone (`worker.py`).
"""

import asyncio
import io
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

import httpx
from asn1crypto import cms, keys, tsp, x509
from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.timestamps import TimeStamper, TimestampRequestError
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError
from pyhanko_certvalidator.registry import SimpleCertificateStore

from xihu_platform.credentials.identity import SealingIdentity, Trust
from xihu_platform.errors import TerminalError, TransientError

FIELD = "Seal"
for _library in ("pyhanko", "pyhanko_certvalidator"):  # what a check finds is its answer
    logging.getLogger(_library).setLevel(logging.CRITICAL)
_RESERVED = 32 << 10
"""Hexadecimal digits for signature, certificates and time stamp."""
_STAMP_SECONDS = 5.0
_STAMP_LIMIT = 64 << 10  # bytes


class SealState(StrEnum):
    """What a check finds. Only `VALID` is one that a reader may rely on."""

    VALID = "valid"
    NOT_SEALED = "not_sealed"
    CHANGED = "changed"
    """A byte of what was sealed is another one, or the file cannot be read."""
    APPENDED = "appended"
    """What was sealed is whole, and something was added behind it."""
    NOT_OURS = "not_ours"
    """Sealed by somebody whom the reader does not trust."""
    EXPIRED = "expired"
    """The certificate is not valid at the moment, and no trusted time stamp says that it was."""


@dataclass(frozen=True, slots=True)
class SealCheck:
    """`moment`: for which the certificate was checked; that of the time stamp where there is one
    that is trusted. `sealer`: the subject of the certificate, also where it is not trusted."""

    state: SealState
    moment: datetime
    stamped_at: datetime | None = None
    sealer: str | None = None
    certificate: bytes | None = None
    """Of the sealer, in DER."""


class TimeAuthority(Protocol):
    """Who says that something was there at a time (RFC 3161)."""

    def ask(self, request: bytes) -> bytes:
        """A TimeStampReq in DER in, a TimeStampResp out. Raises TransientError."""


class HttpTimeAuthority:
    """One that is asked by HTTP (RFC 3161, 3.4)."""

    def __init__(self, url: str) -> None:
        self._url = url

    def ask(self, request: bytes) -> bytes:
        headers = {"Content-Type": "application/timestamp-query"}
        try:
            answer = httpx.post(
                self._url, content=request, headers=headers, timeout=_STAMP_SECONDS
            ).raise_for_status()
        except httpx.HTTPError as fault:
            raise _unstamped(type(fault).__name__) from fault
        if len(answer.content) > _STAMP_LIMIT:
            raise _unstamped("too large")
        return answer.content


class _Stamper(TimeStamper):
    def __init__(self, authority: TimeAuthority) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._authority = authority

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        return tsp.TimeStampResp.load(self._authority.ask(req.dump()))


class _AtMoment(PdfSigner):
    """pyHanko reads the machine's clock where no moment is given."""

    moment: datetime

    def init_signing_session(self, *args: Any, **named: Any) -> Any:  # as the library has it
        session = super().init_signing_session(*args, **named)
        session.system_time = self.moment
        return session


def seal(
    body: bytes, identity: SealingIdentity, at: datetime, authority: TimeAuthority | None = None
) -> bytes:
    """The sealed file, checked before it is given away.

    Raises TransientError where the time stamp authority does not answer, TerminalError where the
    key, the certificate or the stamp are not such that a reader would find the seal valid.
    """
    asked = authority or (HttpTimeAuthority(identity.stamp_url) if identity.stamp_url else None)
    meta = PdfSignatureMetadata(
        field_name=FIELD, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
    )
    try:
        signer = _AtMoment(meta, _signer(identity), timestamper=_Stamper(asked) if asked else None)
        signer.moment = at
        out = io.BytesIO()
        writer = IncrementalPdfFileWriter(io.BytesIO(body))
        signer.sign_pdf(writer, bytes_reserved=_RESERVED, output=out)
    except (TimestampRequestError, ValueError, AttributeError) as fault:
        if asked is not None:
            raise _unstamped(type(fault).__name__) from fault
        raise _unsealed(str(fault)) from fault
    except (SigningError, PdfError) as fault:
        raise _unsealed(str(fault)) from fault
    sealed = out.getvalue()
    found = check_seal(sealed, identity.trust, at)
    if found.state != SealState.VALID or (asked is not None and found.stamped_at is None):
        raise _unsealed(f"the new seal is {found.state}, stamped at {found.stamped_at}")
    return sealed


def _signer(identity: SealingIdentity) -> SimpleSigner:
    certificates = tuple(load_certs_from_pemder_data(identity.certificates))
    if not certificates:
        raise _unsealed("no certificate in the file")
    key: keys.PrivateKeyInfo = load_private_key_from_pemder_data(identity.key, passphrase=None)
    # The first is added by the library: a second copy would be bytes that nothing protects.
    store = SimpleCertificateStore.from_certs(certificates[1:])  # type: ignore[no-untyped-call]
    return SimpleSigner(certificates[0], key, store, embed_roots=False)


def check_seal(body: bytes, trust: Trust, at: datetime) -> SealCheck:
    """Whether a file is one that was sealed, whole and by whom one trusts, at a moment.

    Whatever the file is: one that cannot be read is `CHANGED` where it has a seal.
    """
    broken = SealCheck(SealState.CHANGED if b"/ByteRange" in body else SealState.NOT_SEALED, at)
    try:
        found = list(PdfFileReader(io.BytesIO(body), strict=True).embedded_signatures)
        if not found:
            return broken
        return _checked(body, found[0], trust, at)
    except TerminalError:
        raise
    except Exception:  # the file may be anything, and the libraries raise anything for it
        return broken


def _checked(body: bytes, signature: Any, trust: Trust, at: datetime) -> SealCheck:
    # Any: an EmbeddedPdfSignature, whose parts have no types of their own
    certificate: x509.Certificate = signature.signer_cert
    whose = certificate.subject.human_friendly, certificate.dump()
    stamps = _context(trust.stamp_authorities, at)
    status = validate_pdf_signature(
        signature, _context(trust.authorities, at), stamps, skip_diff=True
    )
    stamp = status.timestamp_validity
    trusted = stamp is not None and stamp.intact and stamp.valid and stamp.trusted
    stamped = stamp.timestamp if stamp is not None and trusted else None
    moment = stamped or at

    def said(state: SealState) -> SealCheck:
        return SealCheck(state, moment, stamped, *whose)

    if not (status.intact and status.valid and _is_written_so(body, signature)):
        return said(SealState.CHANGED)
    start, _, after, rest = signature.byte_range
    if start != 0 or after + rest != len(body):
        return said(SealState.APPENDED)
    if _is_trusted(signature, trust, stamps, moment):
        return said(SealState.VALID)
    within = certificate.not_valid_before
    return said(
        SealState.EXPIRED
        if not within <= moment <= certificate.not_valid_after
        and _is_trusted(signature, trust, stamps, within)
        else SealState.NOT_OURS
    )


def _is_trusted(signature: Any, trust: Trust, stamps: ValidationContext, at: datetime) -> bool:
    context = _context(trust.authorities, at)
    return bool(validate_pdf_signature(signature, context, stamps, skip_diff=True).trusted)


def is_of(chain: Sequence[bytes], trust: Trust, at: datetime) -> bool:
    """Whether a certificate (DER, with what leads to its authority) may seal, at a moment."""
    try:
        first, *others = [x509.Certificate.load(one) for one in chain]
        context = _context(trust.authorities, at)
        asked = CertificateValidator(first, others, validation_context=context)
        asyncio.run(asked.async_validate_usage({"non_repudiation"}))  # type: ignore[no-untyped-call]
    except (PathError, ValidationError, ValueError):
        return False
    return True


def _context(authorities: bytes, at: datetime) -> ValidationContext:
    return ValidationContext(
        trust_roots=list(load_certs_from_pemder_data(authorities)) if authorities else [],
        moment=at,
        allow_fetching=False,
    )


def _is_written_so(body: bytes, signature: Any) -> bool:
    """The signature stands in the one gap of what it covers as the sealer writes it: hexadecimal
    digits in capitals, then zeros. The gap is no part of what is signed."""
    start, length, after, _ = signature.byte_range
    content = signature.pkcs7_content
    loaded = cms.ContentInfo.load(content)
    exact = bytes(loaded.dump())  # without what fills it up
    digits = exact.hex().upper().encode()
    gap = body[start + length : after]
    return gap == b"<" + digits.ljust(len(gap) - 2, b"0") + b">"


def _unsealed(why: str) -> TerminalError:
    return TerminalError(
        f"证照没有签章：{why}。请检查签章密钥、证书和时间戳设置",
        f"the document was not sealed: {why}. Check key, certificate and time stamp settings",
    )


def _unstamped(why: str) -> TransientError:
    return TransientError(
        f"时间戳服务没有应答（{why}），证照没有签章，请稍后重试",
        f"the time stamp authority did not answer ({why}) and nothing was sealed: try again",
    )
