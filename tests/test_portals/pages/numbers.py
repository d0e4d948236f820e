"""What tests of numbers on pages share: the API's answer, the page's figure, a count by hand."""

import re
from dataclasses import dataclass
from typing import Any

from tests.province import NOW, Province
from tests.test_portals.pages.rendered import request_of
from xihu_portals.official.asker import asker
from xihu_portals.pages import figures
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Figure
from xihu_portals.web.render import View, render

HOLE = "330108"
"""滨江: its third quarter of 2026 is quarantined in the demo."""
PLACES = ("330000", "330100", HOLE)
END = "2026-10-31"


async def ask(province: Province, metric: str, **query: object) -> dict[str, Any]:
    async with province.client() as client:
        found = await client.get(f"/api/v1/brain/metrics/{metric}/query", params=_texts(query))
    assert found.status_code == 200, found.text
    answer: dict[str, Any] = found.json()
    return answer


def _texts(query: dict[str, object]) -> dict[str, str]:
    return {name.rstrip("_"): str(value).lower() for name, value in query.items()}


def visitor(province: Province, user: str = "zhou") -> Visitor:
    return Visitor(province.services, province.official(user), PageFrame("official", NOW))


def card(province: Province, metric: str, place: str | None) -> Figure:
    spec = province.services.get_metric(metric)
    return figures.figure(asker(visitor(province)), spec, parent=place)


@dataclass(frozen=True)
class Wanted:
    """What the API's points say that a drawing of them must say."""

    cells: int
    leaves: set[str]
    labels: set[str]
    """Regions, parts or periods whose point is incomplete."""


def recount(points: list[dict[str, Any]], label: str) -> Wanted:
    """By hand, from the answer of the API."""
    lacking = [p for p in points if not p["complete"]]
    return Wanted(
        sum(p["expected"] - p["present"] for p in points),
        {leaf for p in lacking for leaf in p["missing"]},
        {p[label] or p["dimensions"]["sector"] for p in lacking},
    )


def counts(text: str) -> tuple[int, int]:
    """Cells and places, or cells and periods, of a sentence of several."""
    found = re.search("缺 ([0-9,]+) 格，涉及 ([0-9]+) 个县", text)
    if found:
        return int(found[1].replace(",", "")), int(found[2])
    periods = re.search("([0-9]+) 个月共缺 ([0-9,]+) 格", text)
    assert periods, text
    return int(periods[2].replace(",", "")), int(periods[1])


def draw(template: str, view: View, language: str = "zh") -> str:
    """A view as the page that its template makes of it."""
    return bytes(render(request_of("/", language), template, view).body).decode()
