"""One cell, one number: each page that shows it is fetched and read, and says what the API says.

Ten indicators, the province, a city and a county, the newest period that has ended and the one
before it. Of GDP and retail sales the county's newest quarter is a hole.
"""

import csv
import io
import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest

from tests.province import Province
from tests.sampling import sampled
from tests.test_portals.api.callers import Call, send
from tests.test_portals.pages.numbers import HOLE
from tests.test_portals.pages.test_numbers import INDICATORS
from xihu_catalog.registry.pages import page_choices
from xihu_platform.brain.periods import period_start
from xihu_platform.brain.spec import MetricSpec
from xihu_portals.pages.figures import last_closed_day
from xihu_portals.web import formats
from xihu_portals.web.parts import Period

PLACES = ("330000", "330100", HOLE)
ONE_PERIOD = {"firms_in_business", "hospital_bed_occupancy"}
"""In the demo the first has no time, and the second one month that has ended."""
AGES = ("newest", "before")
ANYWHERE = {"API", "CSV", "public metric page", "officials' metric page"}
"""They show any cell."""
NEWEST = {"region page", "number in a frame"}
"""They show the newest of any place."""
KINDS = ANYWHERE | NEWEST | {"home", "today", "place page", "beside a county"}


def shown_on(metric: str, place: str, age: str) -> set[str]:
    """Which pages show a cell."""
    if age != "newest":
        return ANYWHERE
    found, chosen = ANYWHERE | NEWEST, page_choices()
    if metric in chosen.place_figures:
        found |= {"place page"} | ({"beside a county"} if place != HOLE else set())
    if place == "330000":
        found |= {"home"} if metric in chosen.home_figures else set()
        found |= {"today"} if metric in chosen.cockpit_figures else set()
    return found


def cells() -> list[tuple[str, str, str]]:
    """Holes first."""
    every = [
        (metric, place, age)
        for metric in INDICATORS
        for place in PLACES
        for age in AGES
        if age == "newest" or metric not in ONE_PERIOD
    ]
    first = [("gdp", HOLE, "newest"), ("pm25_mean", "330000", "newest")]
    first += [("gdp", "330100", "before"), ("industrial_output", "330000", "newest")]
    return first + [one for one in every if one not in first]


def test_every_kind_of_page_shows_some_of_the_cells() -> None:
    assert set().union(*(shown_on(*cell) for cell in cells())) == KINDS
    assert {metric for metric, *_ in cells()} == set(INDICATORS)


@pytest.mark.parametrize(("metric", "place", "age"), sampled(cells(), first=4))
def test_each_page_that_shows_a_cell_says_what_the_api_says(
    province: Province, metric: str, place: str, age: str
) -> None:
    spec = province.services.get_metric(metric)
    day = _day(province, spec, age)
    point = _point(province, spec, place, day)
    when = formats.period(_period(spec, point), "zh") if point["period"] else None
    pieces = _pieces(province, spec, place, age, day)
    assert set(pieces) | {"API", "CSV"} == shown_on(metric, place, age)
    for page, piece in pieces.items():
        assert _value(piece) == point["value"], page
        assert when is None or when in piece, page
        lacking = "data-gap" in piece or '<span class="late-mark">' in piece
        assert lacking == (not point["complete"]), page
    _check_csv(province, spec, place, point)


def _day(province: Province, spec: MetricSpec, age: str) -> date | None:
    if spec.default_grain is None:
        return None
    day = last_closed_day(province.services, spec.default_grain)
    if age == "newest":
        return day
    start = period_start(datetime(day.year, day.month, day.day), spec.default_grain)
    return start.date() - timedelta(days=1)


def _period(spec: MetricSpec, point: dict[str, Any]) -> Period:
    assert spec.default_grain is not None
    return Period(date.fromisoformat(point["period"]), spec.default_grain)


def _point(province: Province, spec: MetricSpec, place: str, day: date | None) -> dict[str, Any]:
    to = f"&to={day}&latest=1" if day else ""
    path = f"/api/v1/brain/metrics/{spec.id}/query?parent={place}{to}"
    answer = send(province, Call("GET", path, "", "wang"), "no_token")
    (point,) = answer.json(parse_float=Decimal)["points"]
    return dict(point)


def _get(province: Province, path: str, who: str = "wang") -> str:
    kind = "no_token" if who == "wang" else "right"
    answer = send(province, Call("GET", path, "", who), kind)  # type: ignore[arg-type]  # a kind
    assert answer.status_code == 200, (path, answer.text[:500])
    return unescape(answer.text)


def _pieces(
    province: Province, spec: MetricSpec, place: str, age: str, day: date | None
) -> dict[str, str]:
    """The piece of each page that shows the cell."""
    to = f"&to={day.isoformat()}" if day else ""
    own = f"{spec.id}?place={place}{to}"
    found = {
        "public metric page": _section(_get(province, f"/metrics/{own}"), 'id="now-title"'),
        "officials' metric page": _section(
            _get(province, f"/official/metrics/{own}", "zhou"), 'id="now-title"'
        ),
    }
    if age != "newest":
        return found
    region = _get(province, f"/official/region/{place}?metric={spec.id}", "zhou")
    found["region page"] = _section(region, 'id="answer-title"')
    found["number in a frame"] = _get(province, f"/embed/metrics/{spec.id}?region={place}")
    return found | _fixed(province, spec, place)


def _fixed(province: Province, spec: MetricSpec, place: str) -> dict[str, str]:
    """Pages that show the metrics that the registry names."""
    found, chosen = {}, page_choices()
    if spec.id in chosen.place_figures:
        card = _card(_get(province, f"/places/{place}"), spec, place)
        found["place page"] = card.split('<dl class="beside">')[0]
        if place != HOLE:
            beside = _card(_get(province, f"/places/{HOLE}"), spec, HOLE)
            name = {"330100": "杭州市", "330000": "示例省"}[place]
            own = _when(beside)
            found["beside a county"] = own + beside.split(f"<dt>{name}")[1].split("</dd>")[0]
    if place == "330000" and spec.id in chosen.home_figures:
        found["home"] = _article(_get(province, "/"), spec)
    if place == "330000" and spec.id in chosen.cockpit_figures:
        found["today"] = _article(_get(province, "/official/", "zhou"), spec)
    return found


def _when(card: str) -> str:
    """A card's period, which holds for what stands beside it unless that says another."""
    period = re.search(r'<p class="figure-period[^>]*>([^<]*)</p>', card)
    assert period is not None
    return str(period[1])


def _section(page: str, mark: str) -> str:
    return page.split(mark)[1].split("</section>")[0].split('<details class="source"')[0]


def _card(page: str, spec: MetricSpec, place: str) -> str:
    piece = page.split(f'href="/metrics/{spec.id}?place={place}"')[1]
    return piece.split("</li>")[0].split('<details class="source"')[0]


def _article(page: str, spec: MetricSpec) -> str:
    cards: list[str] = re.findall(r'<article class="card figure">.*?</article>', page, re.DOTALL)
    (card,) = [one for one in cards if f">{spec.name.zh}</a>" in one]
    return card.split('<details class="source"')[0]


def _value(piece: str) -> Decimal | None:
    """The first number of a piece, every digit of it."""
    found = re.search(r'<data class="figure-number" value="([^"]*)"', piece)
    assert found is not None, piece[:300]
    return Decimal(found[1]) if found[1] else None


def _check_csv(province: Province, spec: MetricSpec, place: str, point: dict[str, Any]) -> None:
    """The file for people: the row of the same first day."""
    to = f"&to={point['period']}" if point["period"] else ""
    path = f"/metrics/{spec.id}/download.csv?place={place}{to}"
    answer = send(province, Call("GET", path, "", "wang"), "no_token")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    (row,) = [r for r in rows[1:] if len(r) > 4 and r[3] == (point["period"] or "")]
    assert (Decimal(row[4]) if row[4] else None) == point["value"]
    assert (row[5] == "完整") == point["complete"]
    assert row[1] == place
