"""No link on a page leads nowhere, whoever looks at it."""

import re

import pytest

from tests.province import Province
from tests.test_portals.pages.rendered import CITIZEN_PAGES, OFFICIAL_PAGES, html

PEOPLE = ("sun", "zhou", "wu", "chen")


@pytest.mark.parametrize("username", PEOPLE)
@pytest.mark.parametrize("path", OFFICIAL_PAGES)
def test_every_link_inside_an_official_page_has_its_place(
    province: Province, path: str, username: str
) -> None:
    page = html(province, path, province.official(username))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r' id="([^"]+)"', page))


@pytest.mark.parametrize("path", CITIZEN_PAGES)
def test_every_link_inside_a_citizen_page_has_its_place(province: Province, path: str) -> None:
    page = html(province, path)
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r' id="([^"]+)"', page))


def test_rules_are_links_for_the_steward_alone(province: Province) -> None:
    """Only the steward's page holds the records that a rule's link leads to."""

    def links(username: str) -> int:
        rules = html(province, "/official/loads", province.official(username))
        return len(re.findall(r'<td><a href="#', rules))

    assert links("sun") > 0
    assert links("zhou") == 0
