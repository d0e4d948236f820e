"""Who coordinates between two departments: that of their level, else of the level above both."""

from datetime import date

import pytest

from xihu_catalog.registry.people import content
from xihu_catalog.sharing.disputes import common_region
from xihu_catalog.sharing.requests import authority_in
from xihu_pipelines.demo.province import settle
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import Conflict
from xihu_platform.identity.models import OrganisationRow, PersonRow, PositionRow
from xihu_platform.start import Node

CITY, PROVINCE = "91330100TESTTEST01", "11339900100120552F"


@pytest.mark.parametrize(
    ("one", "other", "region"),
    [
        ("330100", "330225", "330000"),
        ("330106", "330110", "330100"),
        ("330106", "330106", "330106"),
        ("330106", "330100", "330100"),
        ("330106", "330000", "330000"),
        ("330000", "330000", "330000"),
        ("330782", "330106", "330000"),
    ],
)
def test_the_region_that_holds_both(one: str, other: str, region: str) -> None:
    assert common_region(one, other) == region
    assert common_region(other, one) == region


def test_two_provinces_go_through_the_nation() -> None:
    with pytest.raises(Conflict, match="national platform"):
        common_region("330106", "310101")


def with_a_city_authority(node: Node) -> date:
    """An authority of the city 3301, beside the province's."""
    today = civil_date(node.clock())
    with transaction(node.database) as session:
        session.add(
            OrganisationRow(
                uscc=CITY,
                code="330100X",
                name_zh="市数据局",
                name_en="City data bureau",
                region="330100",
                kind="department",
            )
        )
        session.add(
            PersonRow(
                person="p-city", username="city", name_zh="市", name_en="C", level=3, subject=None
            )
        )
        session.flush()
        session.add(
            PositionRow(
                id="city-authority",
                person="p-city",
                title_zh="主管",
                title_en="authority",
                organisation=CITY,
                region="330100",
                duties="authority",
                valid_from=date(2020, 1, 1),
                valid_to=date(2099, 1, 1),
            )
        )
    return today


def test_the_authority_of_that_region_coordinates(node: Node) -> None:
    settle(node)
    today = with_a_city_authority(node)
    assert {one.uscc for one in content().organisations} >= {PROVINCE}
    with transaction(node.database) as session:

        def of(one: str, other: str) -> str:
            return authority_in(session, common_region(one, other), today)

        assert of("330106", "330110") == CITY
        assert of("330100", "330225") == PROVINCE
        assert of("330225", "330281") == PROVINCE, "its city has none: the level above"
