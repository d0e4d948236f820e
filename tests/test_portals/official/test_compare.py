"""A position compares what it may download, and learns why it may not compare the rest."""

import re
from html import unescape

from tests.province import Province
from tests.test_portals.api.callers import Call, send
from tests.test_portals.citizen.test_compare import items
from tests.test_portals.citizen.test_versions import world
from tests.test_portals.official.test_versions import page
from tests.test_portals.versioned import DATASET

__all__ = ["world"]


def test_the_differences_are_shown_and_taken(world: Province) -> None:
    text = page(world, f"/official/datasets/{DATASET}/compare")
    assert [one[:2] for one in items(text)] == ["删去", "新增", "变更"]
    (href,) = re.findall(r'href="(/official/datasets/[^"]*/diff.csv[^"]*)"', text)
    answer = send(world, Call("GET", unescape(href), "", "sun"), "right")
    assert answer.text.count("\n") == 4


def test_what_opens_under_a_ground_alone_is_refused_with_its_reason(world: Province) -> None:
    snapshot = world.services.catalogue.get_entry("rs_social_insurance").heartbeat.snapshot_id
    path = "/official/datasets/rs_social_insurance/compare"
    text = page(world, f"{path}?from={snapshot}&to={snapshot}")
    assert "业务事由" in text
    assert "条例" in text
    assert items(text) == []
