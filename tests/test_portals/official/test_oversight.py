"""The chief data officer's page: its numbers counted again by hand, and nobody else sees it."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from tests import casing
from tests.province import NOW, Province, make_province
from tests.test_portals.api.callers import POSITIONS, Call, send
from tests.test_portals.pages.rendered import visitor
from tests.test_upgrade.opened import check_log
from xihu_catalog.registry.people import content, organisation_name
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery
from xihu_platform.access.reason_codes import BY_CODE
from xihu_platform.audit.listing import refusal_counts
from xihu_platform.audit.log import LogEntry
from xihu_platform.audit.models import AuditEntry, AuditSubject
from xihu_platform.database import transaction
from xihu_platform.errors import Refused
from xihu_platform.words import Text
from xihu_portals.official.oversight import OversightPage, fill
from xihu_portals.web.parts import Link, State, Table

PATH = "/official/oversight"
CLOSED_ON = {"day": "2026-11-22", "month": "2026-10-31", "quarter": "2026-09-30"}
"""The last day of the last closed period, by hand from NOW."""
CHIEFS = {"zhou", "lin"}


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    """A log of its own: refusals of two offices, and some more of nobody in one minute."""
    for made in make_province(tmp_path_factory.mktemp("overseen")):
        gateway = made.services.gateway
        for who, times in (("chen", 3), ("tang", 2)):
            for _ in range(times):
                with pytest.raises(Refused):
                    gateway.read_page(
                        made.official(who), "ga_residents", Purpose("duty"), RowQuery()
                    )
        for _ in range(5):
            with pytest.raises(Refused):
                gateway.read_page(made.anonymous, "ga_residents", Purpose("open"), RowQuery())
        gateway.refusals.flush(whole=True)
        # Those that were counted are handed in: what is recorded now comes behind them.
        made.services.log.record(LogEntry("outcome", "0" * 32, "-", None, {}))
        yield made


@pytest.fixture(scope="module")
def view(province: Province) -> OversightPage:
    return fill(visitor(province, province.official("zhou"), official=True))


def table(of: Table | State) -> Table:
    assert isinstance(of, Table)
    return of


def raw(province: Province) -> list[dict[str, object]]:
    with transaction(province.services.node.database) as session:
        bodies = session.scalars(select(AuditEntry.body).order_by(AuditEntry.seq))
        return [json.loads(body) for body in bodies]


def newest_counts(province: Province) -> dict[str, tuple[int, int]]:
    """Received and accepted of each dataset's newest load, from the summaries of its table."""
    found = {}
    for name, contract in province.services.catalogue.contracts.all().items():
        history = province.services.node.lake.summaries(contract.table).values()
        counted = next((one for one in history if "xihu.received" in one), None)
        if counted is not None:
            found[name] = (int(counted["xihu.received"]), int(counted["xihu.kept"]))
    return found


def test_loads_below_the_goal_are_those_of_the_tables_own_summaries(
    province: Province, view: OversightPage
) -> None:
    catalogue = province.services.catalogue
    short = {
        catalogue.contracts.get(name).title: (received, received - accepted)
        for name, (received, accepted) in newest_counts(province).items()
        if received and accepted * 100 < received * 99
    }
    assert short
    shown = {}
    for link, _, received, still_open, share in table(view.loads).rows:
        assert isinstance(link, Link) and isinstance(share, Decimal)
        assert share < 99
        assert link.href.startswith("/official/loads/")
        shown[link.label] = (received, still_open)
    assert shown == short


def test_departments_add_up_from_their_datasets(province: Province, view: OversightPage) -> None:
    catalogue = province.services.catalogue
    counts = newest_counts(province)
    sums: dict[str, tuple[int, int]] = {}
    late: Counter[str] = Counter()
    datasets: Counter[str] = Counter()
    for name, contract in catalogue.contracts.all().items():
        received, accepted = counts.get(name, (0, 0))
        before = sums.get(contract.provider, (0, 0))
        sums[contract.provider] = (before[0] + received, before[1] + accepted)
        datasets[contract.provider] += 1
        late[contract.provider] += catalogue.heartbeat(contract).state != "live"
    rows = view.departments.rows
    codes = [str(row[0].href).partition("provider=")[2] for row in rows if isinstance(row[0], Link)]
    assert codes == sorted(sums)
    for code, row in zip(codes, rows, strict=True):
        received, accepted = sums[code]
        assert row[1] == datasets[code]
        assert row[2] == (Decimal(accepted * 1000 // received) / 10 if received else None)
        assert row[3] == Decimal(late[code] * 1000 // datasets[code]) / 10


def test_late_data_is_late_by_its_own_page(province: Province, view: OversightPage) -> None:
    entries = province.services.catalogue.entries()
    names = {e.contract.dataset for e in entries if e.heartbeat.state != "live"}
    late = {f"/official/datasets/{name}" for name in names}
    assert {row[0].href for row in table(view.late).rows if isinstance(row[0], Link)} == late


def test_missing_cells_are_those_that_the_api_tells(
    province: Province, view: OversightPage
) -> None:
    rows = table(view.missing).rows
    total = 0
    for row in rows:
        assert isinstance(row[0], Link) and isinstance(row[1], Link)
        metric = row[1].href.rpartition("/")[2]
        grain = province.services.metrics[metric].default_grain
        closed = f"?latest=1&to={CLOSED_ON[grain]}" if grain else ""
        address = f"/api/v1/brain/metrics/{metric}/query{closed}"
        answer = send(province, Call("GET", address, "", "zhou"), "right").json()
        assert "points" in answer, answer
        (point,) = answer["points"]
        missing = point["expected"] - point["present"]
        assert missing > 0
        assert isinstance(row[0].label, Text)
        said = {f"缺 {missing:,} 格", f"缺 {len(point['missing']):,} 个县"}
        assert any(one in row[0].label.zh for one in said), metric
        total += missing
    shown = sum(row[4] for row in view.departments.rows if isinstance(row[4], int))
    assert shown == total > 0


def test_refusals_are_those_of_the_raw_log_with_the_ones_that_were_only_counted(
    province: Province,
) -> None:
    until = province.services.node.clock() + timedelta(days=1)
    found = refusal_counts(province.services.node.database, NOW - timedelta(days=1), until)
    counted: Counter[tuple[object, ...]] = Counter()
    for one in raw(province):
        if one["kind"] in {"refusal", "refusals"}:
            number = one["number"] if one["kind"] == "refusals" else 1
            assert isinstance(number, int)
            counted[one["reason"], one["dataset"], one["organisation"]] += number
    assert {(c.reason, c.dataset, c.organisation): c.number for c in found} == counted
    assert counted["open_banned", "ga_residents", None] == 5
    assert [c.number for c in found] == sorted((c.number for c in found), reverse=True)
    long_ago = datetime(2026, 10, 1, tzinfo=UTC)
    assert refusal_counts(province.services.node.database, long_ago, NOW) == []


def test_a_refusals_row_says_why_and_what_would_help(
    province: Province, view: OversightPage
) -> None:
    banned = BY_CODE["open_banned"]
    (row,) = (row for row in table(view.refusals).rows if row[0] == banned.text)
    assert isinstance(row[1], Link)
    assert (row[1].href, row[2], row[3]) == ("/official/datasets/ga_residents", 5, banned.remedy)
    assert view.refused >= 10


def test_users_are_positions_in_force(view: OversightPage) -> None:
    day = NOW.date()
    held: Counter[object] = Counter(
        organisation_name(position.organisation)
        for person in content().people
        for position in person.positions
        if position.valid_from <= day <= position.valid_to
    )
    assert {row[0]: row[1] for row in view.users.rows if row[1] is not None} == held


def test_each_refusal_is_counted_at_whoever_it_was_given(view: OversightPage) -> None:
    assert sum(row[2] or 0 for row in view.users.rows) == view.refused  # type: ignore[misc]


def get(province: Province, who: str, path: str = PATH) -> httpx.Response:
    return send(province, Call("GET", path, "", who), "right")


def test_each_row_leads_to_where_it_is_corrected(province: Province) -> None:
    main = get(province, "zhou").text.partition("<main")[2].partition("</main>")[0]
    links = set(re.findall(r'href="(/official/[^"]+)"', main))
    assert len(links) > 10
    for link in links:
        assert get(province, "zhou", link.replace("&amp;", "&")).status_code == 200, link


def test_counting_refusals_is_an_entry_before_the_page_leaves(province: Province) -> None:
    before = len(raw(province))
    assert get(province, "lin").status_code == 200
    looks = [e for e in raw(province)[before:] if e["kind"] == "look"]
    assert [(e["position"], e["page"]) for e in looks] == [("lin-sj", "oversight")]
    assert check_log(province).holds


@pytest.mark.parametrize("who", sorted(set(POSITIONS) - CHIEFS))
def test_no_other_office_sees_it_and_each_attempt_is_recorded(province: Province, who: str) -> None:
    before = len(raw(province))
    answer = get(province, who)
    assert answer.status_code == 403
    assert "请以首席数据官岗位进入" in answer.text
    (refusal,) = raw(province)[before:]
    assert (refusal["kind"], refusal["reason"]) == ("refusal", "overseers_only")
    assert refusal["position"] == POSITIONS[who]


def test_a_citizen_is_led_to_sign_in(province: Province) -> None:
    assert get(province, "wang").status_code in {303, 403}


def test_papers_not_asked_for_are_counted_by_service(tmp_path: Path) -> None:
    """Of three papers of the first version one is asked for, the photograph: a register has the
    identity card, and the item asks for the third no longer."""
    for made in make_province(tmp_path):
        zhou = visitor(made, made.official("zhou"), official=True)
        assert isinstance(fill(zhou).spared, State)
        casing.handed_in(made)
        ((name, office, *counts),) = table(fill(zhou).spared).rows
        assert isinstance(name, Text) and isinstance(office, Text)
        assert (name.zh, office.zh) == ("老年优待证", "示例省西湖区民政局")
        assert counts == [1, 2, 3]
        for of, named in (("offices", "示例省西湖区民政局"), ("places", "西湖区")):
            ((where, cases, *figures, ways),) = table(getattr(fill(zhou), of)).rows
            assert isinstance(where, Text) and isinstance(ways, Text)
            assert (where.zh, cases, ways.zh) == (named, 1, "网上 1 件，系统对接 0 件，窗口 0 件")
            assert [str(one.zh) for one in figures if isinstance(one, Text)] == [
                *["还没有"] * 3,  # nothing is decided, and each paper comes to the counter
                "0.0%",
                *["还没有"] * 3,
            ]


def test_no_person_is_on_it(province: Province) -> None:
    with transaction(province.services.node.database) as session:
        subjects = {s for s in session.scalars(select(AuditSubject.subject).distinct()) if s}
    main = get(province, "zhou").text.partition("<main")[2]
    names = {person.name_zh for person in content().people}
    ids = {person.person for person in content().people}
    assert not [one for one in subjects | names | ids if one in main]
