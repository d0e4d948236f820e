"""Sends what events promised to channels outside: each once at its receiver, each channel in its
own order, so that one that does not answer keeps no other waiting."""

import ssl
from functools import partial

from sqlalchemy import Engine, or_, select

from xihu_platform.clock import Clock
from xihu_platform.database import transaction
from xihu_platform.matters.engine import MatterEngine
from xihu_platform.matters.models import OutboxRow
from xihu_platform.matters.outbox import Delivered, Promised, deliver
from xihu_platform.notices.channels import (
    NoticeChannel,
    confirm_mailbox,
    find_channel,
    set_confirmed,
)
from xihu_platform.notices.mail import code_mail, notice_mail, send_mail
from xihu_platform.notices.outgoing import OutgoingNotice
from xihu_platform.notices.webhook import (
    Connect,
    challenge,
    connect_outside,
    notice_event,
    send_event,
)
from xihu_platform.settings import Settings
from xihu_platform.vault.seal import SealKey


class NoticeSender:
    """The ways out of one installation. `tls` and `connect` are for tests: whom mail trusts, and
    how a webhook is connected to."""

    def __init__(
        self,
        settings: Settings,
        sealing: SealKey,
        clock: Clock,
        *,
        tls: ssl.SSLContext | None = None,
        connect: Connect = connect_outside,
    ) -> None:
        self._settings = settings
        self._sealing = sealing
        self._clock = clock
        self._tls = tls
        self._connect = connect

    def send_all(self, matters: MatterEngine) -> Delivered:
        """Everything that waits for a channel that there is a way to."""
        done = failed = 0
        for effect in self._waiting(matters):
            sent = deliver(matters, {effect: partial(self._receive, matters)})
            done, failed = done + sent.done, failed + sent.failed
        return Delivered(done, failed)

    def ask_to_confirm(self, channel: NoticeChannel) -> None:
        """Mail the code of a mailbox; a webhook is asked when it is confirmed.

        Raises BadInput without a mail server, TransientError where it does not take the mail.
        """
        if channel.kind == "mail":
            now = self._clock()
            said = code_mail(self._settings, channel.address, channel.id, channel.secret, now)
            send_mail(self._settings, said, self._tls)

    def confirm(self, database: Engine, channel: NoticeChannel, code: str = "") -> None:
        """Use a channel from now on.

        Raises BadInput for a wrong code, a wrong answer to the challenge or an address inside,
        TransientError where the webhook does not answer.
        """
        if channel.kind == "mail":
            confirm_mailbox(database, channel, code, self._clock())
            return
        challenge(channel, self._settings.base_url, self._clock(), self._connect)
        set_confirmed(database, channel.id, self._clock())

    def _receive(self, matters: MatterEngine, promised: Promised) -> None:
        kind, _, name = promised.effect.partition(" ")
        channel = find_channel(matters.database, self._sealing, name)
        if channel is None or channel.confirmed_at is None:
            return  # it was removed meanwhile
        with transaction(matters.database) as session:
            number = matters.view(session, promised.matter).number
        notice = OutgoingNotice(
            key=promised.key,
            number=number,
            what=promised.payload["what"],
            link=f"{self._settings.base_url}/official/matters/{promised.matter}",
        )
        if kind == "mail":
            said = notice_mail(self._settings, channel.address, notice, self._clock())
            send_mail(self._settings, said, self._tls)
        else:
            body = notice_event(notice, self._settings.base_url)
            send_event(channel, body, self._clock(), self._connect)

    def _waiting(self, matters: MatterEngine) -> list[str]:
        """The channels that something is promised to. Without a mail server, mail waits."""
        has_mail = self._settings.notices.smtp_host is not None
        kinds = ("webhook", "mail") if has_mail else ("webhook",)
        query = select(OutboxRow.effect).distinct()
        waits = OutboxRow.state.in_(["created", "claimed"])
        ours = or_(*(OutboxRow.effect.startswith(f"{kind} ") for kind in kinds))
        with transaction(matters.database) as session:
            return sorted(session.scalars(query.where(waits, ours)))
