"""Channels outside: a mailbox or a webhook that an organisation or a position has chosen.

Each is confirmed before it is used: a mailbox by a code that was mailed to it, a webhook by an
answer to a challenge. Its secret is sealed, and shown once.
"""

import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, cast
from urllib.parse import urlsplit

from sqlalchemy import BindParameter, Engine, bindparam, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, NotFound
from xihu_platform.identity.models import OrganisationRow, PersonRow, PositionRow, SystemRow
from xihu_platform.matters.models import OutboxRow
from xihu_platform.matters.recording import SYSTEM
from xihu_platform.notices.models import NoticeChannelRow
from xihu_platform.vault.keys import Keyring
from xihu_platform.vault.seal import SealKey, open_bytes, seal_bytes

ChannelKind = Literal["mail", "webhook"]
CODE_DIGITS = 8
PERSON = "person:"
"""What the recipient begins with whose channel is a citizen's own."""
ADDRESS_LIMIT = 300
MAILBOX = re.compile(r"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+", re.ASCII)
WEBHOOK = re.compile(r"https://[A-Za-z0-9.\-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~%/\-]*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class NoticeChannel:
    id: str
    recipient: str
    """An organisation by its USCC, a position, `system:` and the client id of a system, or
    `person:` and the id of a citizen."""
    kind: ChannelKind
    address: str
    confirmed_at: datetime | None
    secret: str = field(repr=False)
    """The key of a webhook's signatures, or the code that a mailbox is confirmed with."""

    @property
    def effect(self) -> str:
        """What promises to it are called in the outbox: each channel has its own order."""
        return f"{self.kind} {self.id}"


def sealing_of(keyring: Keyring) -> SealKey:
    return keyring.sealing("notice-channels")


def add_channel(
    database: Engine, sealing: SealKey, recipient: str, kind: ChannelKind, address: str
) -> NoticeChannel:
    """A channel that waits to be confirmed.

    Raises BadInput for an address that cannot be one, NotFound for a recipient that is no
    organisation, position or system, Conflict for one that there is already.
    """
    _check_address(kind, address)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    made = NoticeChannel(
        id=secrets.token_hex(6),
        recipient=recipient,
        kind=kind,
        address=address,
        confirmed_at=None,
        secret=code if kind == "mail" else secrets.token_urlsafe(32),
    )
    try:
        with transaction(database) as session:
            if not _is_known(session, recipient):
                raise NotFound(
                    f"没有单位、岗位或系统 {recipient[:80]}",
                    f"there is no organisation, position or system {recipient[:80]}",
                )
            session.add(
                NoticeChannelRow(
                    id=made.id,
                    recipient=recipient,
                    kind=kind,
                    address=address,
                    sealed=seal_bytes(sealing, made.secret.encode(), _place(made.id)),
                    confirmed_at=None,
                )
            )
    except IntegrityError:
        raise Conflict(
            f"{recipient} 已有这个渠道：{address}",
            f"{recipient} has this channel already: {address}",
        ) from None
    return made


def list_channels(database: Engine, sealing: SealKey) -> list[NoticeChannel]:
    query = select(NoticeChannelRow).order_by(NoticeChannelRow.recipient, NoticeChannelRow.id)
    with transaction(database) as session:
        return [_read(sealing, row) for row in session.scalars(query)]


def list_channels_of(database: Engine, recipient: str) -> list[NoticeChannelRow]:
    """Of one recipient, without their secrets."""
    row = NoticeChannelRow
    query = select(row).where(row.recipient == recipient).order_by(row.kind, row.address)
    with transaction(database) as session:
        return list(session.scalars(query))


def find_channel(database: Engine, sealing: SealKey, channel: str) -> NoticeChannel | None:
    with transaction(database) as session:
        row = session.get(NoticeChannelRow, channel)
        return _read(sealing, row) if row is not None else None


def get_channel(database: Engine, sealing: SealKey, channel: str) -> NoticeChannel:
    """Raises NotFound."""
    found = find_channel(database, sealing, channel)
    if found is None:
        raise _no_channel(channel)
    return found


def confirm_mailbox(database: Engine, channel: NoticeChannel, code: str, at: datetime) -> None:
    """Raises BadInput for another code than the one that was mailed."""
    if not hmac.compare_digest(channel.secret.encode(), code.encode()):
        raise BadInput("确认码不对，请核对邮件", "the code is wrong: look at the mail again")
    set_confirmed(database, channel.id, at)


def set_confirmed(database: Engine, channel: str, at: datetime) -> None:
    """From now on it is used. Raises NotFound."""
    confirmed = update(NoticeChannelRow).where(NoticeChannelRow.id == channel)
    with transaction(database) as session:
        done = session.execute(confirmed.values(confirmed_at=at))
        if not done.rowcount:  # type: ignore[attr-defined]  # a CursorResult
            raise _no_channel(channel)


def remove_channel(database: Engine, channel: str) -> None:
    """What was promised to it and is still waiting is given up. Raises NotFound."""
    with transaction(database) as session:
        row = session.get(NoticeChannelRow, channel)
        if row is None:
            raise _no_channel(channel)
        session.execute(
            update(OutboxRow)
            .where(
                OutboxRow.effect == f"{row.kind} {row.id}",
                OutboxRow.state.in_(["created", "claimed"]),
            )
            .values(state="failed", lease_until=None)
        )
        session.delete(row)


@dataclass(frozen=True, slots=True)
class ConfirmedChannel:
    """One that may be used, and for whom: for an organisation, or for one position of it."""

    effect: str
    organisation: str
    position: str | None
    person: str | None
    duties: frozenset[str]


_KEYS: BindParameter[str] = bindparam("keys", expanding=True)
_CONFIRMED = (
    select(
        *(NoticeChannelRow.kind, NoticeChannelRow.id, NoticeChannelRow.recipient),
        *(PositionRow.organisation, PositionRow.person, PositionRow.duties),
        *(PositionRow.valid_from, PositionRow.valid_to),
    )
    .outerjoin(PositionRow, PositionRow.id == NoticeChannelRow.recipient)
    .where(
        NoticeChannelRow.confirmed_at.is_not(None),
        or_(NoticeChannelRow.recipient.in_(_KEYS), PositionRow.organisation.in_(_KEYS)),
    )
    .order_by(NoticeChannelRow.id)
)
"""Built once: it is asked in the transaction of every event."""


def confirmed_channels(
    session: Session, organisations: Iterable[str], today: date
) -> list[ConfirmedChannel]:
    """Of some organisations and of their positions that somebody has today."""
    found = session.connection().execute(_CONFIRMED, {"keys": list(organisations)})
    return [
        ConfirmedChannel(
            effect=f"{row.kind} {row.id}",
            organisation=row.organisation or row.recipient,
            position=row.recipient if row.organisation else None,
            person=row.person,
            duties=frozenset((row.duties or "").split()),
        )
        for row in found
        if row.organisation is None or row.valid_from <= today <= row.valid_to
    ]


def confirmed_of(session: Session, recipient: str) -> list[str]:
    """The effects of the channels that one recipient has and that may be used."""
    row = NoticeChannelRow
    query = select(row.kind, row.id).where(
        row.recipient == recipient, row.confirmed_at.is_not(None)
    )
    return [f"{kind} {name}" for kind, name in session.execute(query.order_by(row.id))]


def _check_address(kind: ChannelKind, address: str) -> None:
    if len(address) > ADDRESS_LIMIT:
        raise BadInput(
            f"地址最多 {ADDRESS_LIMIT} 字", f"an address has {ADDRESS_LIMIT} characters at most"
        )
    if kind == "mail" and not MAILBOX.fullmatch(address):
        raise BadInput("邮箱地址不对，应如 li@example.cn", "this is no mailbox: li@example.cn")
    if kind == "webhook" and (not WEBHOOK.fullmatch(address) or not _has_port(address)):
        raise BadInput(
            "回调地址应为 https://主机名/路径，不带用户名、查询和片段",
            "a webhook is https://name/path, without user, query and fragment",
        )


def _has_port(address: str) -> bool:
    try:
        return urlsplit(address).port != 0
    except ValueError:
        return False


def _is_known(session: Session, recipient: str) -> bool:
    if recipient.startswith(SYSTEM):
        return session.get(SystemRow, recipient.removeprefix(SYSTEM)) is not None
    if recipient.startswith(PERSON):
        return session.get(PersonRow, recipient.removeprefix(PERSON)) is not None
    found = session.get(OrganisationRow, recipient) or session.get(PositionRow, recipient)
    return found is not None


def _read(sealing: SealKey, row: NoticeChannelRow) -> NoticeChannel:
    return NoticeChannel(
        id=row.id,
        recipient=row.recipient,
        kind=cast("ChannelKind", row.kind),
        address=row.address,
        confirmed_at=row.confirmed_at,
        secret=open_bytes(sealing, row.sealed, _place(row.id)).decode(),
    )


def _place(channel: str) -> str:
    return f"notice channel {channel}"


def _no_channel(channel: str) -> NotFound:
    return NotFound(f"没有通知渠道 {channel[:20]}", f"there is no channel {channel[:20]}")
