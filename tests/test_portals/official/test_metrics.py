"""The catalogue of metrics lists each number once, with its owner and the state of its data."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import update

from tests.province import NOW, Province
from tests.test_portals.api.callers import Call, send
from tests.test_portals.official.test_request import get, words
from xihu_catalog.contracts.entries import CatalogueEntryRow
from xihu_platform.database import transaction
from xihu_platform.errors import NotFound
from xihu_portals.official.metrics import fill
from xihu_portals.pages.metric_list import BRAINS, MetricCatalogue
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.frame import PageFrame


def shown(province: Province, brain: str = "", owner: str = "") -> MetricCatalogue:
    here = Visitor(province.services, province.official("zhou"), PageFrame("official", NOW))
    return fill(here, brain, owner)


def test_every_metric_is_there_once_below_its_brain(province: Province) -> None:
    view = shown(province)
    specs = province.services.metrics
    listed = [one.href for _, group in view.brains for one in group]
    assert sorted(listed) == sorted(f"/official/metrics/{name}" for name in specs)
    assert view.count == len(specs) == len(listed)
    for title, group in view.brains:
        (brain,) = [name for name, words in BRAINS.items() if words == title]
        assert {specs[one.href.rsplit("/", 1)[-1]].brain for one in group} == {brain}


def test_brain_and_owner_narrow_and_stay_chosen(province: Province) -> None:
    spec = province.services.metrics["industrial_output"]
    view = shown(province, spec.brain, spec.owner)
    wanted = [
        one
        for one in province.services.metrics.values()
        if (one.brain, one.owner) == (spec.brain, spec.owner)
    ]
    assert view.count == len(wanted) < len(province.services.metrics)
    assert [choice.value for one in view.filters for choice in one.choices if choice.selected] == [
        spec.brain,
        spec.owner,
    ]


def test_the_state_of_a_metrics_data_is_that_of_its_dataset(province: Province) -> None:
    states = {
        one.href.rsplit("/", 1)[-1]: one.freshness
        for _, group in shown(province).brains
        for one in group
    }
    for name, spec in province.services.metrics.items():
        heart = province.services.catalogue.get_entry(spec.dataset).heartbeat
        freshness = states[name]
        assert freshness is not None
        assert freshness.kind == heart.state


@pytest.fixture
def withdrawn(province: Province) -> Iterator[None]:
    """The electricity used: its entry was published once, and the authority knows of it still."""
    database, row = province.services.node.database, CatalogueEntryRow
    of = update(row).where(row.dataset == "fg_power_daily")
    with transaction(database) as session:
        before = session.get_one(row, "fg_power_daily").reviewer
        session.execute(of.values(state="withdrawn", reviewer="11339900100120552F"))
    yield
    with transaction(database) as session:
        session.execute(of.values(state="published", reviewer=before))


@pytest.mark.parametrize("who", ["luo", "zhou", "wu", "sun"])
def test_the_list_leads_to_no_page_that_is_refused(
    province: Province, withdrawn: None, who: str
) -> None:
    page = get(province, who, "/official/metrics").text
    assert "/official/metrics/power_use" not in page
    assert "/official/metrics/industrial_output" in page or who == "wu"
    for way in re.findall(r'href="(/official/metrics/[a-z0-9_]+)"', page):
        assert get(province, who, way).status_code == 200, way
    refused = get(province, "luo", "/official/metrics/power_use")
    assert refused.status_code == 403
    assert "已经撤销" in words(refused) and "审核" not in words(refused).partition("撤销")[0][-80:]


def test_no_page_before_it_leads_there_and_today_opens(province: Province, withdrawn: None) -> None:
    for way in ("/official/", "/official/datasets/fg_power_daily", "/official/catalogue?q=用电"):
        page = get(province, "luo", way)
        assert page.status_code == 200, way
        assert "/official/metrics/power_use" not in page.text, way
    region = get(province, "luo", "/official/region/330000")
    assert region.status_code == 200 and 'value="power_use"' not in region.text


@pytest.mark.parametrize("asked", [("welfare", ""), ("", "91110000600037341L")])
def test_a_brain_or_owner_without_metrics_is_not_found(
    province: Province, asked: tuple[str, str]
) -> None:
    with pytest.raises(NotFound, match="there is no metric of"):
        shown(province, *asked)


def test_the_page_leads_to_each_metric_and_says_its_definition(province: Province) -> None:
    text = send(province, Call("GET", "/official/metrics", "", "sun"), "right").text
    assert 'href="/official/metrics/industrial_output"' in text
    assert province.services.metrics["industrial_output"].definition.zh in text
    assert 'aria-current="page"' in text
