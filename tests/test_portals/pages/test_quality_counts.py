"""The share of accepted records where counts are rough: none of few records, and never of all."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.test_catalog.quality.test_whole import LOAD
from xihu_catalog.contracts.model import Contract
from xihu_catalog.quality.whole import Whole
from xihu_pipelines.demo.province import contracts
from xihu_platform.lake.summary import LoadCounts
from xihu_portals.pages.quality import of_load


@pytest.fixture(scope="module")
def persons() -> Contract:
    return contracts()["rs_social_insurance"]


@pytest.mark.parametrize(
    ("received", "accepted", "share"),
    [
        (999, 999, None),
        (999, 900, None),
        (1_000, 1_000, "0.99"),
        (1_000, 999, "0.99"),
        (1_000, 985, "0.98"),
        (200_000, 100_000, "0.5"),
    ],
)
def test_the_public_gets_a_share_as_of_the_dimensions_of_quality(
    persons: Contract, received: int, accepted: int, share: str | None
) -> None:
    counts = LoadCounts(received, accepted, received - accepted)
    load = Whole(replace(LOAD, counts=counts, rule_counts={}))
    found = of_load(persons, load, None, public=True, unreadable=frozenset())
    assert found.rough and found.accepted_share == (None if share is None else Decimal(share))
    own = of_load(persons, load, None, unreadable=frozenset())
    assert not own.rough and own.accepted_share is not None
