"""An entry that is not published changes no number that a stranger reads."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import update

from tests.province import Province, make_province
from tests.test_portals.api.ckan.asking import ask, post, send
from xihu_catalog.contracts.entries import CatalogueEntryRow
from xihu_platform.database import transaction

HIDDEN = "hb_air_quality_hourly"
TAG = "AQI"
"""No other dataset has it."""
FIELDS = '["organization", "groups", "tags", "res_format", "name"]'


def numbers(province: Province) -> dict[str, Any]:
    """Any: JSON. Every number that the API says of the whole catalogue."""
    search = ask(province, "package_search", rows=1000, facet_field=FIELDS, facet_limit=-1)
    counted = ("organization_list", "group_list")
    return {
        "count": search["count"],
        "facets": search["facets"],
        "names": ask(province, "package_list"),
        "tags": ask(province, "tag_list"),
        "csv": ask(province, "resource_search", query="format:csv", limit=0)["count"],
        **{
            action: {
                one["name"]: one["package_count"] for one in ask(province, action, all_fields="1")
            }
            for action in counted
        },
    }


@pytest.fixture(scope="module")
def before_and_after(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Province, dict[str, Any], dict[str, Any], dict[str, Any]]]:
    for province in make_province(tmp_path_factory.mktemp("draft")):
        shown = ask(province, "package_show", id=HIDDEN)
        before = numbers(province)
        drawn_up = {"state": "draft", "matter": None, "reviewer": None, "region": None}
        with transaction(province.services.node.database) as session:
            row = CatalogueEntryRow
            session.execute(update(row).where(row.dataset == HIDDEN).values(drawn_up))
        yield province, shown, before, numbers(province)


def test_every_number_is_that_of_the_others(
    before_and_after: tuple[Province, dict[str, Any], dict[str, Any], dict[str, Any]],
) -> None:
    _, shown, before, after = before_and_after
    assert (before["count"], after["count"]) == (33, 32)
    assert set(before["names"]) - set(after["names"]) == {HIDDEN}
    assert set(before["tags"]) - set(after["tags"]) >= {TAG}
    assert before["csv"] - after["csv"] == 1
    assert HIDDEN not in after["facets"]["name"]
    for listed, name in (
        ("organization_list", shown["organization"]["name"]),
        ("group_list", shown["groups"][0]["name"]),
    ):
        left = after[listed].get(name, 0)
        assert left == before[listed][name] - 1
        facet = after["facets"]["organization" if listed[0] == "o" else "groups"]
        assert facet.get(name, 0) == left


def test_it_is_found_by_no_id(
    before_and_after: tuple[Province, dict[str, Any], dict[str, Any], dict[str, Any]],
) -> None:
    province, shown, _, _ = before_and_after
    for action, reference in (
        ("package_show", HIDDEN),
        ("package_show", shown["id"]),
        ("tag_show", TAG),
        *(("resource_show", one["id"]) for one in shown["resources"]),
        *(("datastore_info", one["id"]) for one in shown["resources"]),
    ):
        answer = send(province, action, id=reference)
        assert answer.status_code == 404, (action, reference)
    for reference in (HIDDEN, *(one["id"] for one in shown["resources"])):
        for limit in (1, 5000):
            answer = send(province, "datastore_search", resource_id=reference, limit=limit)
            assert answer.status_code == 404
    assert ask(province, "package_search", q="air quality")["count"] == 0
    assert ask(province, "package_search", q=f"name:{HIDDEN}")["count"] == 0
    assert ask(province, "package_autocomplete", q="hb_air") == []


def test_another_department_is_a_stranger_too(
    before_and_after: tuple[Province, dict[str, Any], dict[str, Any], dict[str, Any]],
) -> None:
    province, shown, _, _ = before_and_after
    services = province.services
    provider = services.catalogue.contracts.get(HIDDEN).provider
    assert shown["organization"]["name"] == provider.lower()
    path = "/api/3/action/package_show"
    known = post(province, path, province.token("sun"), json={"id": HIDDEN})
    assert known.status_code == 404  # of another department
