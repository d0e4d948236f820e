"""Webhooks: signed, to addresses outside alone, once asked, never led elsewhere."""

import hashlib
import hmac
import json
import socket
import threading
import time
from datetime import UTC, datetime

import pytest

from tests.test_platform.notices.receivers import WebhookServer
from xihu_platform.errors import BadInput, PlatformError, TransientError
from xihu_platform.notices import webhook
from xihu_platform.notices.channels import NoticeChannel
from xihu_platform.notices.outgoing import OutgoingNotice
from xihu_platform.notices.webhook import (
    ANSWER_LIMIT,
    challenge,
    connect_outside,
    notice_event,
    outside_addresses,
    send_event,
)

NOW = datetime(2026, 11, 28, 6, 0, tzinfo=UTC)
CHANNEL = NoticeChannel("c1", "org", "webhook", "https://hooks.example/xihu", NOW, "s3cret")
NOTICE = OutgoingNotice(7, "SR-000012", "due", "https://xihu.example/official/matters/12")


def test_what_is_sent_is_a_cloud_event_with_nothing_but_number_kind_and_link() -> None:
    server = WebhookServer()
    send_event(CHANNEL, notice_event(NOTICE, "https://xihu.example"), NOW, server.connect)
    ((head, body),) = server.requests
    assert server.asked == [("hooks.example", 443)]
    assert head[""] == "POST /xihu HTTP/1.1" and head["host"] == "hooks.example"
    assert head["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert json.loads(body) == {
        "specversion": "1.0",
        "id": "7",
        "source": "https://xihu.example",
        "type": "xihu.notice.due",
        "subject": "SR-000012",
        "datacontenttype": "application/json",
        "data": {"link": "https://xihu.example/official/matters/12"},
    }


def test_the_receiver_can_check_the_signature() -> None:
    server = WebhookServer()
    send_event(CHANNEL, b"{}", NOW, server.connect)
    ((head, body),) = server.requests
    parts = dict(part.split("=") for part in head["x-xihu-signature"].split(","))
    assert int(parts["t"]) == NOW.timestamp()
    said = f"{parts['t']}.".encode() + body
    assert parts["v1"] == hmac.new(b"s3cret", said, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\n\r\n",
        b"HTTP/1.1 307 Again\r\nLocation: https://other.example/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 500 Broken\r\n\r\n",
        b"HTTP/1.1 404 Gone\r\n\r\n",
        b"no HTTP at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n",
        b"",
    ],
)
def test_anything_but_success_is_tried_again_and_no_redirect_is_followed(answer: bytes) -> None:
    server = WebhookServer(answer)
    with pytest.raises(TransientError):
        send_event(CHANNEL, b"{}", NOW, server.connect)
    assert len(server.asked) == 1


def test_a_long_answer_is_not_read_to_its_end() -> None:
    server = WebhookServer(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 50_000_000)
    assert len(send_event(CHANNEL, b"{}", NOW, server.connect)) == ANSWER_LIMIT


def test_an_answer_that_drips_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "TIMEOUT_S", 0.3)
    ours, theirs = socket.socketpair()
    stop = False

    def drip() -> None:
        while not stop:
            try:
                theirs.sendall(b"H")
            except OSError:
                return
            time.sleep(0.05)

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    begun = time.monotonic()
    with pytest.raises(TransientError):
        send_event(CHANNEL, b"{}", NOW, lambda *_: ours)
    assert time.monotonic() - begun < 3
    stop = True
    thread.join()
    theirs.close()


def test_a_webhook_is_confirmed_by_an_echo_alone() -> None:
    challenge(CHANNEL, "https://xihu.example", NOW, WebhookServer(echoes=True).connect)
    for body in (b"", b"{}", b'{"challenge": 7}', b"[]", b'{"challenge": "guessed"}', b"\xff"):
        said = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        with pytest.raises(BadInput, match="not confirmed"):
            challenge(CHANNEL, "https://xihu.example", NOW, WebhookServer(said).connect)


INSIDE = (
    *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1"),
    *("169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1"),
    *("fd00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1"),
    *("2002:7f00:1::", "::7f00:1", "2001:0:7f00:1::"),
)
WRITTEN = ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "0", "127.1")
"""Ways in which a host can be written that the system takes for this machine."""


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_leads_inside_is_refused(address: str) -> None:
    with pytest.raises(BadInput, match="inside"):
        outside_addresses("rebind.example", 443, lambda *_: [address])
    with pytest.raises(BadInput, match="inside"):
        outside_addresses("rebind.example", 443, lambda *_: ["8.8.8.8", address])


@pytest.mark.parametrize("host", WRITTEN)
def test_this_machine_is_refused_however_it_is_written(host: str) -> None:
    with pytest.raises(PlatformError) as caught:
        connect_outside(host, 443)
    assert "inside" in caught.value.text.en or "does not resolve" in caught.value.text.en


def test_an_outside_name_is_resolved_once_and_that_address_is_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second answer of the name would lead inside."""
    answers = iter([["203.0.113.77"], ["127.0.0.1"]])
    monkeypatch.setattr(webhook, "is_inside", lambda one: one.startswith("127."))
    connected: list[object] = []

    def create(address: object, **_: object) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", create)
    with pytest.raises(ConnectionRefusedError):
        connect_outside("rebind.example", 8443, lambda *_: next(answers))
    assert connected == [("203.0.113.77", 8443)]


def test_where_one_address_does_not_answer_the_next_is_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connected: list[object] = []

    def create(address: object, **_: object) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", create)
    two = ["2606:4700:4700::1111", "8.8.8.8"]
    with pytest.raises(ConnectionRefusedError):
        connect_outside("two.example", 443, lambda *_: two)
    assert connected == [(one, 443) for one in two]


def test_a_name_that_does_not_resolve_is_tried_again() -> None:
    def unknown(*_: object) -> list[str]:
        raise socket.gaierror

    with pytest.raises(TransientError, match="does not resolve"):
        outside_addresses("nowhere.example", 443, unknown)
