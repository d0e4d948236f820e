"""A data folder made by the version before opens, and says the same."""

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from tests.province import Province
from tests.test_upgrade.opened import HERE, opened
from xihu_platform.access.decision import Deny
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery
from xihu_platform.access.uses import list_uses
from xihu_platform.audit.heads import read_head
from xihu_platform.audit.models import AuditEntry, AuditReplay
from xihu_platform.audit.uses import users_of
from xihu_platform.audit.verify import verify
from xihu_platform.database import transaction
from xihu_platform.identity.sessions import find_session

# Any: what the version before said, as JSON.
SAID: dict[str, Any] = json.loads((HERE / "data-0.1.json").read_text(encoding="utf-8"))
NOW = datetime.fromisoformat(SAID["now"])


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    yield from opened("data-0.1", tmp_path_factory.mktemp("before"), NOW)


def test_every_dataset_has_its_rows_in_the_same_snapshot(before: Province) -> None:
    services = before.services
    for name, rows in SAID["totals"].items():
        snapshot = services.gateway.snapshot(services.catalogue.policy(name))
        assert (snapshot.rows, str(snapshot.id)) == (rows, SAID["snapshots"][name])


def test_a_metric_has_the_same_values(before: Province) -> None:
    url = "/api/v1/brain/metrics/industrial_output/query?level=province&latest=3"

    async def ask() -> list[list[object]]:
        async with before.client() as client:
            points = (await client.get(url)).json()["points"]
        return [[p["period"], p["region"], p["value"]] for p in points]

    assert len(SAID["metrics"]["industrial_output"]) == 3
    assert asyncio.run(ask()) == SAID["metrics"]["industrial_output"]


def test_the_log_verifies_and_says_what_no_hash_covered(before: Province) -> None:
    services = before.services
    head = read_head(services.log.head_path)
    decided = verify(
        services.node.database,
        head,
        services.signer.public_key,
        own=services.gateway.own_keys,
        heads=services.log.head_path,
    )
    assert decided.holds, decided.text.en
    assert decided.not_covered == SAID["entries"]
    assert f"{SAID['entries']} of them are of the first format" in decided.text.en


def test_an_entry_covers_the_reads_that_were_kept_as_sql(before: Province) -> None:
    services = before.services
    head, key = read_head(services.log.head_path), services.signer.public_key
    with transaction(services.node.database) as session:
        kinds = session.scalars(select(AuditEntry.kind).where(AuditEntry.seq >= SAID["entries"]))
        assert list(kinds).count("replays") == 1
        replay = session.scalars(select(AuditReplay).limit(1)).one()
        replay.sql += " "
    assert "first format kept" in verify(services.node.database, head, key).text.en
    with transaction(services.node.database) as session:
        session.merge(replay).sql = replay.sql[:-1]
    assert verify(services.node.database, head, key).holds


def test_who_used_my_data_lists_every_read_it_listed(before: Province) -> None:
    subject = before.citizen("wang").subject
    assert subject is not None
    for _ in range(2):
        listed = [use.seq for use in list_uses(before.services.gateway, subject)]
        assert [seq for seq in listed if seq < SAID["entries"]] == SAID["uses"]


def test_reads_of_before_are_counted_and_refusals_are_not(before: Province) -> None:
    users = users_of(before.services.node.database, "ga_residents")
    assert [(user.reads, user.refused) for user in users] == [(1, 0)]


def test_the_session_and_the_grants_hold(before: Province) -> None:
    services = before.services
    with transaction(services.node.database) as session:
        row = find_session(session, "citizen", SAID["cookie"], NOW)
        assert row is not None
        assert row.person == before.citizen("wang").id
    chen = before.official("chen", "chen-yb")
    decision = services.gateway.decide(chen, "ga_residents", Purpose("duty"))
    assert isinstance(decision, Deny)
    assert decision.reason.code == "per_case"  # the grant is there: else it were grant_needed


def test_one_sees_ones_own_rows_and_new_entries_verify_with_the_old(before: Province) -> None:
    services = before.services
    page = services.gateway.read_page(
        before.citizen("wang"), "rs_social_insurance", Purpose("own"), RowQuery()
    )
    assert page.table.num_rows > 0
    decided = verify(
        services.node.database, read_head(services.log.head_path), services.signer.public_key
    )
    assert decided.holds
    assert decided.size > SAID["entries"]
