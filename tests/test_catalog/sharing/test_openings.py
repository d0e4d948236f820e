"""Who decides on a complaint and hears of an incident: an authority, never whoever it is about."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from tests.test_catalog.sharing.test_disputes import CITY, PROVINCE, with_a_city_authority
from tests.test_catalog.sharing.test_requests import HEALTH, official, policy
from xihu_catalog.sharing.openings import opening_of
from xihu_pipelines.demo.province import settle
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, NotFound
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.kernel import Opening
from xihu_platform.start import Node

CITIZEN = Principal("citizen", "p", level=3, subject="s1_p")
XIHU = "113399001001548082"
"""A district's bureau, in 330106."""


@pytest.fixture
def city(node: Node) -> Iterator[tuple[Node, Session]]:
    settle(node)
    with_a_city_authority(node)
    with transaction(node.database) as session:
        yield node, session


def opened(
    city: tuple[Node, Session], kind: str, who: Principal = CITIZEN, respondent: object = None
) -> Opening:
    node, session = city
    today = civil_date(node.clock())
    said = {"respondent": respondent}
    return opening_of(session, kind, who, said, None, today)  # type: ignore[arg-type]  # of a form


def decider(opening: Opening) -> str:
    (key,) = [one.key for one in opening.parties if one.role == "authority"]
    return key


def test_a_complaint_goes_to_the_authority_of_the_level_or_above(
    city: tuple[Node, Session],
) -> None:
    about_district = opened(city, "complaint", respondent=XIHU)
    assert (decider(about_district), about_district.region) == (CITY, "330106")
    assert [one.role for one in about_district.parties] == ["complainant", "authority"]
    assert decider(opened(city, "complaint", respondent=HEALTH)) == PROVINCE
    about_authority = opened(city, "complaint", respondent=CITY)
    assert (decider(about_authority), about_authority.region) == (PROVINCE, "330100")


def test_the_highest_authority_is_complained_about_elsewhere(city: tuple[Node, Session]) -> None:
    with pytest.raises(Conflict, match="turn to the one above directly"):
        opened(city, "complaint", respondent=PROVINCE)


@pytest.mark.parametrize("respondent", [None, "", "nowhere", ["x"], 5])
def test_a_complaint_says_whom_it_is_about(city: tuple[Node, Session], respondent: object) -> None:
    with pytest.raises(BadInput, match="choose the department"):
        opened(city, "complaint", respondent=respondent)


def test_no_office_complains_about_itself_or_decides_its_own_complaint(
    city: tuple[Node, Session],
) -> None:
    node, _ = city
    luo = official(node, "luo-sj")
    with pytest.raises(BadInput, match="does not complain about itself"):
        opened(city, "complaint", luo, PROVINCE)
    assert decider(opened(city, "complaint", luo, XIHU)) == CITY
    with pytest.raises(Conflict, match="turn to the one above directly"):
        opened(city, "complaint", luo, HEALTH)


def test_an_incident_is_reported_to_the_authority_and_of_the_highest_to_itself(
    city: tuple[Node, Session],
) -> None:
    node, _ = city
    for kind in ("incident", "vulnerability"):
        assert decider(opened(city, kind, official(node, "chen-xihu"))) == CITY
        assert decider(opened(city, kind, official(node, "chen-yb"))) == PROVINCE
        assert decider(opened(city, kind, official(node, "luo-sj"))) == PROVINCE


def test_a_request_to_open_is_about_a_dataset_and_its_provider(
    city: tuple[Node, Session],
) -> None:
    node, session = city
    visits, today = policy(node, "yb_hospital_visits"), civil_date(node.clock())
    opening = opening_of(session, "opening_request", CITIZEN, {}, visits, today)
    assert {one.role: one.key for one in opening.parties} == {
        "asker": "s1_p",
        "provider": HEALTH,
        "authority": PROVINCE,
    }
    assert (opening.about, opening.region) == ("yb_hospital_visits", "330000")
    with pytest.raises(BadInput, match="from the page of a dataset"):
        opened(city, "opening_request")
    with pytest.raises(NotFound):
        opened(city, "sharing_request")
