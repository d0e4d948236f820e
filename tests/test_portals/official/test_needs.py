"""What waits for each duty: its own work first, and nothing that is not there."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import select

from tests.province import NOW, Province
from tests.test_portals.pages.numbers import card, draw
from tests.test_portals.pages.rendered import visitor
from xihu_platform.access.grounds import GroundRow
from xihu_platform.audit.checks import AuditCheckRow
from xihu_platform.audit.models import AuditEntry
from xihu_platform.database import transaction
from xihu_platform.words import Text
from xihu_portals.official import cockpit
from xihu_portals.official.needs import GROUNDS, Need, needs, number_needs, ways_on
from xihu_portals.pages.visitor import Visitor


def of(province: Province, who: str, position: str | None = None) -> Visitor:
    return visitor(province, province.official(who, position), official=True)


def kinds(found: tuple[Need, ...]) -> list[str]:
    return [one.kind for one in found]


def test_a_handler_finds_the_grounds_of_the_position_first(province: Province) -> None:
    with transaction(province.services.node.database) as session:
        rows = session.scalars(select(GroundRow).where(GroundRow.position == "chen-yb"))
        mine = sorted((r.opened, r.number) for r in rows if r.closed is None or r.closed > NOW)
    found = needs(of(province, "chen", "chen-yb"))
    shown = [one.title for one in found if one.kind == "ground"]
    assert shown == [number for _, number in mine][:GROUNDS]
    assert kinds(found)[: len(shown)] == ["ground"] * len(shown)
    assert f"共 {len(mine):,} 件在办" in str(found[0].line)


def test_a_ground_of_another_position_is_not_on_the_list(province: Province) -> None:
    assert "XH-2026-000123" not in {one.title for one in needs(of(province, "chen", "chen-xihu"))}


def test_a_steward_finds_quarantined_records_before_grounds(province: Province) -> None:
    found = kinds(needs(of(province, "sun", "sun-rs")))
    assert found[0] == "alert"
    assert found.index("ground") > found.index("alert")


def test_who_only_stewards_sees_loads_of_the_own_department_alone(province: Province) -> None:
    found = needs(of(province, "he", "he-rs"))
    contracts = province.services.catalogue.contracts
    office = province.official("he", "he-rs").position
    assert office is not None
    reports = {one.href for one in found if one.kind == "alert"}
    own = {
        load.load_id
        for contract in contracts.all().values()
        if contract.provider == office.organisation
        for load in province.services.catalogue.loads(contract)
    }
    assert reports
    assert all(href.rpartition("/")[2] in own or "#quality" in href for href in reports)


def test_a_chief_data_officer_finds_what_falls_short_and_the_way_to_all_of_it(
    province: Province,
) -> None:
    here = of(province, "zhou")
    found = needs(here)
    assert {"alert", "late"} <= set(kinds(found))
    assert kinds(found) == sorted(kinds(found), key=("broken", "alert", "late").index)
    assert all("低于 99%" in str(one.line) for one in found if one.kind == "alert")
    ways = {one.href for one in ways_on(here)}
    assert {"/official/oversight", "/official/matters"} <= ways <= {*ways, "/official/notices"}


def test_an_indicator_that_lacks_cells_waits_for_who_answers_for_numbers(
    province: Province,
) -> None:
    lacking = card(province, "power_use", None)
    assert lacking.gap is not None
    for who in ("zhou", "gao"):
        (need,) = number_needs(of(province, who), (lacking, replace(lacking, gap=None)))
        assert (need.kind, need.line, need.href) == ("missing", lacking.gap.text, lacking.gap.href)
    assert number_needs(of(province, "chen"), (lacking,)) == ()


def test_an_auditor_finds_the_log_and_looking_is_an_entry(province: Province) -> None:
    here = of(province, "wu")
    database = province.services.node.database
    before = _looks(province)
    found = needs(here)
    assert _looks(province) == before + 1
    assert found[0].kind == "check"
    line = str(found[0].line)
    assert "还没有在这里核验过" in line or "核验完好" in line
    assert {one.kind for one in found[1:]} <= {"finding"}
    assert [one.href for one in ways_on(here)] == ["/official/audit"]
    assert not any("/official/datasets" in one.href for one in found)
    with transaction(database) as session:
        said = {"asked_by": "wu-sh", "asked_at": NOW, "entries": 9, "seen": 9}
        said |= {"told_at": NOW, "ended_at": NOW}
        session.add(AuditCheckRow(**said, holds=True, text_zh="完好", text_en="holds"))
    assert "2026年11月23日 12:00核验完好" in str(needs(here)[0].line)
    with transaction(database) as session:
        session.add(AuditCheckRow(**said, holds=False, text_zh="第 2 条被改动", text_en="entry 2"))
    broken = needs(here)[0]
    assert (broken.kind, broken.line) == ("broken", Text("第 2 条被改动", "entry 2"))


def _looks(province: Province) -> int:
    with transaction(province.services.node.database) as session:
        bodies = session.scalars(select(AuditEntry.body).where(AuditEntry.kind == "look"))
        return sum(json.loads(body)["page"] == "today" for body in bodies)


@pytest.mark.parametrize("who", ["gao", "xu", "luo"])
def test_leaders_and_others_find_late_data_that_concerns_them(province: Province, who: str) -> None:
    here = of(province, who)
    found = needs(here)
    assert set(kinds(found)) <= {"late", "broken"}
    contracts = province.services.catalogue
    late = {
        f"/official/datasets/{e.contract.dataset}"
        for e in contracts.entries()
        if e.heartbeat.state != "live"
    }
    shown = {one.href for one in found}
    assert shown <= late
    if who == "luo":  # the data authority answers for every department
        assert shown == late
    assert "/official/datasets/hb_air_quality_hourly" in shown, "an indicator of the page is late"


def test_three_stand_before_the_first_indicator_and_the_rest_behind_more(
    province: Province,
) -> None:
    view = cockpit.fill(of(province, "zhou"), None)
    assert len(view.needs) > 4
    page = draw("official/cockpit.html", view)
    head, _, rest = page.partition('<details class="rest needs-rest">')
    assert head.count('<li class="card need ') == 3
    assert f"还有 {len(view.needs) - 3} 项" in rest
    assert rest.partition("</details>")[0].count('<li class="card need ') == len(view.needs) - 3


def test_nothing_is_promised_where_nothing_waits(province: Province) -> None:
    view = replace(cockpit.fill(of(province, "gao"), None), needs=())
    page = draw("official/cockpit.html", view)
    assert "没有待办" in page
    assert "申请" not in page.partition('class="needs"')[2].partition("</section>")[0]
