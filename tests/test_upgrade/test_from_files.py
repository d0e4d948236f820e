"""A data folder whose contracts were files, and whose reads were not counted by region, opens."""

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from tests.province import Province
from tests.test_upgrade.opened import HERE, check_log, opened
from xihu_catalog.contracts.headers import list_headers
from xihu_catalog.search.asking import SearchQuery
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery
from xihu_platform.access.uses import list_uses
from xihu_platform.database import transaction
from xihu_platform.identity.sessions import find_session

# Any: what the version before said, as JSON.
SAID: dict[str, Any] = json.loads((HERE / "data-0.2.json").read_text(encoding="utf-8"))
NOW = datetime.fromisoformat(SAID["now"])
OWN = "fg_power_kept"


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    yield from opened("data-0.2", tmp_path_factory.mktemp("before"), NOW)


def test_the_log_verifies_and_covers_every_entry(before: Province) -> None:
    found = check_log(before)
    assert found.holds, found.text.en
    assert found.size >= SAID["entries"]
    assert found.not_covered == 0


def test_every_dataset_has_its_rows_in_the_same_snapshot(before: Province) -> None:
    services = before.services
    for name, rows in SAID["totals"].items():
        snapshot = services.gateway.snapshot(services.catalogue.policy(name))
        assert (snapshot.rows, str(snapshot.id)) == (rows, SAID["snapshots"][name])


def test_a_contract_that_was_kept_as_a_file_is_in_force(before: Province) -> None:
    services = before.services
    contract = services.catalogue.contracts.get(OWN)
    file = services.node.settings.data_dir / "contracts" / f"{OWN}.odcs.yaml"
    assert services.catalogue.contracts.content(contract.digest) == file.read_bytes()
    assert list_headers(services.node.database)[OWN].origin == "published"
    assert services.catalogue.get_entry(OWN).heartbeat.rows == SAID["totals"][OWN]
    assert OWN in services.search.search(SearchQuery("用电", limit=100)).ids
    (load,) = services.catalogue.loads(contract)
    assert load.counts.accepted == SAID["totals"][OWN]


def test_a_metric_has_the_same_values(before: Province) -> None:
    url = "/api/v1/brain/metrics/industrial_output/query?level=province&latest=3"

    async def ask() -> list[list[object]]:
        async with before.client() as client:
            points = (await client.get(url)).json()["points"]
        return [[p["period"], p["region"], p["value"]] for p in points]

    assert asyncio.run(ask()) == SAID["metrics"]["industrial_output"]


def test_who_used_my_data_lists_every_read_it_listed(before: Province) -> None:
    subject = before.citizen("wang").subject
    assert subject is not None
    listed = [use.seq for use in list_uses(before.services.gateway, subject)]
    assert [seq for seq in listed if seq < SAID["entries"]] == SAID["uses"]


def test_the_session_holds(before: Province) -> None:
    with transaction(before.services.node.database) as session:
        row = find_session(session, "citizen", SAID["cookie"], NOW)
        assert row is not None
        assert row.person == before.citizen("wang").id


def test_new_reads_are_right_and_verify_with_the_old(before: Province) -> None:
    gateway = before.services.gateway
    sun = before.official("sun", "sun-rs")
    page = gateway.read_page(
        sun, "rs_social_insurance", Purpose("case", "XH-2026-000124"), RowQuery(), limit=10
    )
    assert 0 < page.table.num_rows == page.total
    own = gateway.read_page(
        before.citizen("wang"), "rs_social_insurance", Purpose("own"), RowQuery()
    )
    assert own.table.num_rows == own.total
    found = check_log(before)
    assert found.holds, found.text.en
    assert found.size >= SAID["entries"] + 2
