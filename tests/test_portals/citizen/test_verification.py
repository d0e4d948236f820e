"""The check a page about oneself asks for: one that can be passed, or none."""

import pytest

from tests.province import NOW, Province
from xihu_portals.citizen.verification import proven_level, verification
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.frame import PageFrame


def visitor(province: Province, who: str, level: int) -> Visitor:
    return Visitor(province.services, province.citizen(who, level), PageFrame("citizen", NOW))


@pytest.mark.parametrize(
    ("who", "proven", "reached", "needed", "asked"),
    [
        ("wang", 3, 2, 3, 3),
        ("wang", 3, 3, 3, None),
        ("wang", 3, 1, 2, 2),
        ("li", 1, 1, 3, None),  # no check would lead further than an office has proven
    ],
)
def test_a_check_is_asked_for_only_where_it_leads_further(
    province: Province, who: str, proven: int, reached: int, needed: int, asked: int | None
) -> None:
    here = visitor(province, who, reached)
    assert proven_level(here) == proven
    way = verification(here, needed, "/my/uses?who=all")
    wanted = None if asked is None else f"/signin?level={asked}&next=%2Fmy%2Fuses%3Fwho%3Dall"
    assert way == wanted
