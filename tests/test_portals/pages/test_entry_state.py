"""The line on a dataset's page that says whether its entry is published, and what it waits for."""

import pytest

from tests.entries import take_over_all
from tests.province import NOW
from tests.test_catalog.sharing.test_entries import (
    ASSESSED,
    LINE,
    NAME,
    act,
    contract,
    drawn_up,
    handed_in,
    published,
    services,
)
from tests.test_catalog.sharing.test_requests import official
from xihu_platform.identity.principal import ANONYMOUS
from xihu_portals.pages.entry_state import EntryState, entry_state
from xihu_portals.pages.visitor import Visitor
from xihu_portals.services import Services
from xihu_portals.web.frame import PageFrame

__all__ = ["services"]  # a fixture
DAY = "23 Nov 2026"


def line(services: Services, who: str, dataset: str = NAME) -> EntryState:
    person = ANONYMOUS if who == "nobody" else official(services.node, who)
    visitor = Visitor(services, person, PageFrame("official", NOW))
    found = entry_state(visitor, dataset)
    assert found is not None
    return found


def test_a_draft_says_its_next_step_and_since_when(services: Services) -> None:
    assert line(services, "tang-yb").text.en == (
        "Not published. Next: the assessment of secrecy and personal information, by the "
        f"department's data steward; since {DAY}"
    )
    drawn_up(services)
    act(services, "tang-yb", "assess", **ASSESSED)
    assert "本部门数据共享工作负责人签署报送" in line(services, "tang-yb").text.zh
    act(services, "xu-yb", "sign")
    assert line(services, "luo-sj").text.zh == "未发布。下一步：由主管部门审核（2026年11月23日起）"


def test_a_published_one_says_who_reviewed_it_and_links_to_its_matter_for_its_parties(
    services: Services,
) -> None:
    published(services)
    told = line(services, "tang-yb")
    assert told.text.en.startswith(f"Published on {DAY} after review by ")
    assert told.text.zh.endswith("审核发布")
    assert told.matter is not None
    assert told.matter.href.startswith("/official/matters/")
    for who in ("he-rs", "nobody"):
        assert line(services, who).matter is None
        assert line(services, who).text == told.text


def test_one_taken_over_says_so(services: Services) -> None:
    take_over_all(services.node.database)
    text = line(services, "nobody", "yb_hospital_visits").text
    assert f"taken over on {DAY}" in text.en


@pytest.mark.parametrize(("who", "told"), [("tang-yb", True), ("luo-sj", True), ("he-rs", False)])
def test_what_is_proposed_is_for_its_department_and_whoever_reviews(
    services: Services, who: str, told: bool
) -> None:
    published(services)
    services.catalogue.contracts.publish(contract(LINE))
    assert bool(line(services, who).proposed) is told
    act(services, "tang-yb", "propose_change", reason="职责调整")
    assert f"a change is being made since {DAY}" in line(services, who).text.en
    handed_in(services)
    assert "a change is under review by" in line(services, who).text.en
