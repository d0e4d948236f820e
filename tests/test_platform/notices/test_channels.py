"""Channels outside: chosen, confirmed, used for those who are told, and nothing leaks by them."""

import email
import email.policy
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError
from sqlalchemy import select

from tests.certificates import certificate
from tests.test_platform.matters.world import (
    ASKING,
    AUTHORITY,
    CHIEF,
    CLERK,
    DATASET,
    GIVING,
    HEAD,
    JUDGE,
    KEEPER,
    MatterWorld,
)
from tests.test_platform.notices.cast import AUDITOR, COLLEAGUE, PORTER
from tests.test_platform.notices.receivers import (
    MailServer,
    WebhookServer,
    mail_server,
)
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, NotFound, TransientError
from xihu_platform.identity.models import OrganisationRow, PersonRow, PositionRow
from xihu_platform.matters.models import OutboxRow
from xihu_platform.matters.outbox import ATTEMPTS, Delivered
from xihu_platform.matters.ticking import tick
from xihu_platform.notices.channels import (
    ChannelKind,
    NoticeChannel,
    add_channel,
    get_channel,
    list_channels,
    remove_channel,
    sealing_of,
    set_confirmed,
)
from xihu_platform.notices.models import NoticeChannelRow
from xihu_platform.notices.sending import NoticeSender
from xihu_platform.settings import NoticeSettings, ServeSettings, Settings
from xihu_platform.vault.keys import Keyring

SEALING = sealing_of(Keyring(b"n" * 32))
HOOK = "https://hooks.example/xihu"
CANARIES = ("卡纳里亚", "canary-reason", "提供单位", DATASET, "低保", GIVING, ASKING, "keeper")
"""A reason, a name, a dataset, a use, organisations and a position."""


@pytest.fixture(autouse=True)
def _people(world: MatterWorld) -> None:
    """The organisations of the cast, and their positions."""
    with transaction(world.database) as session:
        for uscc in (ASKING, GIVING, AUTHORITY):
            session.merge(
                OrganisationRow(
                    uscc=uscc, code=uscc, name_zh="提供单位", name_en=uscc, region="33", kind="x"
                )
            )
        session.flush()
        for who in (CLERK, CHIEF, COLLEAGUE, KEEPER, HEAD, PORTER, JUDGE, AUDITOR):
            place = who.position
            assert place is not None
            session.merge(
                PersonRow(person=who.id, username=who.id, name_zh="卡纳里亚", name_en="c", level=3)
            )
            session.flush()
            session.merge(
                PositionRow(
                    id=place.id,
                    person=who.id,
                    organisation=place.organisation,
                    title_zh="职",
                    title_en="post",
                    region="330000",
                    duties=" ".join(sorted(place.duties)),
                    valid_from=date(2020, 1, 1),
                    valid_to=date(2030, 1, 1),
                )
            )


def chosen(
    world: MatterWorld, recipient: str, kind: ChannelKind = "webhook", address: str = HOOK
) -> NoticeChannel:
    """A channel that is confirmed already."""
    made = add_channel(world.database, SEALING, recipient, kind, address)
    set_confirmed(world.database, made.id, world.clock.now)
    return get_channel(world.database, SEALING, made.id)


def settings(mail: MailServer | None = None, **more: object) -> Settings:
    given: dict[str, object] = {}
    if mail is not None:
        given = {
            "smtp_host": "localhost",
            "smtp_port": mail.port,
            "smtp_security": "starttls" if mail.starttls else "tls",
            "mail_from": "no-reply@xihu.example",
        }
    notices = NoticeSettings.model_validate(given | more)
    return Settings(serve=ServeSettings(public_url="https://xihu.example"), notices=notices)


def sender(
    world: MatterWorld, hooks: WebhookServer | None = None, mail: MailServer | None = None
) -> NoticeSender:
    hooks = hooks or WebhookServer()
    tls = mail.trust if mail else None
    return NoticeSender(settings(mail), SEALING, world.clock, tls=tls, connect=hooks.connect)


def promised(world: MatterWorld) -> list[tuple[str, int, str]]:
    """Channel, event and state, but for the log's."""
    query = select(OutboxRow).where(OutboxRow.effect != "log").order_by(OutboxRow.id)
    with transaction(world.database) as session:
        return [(row.effect, row.seq, row.state) for row in session.scalars(query)]


@pytest.mark.parametrize(
    ("recipient", "expected"),
    [
        (ASKING, ["ask_completion"]),
        (GIVING, ["approve_inside", "supply"]),
        (AUTHORITY, ["approve_inside", "ask_completion", "supply"]),
        ("clerk-office", ["approve_inside", "ask_completion", "supply"]),
        ("chief-office", []),
        ("colleague-office", []),
        ("keeper-office", ["approve_inside", "supply"]),
        ("head-office", ["approve_inside", "supply"]),
        ("porter-office", []),
        ("auditor-office", []),
    ],
)
def test_a_channel_is_promised_what_its_owner_is_told(
    world: MatterWorld, recipient: str, expected: list[str]
) -> None:
    mine = chosen(world, recipient)
    matter = world.sent()
    world.do(KEEPER, matter, "ask_completion", reason="缺")
    world.do(COLLEAGUE, matter, "supply", supplement="补")
    world.do(KEEPER, matter, "assess", opinion="内部意见")
    names = {one.seq: one.name for one in world.view(matter).events}
    assert [(effect, names[seq]) for effect, seq, _ in promised(world)] == [
        (mine.effect, one) for one in expected
    ]


def test_a_position_that_has_ended_is_promised_nothing(world: MatterWorld) -> None:
    chosen(world, "keeper-office")
    with transaction(world.database) as session:
        row = session.get(PositionRow, "keeper-office")
        assert row is not None
        row.valid_to = date(2026, 9, 23)
    world.sent("2026-09-24")
    assert promised(world) == []


def test_one_that_is_not_confirmed_is_promised_nothing(world: MatterWorld) -> None:
    add_channel(world.database, SEALING, GIVING, "webhook", HOOK)
    world.sent()
    assert promised(world) == []


def test_each_notice_goes_out_once_and_says_nothing_but_number_kind_and_link(
    world: MatterWorld,
) -> None:
    hook = chosen(world, GIVING)
    hooks = WebhookServer()
    matter = world.sent("2026-09-24")
    world.do(KEEPER, matter, "ask_completion", reason="卡纳里亚 canary-reason")
    world.do(CLERK, matter, "supply", supplement="卡纳里亚")
    world.clock.on("2026-10-16", 1)
    for _ in range(2):
        tick(world.matters, world.clock.now)
    for _ in range(2):
        sender(world, hooks).send_all(world.matters)
    said = [json.loads(body) for _, body in hooks.requests]
    assert [one["type"] for one in said] == [
        *("xihu.notice.happened", "xihu.notice.happened", "xihu.notice.due")
    ]
    assert {one["subject"] for one in said} == {f"SR-{matter:06d}"}
    assert {json.dumps(one["data"]) for one in said} == {
        json.dumps({"link": f"https://xihu.example/official/matters/{matter}"})
    }
    with transaction(world.database) as session:
        query = select(OutboxRow.id).where(OutboxRow.effect == hook.effect).order_by(OutboxRow.id)
        assert [one["id"] for one in said] == [str(key) for key in session.scalars(query)]
    sent = repr(hooks.requests)
    assert not [one for one in CANARIES if one in sent]
    assert hook.secret not in sent


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("mail"), "localhost")


def parsed(mail: bytes) -> EmailMessage:
    return email.message_from_bytes(mail, EmailMessage, policy=email.policy.default)


@contextmanager
def mailing(pem: Path, *, starttls: bool = False) -> Iterator[MailServer]:
    with mail_server(pem, starttls=starttls) as server:
        yield server


@pytest.mark.parametrize("starttls", [False, True])
def test_mail_is_encrypted_and_has_nothing_but_number_kind_and_link(
    world: MatterWorld, pem: Path, starttls: bool
) -> None:
    chosen(world, "head-office", "mail", "fang@example.cn")
    matter = world.sent("2026-09-24")
    world.do(KEEPER, matter, "ask_extension", reason="卡纳里亚 canary-reason", extension=3)
    world.clock.on("2026-10-15", 1)
    tick(world.matters, world.clock.now)
    with mailing(pem, starttls=starttls) as server:
        ways = sender(world, mail=server)
        assert ways.send_all(world.matters) == Delivered(2, 0)
        assert ways.send_all(world.matters) == Delivered(0, 0)
    told, due = (parsed(one) for one in server.mails)
    assert (told["From"], told["To"]) == ("no-reply@xihu.example", "fang@example.cn")
    assert told["Subject"] == f"SR-{matter:06d}：有新情况 / something happened"
    assert due["Subject"] == f"SR-{matter:06d}：有期限需要注意 / something is due"
    assert told["Message-ID"] != due["Message-ID"]
    body = told.get_content()
    assert f"https://xihu.example/official/matters/{matter}" in body and "请登录后查看" in body
    spoken = repr(server.lines + server.mails)
    everything = spoken + str(told) + str(due) + body + due.get_content()
    assert not [one for one in CANARIES if one in everything]
    in_the_clear = [line.split()[0].upper() for line, encrypted in server.lines if not encrypted]
    assert in_the_clear == (["EHLO", "STARTTLS"] * 2 if starttls else [])


def test_a_server_without_starttls_gets_neither_mail_nor_password(
    world: MatterWorld, pem: Path
) -> None:
    chosen(world, GIVING, "mail", "office@example.cn")
    world.sent()
    with mailing(pem, starttls=True) as server:
        server.offers_tls = False
        given = settings(server, smtp_user="xihu", smtp_password=SecretStr("hunter2"))
        ways = NoticeSender(given, SEALING, world.clock, tls=server.trust)
        assert ways.send_all(world.matters) == Delivered(0, 1)
    assert server.mails == [] and "AUTH" not in repr(server.lines)


def test_a_server_that_is_not_trusted_gets_nothing(world: MatterWorld, pem: Path) -> None:
    chosen(world, GIVING, "mail", "office@example.cn")
    world.sent()
    with mailing(pem) as server:
        assert NoticeSender(settings(server), SEALING, world.clock).send_all(
            world.matters
        ) == Delivered(0, 1)
    assert server.lines == []


def test_a_mailbox_that_is_refused_is_tried_later_and_keeps_no_webhook_waiting(
    world: MatterWorld, pem: Path
) -> None:
    mailbox = chosen(world, GIVING, "mail", "gone@example.cn")
    hook = chosen(world, GIVING)
    world.sent()
    hooks = WebhookServer()
    with mailing(pem) as server:
        server.refuses = True
        ways = sender(world, hooks, server)
        assert ways.send_all(world.matters) == Delivered(1, 1)
        for _ in range(ATTEMPTS):
            world.clock.now += timedelta(hours=3)
            ways.send_all(world.matters)
    assert len(hooks.requests) == 1
    assert sorted(promised(world)) == sorted(
        [(mailbox.effect, 3, "failed"), (hook.effect, 3, "delivered")]
    )


def test_without_a_mail_server_mail_waits(world: MatterWorld) -> None:
    mailbox = chosen(world, GIVING, "mail", "office@example.cn")
    world.sent()
    assert sender(world).send_all(world.matters) == Delivered(0, 0)
    assert promised(world) == [(mailbox.effect, 3, "created")]


def test_a_mailbox_is_confirmed_by_the_code_that_was_mailed_to_it(
    world: MatterWorld, pem: Path
) -> None:
    made = add_channel(world.database, SEALING, "head-office", "mail", "fang@example.cn")
    with mailing(pem) as server:
        ways = sender(world, mail=server)
        ways.ask_to_confirm(made)
        (said,) = server.mails
        (code,) = set(re.findall(r"\b\d{8}\b", parsed(said).get_content()))
        for wrong in ("", "00000000" if code != "00000000" else "1", "１２３", code + "0"):
            with pytest.raises(BadInput):
                ways.confirm(world.database, made, wrong)
        assert get_channel(world.database, SEALING, made.id).confirmed_at is None
        ways.confirm(world.database, made, code)
    assert get_channel(world.database, SEALING, made.id).confirmed_at is not None


def test_a_webhook_is_confirmed_by_its_echo(world: MatterWorld) -> None:
    made = add_channel(world.database, SEALING, GIVING, "webhook", HOOK)
    with pytest.raises(BadInput):
        sender(world, WebhookServer()).confirm(world.database, made)
    assert get_channel(world.database, SEALING, made.id).confirmed_at is None
    sender(world, WebhookServer(echoes=True)).confirm(world.database, made)
    assert get_channel(world.database, SEALING, made.id).confirmed_at is not None
    with pytest.raises(BadInput, match="inside"):  # as it is without a test's own connection
        NoticeSender(settings(), SEALING, world.clock).confirm(
            world.database, add_channel(world.database, SEALING, GIVING, "webhook", "https://0")
        )


def test_a_channel_that_was_removed_is_sent_nothing_more(world: MatterWorld) -> None:
    gone, left = chosen(world, GIVING), chosen(world, AUTHORITY)
    world.sent()
    remove_channel(world.database, gone.id)
    hooks = WebhookServer()
    assert sender(world, hooks).send_all(world.matters) == Delivered(1, 0)
    assert sorted(promised(world)) == sorted(
        [(gone.effect, 3, "failed"), (left.effect, 3, "delivered")]
    )
    with pytest.raises(NotFound):
        remove_channel(world.database, gone.id)


def test_secrets_are_sealed_and_said_by_nothing(world: MatterWorld) -> None:
    made = add_channel(world.database, SEALING, GIVING, "webhook", HOOK)
    with transaction(world.database) as session:
        row = session.get(NoticeChannelRow, made.id)
        assert row is not None and made.secret.encode() not in row.sealed
    assert made.secret not in repr(made)
    assert [one.secret for one in list_channels(world.database, SEALING)] == [made.secret]
    assert len(made.secret) >= 43  # 256 bits


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("webhook", "http://hooks.example/"),
        ("webhook", "https://user:pw@hooks.example/"),
        ("webhook", "https://hooks.example/?token=1"),
        ("webhook", "https://hooks.example/#x"),
        ("webhook", "https://hooks.example:0/"),
        ("webhook", "https://hooks.example:99999/"),
        ("webhook", "https://[::1]/"),
        ("webhook", "https://"),
        ("webhook", "https://hooks.example/a b"),
        ("webhook", "https://hooks.example/\r\nHost: x"),
        ("webhook", "https://例子.example/"),
        ("webhook", "https://hooks.example/" + "a" * 300),
        ("webhook", "ftp://hooks.example/"),
        ("mail", "nobody"),
        ("mail", "a@b"),
        ("mail", "a@example.cn\r\nBcc: x@example.cn"),
        ("mail", "a@example.cn, b@example.cn"),
        ("mail", "Li <a@example.cn>"),
        ("mail", ""),
    ],
)
def test_what_is_no_address_is_refused(world: MatterWorld, kind: ChannelKind, address: str) -> None:
    with pytest.raises(BadInput):
        add_channel(world.database, SEALING, GIVING, kind, address)
    assert list_channels(world.database, SEALING) == []


def test_nobody_known_and_the_same_twice(world: MatterWorld) -> None:
    with pytest.raises(NotFound):
        add_channel(world.database, SEALING, "nobody", "webhook", HOOK)
    add_channel(world.database, SEALING, GIVING, "webhook", HOOK)
    with pytest.raises(Conflict):
        add_channel(world.database, SEALING, GIVING, "webhook", HOOK)
    with pytest.raises(NotFound):
        get_channel(world.database, SEALING, "0000")


def test_mail_needs_a_server_and_a_sender(world: MatterWorld) -> None:
    made = add_channel(world.database, SEALING, GIVING, "mail", "office@example.cn")
    with pytest.raises(BadInput, match="XIHU_NOTICES__SMTP_HOST"):
        sender(world).ask_to_confirm(made)
    with pytest.raises(ValidationError, match="MAIL_FROM"):
        NoticeSettings(smtp_host="mail.example")


def test_a_mail_server_that_does_not_answer_is_asked_again(world: MatterWorld, pem: Path) -> None:
    made = add_channel(world.database, SEALING, GIVING, "mail", "office@example.cn")
    with mailing(pem) as server:
        pass
    with pytest.raises(TransientError, match="try again"):
        sender(world, mail=server).ask_to_confirm(made)
