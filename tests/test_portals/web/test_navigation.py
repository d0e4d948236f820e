"""What the header offers answers for whom it is offered to, and belongs to its section."""

import pytest

from tests.province import Province
from tests.test_portals.api.callers import Call, send
from tests.test_portals.pages.rendered import visitor
from xihu_catalog.registry.people import content
from xihu_portals.web.navigation import section_at, sections

OFFICIALS = {
    person.username: person.positions[0].id
    for person in content().people
    if person.positions and person.username != "qian"
}


@pytest.mark.parametrize("who", sorted(OFFICIALS))
def test_an_official_is_offered_what_the_position_may_use(province: Province, who: str) -> None:
    here = visitor(province, province.official(who, OFFICIALS[who]), official=True)
    offered = sections(here.frame)
    first = ["nav.today", "nav.data"] if who == "wu" else ["nav.today", "nav.inbox", "nav.data"]
    assert [one.word for one in offered][: len(first)] == first
    for section in offered:
        for page in section.pages:
            assert send(province, Call("GET", page.href, "", who), "right").status_code == 200
            found = section_at(offered, page.href)
            assert found is not None and found.word == section.word
            assert [p.href for p in section.pages if p.holds(page.href)] == [page.href]


def test_only_an_auditor_is_offered_the_log(province: Province) -> None:
    for who, position in OFFICIALS.items():
        here = visitor(province, province.official(who, position), official=True)
        pages = {page.href for section in sections(here.frame) for page in section.pages}
        assert ("/official/audit" in pages) == (who == "wu")


def test_a_citizens_pages_are_there_signed_in_or_not(province: Province) -> None:
    here = visitor(province, province.citizen("wang"), official=False)
    for section in sections(here.frame):
        for page in section.pages:
            call = Call("GET", page.href, "", "wang")
            for kind in ("right", "no_token"):
                assert send(province, call, kind).status_code in {200, 303}, page.href
