"""What a batch exchange may be of, and where it may go."""

from datetime import date, timedelta

import pytest

from tests.test_pipelines.exchange.world import ASKING, NOW, contract
from xihu_catalog.contracts.model import policy_of
from xihu_catalog.exchange.acts import NAME, is_host, may_exchange
from xihu_catalog.exchange.records import (
    CYCLES,
    ExchangeBatch,
    begin_batch,
    end_batch,
    is_due,
    list_batches,
    settle_open,
)
from xihu_platform.access.models import GrantRow
from xihu_platform.database import transaction
from xihu_platform.start import Node


def grant(node: Node, **other: object) -> None:
    row: dict[str, object] = {
        "id": "SR-1",
        "dataset": "jt_stops",
        "organisation": ASKING,
        "fields": ["code"],
        "purpose_zh": "用途",
        "purpose_en": "use",
        "valid_from": date(2026, 1, 1),
        "valid_to": date(2026, 12, 31),
        "rules": [],
        "suspended": False,
    }
    with transaction(node.database) as session:
        session.add(GrantRow(**(row | other)))


def allowed(node: Node, day: date = date(2026, 11, 30), *rules: str) -> bool:
    policy = policy_of(contract(more={"shareRules": list(rules)}))
    with transaction(node.database) as session:
        return may_exchange(session, policy, ASKING, day)


def test_rows_go_in_bulk_under_a_grant_in_force_alone(node: Node) -> None:
    assert not allowed(node)
    grant(node)
    assert allowed(node)
    assert not allowed(node, date(2027, 1, 1))


@pytest.mark.parametrize(
    "other", [{"suspended": True}, {"rules": ["no_bulk"]}, {"rules": ["per_case"]}]
)
def test_a_grant_that_gives_nothing_in_bulk_is_none(node: Node, other: dict[str, object]) -> None:
    grant(node, **other)
    assert not allowed(node)
    grant(node, id="SR-2")
    assert allowed(node)  # one grant adds to another


def test_a_contract_that_opens_for_one_case_at_a_time_is_not_exchanged(node: Node) -> None:
    grant(node)
    assert allowed(node)
    assert not allowed(node, date(2026, 11, 30), "per_case")


@pytest.mark.parametrize(
    "name",
    ["", "A", "a-b", 'a"b', "a b", "1a", "a;drop", "表", "a" * 64, "a.b", "a'b", "a\n"],
)
def test_what_is_no_plain_name_of_postgresql_is_none(name: str) -> None:
    assert not NAME.fullmatch(name)
    assert NAME.fullmatch("_a1_b")


@pytest.mark.parametrize(
    "host", ["", "-a", "a-", "http://a", "a:5432", "a/b", "a b", "a@b", "a,b", "/tmp", "a\n"]
)
def test_what_could_be_more_than_a_host_is_none(host: str) -> None:
    """libpq reads a comma as several hosts and a slash as a socket."""
    assert not is_host(host)
    assert all(map(is_host, ("db.example.gov.cn", "10.0.0.8", "fe80::1", "db1")))


@pytest.mark.parametrize("cycle", CYCLES)
def test_a_batch_is_due_when_its_cycle_has_passed(cycle: str) -> None:
    days = {"daily": 1, "weekly": 7, "monthly": 30}[cycle]
    last = ExchangeBatch(7, 1, "committed", NOW)
    of = _exchange(cycle)
    assert is_due(of, None, NOW)
    assert not is_due(of, last, NOW + timedelta(days=days, hours=-2))
    assert is_due(of, last, NOW + timedelta(days=days))


def _exchange(cycle: str):  # type: ignore[no-untyped-def]  # a stand-in with a cycle alone
    from types import SimpleNamespace

    return SimpleNamespace(cycle=cycle)


def test_what_was_cut_off_is_settled_by_what_the_receiver_says(node: Node) -> None:
    for _ in range(3):
        begin_batch(node.database, 7, NOW)
    later = NOW + timedelta(hours=1)
    with transaction(node.database) as session:
        end_batch(session, 7, 3, rows=9)
        settle_open(session, 7, 3, later)
    found = list_batches(node.database, 7)
    assert [(one.number, one.state, one.rows) for one in found] == [
        *((3, "committed", 9), (2, "failed", None), (1, "failed", None)),
    ]
    assert {one.ended for one in found} == {later}
    with transaction(node.database) as session:
        end_batch(session, 7, 1, state="committed")
    assert list_batches(node.database, 7)[2].state == "failed"
