"""The rows of each region are counted at the load: an official's total needs no scan."""

from collections import Counter
from datetime import timedelta

import pyarrow as pa
import pytest
from sqlalchemy import select

from tests.contracts import PSEUDONYM, contract, field
from tests.test_pipelines.housekeeping.test_housekeeping import PEOPLE
from tests.test_pipelines.ingest.referring import hand_in
from xihu_catalog.contracts.model import Contract, policy_of
from xihu_pipelines.housekeeping.erase import erase
from xihu_pipelines.housekeeping.tidy import tidy
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import Filter, RowQuery
from xihu_platform.access.start import open_gateway
from xihu_platform.access.totals import RegionCountRow
from xihu_platform.database import transaction
from xihu_platform.identity.principal import Position, Principal
from xihu_platform.sql import Statement
from xihu_platform.start import Node, open_node

REGIONS = ("330106", "330102", "330206", "330106", "")
DUTY = Purpose("duty")


@pytest.fixture
def one() -> Contract:
    return contract(
        "mz_places",
        [
            field("number", grade="L3", required=True, subjectKey=True, **PSEUDONYM),
            field("code", key=True),
            field("county", region=True),
        ],
        mode="append",
        domain="social_security",
        share="unconditional",
    )


def rows(start: int, count: int) -> list[tuple[str, ...]]:
    return [
        (PEOPLE[n % len(PEOPLE)], f"c{n}", REGIONS[n % len(REGIONS)])
        for n in range(start, start + count)
    ]


def expected(regions: Counter[str], place: str) -> int:
    prefix = place.removesuffix("0000") if place.endswith("0000") else place.removesuffix("00")
    return sum(n for region, n in regions.items() if region and region.startswith(prefix))


def total(gateway: AccessGateway, one: Contract, place: str, *filters: Filter) -> int | None:
    office = Position("p", "t", "t", one.provider, "o", "o", place)
    reader = Principal(
        kind="official", id="s", name="s", level=3, position=office, portal="official"
    )
    query = RowQuery(fields=("code",), filters=filters)
    return gateway.read_page(reader, one.dataset, DUTY, query, limit=1).total


def stored(node: Node) -> list[RegionCountRow]:
    with transaction(node.database) as session:
        return list(session.scalars(select(RegionCountRow)))


def test_a_region_s_total_is_exact_and_needs_no_scan(
    node: Node, one: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(node, one, rows(0, 100))
    hand_in(node, one, rows(100, 37))
    assert len(stored(node)) == 2
    assert b"330106" not in b"".join(row.sealed for row in stored(node))
    by_region = Counter(row[2] for row in rows(0, 137))
    gateway = open_gateway(node, lambda _: policy_of(one))
    asked: list[str] = []
    fetch = gateway.engine.fetch

    def watched(statement: Statement) -> pa.Table:
        asked.append(statement.sql)
        return fetch(statement)

    monkeypatch.setattr(gateway.engine, "fetch", watched)
    try:
        for place in ("330000", "330100", "330200", "330106", "330206", "330800", "330825"):
            assert total(gateway, one, place) == expected(by_region, place)
        assert not [sql for sql in asked if "count(" in sql]
        wanted = Filter("code", "starts", "c1")
        in_place = [r for r in rows(0, 137) if r[2] == "330106" and r[1].startswith("c1")]
        assert total(gateway, one, "330106", wanted) == len(in_place)
    finally:
        gateway.close()


def test_a_snapshot_without_counts_is_counted_when_it_is_asked_for(
    node: Node, one: Contract
) -> None:
    hand_in(node, one, rows(0, 60))
    with transaction(node.database) as session:
        for row in session.scalars(select(RegionCountRow)):
            session.delete(row)
    gateway = open_gateway(node, lambda _: policy_of(one))
    try:
        by_region = Counter(row[2] for row in rows(0, 60))
        assert total(gateway, one, "330106") == expected(by_region, "330106")
    finally:
        gateway.close()
    assert len(stored(node)) == 1


def test_counts_go_with_their_snapshots(node: Node, one: Contract) -> None:
    hand_in(node, one, rows(0, 60))
    hand_in(node, one, rows(60, 60))
    erase(node, one, PEOPLE[0], "PIPL 47")
    snapshots = set(node.lake.summaries(one.table))
    assert {row.snapshot_id for row in stored(node)} <= snapshots
    hand_in(node, one, rows(120, 20))
    assert len(stored(node)) == 1
    later = open_node(node.settings, clock=lambda: node.clock() + timedelta(days=4000))
    hand_in(later, one, rows(140, 20))
    tidy(later, one)
    assert {row.snapshot_id for row in stored(node)} == set(node.lake.summaries(one.table))
