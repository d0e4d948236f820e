"""One's own records as a person reads them: the newest first, a month as a month."""

from dataclasses import replace
from datetime import date

import pytest

from tests.province import NOW, Province
from tests.test_portals.official.test_request import get, words
from tests.test_portals.pages.rendered import visitor
from xihu_catalog.contracts.model import policy_of
from xihu_platform.audit.log import log_size
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.identity.people import list_mandates, mandate_id
from xihu_platform.sql import Statement
from xihu_portals.citizen import my_data
from xihu_portals.citizen.my_data import MyDataset
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Period


@pytest.fixture(scope="module")
def held(province: Province) -> dict[str, MyDataset]:
    visitor = Visitor(province.services, province.citizen("wang"), PageFrame("citizen", NOW))
    return {d.id: d for area in my_data.fill(visitor).areas for d in area.datasets}


def times(province: Province, one: MyDataset) -> list[object]:
    contract = province.services.catalogue.contracts.get(one.id)
    field = contract.field(contract.time_field or "")
    assert field is not None
    return [h.value for r in one.records for h in r.fields if h.name == field.title]


def test_the_newest_record_comes_first(province: Province, held: dict[str, MyDataset]) -> None:
    several = 0
    for one in held.values():
        if province.services.catalogue.contracts.get(one.id).time_field is None:
            continue
        shown = times(province, one)
        starts = [v.start if isinstance(v, Period) else v for v in shown]
        if all(isinstance(start, date) for start in starts):
            assert starts == sorted(starts, reverse=True), one.id  # type: ignore[type-var]
            several += len(set(starts)) > 1
    assert several >= 2


def test_a_month_is_a_month_and_no_day(province: Province, held: dict[str, MyDataset]) -> None:
    shown = times(province, held["rs_social_insurance"])
    assert shown and all(isinstance(v, Period) and v.grain == "month" for v in shown)


def test_the_summary_counts_what_the_lake_holds_on_her(province: Province) -> None:
    """Against the lake itself: each dataset about persons, by her pseudonym."""
    services = province.services
    wang = province.citizen("wang")
    assert wang.subject is not None
    counted, departments = 0, set()
    for contract in services.catalogue.contracts.about("subject"):
        snapshot = services.node.lake.find_snapshot(f"data.{contract.dataset}")
        if snapshot is None:
            continue
        rows = services.gateway.engine.fetch(
            Statement(
                f"SELECT count(*) AS n FROM {services.gateway.engine.relation(snapshot).sql} "
                f"WHERE {policy_of(contract).subject_key} = '{wang.subject}'"
            )
        )["n"][0].as_py()
        counted += rows
        departments |= {contract.provider} if rows else set()
    view = my_data.fill(Visitor(services, wang, PageFrame("citizen", NOW)))
    assert view.summary is not None
    assert (view.summary.records, view.summary.departments) == (counted, len(departments))
    assert counted > 10


def test_whoever_acts_in_named_services_is_shown_none_of_the_persons_data(
    province: Province,
) -> None:
    """And not one read of it is made, so that none is refused thirty times in the log."""
    services, today = province.services, civil_date(NOW)
    wang = province.citizen("wang")
    with transaction(services.node.database) as session:
        known = list_mandates(session, wang.id, today)
        (elder,) = (one for one in known if one.kind == "elder")
        size = log_size(session)
    assert elder.items
    view = my_data.fill(visitor(province, replace(wang, mandate=elder), official=False))
    assert view.areas == () and view.state is not None and view.state.reason is not None
    assert view.state.reason.code == "mandate"
    with transaction(services.node.database) as session:
        assert log_size(session) == size


def test_a_mandate_of_named_services_lists_them_with_their_guides_and_its_last_day(
    province: Province,
) -> None:
    """Xu Guiying's to her daughter: four services, to 1 March 2028."""
    wang = province.citizen("wang")
    with transaction(province.services.node.database) as session:
        known = list_mandates(session, wang.id, civil_date(NOW))
    (elder,) = (one for one in known if one.kind == "elder")
    who = f"wang/{mandate_id(elder)}"
    page = get(province, who, "/my/data")
    for item, name in (
        ("elder_card", "老年优待证"),
        ("elder_allowance", "高龄津贴"),
        ("care_elsewhere", "异地就医"),
        ("social_security_card", "社会保障卡"),
    ):
        link = page.text.partition(f'href="/services/{item}"')[2].partition("</a>")[0]
        assert name in link, item
    assert "授权到 2028年3月1日 为止" in words(page)
    english = words(get(province, who, "/my/data", "en"))
    assert "The services that you may apply for" in english and "1 Mar 2028" in english
    assert "授权您办的事项" not in words(get(province, "wang", "/my/data"))
