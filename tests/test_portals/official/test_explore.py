"""Officials explore what their duty opens; of persons and firms' facts nothing is counted."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from html import unescape

import httpx
import orjson
import pytest

from tests.province import Province
from tests.test_platform.access.test_grouped import (
    CLOSED,
    PARCELS,
    entries,
    graded,
    mine,
    size,
)
from tests.test_portals.api.callers import POSITIONS, Call, send
from tests.test_portals.decisions.exits import READERS
from tests.test_portals.decisions.table import Row, stored
from tests.test_portals.pages.explored import Explored, address_of, explore
from tests.test_portals.pages.rendered import request_of, visitor
from xihu_catalog.registry.codes import code_list, divisions
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.policy import Policy
from xihu_platform.access.query import RowQuery
from xihu_platform.access.start import open_gateway
from xihu_platform.errors import Refused
from xihu_platform.sql import Statement
from xihu_portals.official import dataset as dataset_page
from xihu_portals.official import explore as explore_page
from xihu_portals.official.access import DUTY

OFFICIALS = sorted(POSITIONS)
PARKING = "zj_parking_occupancy"
page_of = partial(address_of, official=True)


def region(who: str) -> str:
    """As the decisions' table names the person in this position."""
    return {"chen": "chen-xihu"}.get(who, "sun")


@pytest.mark.parametrize("who", ["sun", "chen"])
@pytest.mark.parametrize("dataset", [PARKING, "mz_elder_care", PARCELS, "hb_air_quality_hourly"])
def test_counts_are_of_the_rows_that_this_position_sees(
    province: Province, who: str, dataset: str
) -> None:
    rows = mine(dataset, region(who), stored(province, dataset))
    page = explore(province, who, page_of(dataset))
    assert page.answer.status_code == 200
    assert page.total == len(rows)
    facets = page.facets()
    for field in () if not rows else province.services.catalogue.contracts.get(dataset).fields:
        if field.code_list and not field.region:
            assert field.title.zh in facets
            said = {k: n for k, (n, _) in facets[field.title.zh].items()}
            assert said == by_name(rows, field.name, field.code_list)
        if field.region:
            said = {k: n for k, (n, _) in facets[field.title.zh].items()}
            assert said == by_place(rows, field.name)


def by_name(rows: list[Row], field: str, codes: str) -> Counter[str]:
    names = code_list(codes)
    found = Counter[str]()
    for row in rows:
        value = row[field]
        found["没有值" if value is None else names[str(value)].zh] += 1
    return found


def by_place(rows: list[Row], field: str) -> Counter[str]:
    codes = Counter(str(row[field]) for row in rows)
    if len({code[:4] for code in codes}) > 1:
        codes = Counter(str(row[field])[:4] + "00" for row in rows)
    return Counter({divisions()[code].name.zh: n for code, n in codes.items()})


def test_a_county_is_offered_itself_alone(province: Province) -> None:
    form = explore(province, "chen", page_of(PARKING)).form
    assert form.options["is.county_code"] == ["", "330106"]
    form = explore(province, "sun", page_of(PARKING)).form
    assert {"330100", "330106", "330203"} <= set(form.options["is.county_code"])


def test_what_is_filtered_outside_of_ones_region_is_not_there(province: Province) -> None:
    page = explore(province, "chen", page_of(PARKING, ("filter", "county_code:ne:330106")))
    assert page.total == 0
    assert "去掉“所在区划" in page.text or "去掉“区划" in page.text


@pytest.mark.parametrize("form", ["csv", "parquet", "arrow", "xlsx"])
def test_a_file_holds_as_many_rows_as_were_told(province: Province, form: str) -> None:
    pairs = (("filter", "occupied:ge:10"), ("sort", "-hour_at"))
    page = explore(province, "chen", page_of(PARKING, *pairs))
    taken = send(province, Call("GET", page.downloads()[form], "", "chen"), "right")
    assert taken.status_code == 200
    assert len(READERS[form](taken.content)) == page.total > 0


# The attacker: whatever is asked, of these datasets nothing is told beyond a page of rows

QUESTIONS = (
    (),
    (("filter", "county_code:eq:330106"),),
    (("filter", "county_code:starts:33"), ("sort", "county_code")),
    (("is.county_code", "330106"),),
    (("filter", "uscc:starts:9133"),),
    (("fields", "county_code"),),
)


PROBE = 'SELECT 1 AS "n"'


@pytest.fixture
def statements(province: Province, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Everything that the engine is asked, which is also what can be timed; nothing was kept."""
    monkeypatch.setattr(province.services.gateway.answers, "get", lambda _key: None)
    engine = province.services.gateway.engine
    ran: list[str] = []
    original = engine.fetch

    def fetch(statement: Statement) -> object:
        if PROBE not in statement.sql:  # it looks now and then whether files can be read
            ran.append(statement.sql)
        return original(statement)

    monkeypatch.setattr(engine, "fetch", fetch)
    return ran


IN_THE_GATE = {"chen", "sun"}


@pytest.mark.parametrize("dataset", CLOSED)
@pytest.mark.parametrize(
    "who",
    [w if w in IN_THE_GATE else pytest.param(w, marks=pytest.mark.harness) for w in OFFICIALS],
)
def test_of_persons_and_firms_facts_no_page_counts_anything(
    province: Province, statements: list[str], dataset: str, who: str
) -> None:
    gateway = province.services.gateway
    for pairs in QUESTIONS:
        before, ran = size(gateway), len(statements)
        page = explore(province, who, page_of(dataset, *pairs))
        if page.answer.status_code == 303:
            page = explore(province, who, page.answer.headers["location"])
        for part in ("facet-groups", "data-chart", "explore-charts"):
            assert part not in page.text, pairs
        said = [orjson.loads(e.body) for e in entries(gateway, before)]
        assert "counts" not in {one.get("exit") for one in said}
        if page.answer.status_code == 403:
            assert statements[ran:] == []
            assert not page.found and "explore-table" not in page.text
            continue
        asked = statements[ran:]
        told_as_a_page_tells(province, who, dataset, page, asked, statements)


def told_as_a_page_tells(
    province: Province,
    who: str,
    dataset: str,
    page: Explored,
    asked: list[str],
    statements: list[str],
) -> None:
    """The number is a page's own or less; the engine was asked only what a page of rows asks."""
    assert all("GROUP BY" not in sql for sql in asked)
    gateway = province.services.gateway
    if page.answer.status_code != 200 or "filter=" in str(page.answer.request.url):
        assert "行符合条件" in page.found
        return
    ran = len(statements)
    read = gateway.read_page(
        province.official(who, POSITIONS[who]), dataset, DUTY, RowQuery(), limit=50
    )
    assert read.total is not None
    told = f"{read.total:,} 行符合条件" if read.total <= 1000 else "超过 1,000 行符合条件"
    assert page.found == told
    if "fields=" not in str(page.answer.request.url):
        assert set(asked) <= set(statements[ran:])


@pytest.mark.parametrize("dataset", CLOSED)
def test_a_dataset_by_case_says_its_reason_and_its_article(
    province: Province, dataset: str
) -> None:
    said = []
    for who in OFFICIALS:
        page = explore(province, who, page_of(dataset))
        if page.answer.status_code == 403:
            reason = page.text.partition('class="state state-refused"')[2]
            assert "依据" in reason and "怎么办" in reason
            said.append(who)
        text = explore(province, who, f"/official/datasets/{dataset}").text
        leads = f'href="/official/datasets/{dataset}/explore"' in text
        assert leads == (page.answer.status_code == 200), who
    assert "wu" in said  # the auditor reads the log and no data


# Not to be taken away


@pytest.fixture(scope="module")
def strict(province: Province) -> Iterator[AccessGateway]:
    """The gateway, were parking data not for download and fields of parcels treated."""

    def policy(dataset: str) -> Policy:
        known = province.services.catalogue.policy(dataset)
        if dataset == PARKING:
            return replace(known, rules=frozenset({"no_bulk"}))
        if dataset == PARCELS:
            return replace(known, fields=tuple(map(graded, known.fields)))
        return known

    opened = open_gateway(province.services.node, policy)
    yield opened
    opened.log.close()


def under(province: Province, gateway: AccessGateway, dataset: str) -> str:
    """The page as `sun` has it through another gateway."""
    here = visitor(province, province.official("sun"), official=True)
    services = replace(province.services, gateway=gateway)
    answer = explore_page.page(
        request_of(page_of(dataset), "zh"), replace(here, services=services), dataset
    )
    return unescape(bytes(answer.body).decode())


def test_where_nothing_may_be_downloaded_the_reason_is_there_and_no_button(
    province: Province, strict: AccessGateway
) -> None:
    text = under(province, strict, PARKING)
    get = text.partition('id="get"')[2].partition("</section>")[0]
    assert "download." not in get
    assert "state-refused" in get and "依据" in get
    assert f"/api/v1/datasets/{PARKING}/rows?" in get  # page by page it may be read
    with pytest.raises(Refused):
        strict.open_stream(province.official("sun"), PARKING, DUTY, RowQuery(), exit_name="csv")


def test_a_treated_field_shows_its_raw_value_nowhere(
    province: Province, strict: AccessGateway
) -> None:
    text = under(province, strict, PARCELS)
    fields = {f.name: f for f in province.services.catalogue.contracts.get(PARCELS).fields}
    raw = {str(row["land_use"]) for row in stored(province, PARCELS)}
    names = [code_list(str(fields["land_use"].code_list))[code].zh for code in raw]
    results = text.partition('class="results-layout"')[2]
    assert "explore-table" in results and "facet-groups" in results
    for name in names:
        assert name not in text
    kinds = {str(row["right_kind"]) for row in stored(province, PARCELS)}
    for kind in kinds:
        known = code_list(str(fields["right_kind"].code_list)).get(kind)
        assert known is None or known.zh not in text
    assert fields["land_use"].title.zh not in Explored(httpx.Response(200, text=text)).facets()


# Beside the rest


def test_a_refused_field_in_the_address_is_said_and_logged(province: Province) -> None:
    dataset, field = refused_field(province)
    gateway = province.services.gateway
    before = size(gateway)
    page = explore(province, "sun", page_of(dataset, ("filter", f"{field}:null:no")))
    assert page.answer.status_code == 422
    assert 'role="alert"' in page.text and page.rows()
    refusals = [orjson.loads(e.body) for e in entries(gateway, before) if e.kind == "refusal"]
    assert [one["field"] for one in refusals] == [field]


def refused_field(province: Province) -> tuple[str, str]:
    for name in ("jx_technology_firms", "sg_firms", "sg_inspections"):
        view = dataset_page.fill(
            visitor(province, province.official("sun"), official=True), name, None
        )
        for one in view.fields:
            if not one.visible:
                return name, one.name
    raise AssertionError("no field is refused")


def test_in_english_all_of_it_is_english(province: Province) -> None:
    text = explore(province, "sun", page_of(PARKING, ("lang", "en"))).text
    for words in ("rows meet the conditions", "Conditions", "A file will hold", "Rows by"):
        assert words in text
    assert date(2026, 11, 1).strftime("%b %Y") in text


def test_an_older_version_is_named_and_the_newest_is_one_link_away(province: Province) -> None:
    newest = province.services.gateway.snapshot(province.services.catalogue.policy(PARKING))
    page = explore(province, "sun", page_of(PARKING, ("snapshot", str(newest.id))))
    assert "旧版本" not in page.text
    assert page.answer.status_code == 200
