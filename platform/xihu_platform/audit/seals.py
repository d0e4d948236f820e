"""What no hash of the log covers is sealed with the platform's own keys.

`audit_region` and `audit_counted` hold what the lake said of a person; each row carries a MAC
(HMAC-SHA-256, RFC 2104). A row that was changed or invented has another one; rows that are gone
are asked of the lake again. A pin's `question` is a keyed hash of its own body and predicate, so
it can be computed again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from hmac import digest as hmac_digest

import orjson

from xihu_platform.audit.log import digest_text
from xihu_platform.audit.models import AuditCounted, AuditRegion
from xihu_platform.vault.keys import Keyring
from xihu_platform.vault.seal import SealKey, open_bytes, seal_bytes

_SEALED_FOR = "audit pin"
_NOT_ASKED = frozenset(
    ("dataset", "organisation", "purpose", "recipient", "day", "region", "predicate", "salt")
)
"""What a pin's body says beside the question as it was asked."""


@dataclass(frozen=True, slots=True)
class OwnKeys:
    """The keys that only the platform has; the log's database never holds them."""

    questions: bytes
    settled: bytes

    def __repr__(self) -> str:
        return "OwnKeys(…)"


def own_keys(keyring: Keyring) -> OwnKeys:
    return OwnKeys(keyring.derive("questions"), keyring.derive("settled"))


def region_rows(
    keys: OwnKeys, subject: str, dataset: str, snapshot_id: int, regions: Iterable[str]
) -> list[AuditRegion]:
    """Where a person's rows lie in a snapshot; the seal of each row covers all of them."""
    found = sorted(set(regions))
    seal = region_seal(keys, subject, dataset, snapshot_id, found)
    return [
        AuditRegion(
            subject=subject, dataset=dataset, snapshot_id=snapshot_id, region=region, seal=seal
        )
        for region in found
    ]


def region_seal(
    keys: OwnKeys, subject: str, dataset: str, snapshot_id: int, regions: list[str]
) -> bytes:
    return _mac(keys.settled, ["region", subject, dataset, snapshot_id, regions])


def counted_row(keys: OwnKeys, subject: str, pin: str, *, counted: bool) -> AuditCounted:
    seal = counted_seal(keys, subject, pin, counted=counted)
    return AuditCounted(subject=subject, pin=pin, counted=counted, seal=seal)


def counted_seal(keys: OwnKeys, subject: str, pin: str, *, counted: bool) -> bytes:
    return _mac(keys.settled, ["counted", subject, pin, counted])


def question_mark(
    keys: OwnKeys,
    day: date,
    asked: Mapping[str, object],
    purpose: str,
    organisation: str | None,
    predicate: str | None,
) -> str:
    """The same for the same question on one day; says nothing to whoever has not the key."""
    whole: list[object] = [day.isoformat(), dict(asked), purpose, organisation, predicate]
    return digest_text(_mac(keys.questions, whole))


def mark_again(keys: OwnKeys, body: Mapping[str, object], predicate: str | None) -> str:
    """The mark of a pin, out of its body and its opened predicate."""
    asked = {name: value for name, value in body.items() if name not in _NOT_ASKED}
    organisation = body["organisation"]
    return question_mark(
        keys,
        date.fromisoformat(str(body["day"])),
        asked,
        str(body["purpose"]),
        None if organisation is None else str(organisation),
        predicate,
    )


def seal_predicate(key: bytes, predicate: str) -> str:
    return seal_bytes(SealKey(key), predicate.encode(), _SEALED_FOR).hex()


def open_sealed(key: bytes, sealed: str) -> str:
    """Raises TerminalError when it was sealed with another key, or changed."""
    return open_bytes(SealKey(key), bytes.fromhex(sealed), _SEALED_FOR).decode()


def _mac(key: bytes, content: list[object]) -> bytes:
    return hmac_digest(key, orjson.dumps(content, option=orjson.OPT_SORT_KEYS), sha256)
