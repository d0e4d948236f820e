"""Notices leave at least once, each attempt decided again; without the right, none."""

import email
import email.policy
import json
import ssl
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from tests.certificates import certificate
from tests.entries import unpublished_meanwhile
from tests.test_catalog.subscriptions.conftest import PEOPLE, STOPS, Room
from tests.test_platform.notices.receivers import WebhookServer, mail_server
from xihu_catalog.subscriptions.evaluation import AFTER_FAULT, evaluate
from xihu_catalog.subscriptions.model import Subscription, WatchedFor
from xihu_catalog.subscriptions.outgoing import end_token, open_end_token
from xihu_catalog.subscriptions.sending import ATTEMPTS, SentCounts, SubscriptionSender
from xihu_catalog.subscriptions.service import Wanted, forget_person, log_of
from xihu_platform.access.models import GrantRow
from xihu_platform.access.policy import Purpose
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.identity.principal import Principal
from xihu_platform.notices.channels import PERSON
from xihu_platform.notices.models import NoticeChannelRow
from xihu_platform.settings import NoticeSettings
from xihu_platform.vault.keys import Keyring

HOOK = "https://hooks.example/xihu"
ME = "person:p-citizen3"
FAILS = b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"
WORKS = b"HTTP/1.1 204 No Content\r\n\r\n"
CANARY = "canary-county"


def hooked(room: Room) -> WebhookServer:
    server = WebhookServer()
    room.sender = SubscriptionSender(
        room.node.settings, room.node.keyring, room.clock, connect=server.connect
    )
    return server


def subscribed(room: Room, recipient: str = ME, who: Principal | None = None) -> Subscription:
    """By webhook, of the rows of one county."""
    channel = room.channel(recipient, "webhook", HOOK)
    who = who or room.citizen()
    purpose = Purpose("duty" if who.position else "open")
    question = WatchedFor((f"county:eq:{CANARY}",))
    wanted = Wanted("new_rows", STOPS, question, purpose, channels=(channel,))
    return room.subscribe(who, wanted)


def said(server: WebhookServer) -> list[dict[str, object]]:
    return [json.loads(body) for _, body in server.requests]


def test_a_webhook_that_fails_gets_the_notice_later_under_the_same_id(either: Room) -> None:
    room, server = either, hooked(either)
    room.load("a,330106,1")
    one = subscribed(room)
    room.load("a,330106,1", f"b,{CANARY},7", f"c,{CANARY},8")
    room.tick()
    server.answer = FAILS
    assert room.send() == SentCounts(failed=1)
    assert room.send() == SentCounts()  # not at once again
    room.clock.ahead += timedelta(seconds=31)
    server.answer = WORKS
    assert room.send() == SentCounts(delivered=1)
    assert room.send() == SentCounts()
    first, second = said(server)
    assert first["id"] == second["id"] and first["type"] == "xihu.notice.subscription"
    data = second["data"]
    assert isinstance(data, dict)
    assert (data["count"], data["rows"]) == (
        2,
        [
            {"id": "b", "county": CANARY, "riders": 7},
            {"id": "c", "county": CANARY, "riders": 8},
        ],
    )
    assert room.sendings(one, "webhook") == [("delivered", 2)]
    assert room.sendings(one, "inbox") == [("delivered", 1)]
    assert room.reads(room.citizen()) == 3  # the look, and each attempt


def test_after_eight_attempts_it_has_failed_and_the_log_says_why(room: Room) -> None:
    server = hooked(room)
    server.answer = FAILS
    one = subscribed(room)
    room.load(f"b,{CANARY},7")
    room.tick()
    for _ in range(ATTEMPTS + 3):
        room.send()
        room.clock.ahead += timedelta(hours=2)
    assert len(server.requests) == ATTEMPTS == 8
    assert room.sendings(one, "webhook") == [("failed", 8)]
    line = next(one for one in log_of(room.node.database, one.id) if one.way == "webhook")
    assert "回调地址没有正常应答" in line.why_zh


def test_an_inside_address_is_never_called_again(room: Room) -> None:
    one = subscribed(room)
    room.sender = SubscriptionSender(room.node.settings, room.node.keyring, room.clock)
    with transaction(room.node.database) as session:
        session.execute(update(NoticeChannelRow).values(address="https://127.0.0.1/x"))
    room.load(f"b,{CANARY},7")
    room.tick()
    assert room.send() == SentCounts(failed=1)
    room.clock.ahead += timedelta(hours=2)
    assert room.send() == SentCounts()
    assert room.sendings(one, "webhook") == [("failed", 1)]


def test_a_right_that_is_lost_between_two_attempts_ends_it_without_a_word(room: Room) -> None:
    server = hooked(room)
    server.answer = FAILS
    one = subscribed(room)
    room.load(f"b,{CANARY},7")
    room.tick()
    room.send()
    server.answer = WORKS
    room.clock.ahead += timedelta(minutes=5)
    with unpublished_meanwhile(room.node.database, STOPS):
        room.send()
        room.send()
    assert room.subscriptions.get(room.citizen(), one.id).reason == "gone"
    assert room.sendings(one, "webhook") == [("cancelled", 2), ("delivered", 1)]
    last = server.requests[-1][1].decode()
    assert CANARY not in last and STOPS not in last
    assert "目录中没有这项数据" in last


@pytest.mark.parametrize("lost", ["withdrawn", "suspended", "position", "person"])
def test_a_grant_or_an_office_that_ends_in_the_middle_ends_it(room: Room, lost: str) -> None:
    """A citizen's end here is the end of the account."""
    server = hooked(room)
    office = room.official("p-official-two", "chen-xihu")
    assert office.position is not None
    grant(room, office.position.organisation)
    channel = room.channel("chen-xihu", "webhook", HOOK)
    wanted = Wanted("new_rows", PEOPLE, purpose=Purpose("duty"), channels=(channel,))
    one = room.subscribe(office, wanted)
    room.load("1,330106199001010018,330106", dataset=PEOPLE, head="no,citizen,county")
    assert room.tick().events == 1
    with transaction(room.node.database) as session:
        if lost == "withdrawn":
            session.execute(delete(GrantRow))
        elif lost == "suspended":
            session.execute(update(GrantRow).values(suspended=True))
        elif lost == "position":
            session.connection().exec_driver_sql(
                "UPDATE position SET valid_to = '2026-11-22' WHERE id = 'chen-xihu'"
            )
            session.connection().exec_driver_sql("UPDATE policy_version SET number = number + 1")
        else:
            session.connection().exec_driver_sql("UPDATE subscription SET sub = 'p-gone'")
    assert room.send() == SentCounts(cancelled=1)
    reasons = {"withdrawn": "refused", "suspended": "refused"}
    with transaction(room.node.database) as session:
        found = session.connection().exec_driver_sql("SELECT state, reason FROM subscription")
        assert found.one() == ("ended", reasons.get(lost, lost))
    room.send()
    for body in said(server):
        text = json.dumps(body, ensure_ascii=False)
        assert PEOPLE not in text and "330106" not in text
    assert one.channels == (channel,)


def grant(room: Room, organisation: str) -> None:
    today = civil_date(room.clock())
    with transaction(room.node.database) as session:
        session.add(
            GrantRow(
                id="SR-1",
                dataset=PEOPLE,
                organisation=organisation,
                fields=["no", "county"],
                purpose_zh="核对",
                purpose_en="checking",
                valid_from=today,
                valid_to=today + timedelta(days=99),
                rules=[],
                matter=None,
                suspended=False,
            )
        )


def test_a_mail_says_nothing_in_its_subject_and_has_a_way_out(room: Room, tmp_path: Path) -> None:
    pem = certificate(tmp_path, "localhost")
    with mail_server(pem) as server:
        notices = NoticeSettings(
            smtp_host="localhost",
            smtp_port=server.port,
            smtp_security="tls",
            mail_from="x@xihu.example",
        )
        chosen = room.node.settings.model_copy(update={"notices": notices})
        trust: ssl.SSLContext = server.trust
        room.sender = SubscriptionSender(chosen, room.node.keyring, room.clock, tls=trust)
        channel = room.channel(ME, "mail", "wang@mail.example")
        wanted = Wanted("new_rows", STOPS, channels=(channel,))
        one = room.subscribe(room.citizen(), wanted)
        room.load("b,x Bcc: evil@example.com,7")
        room.tick()
        assert room.send() == SentCounts(delivered=1)
        mail = email.message_from_bytes(server.mails[0], policy=email.policy.default)
    assert mail["Subject"] == "您的订阅有新内容 / News of your subscription"
    assert mail["To"] == "wang@mail.example" and mail["Bcc"] is None
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    way = str(mail["List-Unsubscribe"]).strip("<>")
    token = way.rpartition("/")[2]
    assert open_end_token(room.node.keyring, token) == one.id
    text = mail.get_content()
    assert "新增 1 条记录" in text and "New rows: 1." in text and way in text


def test_the_way_out_of_another_keyring_or_subscription_opens_nothing(room: Room) -> None:
    keyring = room.node.keyring
    token = end_token(keyring, "ab12")
    assert open_end_token(keyring, token) == "ab12"
    for wrong in (
        end_token(Keyring(b"n" * 32), "ab12"),
        token.replace("ab12", "ab13"),
        token[:-1],
        "ab12",
        "",
        "ab12.é",
    ):
        assert open_end_token(keyring, wrong) is None


def test_a_channel_of_somebody_else_is_used_by_nobody(room: Room) -> None:
    other = room.channel("person:p-elder", "webhook", HOOK)
    with pytest.raises(Exception, match="no such channel"):
        room.subscribe(room.citizen(), Wanted("late", STOPS, channels=(other,)))


def test_deleted_with_the_account_nothing_of_it_is_left(room: Room) -> None:
    hooked(room)
    subscribed(room)
    room.load(f"b,{CANARY},7")
    room.tick()
    assert forget_person(room.node.database, "p-citizen3") == 1
    with transaction(room.node.database) as session:
        connection = session.connection()
        for table in ("subscription", "subscription_event", "subscription_sending"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0
        channels = "SELECT count(*) FROM notice_channel"
        assert connection.exec_driver_sql(channels).scalar() == 0


class Killed(BaseException):
    """In the place of a process that dies."""


STEPS = ("dies", "dies after sending", "refused", "works")


@given(course=st.lists(st.sampled_from(STEPS), max_size=6))
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_dies_a_notice_is_written_once_and_delivered_at_least_once(
    either: Room, course: list[str]
) -> None:
    """Each run is another load in the same installation."""
    room, server = either, hooked(either)
    one = subscribed_once(room)
    number = len(room.events(one))
    before = len(room.sendings(one, "webhook"))
    room.load(*(f"{n},{CANARY},1" for n in range(number + 1)))
    in_two_threads(lambda: room.tick())
    assert len(room.events(one)) == number + 1
    for step in (*course, "works"):
        server.answer = FAILS if step == "refused" else WORKS
        send_or_die(room, step)
        room.clock.ahead += timedelta(hours=2)
    states = room.sendings(one, "webhook")[before:]
    assert [state for state, _ in states] == ["delivered"]
    works = [step for step in (*course, "works") if step in {"works", "dies after sending"}]
    first = works.index("works") + 1
    sent = Counter(str(body["id"]) for body in said(server))
    assert len(sent) == 1
    attempts = [s for s in (*course, "works") if s != "dies"]
    last = attempts.index("works") + 1
    assert sum(sent.values()) == last >= first


def subscribed_once(room: Room) -> Subscription:
    mine = room.subscriptions.list_of(room.citizen())
    return mine[0] if mine else subscribed(room)


def send_or_die(room: Room, step: str) -> None:
    sender = room.sender
    if not step.startswith("dies"):
        room.send()
        return
    name = "_hand_over" if step == "dies" else "_note"

    def die(*_: object, **__: object) -> None:
        raise Killed

    setattr(sender, name, die)
    try:
        room.send()
    except Killed:
        pass
    finally:
        delattr(sender, name)


def in_two_threads(act: Callable[[], object]) -> None:
    """As two processes would at once."""
    faults: list[BaseException] = []

    def run() -> None:
        try:
            act()
        except BaseException as fault:  # shown below
            faults.append(fault)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert faults == []


def test_two_processes_send_each_notice_once(either: Room) -> None:
    room, server = either, hooked(either)
    one = subscribed(room)
    for number in range(4):
        room.load(*(f"{n},{CANARY},1" for n in range(number + 1)))
        room.tick()
    in_two_threads(lambda: room.send())
    sent = Counter(str(body["id"]) for body in said(server))
    assert sorted(sent.values()) == [1, 1, 1, 1]
    assert room.sendings(one, "webhook") == [("delivered", 1)] * 4


def test_a_paused_one_sends_nothing_that_still_waits(room: Room) -> None:
    server, who = hooked(room), room.citizen()
    one = subscribed(room)
    room.load(f"b,{CANARY},7")
    room.tick()
    known = room.services.known_to(who)
    room.subscriptions.change(known, who, one.id, "paused", room.clock())
    assert room.send() == SentCounts(cancelled=1)
    room.load(f"b,{CANARY},7", f"c,{CANARY},7")
    assert room.tick().looked == 0
    assert server.requests == []


def test_the_inbox_and_the_look_use_nothing_but_the_gateway(room: Room) -> None:
    """Without a durable log nothing is sent and nothing is lost."""
    one = subscribed(room)
    room.load(f"b,{CANARY},7")
    log = room.services.gateway.log
    record = log.record

    def fail(_: object) -> int:
        raise OSError("no log")

    log.record = fail  # type: ignore[method-assign, assignment]
    assert room.tick().events == 0
    log.record = record  # type: ignore[method-assign]
    room.clock.ahead += AFTER_FAULT
    assert (
        evaluate(room.node.database, room.services, room.services.known_to, room.clock).events == 1
    )
    assert len(room.events(one)) == 1


def test_one_receiver_that_is_dead_keeps_no_other_waiting(room: Room) -> None:
    """However many notices wait for it."""
    server = hooked(room)
    dead = room.channel(ME, "webhook", "https://dead.example.org/hook")
    for county in range(12):
        question = WatchedFor((f"county:ne:{county}",))
        wanted = Wanted("new_rows", STOPS, question, channels=(dead,))
        room.subscribe(room.citizen(), wanted)
    other = room.channel(f"{PERSON}p-citizen1", "webhook", HOOK)
    wanted = Wanted("new_rows", STOPS, channels=(other,))
    theirs = room.subscribe(room.citizen("p-citizen1"), wanted)
    room.load(f"b,{CANARY},7")
    room.tick()
    server.answer = FAILS
    room.sender.send_all(room.node.database, room.services.known_to, limit=4)
    assert room.sendings(theirs, "webhook") == [("waiting", 1)]
