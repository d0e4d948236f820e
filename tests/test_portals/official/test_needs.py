"""What waits for each duty: its own work first, and nothing that is not there."""

import json
import re
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import select

from tests.province import NOW, Province
from tests.test_portals.official.test_request import get, words
from tests.test_portals.pages.numbers import card, draw
from tests.test_portals.pages.rendered import visitor
from xihu_catalog.datasets.uncatalogued import Uncatalogued
from xihu_catalog.duplicates.overview import RepeatedCollection
from xihu_platform.access.grounds import GroundRow
from xihu_platform.audit.checks import AuditCheckRow
from xihu_platform.audit.models import AuditEntry
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.matters.inbox import count_inbox
from xihu_platform.words import Text
from xihu_portals.official import cockpit, repeats, uncatalogued
from xihu_portals.official.needs import (
    GROUNDS,
    Need,
    NeedSection,
    number_needs,
    sections,
    ways_on,
)
from xihu_portals.pages.visitor import Visitor


def of(province: Province, who: str, position: str | None = None) -> Visitor:
    return visitor(province, province.official(who, position), official=True)


def needs(here: Visitor) -> tuple[Need, ...]:
    """All cards of the page, in their order."""
    return tuple(need for one in sections(here) for need in one.needs)


def section(here: Visitor, name: str) -> NeedSection:
    (found,) = (one for one in sections(here) if one.name == name)
    return found


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
    assert section(of(province, "chen", "chen-yb"), "grounds").count == len(mine)


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
    assert "department" in kinds(found)
    order = ("broken", "alert", "late", "department")
    assert kinds(found) == sorted(kinds(found), key=order.index)
    assert all("低于 99%" in str(one.line) for one in found if one.kind == "alert")
    ways = {one.href for one in ways_on(here)}
    assert {"/official/oversight"} <= ways <= {"/official/oversight", "/official/notices"}


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
    warnings = section(here, "warnings")
    assert set(kinds(warnings.needs)) <= {"late", "broken", "department"}
    late = {
        f"/official/datasets/{e.contract.dataset}"
        for e in province.services.catalogue.entries()
        if e.heartbeat.state != "live"
    }
    shown = {one.href for one in warnings.needs if one.kind != "department"}
    assert shown <= late
    if who == "luo":  # the data authority answers for every department
        assert warnings.count == len(late)
    assert "/official/datasets/hb_air_quality_hourly" in shown, "an indicator of the page is late"


def test_several_warnings_of_another_department_are_one_line_with_their_number(
    province: Province,
) -> None:
    """By who watches over the area; counted here from the catalogue."""
    warnings = section(of(province, "luo"), "warnings")
    late = Counter(
        e.contract.provider
        for e in province.services.catalogue.entries()
        if e.heartbeat.state != "live"
    )
    many = {one: number for one, number in late.items() if number > 1}
    assert many
    lines = {one.href.rpartition("/")[2]: one for one in warnings.needs if one.kind == "department"}
    assert lines.keys() == many.keys()
    assert list(lines) == sorted(lines), "in the order of codes, which is no ranking"
    for provider, number in many.items():
        said = [int(one) for one in str(lines[provider].line).split() if one.isdigit()]
        assert sum(said) == number == lines[provider].number
        assert get(province, "luo", lines[provider].href).status_code == 200
    assert len(warnings.needs) == len(late), "one line or card for each department"


def test_who_watches_over_no_area_sees_each_warning_of_the_own_department(
    province: Province,
) -> None:
    found = section(of(province, "he", "he-rs"), "warnings")
    assert "department" not in kinds(found.needs)
    assert found.count == len(found.needs)


@pytest.mark.parametrize("who", ["jt-steward", "zhou", "luo", "gao", "sun"])
def test_what_needs_the_reader_has_the_number_of_the_inbox(province: Province, who: str) -> None:
    """Warnings have a heading and a number of their own."""
    here = of(province, who)
    inbox = count_inbox(province.services.matters, here.principal, civil_date(NOW))[0]
    found = section(here, "matters")
    assert found.count == inbox
    assert set(kinds(found.needs)) <= {"matter"}
    office = here.principal.position
    assert office is not None
    page = get(province, f"{who}/{office.id}", "/official/").text
    heading = page.partition('id="needs-matters-title">')[2].partition("</h2>")[0]
    assert ">" not in heading if not inbox else f">{inbox}<" in heading
    if not inbox:
        assert "没有等您办理的事项" in page


def test_the_authority_finds_what_is_not_catalogued_with_the_numbers_of_the_pages(
    province: Province,
) -> None:
    links = {one.href: str(one.label) for one in section(of(province, "luo"), "catalogue").links}
    left = words(get(province, "luo", "/official/uncatalogued"))
    for href, name in (("#systems", "信息系统"), ("#tables", "数据表"), ("#files", "文件")):
        number = int(left.partition(f"{name} ")[2].split()[0])
        line = links.pop(f"/official/uncatalogued{href}", None)
        assert (line is None) == (number == 0)
        assert line is None or f" {number} " in line
    page = words(get(province, "luo", "/official/repeats"))
    number = re.findall(r"多个部门采集 共 (\d+) 项", page)[0]
    assert f" {number} " in links.pop("/official/repeats")
    assert not links


@pytest.mark.parametrize("who", ["jt-steward", "sun", "gao"])
def test_no_other_office_finds_those_lines(province: Province, who: str) -> None:
    assert "catalogue" not in {one.name for one in sections(of(province, who))}


def test_what_is_zero_is_no_line(province: Province, monkeypatch: pytest.MonkeyPatch) -> None:
    none = Uncatalogued((), 3, (), (), is_whole=True, files=None)
    nothing = RepeatedCollection((), (), (), ())
    monkeypatch.setattr(uncatalogued, "read_leftovers", lambda _: none)
    monkeypatch.setattr(repeats, "read_repeats", lambda _: nothing)
    assert "catalogue" not in {one.name for one in sections(of(province, "luo"))}


def test_three_cards_come_before_the_rest_and_each_heading_shows_one(province: Province) -> None:
    view = cockpit.fill(of(province, "zhou"), None)
    (warnings,) = (one for one in view.sections if one.name == "warnings")
    assert len(warnings.needs) > 4
    page = draw("official/cockpit.html", replace(view, sections=(warnings,)))
    head, _, rest = page.partition('<details class="rest needs-rest">')
    assert head.count('<li class="card need ') == 3
    assert (
        f"还有 {(warnings.count or 0) - sum(one.number for one in warnings.needs[:3])} 项" in rest
    )
    behind = rest.partition("</details>")[0].count('<li class="card need ')
    assert behind == len(warnings.needs) - 3
    twice = draw("official/cockpit.html", replace(view, sections=(warnings, warnings)))
    _, _, second = twice.partition("</details>")
    assert second.partition("<details")[0].count('<li class="card need ') == 1


def test_nothing_is_promised_where_nothing_waits(province: Province) -> None:
    view = cockpit.fill(of(province, "gao"), None)
    bare = tuple(replace(one, needs=(), count=0) for one in view.sections)
    page = draw("official/cockpit.html", replace(view, sections=bare))
    assert "没有待办" in page and "没有预警" in page
    assert "没有有问题的记录" not in page, "of a leader's organisation no record was looked at"
    assert "申请" not in page.partition('class="needs"')[2].partition('class="cockpit-main"')[0]
