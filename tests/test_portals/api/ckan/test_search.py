"""package_search in Solr's language: what is found, exact counts and facets, a total order."""

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.province import Province, make_province
from tests.test_portals.api.ckan.asking import add_entries, ask, send
from xihu_catalog.datasets.facts import EntryFacts
from xihu_platform.identity.principal import ANONYMOUS

MANY = 1_100
"""More than a page that is made in one piece."""


def entries(province: Province) -> list[EntryFacts]:
    """All that the public knows of, without the code under test."""
    return province.services.known_to(ANONYMOUS).entries.page(0, 10_000)


def count(province: Province, **parameters: object) -> int:
    return int(ask(province, "package_search", rows=0, **parameters)["count"])


def test_every_published_entry_is_found_once(province: Province) -> None:
    found = ask(province, "package_search", rows=1000)
    assert found["count"] == len(found["results"]) == 33
    assert {one["name"] for one in found["results"]} == {one.id for one in entries(province)}


@pytest.mark.parametrize(
    ("q", "names"),
    [
        ("title:air", {"hb_air_quality_hourly"}),
        ('title:"air quality"', {"hb_air_quality_hourly"}),
        ("title:空气质量", {"hb_air_quality_hourly"}),
        ("title:qual", set()),
        ("title:qual*", {"hb_air_quality_hourly"}),
        ("name:hb_*", {"hb_air_quality_hourly", "hb_water_sections"}),
        ("name:hb_* AND NOT title:air", {"hb_water_sections"}),
        ("name:hb_* -title:air", {"hb_water_sections"}),
        ("name:(hb_water_sections OR jy_pupils)", {"hb_water_sections", "jy_pupils"}),
        ("name:hb_water_sections || name:jy_pupils", {"hb_water_sections", "jy_pupils"}),
        # as in Lucene: beside a required clause the optional ones need not match
        ("name:hb_water_sections OR name:jy_pupils name:jt_bus_flow", {"jt_bus_flow"}),
        ("(name:a OR name:jy_pupils) AND (groups:education)", {"jy_pupils"}),
        ("no_such_field:a", set()),
        ("air quality", {"hb_air_quality_hourly"}),
    ],
)
def test_a_query_finds_these(province: Province, q: str, names: set[str]) -> None:
    found = ask(province, "package_search", q=q, rows=1000)
    assert {one["name"] for one in found["results"]} == names
    assert found["count"] == len(names)


@pytest.mark.parametrize(
    "q", ["", "*:*", "*", '""', "-private:true", "+dataset_type:dataset", "state:active"]
)
def test_all_are_found(province: Province, q: str) -> None:
    assert count(province, q=q) == 33
    assert count(province, fq=q) == 33


@pytest.mark.parametrize(
    "q",
    ["(", "title:", "a:b)", "AND a:b", "a:b OR", "a:[1 TO", "metadata_modified:[x TO *]", "a:/b/"],
)
def test_a_query_that_cannot_be_read_is_a_search_query_error(province: Province, q: str) -> None:
    answer = send(province, "package_search", fq=q)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["__type"] == "Search Query Error"
    assert answer.json()["success"] is False


def test_filters_are_joined(province: Province) -> None:
    open_files = {one.id for one in entries(province) if one.distributions}
    of_industry = {one.id for one in entries(province) if one.topic and one.topic[1] == "economy"}
    filters = ["res_format:CSV", "groups:economy"]
    assert count(province, fq=filters) == count(province, fq_list=filters)
    assert count(province, fq=filters) == len(open_files & of_industry) > 0
    assert count(province, fq="+res_format:(CSV OR XLS) +groups:economy") == len(
        open_files & of_industry
    )


def test_a_moment_divides_the_entries(province: Province) -> None:
    moments = sorted(one.state.loaded_at for one in entries(province) if one.state.loaded_at)
    middle = moments[len(moments) // 2]
    since = middle.isoformat().replace("+00:00", "Z")
    later = sum(one >= middle for one in moments)
    assert 0 < later < 33
    assert count(province, fq=f"metadata_modified:[{since} TO *]") == later
    assert count(province, fq=f"metadata_modified:{{{since} TO *]") == later - moments.count(middle)
    assert count(province, fq="metadata_modified:[NOW-10YEARS TO NOW+1DAY]") == 33
    assert count(province, fq="metadata_modified:[* TO NOW-1YEAR/DAY]") == 0


def test_facets_are_exact(province: Province) -> None:
    fields = '["organization", "groups", "tags", "res_format", "license_id"]'
    found = ask(province, "package_search", rows=0, facet_field=fields, facet_limit=-1)
    known = entries(province)
    assert found["facets"]["groups"] == Counter(one.topic[1] for one in known if one.topic)
    assert found["facets"]["tags"] == Counter(word for one in known for word in one.keywords)
    formats = Counter(d.form.upper() for one in known for d in one.distributions)
    assert found["facets"]["res_format"] == formats
    providers = Counter(one.publisher.id.rpartition("/")[2].lower() for one in known)
    assert found["facets"]["organization"] == providers
    shown = found["search_facets"]["organization"]["items"]
    assert {one["name"]: one["count"] for one in shown} == providers
    assert "Example Province Administration for Market Regulation" in {
        one["display_name"] for one in shown
    }
    first = ask(province, "package_search", rows=0, facet_field='["groups"]', facet_limit=1)
    assert list(first["facets"]["groups"].values()) == [max(found["facets"]["groups"].values())]


@pytest.mark.parametrize(
    "sort",
    ["metadata_modified desc", "title_string asc", "name desc", "score desc", "views_recent desc"],
)
def test_pages_never_overlap(province: Province, sort: str) -> None:
    names: list[str] = []
    for start in range(0, 40, 7):
        page = ask(province, "package_search", sort=sort, rows=7, start=start)
        names += [one["name"] for one in page["results"]]
    assert len(names) == len(set(names)) == 33


def test_a_sort_without_a_direction_is_an_error(province: Province) -> None:
    assert send(province, "package_search", sort="name sideways").status_code == 400


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    for made in make_province(tmp_path_factory.mktemp("large")):
        add_entries(made, MANY)
        yield made


def test_more_than_a_page_is_sent_whole(large: Province) -> None:
    found = ask(large, "package_search", rows=100_000, q="*:*", sort="name asc")
    names = [one["name"] for one in found["results"]]
    assert found["count"] == len(names) == len(set(names)) == MANY + 33
    assert names == sorted(names)
    assert len(ask(large, "current_package_list_with_resources", limit=100_000)) == MANY + 33
    assert len(ask(large, "package_list")) == MANY + 33


def test_a_harvested_entry_is_found_changed_and_removed(large: Province) -> None:
    found = ask(large, "package_show", id="hz-0007")
    assert found["name"] == "hz-0007"
    assert not any(one["datastore_active"] for one in found["resources"])
    assert ask(large, "package_show", id=found["id"])["name"] == "hz-0007"
    resource = found["resources"][0]
    assert ask(large, "resource_show", id=resource["id"]) == resource
    query = f"name:{found['name']} AND harvest_source_title:hz"
    assert ask(large, "package_search", q=query)["count"] == 1
    assert send(large, "datastore_search", resource_id="hz-0007").status_code == 404


def test_too_many_values_and_an_index_that_is_not_built_are_said(
    large: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("xihu_catalog.search.package_index.VALUES", 100)
        answer = send(large, "package_search", facet_field='["name"]')
        assert answer.status_code == 413
        assert "add a filter" in answer.json()["error"]["message"]
        assert send(large, "package_search", sort="entry asc").status_code == 413
        assert send(large, "package_search", sort="name asc").status_code == 200
    monkeypatch.setattr(large.services.stored_index, "packages", lambda: None)
    answer = send(large, "package_search")
    assert (answer.status_code, answer.json()["error"]["__type"]) == (503, "Service Unavailable")


@pytest.mark.parametrize("sort", ["tags asc", "res_format desc"])
def test_a_field_of_several_values_orders_nothing(large: Province, sort: str) -> None:
    answer = send(large, "package_search", sort=sort)
    assert answer.status_code == 400
    assert "can not sort on multivalued field" in answer.json()["error"]["message"]


def test_wildcards_and_ranges_of_any_length_have_an_answer(large: Province) -> None:
    assert count(large, q="name:hz-00*") == 100
    assert count(large, q='name:["hz-0010" TO "hz-0019"]') == 10
    found = ask(large, "package_search", sort="id asc", rows=2)["results"]
    low, high = (one["id"] for one in found)
    assert count(large, q=f'id:["{low}" TO "{high}"]') == 2
    long = "a" * 300
    assert send(large, "package_search", fq=f"name:{long}*").status_code == 400
    assert count(large, fq=f"name:[* TO {long[:150]}]") == 0
    many = " OR ".join(f"name:a{n}*" for n in range(60))
    assert send(large, "package_search", fq=many).status_code == 400


def test_an_organisation_of_another_catalogue_has_a_name_of_its_own(large: Province) -> None:
    listed = ask(large, "organization_list", all_fields="true")
    counts = {one["name"]: one["package_count"] for one in listed}
    assert sum(counts.values()) == MANY + 33
    assert sorted(counts.values())[-1] == MANY
    (largest,) = (name for name, number in counts.items() if number == MANY)
    shown = ask(large, "organization_show", id=largest, include_datasets="true")
    assert len(shown["packages"]) == shown["package_count"] == MANY
    assert count(large, fq=f"organization:{largest}") == MANY
