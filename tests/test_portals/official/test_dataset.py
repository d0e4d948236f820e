"""A look under a ground on the dataset's page: what the page promises, the gateway enforces."""

from dataclasses import replace

import pytest

from tests.province import NOW, Province
from tests.test_portals.api.callers import Call, send
from tests.test_portals.official.test_request import get as asked
from xihu_platform.access.policy import Purpose
from xihu_portals.official import dataset as official_dataset
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Table

PAGE = "/official/datasets/{dataset}{query}"


def page(province: Province, who: str, dataset: str, query: str = "") -> str:
    address = PAGE.format(dataset=dataset, query=query)
    answer = send(province, Call("GET", address, "", who), "right")
    assert answer.status_code == 200
    return answer.text


def test_a_dataset_by_case_offers_a_look_and_no_download(province: Province) -> None:
    text = page(province, "sun", "rs_social_insurance")
    assert 'id="lookup"' in text
    assert "download.csv" not in text
    assert "只能凭业务事由逐人查询" in text


def test_ones_own_ground_shows_its_subject_alone(province: Province) -> None:
    text = page(province, "sun", "rs_social_insurance", "?case=XH-2026-000124")
    wang = text.partition('id="lookup"')[2].partition("</section>")[0]
    assert "<table" in wang
    assert "王**" in wang


@pytest.mark.parametrize(("level", "offered"), [(2, True), (3, False)])
def test_fields_that_a_higher_level_opens_are_offered_with_the_way(
    province: Province, level: int, offered: bool
) -> None:
    """At level 2 those of grade L4 are refused; at level 3 they are shown."""
    person = replace(province.official("chen", "chen-yb"), level=level)
    ground = Purpose("case", "XH-2026-000123")
    visitor = Visitor(province.services, person, PageFrame("official", NOW))
    look = official_dataset.fill(visitor, "yb_hospital_visits", None, ground).lookup
    assert look is not None and isinstance(look.result, Table)
    way = None if look.step_up is None else look.step_up.href
    here = "/official/datasets/yb_hospital_visits%3Fcase%3DXH-2026-000123%23lookup"
    assert way == (f"/official/signin?level=3&next={here}" if offered else None)


@pytest.mark.parametrize(
    "query", ["?case=XH-2026-000123", "?case=哈哈", "?case=XH-2026-000124&subject=9"]
)
def test_anything_else_is_a_refusal_in_words(province: Province, query: str) -> None:
    text = page(province, "sun", "rs_social_insurance", query)
    look = text.partition('id="lookup"')[2].partition("</section>")[0]
    assert "<table" not in look
    assert "state-refused" in look


@pytest.mark.parametrize("who", ["zhou", "xu", "wu"])
def test_who_oversees_or_audits_is_offered_no_look(province: Province, who: str) -> None:
    assert 'id="lookup"' not in page(province, who, "rs_social_insurance", "?case=XH-2026-000124")


def test_exact_numbers_of_persons_records_are_for_those_who_answer_for_them(
    province: Province,
) -> None:
    """From one load to the next they tell of single persons, whom metrics hide."""
    catalogue = province.services.catalogue
    load = catalogue.loads(catalogue.contracts.get("rs_social_insurance"))[0]
    exact = f"{load.counts.received:,}"
    paths = ("/official/datasets/rs_social_insurance", f"/official/loads/{load.load_id}")
    for who, knows in (("sun", True), ("zhou", True), ("gao", False), ("xu", False)):
        for path in paths:
            answer = send(province, Call("GET", path, "", who), "right")
            assert answer.status_code == 200, (who, path)
            assert (exact in answer.text) is knows, (who, path)


def test_what_is_not_shared_has_a_way_to_the_authority_that_coordinates(
    province: Province,
) -> None:
    way = 'href="/official/matters/new/complaint"'
    head = {
        who: asked(province, who, "/official/datasets/tj_household_survey").text.partition(
            'id="fields"'
        )[0]
        for who in ("chen", "tj-steward", "wu")
    }
    assert way in head["chen"] and "提请数据主管部门协调" in head["chen"]
    assert way not in head["tj-steward"] and way not in head["wu"]
