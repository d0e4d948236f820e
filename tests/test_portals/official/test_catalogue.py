"""The official catalogue: everything there is, and for each whether this position may use it."""

import pytest

from tests.province import NOW, Province
from tests.test_portals.api.callers import Call, send
from tests.test_portals.decisions.table import PEOPLE, principal, read_table
from xihu_portals.official import catalogue
from xihu_portals.pages.searching import SearchAddress
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.frame import PageFrame

PATH = "/official/catalogue"
DUTY = [v for v in read_table() if v.purpose == "duty" and PEOPLE[v.person].position]


@pytest.mark.parametrize("person", sorted({v.person for v in DUTY} - {"qian-expired"}))
def test_a_dataset_is_called_open_to_exactly_whom_the_table_allows_it(
    province: Province, person: str
) -> None:
    here = Visitor(province.services, principal(province, person), PageFrame("official", NOW))
    view = catalogue.fill(here, SearchAddress(PATH, limit=100))
    shown = {hit.id: hit.access for hit in view.hits}
    assert set(shown) == set(province.services.catalogue.contracts.all())
    for decided in (v for v in DUTY if v.person == person):
        assert (shown[decided.dataset] == "open") == (not decided.whole), decided


def test_figures_are_found_beside_datasets_on_the_first_page_alone(province: Province) -> None:
    here = Visitor(province.services, province.official("zhou"), PageFrame("official", NOW))
    first = catalogue.fill(here, SearchAddress(PATH, "用电量"))
    assert "/official/metrics/power_use" in {
        link.href for _, links in first.others for link in links
    }
    narrowed = (("topic", "energy"),)
    assert catalogue.fill(here, SearchAddress(PATH, "用电量", narrowed)).others == ()
    assert catalogue.fill(here, SearchAddress(PATH, "用电量", offset=20)).others == ()


def test_a_facet_in_the_address_narrows_and_its_link_lifts_it(province: Province) -> None:
    call = Call("GET", f"{PATH}?q=企业&share_class=conditional", "", "sun")
    text = send(province, call, "right").text
    main = text.split("<main")[1].split("</main>")[0]
    assert 'href="/official/catalogue?q=%E4%BC%81%E4%B8%9A"' in main
    assert 'name="share_class" value="conditional"' in main
