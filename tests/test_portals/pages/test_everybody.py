"""Every person of the cast comes to every page of their portal that has a fixed address."""

from typing import get_args

import pytest

from tests.province import Province
from tests.test_portals.api.callers import POSITIONS, Call, send
from xihu_catalog.contracts.model import StepName, UpdateCycle
from xihu_catalog.registry.people import content
from xihu_platform.access.policy import PurposeCode, ShareClass
from xihu_platform.brain.spec import Grain
from xihu_platform.identity.principal import DUTY_NAMES, Duty
from xihu_portals.citizen import uses
from xihu_portals.official import dataset, load_report
from xihu_portals.pages import describe, metric_choice
from xihu_portals.pages.entry_content import ARTICLES

PEOPLE = sorted(person.username for person in content().people)
OFFICIALS = {one.username for one in content().people if one.positions and one.card_zh}
FORMER = "qian"
"""Whose position has ended: led to the choice of a position, which says so."""
PAGES = {
    "citizen": (
        "/",
        "/search",
        "/my/data",
        "/my/uses",
        "/my/uses?who=all",
        "/proving",
        "/help",
        "/sitemap",
        "/datasets/fg_penalties/explore",
        "/metrics",
        "/metrics/gdp?place=杭州",
        "/places",
        "/services",
        "/services/food_permit",
        "/places/330106",
        "/standards",
        "/standards/codes/sex",
        "/standards/elements/XH00004",
        "/embed/metrics/gdp",
        "/embed/charts/gdp",
        "/embed/datasets/fg_penalties",
        "/publishers",
        "/publishers/113399001001109609",
        "/topics",
        "/topics/economy",
        "/datasets/ga_residents/fields/name",
    ),
    "official": (
        "/official/",
        "/official/positions",
        "/official/catalogue",
        "/official/region/330100",
        "/official/metrics",
        "/official/feedback",
        "/official/sitemap",
        "/official/metrics/gdp",
        "/official/datasets/rs_social_insurance",
        "/official/datasets/hb_air_quality_hourly",
        "/official/datasets/hb_air_quality_hourly/fields/aqi",
    ),
}


def test_the_cast_has_a_known_position_for_each_official() -> None:
    assert set(POSITIONS) == OFFICIALS - {FORMER}


@pytest.mark.parametrize("who", PEOPLE)
def test_everybody_comes_to_every_page(province: Province, who: str) -> None:
    for path in PAGES["official" if who in OFFICIALS else "citizen"]:
        answer = send(province, Call("GET", path, "", who), "right")
        assert answer.status_code in {200, 303}, (path, answer.status_code)
        if answer.status_code == 303:
            led = "/official/positions?" if who == FORMER else "/signin?"
            assert answer.headers["location"].startswith(led), path


def test_every_member_of_a_closed_list_has_its_words() -> None:
    assert set(get_args(Duty)) == set(DUTY_NAMES)
    assert set(get_args(PurposeCode)) == set(uses.PURPOSES)
    assert set(get_args(PurposeCode)) - {"own"} <= set(dataset.PURPOSES)
    assert set(get_args(ShareClass)) == set(ARTICLES)
    assert set(get_args(StepName)) == set(load_report.STEPS)
    assert set(get_args(Grain)) == set(metric_choice.GRAIN_NAMES)
    for cycle in get_args(UpdateCycle):
        assert describe.label("update_cycle", cycle).zh != cycle
