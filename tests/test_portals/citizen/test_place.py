"""A place in ten numbers: each as the API gives it, beside its city's and the province's."""

import re
from dataclasses import replace

import pytest

from tests.province import Province
from tests.test_portals.api.callers import Call, send
from tests.test_portals.citizen.test_metrics import anybody
from tests.test_portals.pages.numbers import HOLE
from xihu_catalog.registry.pages import page_choices
from xihu_platform.errors import NotFound
from xihu_portals.citizen import place


def test_the_ten_of_the_registry_are_public_and_stand_in_its_order(province: Province) -> None:
    view = place.fill(anybody(province), "330106")
    assert [one.href for one in view.numbers] == [
        f"/metrics/{name}?place=330106" for name in page_choices().place_figures
    ]
    assert len(view.numbers) == 10
    assert view.fewer is None
    for name in page_choices().place_figures:
        assert province.services.metrics[name].audience == "public"


def test_city_and_province_stand_beside_a_county_and_only_the_province_beside_a_city(
    province: Province,
) -> None:
    for code, above in (("330106", ["杭州市", "示例省"]), ("330100", ["示例省"]), ("330000", [])):
        for one in place.fill(anybody(province), code).numbers:
            assert [up.place.zh for up in one.above] == above


def test_a_hole_is_told_at_the_place_that_has_it_and_at_what_it_lies_in(
    province: Province,
) -> None:
    gdp = place.fill(anybody(province), HOLE).numbers[1]
    assert gdp.figure is not None
    assert gdp.figure.gap is not None
    assert not gdp.figure.changes
    assert all(up.figure.gap is not None for up in gdp.above)
    text = send(province, Call("GET", "/places/330106", "", "wang"), "no_token").text
    beside = text.split('href="/metrics/gdp?place=330106"')[1].split("</li>")[0]
    assert beside.count("不完整") == 2


def test_where_there_are_fewer_public_metrics_their_number_is_said(province: Province) -> None:
    few = {n: s for n, s in province.services.metrics.items() if n in {"gdp", "residents"}}
    visitor = anybody(province)
    view = place.fill(replace(visitor, services=replace(visitor.services, metrics=few)), "330106")
    assert view.fewer == 2
    assert len(view.numbers) == 2


def test_no_number_of_another_audience_is_shown_even_if_the_registry_names_it(
    province: Province,
) -> None:
    closed = {
        name: replace(spec, audience="official") for name, spec in province.services.metrics.items()
    }
    visitor = anybody(province)
    view = place.fill(
        replace(visitor, services=replace(visitor.services, metrics=closed)), "330106"
    )
    assert view.numbers == ()


@pytest.mark.parametrize("code", ["330199", "xihu", "0"])
def test_a_code_of_no_place_is_not_found(province: Province, code: str) -> None:
    with pytest.raises(NotFound, match="there is no place"):
        place.fill(anybody(province), code)


def test_nothing_is_ranked(province: Province) -> None:
    """Neither words of rank, nor a list of places in the order of a number."""
    text = send(province, Call("GET", "/places/330100", "", "wang"), "no_token").text
    assert not re.search("第 ?[0-9一二三]+ ?(名|位)|排第|榜", text)
