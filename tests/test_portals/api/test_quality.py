"""Quality over HTTP: counts for those who may know them, whole per cents for all others."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from tests.entries import unpublished_meanwhile
from tests.province import NOW, Province
from tests.test_portals.api.callers import token_headers
from tests.test_portals.citizen.test_harvested import harvested
from xihu_catalog.datasets.stored import put_entry, remove_entry
from xihu_catalog.quality.models import Load
from xihu_platform.access.policy import Purpose
from xihu_platform.database import transaction
from xihu_portals.api.at_moment import is_told_counts

pytestmark = pytest.mark.anyio
AIR, CLOSED, SMALL = "hb_air_quality_hourly", "rs_social_insurance", "mz_aid_recipients"
OF_RULES = ("conformity", "completeness", "accuracy", "consistency")


async def get(province: Province, dataset: str, who: str | None = None) -> Any:  # Any: JSON
    headers = {} if who is None else token_headers(province, "right", who)
    async with province.client() as client:
        answer = await client.get(
            f"/api/v1/datasets/{dataset}/quality", headers=headers | {"Accept-Language": "en"}
        )
    return answer.json() if answer.status_code == 200 else answer.status_code


def by_name(said: Any) -> dict[str, Any]:  # Any: JSON
    return {one["dimension"]: one for one in said["dimensions"]}


async def test_the_public_gets_whole_per_cents_of_closed_data_and_no_counts(
    province: Province,
) -> None:
    said = await get(province, CLOSED)
    assert (said["exact"], said["history"]) == (False, [])
    for one in (by_name(said)[name] for name in OF_RULES):
        assert one["passed"] is one["checked"] is None
        assert one["checks"] == one["informative"] == []
        if one["share"] is not None:
            assert round(one["share"] * 100, 9) == int(one["share"] * 100 + 1e-9)


async def test_of_a_closed_dataset_with_few_records_the_public_gets_nothing(
    province: Province,
) -> None:
    said = by_name(await get(province, SMALL))
    with transaction(province.services.node.database) as session:
        received = session.scalar(select(Load.received).where(Load.dataset == SMALL))
    assert received is not None and received < 100
    for name in OF_RULES:
        assert said[name]["share"] is None
        assert said[name]["not_measured"]["code"] in {"too_few", "no_rules"}


FIRMS, FIRMS_CLOSED = "sg_firms", {"legal_representative", "contact_phone"}
"""Open data about firms, and those of its fields that its contract grades L2 and L3."""
ELSEWHERE = {"X-Xihu-Position": "jin-zr"}
ITS_STEWARD = {"X-Xihu-Position": "sg-steward"}


async def of_firms(province: Province, who: str, position: dict[str, str]) -> Any:  # Any: JSON
    headers = dict(position)
    if who:
        headers["Authorization"] = f"Bearer {province.token(who)}"
    async with province.client() as client:
        return (await client.get(f"/api/v1/datasets/{FIRMS}/quality", headers=headers)).json()


def checks_of(said: Any) -> set[str]:  # Any: JSON
    every = [one for part in said["dimensions"] for one in (*part["checks"], *part["informative"])]
    return {check["id"] for check in every}


async def test_closed_fields_of_open_data_about_firms_are_in_no_number(province: Province) -> None:
    whole = await of_firms(province, "sg-steward", ITS_STEWARD)
    hidden = {one for one in checks_of(whole) if one.partition(".")[0] in FIRMS_CLOSED}
    assert {one.partition(".")[0] for one in hidden} == FIRMS_CLOSED
    for who, position in (("", {}), ("wang", {}), ("jin", ELSEWHERE)):
        said = await of_firms(province, who, position)
        assert said["exact"], "how many firms there are is open"
        assert checks_of(said) == checks_of(whole) - hidden, who
        for name in OF_RULES:
            one = by_name(said)[name]
            assert one["checked"] == sum(check["checked"] for check in one["checks"])
            assert one["passed"] == sum(check["passed"] for check in one["checks"])
        course = {one["dimension"]: one["share"] for one in said["history"][0]["shares"]}
        conforming = by_name(said)["conformity"]
        assert course["conformity"] == pytest.approx(
            conforming["passed"] / conforming["checked"], abs=1e-6
        )


async def test_the_page_of_a_closed_field_of_firms_has_no_numbers(province: Province) -> None:
    async with province.client() as client:
        closed = [
            (await client.get(f"/datasets/{FIRMS}/fields/{one}")).text for one in FIRMS_CLOSED
        ]
        opened = (await client.get(f"/datasets/{FIRMS}/fields/name")).text
    for html in closed:
        part = html.partition('<section id="quality"')[2].partition("</section>")[0]
        assert "不公布它的检查结果" in part and "<td" not in part
    assert "不公布它的检查结果" not in opened


def looked_at(row: Load, rule: str) -> int:
    """Records that came as far as a check: they could be read, and the value has its type."""
    unread = ("row.shape", "row.object", "row.digits", "row.error")
    read = row.received - sum(row.rule_counts.get(one, 0) for one in unread)
    field, _, kind = rule.rpartition(".")
    return read - (0 if kind in {"type", "required"} else row.rule_counts.get(f"{field}.type", 0))


@pytest.mark.parametrize("who", ["sun", "zhou", "luo"])
async def test_the_department_and_who_oversees_get_the_counts_of_the_load_record(
    province: Province, who: str
) -> None:
    said = await get(province, CLOSED, who)
    with transaction(province.services.node.database) as session:
        row = session.scalars(select(Load).where(Load.dataset == CLOSED)).one()
    assert said["exact"]
    checks = {check["id"]: check for one in said["dimensions"] for check in one["checks"]}
    read = {"row.shape", "row.object", "row.digits", "row.error", "key.superseded"}
    failed = {rule: n for rule, n in row.rule_counts.items() if n and rule not in read}
    assert failed
    for rule, count in failed.items():
        assert checks[rule]["checked"] == looked_at(row, rule)
        assert checks[rule]["checked"] - checks[rule]["passed"] == count
    assert [one["load"] for one in said["history"]] == [row.id]


async def test_open_data_is_exact_for_everyone(province: Province) -> None:
    said = await get(province, AIR)
    assert said["exact"]
    names = by_name(said)
    for one in names.values():
        assert one["passed"] == sum(check["passed"] for check in one["checks"])
        assert one["checked"] == sum(check["checked"] for check in one["checks"])
    assert said["metadata"]["most"] == 405


async def test_a_harvested_entry_has_the_score_of_its_metadata_alone(province: Province) -> None:
    facts = harvested("quality", "质量")
    with transaction(province.services.node.database) as session:
        put_entry(session, "hz", facts, NOW)
    try:
        said = await get(province, facts.id)
    finally:
        with transaction(province.services.node.database) as session:
            remove_entry(session, facts.id, NOW)
    assert (said["dimensions"], said["history"]) == ([], [])
    assert said["metadata"]["unchecked"] > 0
    met = {one["id"]: one["met"] for one in said["metadata"]["indicators"]}
    assert met["access_url_status"] is None


async def test_a_draft_is_there_for_its_department_alone(province: Province) -> None:
    with unpublished_meanwhile(province.services.node.database, CLOSED):
        assert await get(province, CLOSED) == 404
        assert await get(province, CLOSED, "zhou") == 404
        assert (await get(province, CLOSED, "sun"))["exact"]


async def test_an_authority_elsewhere_gets_rough_numbers(province: Province) -> None:
    contract = province.services.catalogue.contracts.get(CLOSED)
    luo = province.official("luo")
    office = province.position("luo")

    def told(region: str) -> bool:
        position = replace(office, organisation="113399001001178127", region=region)
        caller = replace(luo, position=position)
        return is_told_counts(province.services, caller, contract, Purpose("duty"))

    assert told("330000")
    assert [told(one) for one in ("330106", "330200", "320000", "")] == [False] * 4


async def test_nobody_but_its_department_gets_numbers_of_a_draft(province: Province) -> None:
    services = province.services
    contract = services.catalogue.contracts.get(CLOSED)
    with unpublished_meanwhile(services.node.database, CLOSED):
        reader = services.quality()
        for who, known in (("luo", False), ("zhou", False), ("sun", True)):
            found = reader.measure(contract, province.official(who))
            assert (found.newest is not None) == known, who
            assert bool(found.history) == known
            gaps = {one.gap.code for one in found.now.values() if one.gap is not None}
            assert ("not_published" in gaps) != known
