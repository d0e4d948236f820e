"""The catalogue of metrics lists each number once, with its owner and the state of its data."""

import pytest

from tests.province import NOW, Province
from tests.test_portals.api.callers import Call, send
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
