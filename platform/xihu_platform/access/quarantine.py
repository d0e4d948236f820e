"""Quarantined records through the gateway: raw values, for the provider's own steward alone.

The intent, with the persons whose records they are, is durable before the first byte; the outcome
follows. The records themselves lie in a room above, which hands them in.
"""

import secrets
from collections.abc import Callable, Iterator
from datetime import datetime

from xihu_platform.access import reasons
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.offices import check, steward_refusal
from xihu_platform.access.outcome import Recorded, WhenInterrupted
from xihu_platform.access.record import actor
from xihu_platform.audit.entries import QUARANTINE, QuarantineRead, ReadOutcome
from xihu_platform.errors import Reason
from xihu_platform.identity.principal import Principal

RAW_LEVEL = 3
"""Raw values are of every grade, L4 among them."""


def quarantine_refusal(principal: Principal, provider: str, now: datetime) -> Reason | None:
    """Why somebody may not see what a load of `provider` (USCC) quarantined."""
    if (reason := steward_refusal(principal, provider, now)) is not None:
        return reason
    if principal.kind != "official" or principal.level < RAW_LEVEL:
        return reasons.SIGN_IN_LEVEL
    return None


def check_steward(
    gateway: AccessGateway, principal: Principal, dataset: str, provider: str
) -> None:
    """May correct what the department publishes. Raises Refused, which the log then holds."""
    check(gateway, principal, dataset, steward_refusal(principal, provider, gateway.clock()))


def check_reader(gateway: AccessGateway, principal: Principal, dataset: str, provider: str) -> None:
    """May see raw quarantined records. Raises Refused, which the log then holds."""
    check(gateway, principal, dataset, quarantine_refusal(principal, provider, gateway.clock()))


def record_page(
    gateway: AccessGateway,
    principal: Principal,
    dataset: str,
    load_id: str,
    *,
    rows: int,
    subjects: tuple[str, ...],
) -> None:
    """Durable before the page may leave. Raises AuditUnavailable."""
    read = QuarantineRead("read", actor(principal), dataset, load_id, rows, subjects)
    gateway.log.record(read.entry())


def release(
    gateway: AccessGateway,
    principal: Principal,
    dataset: str,
    load_id: str,
    *,
    rows: int,
    subjects: tuple[str, ...],
    chunks: Callable[[WhenInterrupted], Iterator[bytes]],
) -> Recorded[bytes]:
    """The bytes of a download; the intent is durable when this returns.

    `chunks` begins nothing before its first byte is asked for; it is told how to have something
    stopped when whoever reads is gone.
    """
    read_id = secrets.token_hex(16)
    intent = QuarantineRead("intent", actor(principal), dataset, load_id, rows, subjects, read_id)
    gateway.log.record(intent.entry())

    def tell(_sent: int, finished: bool) -> None:
        count = rows if finished else 0
        gateway.log.append(ReadOutcome(read_id, dataset, QUARANTINE, count, finished).entry())

    recorded: Recorded[bytes] = Recorded(
        chunks(lambda stop: recorded.when_interrupted(stop)), lambda _: 0, tell
    )
    return recorded
