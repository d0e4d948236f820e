"""A region in a page's address: the rows that lie in it, and nothing for what is no region."""

import pytest

from tests.contracts import contract, field
from xihu_platform.access.query import Filter
from xihu_platform.errors import BadInput
from xihu_portals.pages.places import region_filters, with_region

PLACED = contract(
    "hb_placed", [field("id", key=True), field("county_code", codeList="divisions", region=True)]
)
PLACELESS = contract("hb_placeless", [field("id", key=True)])


@pytest.mark.parametrize(
    ("code", "filters"),
    [
        (None, ()),
        ("", ()),
        ("330000", ()),
        ("330100", (Filter("county_code", "starts", "3301"),)),
        ("330106", (Filter("county_code", "eq", "330106"),)),
    ],
)
def test_a_region_narrows_to_its_counties(code: str | None, filters: tuple[Filter, ...]) -> None:
    assert region_filters(PLACED, code) == filters


@pytest.mark.parametrize(("dataset", "code"), [(PLACED, "999999"), (PLACELESS, "330106")])
def test_what_cannot_be_narrowed_is_refused_with_its_names(dataset: object, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        region_filters(dataset, code)  # type: ignore[arg-type]  # one of two contracts
    assert code in refused.value.text.zh and code in refused.value.text.en


def test_a_link_keeps_the_region() -> None:
    assert with_region("/datasets/a", "330106") == "/datasets/a?region=330106"
    assert with_region("/datasets/a", None) == "/datasets/a"
