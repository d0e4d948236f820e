"""Where a derived dataset comes from and what is made of it, as the official portal links it."""

import pytest

from tests.province import NOW, Province
from xihu_portals.official import dataset
from xihu_portals.official.lineage import Lineage
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.frame import PageFrame


@pytest.fixture(scope="module")
def visitor(province: Province) -> Visitor:
    return Visitor(province.services, province.official("zhou"), PageFrame("official", NOW))


def hrefs(lineage: Lineage) -> tuple[list[str], list[str]]:
    return [link.href for link in lineage.upstream], [link.href for link in lineage.downstream]


def test_a_derived_dataset_links_to_what_it_is_made_of(visitor: Visitor) -> None:
    lineage = dataset.fill(visitor, "sg_supervision_monthly", None).lineage
    upstream, _ = hrefs(lineage)
    assert upstream == ["/official/datasets/fg_penalties", "/official/datasets/sg_inspections"]


@pytest.mark.parametrize("name", ["fg_penalties", "sg_inspections"])
def test_an_input_links_to_what_is_made_of_it(visitor: Visitor, name: str) -> None:
    upstream, downstream = hrefs(dataset.fill(visitor, name, None).lineage)
    assert upstream == ["#quality"]
    assert "/official/datasets/sg_supervision_monthly" in downstream
