"""Data that is not shared: found with the others, on a page that says why, without a download."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import httpx
import pytest

from tests.province import Province, make_province
from tests.test_catalog.sharing.test_attestations import FIRMS, SURVEY
from tests.test_portals.api.callers import Call, send
from tests.test_portals.official.test_request import words
from xihu_catalog.datasets.uncatalogued import uncatalogued
from xihu_catalog.registry import systems
from xihu_catalog.sharing import attestations
from xihu_catalog.sharing.attestations import sync_attestations

PAGE = "/datasets/attested-survey_households"


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    """One of its own, with one attestation in time and one late."""
    late = replace(FIRMS, decided_on=date(2025, 1, 1), review_by=date(2026, 11, 22))
    for made in make_province(tmp_path_factory.mktemp("attested")):
        node = made.services.node
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(attestations, "valid_attestations", lambda: (SURVEY, late))
            sync_attestations(node.database, node.settings.base_url, node.clock())
        made.services.stored_index.refresh()
        yield made


def get(province: Province, path: str, who: str = "wang") -> httpx.Response:
    return send(province, Call("GET", path, "", who), "right")


def test_the_page_says_who_has_it_and_what_forbids_sharing_it(province: Province) -> None:
    page = get(province, PAGE)
    assert page.status_code == 200
    said = words(page)
    for one in ("住户调查原始记录", "示例省统计局", "《统计法》第二十八条", "2026年1月15日"):
        assert one in said, one
    assert "2026年11月30日" in said and "逾期" not in said
    assert f'href="{SURVEY.law}"' in page.text
    assert "download" not in page.text.partition("<main")[2].partition("</main>")[0]
    english = words(get(province, f"{PAGE}?lang=en"))
    assert "Original records of the household survey" in english
    assert "Data that is not shared" in english and "Statistics Law, art. 28" in english


def test_an_overdue_review_is_said(province: Province) -> None:
    said = words(get(province, "/datasets/attested-survey_firms"))
    assert "应当在2026年11月22日前复核，逾期没有复核" in said


def test_it_is_found_on_both_portals_as_what_it_is(province: Province) -> None:
    found = get(province, "/search?q=住户调查原始记录")
    open_data, _, closed = found.text.partition('<details class="rest closed-sets"')
    assert PAGE not in open_data and PAGE in closed
    assert "部门有这些数据，依法不予共享。" in closed
    assert "统计局" not in words(get(province, "/search?q=住户调查原始记录&lang=en"))
    catalogue = send(
        province, Call("GET", "/official/catalogue?q=住户调查原始记录", "", "luo"), "right"
    )
    assert PAGE in catalogue.text
    before = catalogue.text[: catalogue.text.index(PAGE)]
    assert before.rindex("不予共享的数据") > before.rfind("其他目录的"), "under its own heading"
    edited = send(province, Call("GET", "/official/harvest?q=住户调查原始记录", "", "luo"), "right")
    assert PAGE not in edited.text, "the registry has it: nothing is laid over it"
    page = send(
        province, Call("GET", "/official/harvest/entries/attested-survey_firms", "", "luo"), "right"
    )
    assert page.status_code == 404


def test_programs_read_it_and_no_rows(province: Province) -> None:
    for form, kind in (("ttl", "text/turtle"), ("jsonld", "application/ld+json")):
        answer = get(province, f"{PAGE}/entry.{form}")
        assert answer.status_code == 200 and answer.headers["content-type"].startswith(kind)
        assert "NON_PUBLIC" in answer.text and "distribution" not in answer.text
    package = get(province, "/api/3/action/package_show?id=attested-survey_households").json()
    assert package["result"]["num_resources"] == 0
    for path in (f"{PAGE}/download.csv", "/api/v1/datasets/attested-survey_households/rows"):
        assert get(province, path).status_code == 404
    assert "attested-survey_households" in get(province, "/catalog.ttl?page=1").text


def test_a_system_whose_data_is_attested_is_catalogued(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    from xihu_catalog.datasets import uncatalogued as room

    line = next(one for one in systems.information_systems() if one.id == "IS-MZ-03")
    named = replace(line, datasets=(SURVEY.entry,))
    monkeypatch.setattr(room, "information_systems", lambda: (named,))
    position, today = province.position("luo"), date(2026, 11, 23)
    catalogue = province.services.catalogue
    intake = province.services.node.settings.data_dir / "intake"
    assert len(uncatalogued(catalogue, intake, position, today).systems) == 1
    monkeypatch.setattr(room, "valid_attestations", lambda: (SURVEY,))
    assert uncatalogued(catalogue, intake, position, today).systems == ()
