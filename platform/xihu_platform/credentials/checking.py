"""A credential as a stranger checks it: the sealed file, whom they trust, and status lists. Nothing
is fetched, and the moment is passed in."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from xihu_platform.credentials.claims import (
    LIST_LIVES,
    PURPOSES,
    StatusClaims,
    certificates_of,
    open_claims,
    read_status,
)
from xihu_platform.credentials.document import ATTACHED
from xihu_platform.credentials.identity import Trust
from xihu_platform.credentials.seal import SealCheck, SealState, check_seal, is_of
from xihu_platform.errors import BadInput

StatusFound = Literal["current", "not_begun", "expired", "revocation", "suspension", "unknown"]


@dataclass(frozen=True, slots=True)
class CheckedCredential:
    """`addresses`: of the status lists that the credential belongs to."""

    seal: SealCheck
    status: StatusFound
    addresses: tuple[str, ...] = ()

    @property
    def may_be_relied_on(self) -> bool:
        return self.seal.state == SealState.VALID and self.status == "current"


def check_credential(
    body: bytes, trust: Trust, at: datetime, lists: Sequence[str]
) -> CheckedCredential:
    """Raises BadInput for a list that is none, is not by an authority that is trusted, or is not of
    this credential."""
    seal = check_seal(body, trust, at)
    if seal.state != SealState.VALID or seal.certificate is None:
        return CheckedCredential(seal, "unknown")
    claims = _attached(body, seal.certificate)
    entries = {one["statusListCredential"]: one for one in claims.get("credentialStatus", [])}
    addresses = tuple(entries)
    opened = [_list(token, trust, at) for token in lists]
    if any(one.address not in entries for one in opened):
        raise BadInput(
            "状态列表不是这份证照的，请用证照所写地址的列表",
            "a status list is not of this credential: take those whose addresses it names",
        )
    over = _by_dates(claims, at)
    if over is not None:
        return CheckedCredential(seal, over, addresses)
    return CheckedCredential(seal, _by_lists(entries, opened, at), addresses)


def _by_dates(claims: dict[str, Any], at: datetime) -> StatusFound | None:
    if at < datetime.fromisoformat(claims["validFrom"]):
        return "not_begun"
    until = claims.get("validUntil")
    return "expired" if until is not None and at >= datetime.fromisoformat(until) else None


def _by_lists(entries: dict[str, Any], lists: Sequence[StatusClaims], at: datetime) -> StatusFound:
    """Any: parts of the claims. A bit that is set counts however old the list; that none is set
    needs a list of each purpose that is not older than it lives."""
    seen = set[str]()
    for one in sorted(lists, key=lambda one: PURPOSES.index(one.purpose)):
        if one.issued_at <= at and one.is_set(int(entries[one.address]["statusListIndex"])):
            return one.purpose
        if one.issued_at <= at <= one.issued_at + LIST_LIVES:
            seen.add(one.purpose)
    return "current" if seen == set(PURPOSES) else "unknown"


def _list(token: str, trust: Trust, at: datetime) -> StatusClaims:
    chain = certificates_of(token)
    if not is_of(chain, trust, at):
        raise BadInput(
            "状态列表不是这个机关签发的", "a status list is not signed by this authority"
        )
    return read_status(open_claims(token, chain[0]))


def _attached(body: bytes, certificate: bytes) -> dict[str, Any]:
    """The claims in a file whose seal is valid. Raises BadInput where there are none."""
    from pypdf import PdfReader

    found: Iterator[bytes] = iter(PdfReader(io.BytesIO(body)).attachments.get(ATTACHED, []))
    token = next(found, None)
    if token is None:
        raise BadInput("文件中没有证照声明", "the file has no claims attached")
    return open_claims(token.decode("ascii", "replace"), certificate)
