"""While the platform serves, time acts by itself, and a failed tick is made up for by the next."""

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from tests import asking
from tests.asking import acted_province
from tests.province import Province
from tests.test_platform.notices.receivers import WebhookServer
from tests.test_portals.edge.clients import wait_until
from xihu_node import timekeeper as module
from xihu_node.timekeeper import Timekeeper
from xihu_platform.audit.models import AuditEntry
from xihu_platform.database import transaction
from xihu_platform.notices.channels import (
    add_channel,
    remove_channel,
    sealing_of,
    set_confirmed,
)
from xihu_platform.notices.sending import NoticeSender

__all__ = ["acted_province"]  # a fixture


def in_the_log(province: Province) -> int:
    query = select(AuditEntry.seq).where(AuditEntry.kind == "matter")
    with transaction(province.services.node.database) as session:
        return len(session.scalars(query).all())


@pytest.fixture
def keeper(province: Province) -> Iterator[Timekeeper]:
    made = Timekeeper(province.services, 0.05)
    yield made
    made.close()


def test_what_the_log_has_not_taken_is_handed_on(province: Province, keeper: Timekeeper) -> None:
    before = in_the_log(province)
    asking.draft(province)  # nobody hands its event on
    assert in_the_log(province) == before
    keeper.start()
    assert wait_until(lambda: in_the_log(province) == before + 1)


def test_a_tick_that_fails_is_not_the_last(
    province: Province, keeper: Timekeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks: list[int] = []

    def failing_first(*_: object) -> None:
        ticks.append(1)
        if len(ticks) == 1:
            raise OSError

    monkeypatch.setattr(module, "tick", failing_first)
    keeper.start()
    assert wait_until(lambda: len(ticks) > 2)


def test_it_ends_with_the_platform(province: Province, keeper: Timekeeper) -> None:
    keeper.start()
    keeper.close()
    before = in_the_log(province)
    asking.draft(province)
    assert in_the_log(province) == before
    province.services.write_down()


def test_notices_go_to_a_confirmed_channel(province: Province) -> None:
    node, server = province.services.node, WebhookServer()
    sealing = sealing_of(node.keyring)
    mine = add_channel(node.database, sealing, "sun-rs", "webhook", "https://hooks.example/sun")
    set_confirmed(node.database, mine.id, node.clock())
    keeper = Timekeeper(province.services, 0.05)
    keeper._sender = NoticeSender(node.settings, sealing, node.clock, connect=server.connect)
    matter = asking.sent(province)
    keeper.start()
    assert wait_until(lambda: len(server.requests) == 1)
    keeper.close()
    remove_channel(node.database, mine.id)
    assert json.loads(server.requests[0][1])["subject"] == f"SR-{matter:06d}"
