"""The calls that known clients make, and what each of them then reads.

Every fixture names the client's version, file and function. The calls were written down from the
clients' published sources; of the clients, `ckanapi` alone runs in a test: test_ckanapi.py.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.province import NOW, Province
from tests.test_portals.api.ckan.asking import ask, send

WHOLE = 33
"""Entries of the demo."""


# ckanext-harvest 1.6.2, ckanext/harvest/harvesters/ckanharvester.py, CKANHarvester


def harvested(province: Province, fq_terms: list[str]) -> list[dict[str, Any]]:
    """`_search_for_datasets`: pages until one is empty, a repeated page is an error."""
    params = {"rows": "10", "start": "0", "sort": "id asc"}  # rows is 100 there
    if fq_terms:
        params["fq"] = " ".join(fq_terms)
    packages: list[dict[str, Any]] = []
    previous = None
    while True:
        answer = send(province, "package_search", **params)
        assert answer.content != previous, "The paging doesn't seem to work."
        previous = answer.content
        page = answer.json().get("result", {}).get("results", [])
        if not page:
            return packages
        packages += page
        params["start"] = str(int(params["start"]) + int(params["rows"]))


def test_ckanext_harvest_gathers_every_dataset_once(province: Province) -> None:
    packages = harvested(province, [])
    assert len(packages) == WHOLE
    ids = [one["id"] for one in packages]
    assert ids == sorted(set(ids))
    for one in packages:  # what `import_stage` and `package_create` of the harvester's site check
        assert UUID(one["id"])
        assert one["type"] == "dataset"
        assert one["owner_org"] == one["organization"]["id"]
        assert {"key", "value"} == {key for extra in one["extras"] for key in extra}
        keys = [extra["key"] for extra in one["extras"]]
        assert len(keys) == len(set(keys))
        assert all(isinstance(extra["value"], str) for extra in one["extras"])
        json.dumps(one)


def test_ckanext_harvest_asks_for_what_has_changed_since_its_last_job(province: Province) -> None:
    """`gather_stage`: the time of the last job less an hour, in UTC with microseconds."""
    for last, expected in ((NOW, WHOLE), (NOW + timedelta(days=300), 0)):
        since = (last.astimezone(UTC).replace(tzinfo=None) - timedelta(hours=1)).isoformat()
        assert len(harvested(province, [f"metadata_modified:[{since}Z TO *]"])) == expected


def test_ckanext_harvest_leaves_organisations_and_groups_out(province: Province) -> None:
    """`gather_stage` with organizations_filter_exclude and groups_filter_include."""
    whole = harvested(province, [])
    name = whole[0]["organization"]["name"]
    others = [one for one in whole if one["organization"]["name"] != name]
    assert len(harvested(province, [f"-organization:{name}"])) == len(others)
    chosen = [one for one in whole if {g["name"] for g in one["groups"]} & {"credit", "economy"}]
    assert len(harvested(province, ["groups:credit OR groups:economy"])) == len(chosen) > 0


def test_ckanext_harvest_fetches_organisations_and_groups(province: Province) -> None:
    """`_get_organization` by the package's owner_org, `_get_group` by the id of the group."""
    (package,) = ask(province, "package_search", q="name:fg_penalties")["results"]
    organisation = ask(province, "organization_show", id=package["owner_org"])
    assert organisation["title"] == package["organization"]["title"]
    (group,) = package["groups"]
    shown = ask(province, "group_show", id=group["id"])
    assert (shown["id"], shown["name"]) == (group["id"], group["name"])


# udata 17.6.0, udata/harvest/backends/ckan/harvesters.py, CkanBackend, with
# udata/harvest/backends/ckan/schemas/ckan.py

PACKAGE_KEYS = (
    *("id", "name", "title", "notes", "license_id", "license_title", "tags", "metadata_created"),
    *("metadata_modified", "organization", "resources", "private", "type", "author"),
    *("author_email", "maintainer", "maintainer_email", "state", "extras"),
)
RESOURCE_KEYS = (
    *("id", "position", "name", "description", "format", "mimetype", "size", "hash", "created"),
    *("last_modified", "url", "resource_type"),
)


def udata_accepts(package: dict[str, Any]) -> bool:
    """The schema's rules that a package can break: keys, types, moments."""
    assert all(key in package for key in PACKAGE_KEYS)
    for key in ("id", "name", "title", "metadata_created", "metadata_modified"):
        assert isinstance(package[key], str)
    assert datetime.fromisoformat(package["metadata_created"])
    assert datetime.fromisoformat(package["metadata_modified"])
    assert package["type"] == "dataset"
    assert package["private"] is False
    assert package["maintainer_email"] is None or "@" in package["maintainer_email"]
    organisation = package["organization"]
    assert organisation["type"] == "organization"
    assert organisation["approval_status"] == "approved"
    assert datetime.fromisoformat(organisation["created"])
    for resource in package["resources"]:
        assert all(key in resource for key in RESOURCE_KEYS)
        assert isinstance(resource["format"], str)
        assert isinstance(resource["url"], str)
        assert resource["url"].startswith("http")
        assert resource["resource_type"] in {None, "file"}
        assert datetime.fromisoformat(resource["created"])
        assert isinstance(resource["hash"], str)
    return bool(package["resources"])


def test_udata_lists_and_shows_every_dataset(province: Province) -> None:
    """`inner_harvest` without a filter, and `inner_process_dataset` with each name."""
    names = ask(province, "package_list")
    assert len(names) == WHOLE
    shown = [ask(province, "package_show", id=name) for name in names]
    with_files = [one["name"] for one in shown if udata_accepts(one)]
    known = province.services.known_to(province.anonymous).entries.page(0, 100)
    assert with_files == sorted(one.id for one in known if one.distributions)
    frequency = {e["key"]: e["value"] for e in shown[0]["extras"]}["frequency"]
    assert frequency.startswith("http://publications.europa.eu/resource/authority/frequency/")


def test_udata_filters_by_organisation_and_tag(province: Province) -> None:
    """`inner_harvest` with filters: `q` of `key:value` and `-key:value`, joined by AND."""
    package = ask(province, "package_show", id="fg_penalties")
    name = package["organization"]["name"]
    found = ask(province, "package_search", q=f"organization:{name}", rows=1000)["results"]
    assert "fg_penalties" in {one["name"] for one in found}
    tag = package["tags"][0]["name"]
    rest = ask(province, "package_search", q=f'organization:{name} AND -tags:"{tag}"', rows=1000)[
        "results"
    ]
    without = [one for one in found if tag not in {t["name"] for t in one["tags"]}]
    assert {one["name"] for one in rest} == {one["name"] for one in without}


def test_udata_reads_an_error(province: Province) -> None:
    """`get_action`: status, then `success` and the type of the error."""
    answer = send(province, "package_show", id="no_such")
    assert answer.headers["content-type"].partition(";")[0] == "application/json"
    assert answer.status_code == 404
    assert answer.json()["success"] is False
    assert answer.json()["error"]["__type"] == "Not Found Error"


# magda-ckan-connector 1.0.1-alpha.2, src/Ckan.ts, class Ckan


def test_magda_pages_through_datasets_by_creation(province: Province) -> None:
    """`getJsonDatasets`: `packageSearch` sorted by metadata_created, in pages up to `count`."""
    names: list[str] = []
    start = 0
    while True:
        page = ask(
            province,
            "package_search",
            sort="metadata_created asc",
            start=start,
            rows=20,  # 1000 there
            fq='-harvest_source_title:"another portal"',
        )
        names += [one["name"] for one in page["results"]]
        start += 20
        if start >= page["count"]:
            break
    assert len(names) == len(set(names)) == WHOLE


def test_magda_pages_through_organisations(province: Province) -> None:
    """`organizationList`: until a page is empty; `getJsonDatasetPublisher` by the package's id."""
    ids: list[str] = []
    while True:
        page = ask(
            province,
            "organization_list",
            all_fields="true",
            include_groups="true",
            include_extras="true",
            include_tags="true",
            offset=len(ids),
            limit=4,  # 1000 there
        )
        if not page:
            break
        ids += [one["id"] for one in page]
    packages = ask(province, "package_search", rows=1000)["results"]
    assert len(ids) == len(set(ids))
    assert set(ids) == {one["organization"]["id"] for one in packages}


def test_magda_searches_by_title(province: Province) -> None:
    """`searchDatasetsByTitle`, and `searchFirstClassOrganizationsByTitle` with its details."""
    found = ask(province, "package_search", fq='title:"air quality"', start=0, rows=1000)
    assert [one["name"] for one in found["results"]] == ["hb_air_quality_hourly"]
    (one, *_) = ask(province, "organization_autocomplete", q="Market Regulation", limit=10)
    assert ask(province, "organization_show", id=one["id"])["title"] == one["title"]


# ckan-mcp-server 0.4.119 (ondata), src/tools/*.ts over src/utils/http.ts, makeCkanRequest


def test_ckan_mcp_server_counts_organisations_and_tags(province: Province) -> None:
    """organization.ts (limit 0) and tag.ts: facets of a search without rows, all of them."""
    found = ask(
        province, "package_search", rows=0, facet_field='["organization", "tags"]', facet_limit=-1
    )
    items = found["search_facets"]["organization"]["items"]
    assert len(items) == len(ask(province, "organization_list"))
    assert sum(one["count"] for one in items) == found["count"] == WHOLE
    tags = {one["name"] for one in found["search_facets"]["tags"]["items"]}
    assert tags == set(ask(province, "tag_list"))


@pytest.mark.parametrize("action", ["organization_list", "group_list"])
def test_ckan_mcp_server_lists_groups(province: Province, action: str) -> None:
    """organization.ts and group.ts, with a sort and a page."""
    whole = ask(province, action, all_fields="true", sort="package_count desc")
    counts = [one["package_count"] for one in whole]
    assert counts == sorted(counts, reverse=True)
    assert sum(counts) <= WHOLE
    page = ask(province, action, all_fields="true", sort="package_count desc", limit=2, offset=1)
    assert page == whole[1:3]
    show = action.replace("_list", "_show")
    shown = ask(province, show, id=whole[0]["name"], include_datasets="true", include_users="false")
    assert len(shown["packages"]) == shown["package_count"] == counts[0]


def test_ckan_mcp_server_searches_what_is_recent(province: Province) -> None:
    """package.ts, ckan_package_search: `include_private`, `sort`, and `text:(…)`."""
    asked = {"include_private": "false", "sort": "metadata_modified desc", "rows": 5, "start": 0}
    recent = ask(province, "package_search", q="metadata_modified:[NOW-3650DAYS TO *]", **asked)
    moments = [one["metadata_modified"] for one in recent["results"]]
    assert recent["count"] == WHOLE
    assert moments == sorted(moments, reverse=True)
    assert ask(province, "package_search", q="text:(air quality)", **asked)["count"] == 1


def test_ckan_mcp_server_reads_rows(province: Province) -> None:
    """package.ts checks with limit 0; datastore.ts searches with `filters` as JSON."""
    package = ask(province, "package_show", id="fg_credit_evaluations", include_tracking="false")
    (resource,) = (one["id"] for one in package["resources"] if one["datastore_active"])
    assert ask(province, "datastore_search", resource_id=resource, limit=0)["total"] > 0
    found = ask(
        province,
        "datastore_search",
        resource_id=resource,
        limit=10,
        offset=0,
        distinct="false",
        filters='{"level": "A"}',
        fields="uscc,level",
        sort="uscc asc",
    )
    assert {tuple(row) for row in found["records"]} == {("uscc", "level")}
    assert {row["level"] for row in found["records"]} == {"A"}


def test_ckan_mcp_server_asks_for_the_status(province: Province) -> None:
    """status.ts."""
    assert ask(province, "status_show")["site_url"].startswith("http")
