"""Lineage over HTTP: of what the caller may know, and grants for the department that gave them."""

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import delete

from tests.province import NOW, Province
from xihu_catalog.exchange.models import ExchangeRow
from xihu_platform.database import transaction
from xihu_platform.identity.principal import ANONYMOUS

pytestmark = pytest.mark.anyio


async def get(province: Province, path: str, who: str = "", position: str = "") -> httpx.Response:
    token = province.token(who) if who else None
    more = {"X_Xihu_Position": position} if position else {}
    async with province.client(token, Accept_Language="en", **more) as client:
        return await client.get(path)


async def test_a_derived_dataset_is_made_of_these(province: Province) -> None:
    said = (
        await get(province, "/api/v1/lineage?node=dataset:sg_supervision_monthly&depth=1")
    ).json()
    steps = {one["id"]: one["steps"] for one in said["nodes"]}
    assert steps["dataset:fg_penalties"] == steps["dataset:sg_inspections"] == -1
    assert said["total"] == len(steps)


async def test_a_change_of_a_field_reaches_metrics_and_rules(province: Province) -> None:
    path = "/api/v1/lineage/impact?dataset=fg_penalties&field=decided_on"
    said = (await get(province, path)).json()
    assert "field:sg_supervision_monthly.month" in {one["id"] for one in said["nodes"]}
    assert {one["dataset"] for one in said["rules"]} >= {"fg_penalties"}
    assert said["grants"] == []
    wrong = await get(province, path.replace("decided_on", "nothing"))
    assert wrong.status_code == 404


async def test_services_are_reached(province: Province) -> None:
    graph = province.services.lineage
    reads = [e for e in graph.edges if e.target.startswith("service:")]
    assert reads
    dataset, _, field = reads[0].source.removeprefix("field:").partition(".")
    path = f"/api/v1/lineage/impact?dataset={dataset}&field={field}"
    said = (await get(province, path)).json()
    assert reads[0].target in {one["id"] for one in said["nodes"]}


async def test_the_public_knows_of_no_hidden_dataset(province: Province) -> None:
    known = province.services.known_to(ANONYMOUS)
    mine = known.without(frozenset({"fg_penalties"}))
    assert not [name for name in mine.lineage.nodes if "fg_penalties" in name]
    assert "dataset:sg_supervision_monthly" in mine.lineage.nodes
    into = {e.source for e in mine.lineage.edges if "sg_supervision_monthly" in e.target}
    assert into
    assert not [one for one in into if "fg_penalties" in one]
    assert "dataset:fg_penalties" in known.lineage.nodes, "the others' graph is whole"


async def test_files_of_departments_are_named_to_those_who_have_a_position(
    province: Province,
) -> None:
    path = "/api/v1/lineage?node=dataset:fg_penalties&direction=upstream&depth=1"
    file = province.services.catalogue.contracts.get("fg_penalties").source.path
    for who, position, named in (("", "", False), ("wang", "", False), ("sun", "sun-rs", True)):
        said = (await get(province, path, who, position)).json()
        (source,) = (one for one in said["nodes"] if one["kind"] == "source")
        assert (source["id"], source["steps"]) == ("source:fg_penalties", -1)
        assert (source["title"] == file) is named, who
        assert (file in str(said)) is named, who


async def test_the_page_of_a_field_says_what_the_api_says(province: Province) -> None:
    name = "field:sg_supervision_monthly.month"
    answer = await get(province, f"/api/v1/lineage?node={name}&depth=10&direction=upstream")
    fields = {one["id"] for one in answer.json()["nodes"] if one["kind"] == "field"} - {name}
    assert len(fields) > 1
    page = (await get(province, "/datasets/sg_supervision_monthly/fields/month")).text
    for one in fields:
        dataset, _, field = one.removeprefix("field:").partition(".")
        assert f"/datasets/{dataset}/fields/{field}" in page


async def test_one_that_does_not_exist_and_a_wrong_question(province: Province) -> None:
    assert (await get(province, "/api/v1/lineage?node=dataset:nothing")).status_code == 404
    assert (await get(province, "/api/v1/lineage?node=x&depth=99")).status_code == 422


@pytest.fixture
def exchanged(province: Province) -> Iterator[Province]:
    """Social insurance of one department, sent to the table of another under grant G-2026-0002."""
    database = province.services.node.database
    receiver, provider = "113399001001041148", "11339900100102741M"
    with transaction(database) as session:
        session.add(
            ExchangeRow(
                matter=987654,
                number="BE-2026-000321",
                dataset="rs_social_insurance",
                organisation=receiver,
                provider=provider,
                **dict.fromkeys(("host", "database", "schema", "table", "user"), "secret_place"),
                port=5432,
                cycle="daily",
                sealed=None,
                began=NOW,
                ended=None,
            )
        )
    yield province
    with transaction(database) as session:
        session.execute(delete(ExchangeRow).where(ExchangeRow.matter == 987654))


@pytest.mark.parametrize(
    ("who", "position", "sees"),
    [
        ("tang", "tang-yb", True),
        ("sun", "sun-rs", True),
        ("luo", "luo-sj", True),
        ("zhou", "zhou-sj", True),
        ("jin", "jin-zr", False),
        ("wang", "", False),
        ("", "", False),
    ],
)
async def test_an_exchange_is_shown_to_its_departments_and_who_oversees_them(
    exchanged: Province, who: str, position: str, sees: bool
) -> None:
    path = "/api/v1/lineage/impact?dataset=rs_social_insurance&field="
    sent = await get(exchanged, f"{path}county_code", who, position)
    other = await get(exchanged, f"{path}paid_on", who, position)
    whole = await get(exchanged, "/api/v1/lineage?node=dataset:rs_social_insurance", who, position)
    names = {one["id"] for one in sent.json()["nodes"]}
    assert ("exchange:BE-2026-000321" in names) is sees
    assert ("BE-2026-000321" in whole.text) is sees
    assert "BE-2026" not in other.text, "a field that the grant does not have"
    assert "secret_place" not in sent.text + whole.text
