"""Anybody filters open data, page by page, counts it and takes exactly that."""

import asyncio
import csv
import io
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.province import Province
from tests.test_platform.access.test_grouped import CLOSED, COUNTED, entries, size
from tests.test_portals.api.callers import Call, send
from tests.test_portals.decisions.exits import READERS
from tests.test_portals.decisions.table import stored
from tests.test_portals.pages.air import accepted
from tests.test_portals.pages.explored import address_of, asked, explore, submitted
from xihu_catalog.registry.codes import code_list, divisions
from xihu_portals.pages import explore as explore_pages

AIR = "hb_air_quality_hourly"
XIHU = ("filter", "county_code:eq:330106")


def follow(province: Province, address: str, who: str = "wang") -> str:
    """Where a submitted form leads."""
    answer = send(province, Call("GET", address, "", who), "right")
    assert answer.status_code == 303, answer.text[:2000]
    return answer.headers["location"]


def test_one_county_and_one_month_are_the_records_of_the_file(province: Province) -> None:
    """Three links after the page: the city, the county, the month. The file is read in Python."""
    page = explore(province, "wang", address_of(AIR))
    taps = 0
    for facet, option in (("区划", "杭州市"), ("区划", "西湖区"), ("监测时间", "2026年11月")):
        number, href = page.facets()[facet][option]
        page = explore(province, "wang", href)
        taps += 1
        assert page.total == number
    assert taps <= 5
    mine = [
        (at, row)
        for row in accepted(province.services.node.settings.data_dir)
        if row["区划"] == "330106"
        and isinstance(at := row["监测时间"], datetime)
        and at.month == 11
    ]
    assert page.total == len(mine) > 600
    taken = send(province, Call("GET", page.downloads()["csv"], "", "wang"), "right")
    lines = list(csv.DictReader(io.StringIO(taken.content.decode())))
    assert [line["measured_at"] for line in lines] == [str(at) for at, _ in mine]
    for name, column in (("aqi", "空气质量指数"), ("pm25_ug_m3", "PM2.5"), ("co_mg_m3", "CO")):
        values = [row[column] for _, row in mine]
        assert [line[name] for line in lines] == ["" if v is None else str(v) for v in values]
    shown = [row[1] for row in page.rows()]
    assert shown == [
        f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}" for at, _ in mine[: len(shown)]
    ]


def test_the_form_gives_the_same_in_one_go(province: Province) -> None:
    page = explore(province, "wang", address_of(AIR))
    sent = submitted(
        page, is__county_code="330106", from__measured_at="2026-11-01", to__measured_at="2026-11-30"
    )
    address = follow(province, sent)
    assert asked(address) == [
        XIHU,
        ("filter", "measured_at:ge:2026-11-01"),
        ("filter", "measured_at:lt:2026-12-01"),
    ]
    found = explore(province, "wang", address)
    assert "区划 在 西湖区" in found.text
    assert "监测时间 2026年11月" in found.text  # both ends are one condition in words
    lifted = asked(found.link("监测时间 2026年11月"))
    assert lifted == [XIHU]


@pytest.mark.parametrize(
    "filters",
    [
        (),
        ("county_code:starts:3302", "primary_pollutant:ne:none"),
        ("measured_at:ge:2026-11-10", "measured_at:lt:2026-11-12", "pm25_ug_m3:ge:35"),
        ("aqi:ge:100", "aqi:ne:110"),
        ("station_code:contains:A02", "county_code:in:330106,330110"),
    ],
)
def test_facets_and_charts_are_what_python_counts(
    province: Province, filters: tuple[str, ...]
) -> None:
    page = explore(province, "wang", address_of(AIR, *(("filter", f) for f in filters)))
    rows = [r for r in stored(province, AIR) if all(meets(r, f) for f in filters)]
    assert page.total == len(rows)
    facets = page.facets()
    pollutants = {str(c): name.zh for c, name in code_list("pollutant").items()}
    expected = Counter(pollutants.get(str(r["primary_pollutant"]), "没有值") for r in rows)
    assert {k: n for k, (n, _) in facets["首要污染物"].items()} == expected
    codes = Counter(str(r["county_code"]) for r in rows)
    cities = Counter(str(r["county_code"])[:4] + "00" for r in rows)
    places = cities if len(cities) > 1 else codes
    named = {divisions()[code].name.zh: n for code, n in places.items()}
    assert {k: n for k, (n, _) in facets["区划"].items()} == named
    days = Counter(f"{r['measured_at']:%Y-%m-%d}" for r in rows)
    said = {k: n for k, (n, _) in facets["监测时间"].items() if "日" in k}
    assert said == {day(k): n for k, n in days.items()}
    if len(days) > 1:
        first, last = date.fromisoformat(min(days)), date.fromisoformat(max(days))
        every = [str(first + timedelta(days=n)) for n in range((last - first).days + 1)]
        assert page.charts()["by-period"] == [f"{day(k)} {days[k]:,}" for k in every]
    if len(named) > 1:
        by_code = [f"{divisions()[c].name.zh} {n:,}" for c, n in sorted(places.items())]
        assert page.charts()["by-place"] == by_code


def day(text: str) -> str:
    year, month, number = text.split("-")
    return f"{year}年{int(month)}月{int(number)}日"


def meets(row: dict[str, object], text: str) -> bool:
    name, operator, value = text.split(":", 2)
    here = row[name]
    if operator == "null":
        return (here is None) == (value == "yes")
    if here is None:
        return False
    written = f"{here:%Y-%m-%d}" if isinstance(here, datetime) else here
    if operator in {"starts", "contains", "in"}:
        said = str(written)
        return {
            "starts": said.startswith(value),
            "contains": value in said,
            "in": said in value.split(","),
        }[operator]
    other: object = value if isinstance(written, str) else type(written)(value)  # type: ignore[call-arg]
    met: dict[str, bool] = {
        "eq": written == other,
        "ne": written != other,
        "ge": written >= other,  # type: ignore[operator]
        "lt": written < other,  # type: ignore[operator]
    }
    return met[operator]


def test_the_pages_are_all_rows_once_in_their_order(province: Province) -> None:
    page = explore(province, "wang", address_of(AIR, XIHU, ("sort", "-aqi"), ("fields", "aqi")))
    seen: list[str] = []
    while True:
        assert page.answer.status_code == 200
        seen += [row[0] for row in page.rows()]
        if 'rel="next"' not in page.text:
            break
        page = explore(province, "wang", page.link("下一页"))
    rows = [r["aqi"] for r in stored(province, AIR) if r["county_code"] == "330106"]
    known = sorted((int(str(v)) for v in rows if v is not None), reverse=True)
    assert seen == [str(v) for v in known] + ["—"] * (len(rows) - len(known))
    first = asked(page.link("回到第一页"))
    assert not [name for name, _ in first if name == "cursor"]


def test_a_column_sorts_upwards_then_downwards_then_not(province: Province) -> None:
    page = explore(province, "wang", address_of(AIR, XIHU))
    for expected in ("aqi", "-aqi", None):
        page = explore(province, "wang", page.link("空气质量指数"))
        sorts = [v for n, v in asked(str(page.answer.request.url)) if n == "sort"]
        assert sorts == ([expected] if expected else [])
        state = {"aqi": "ascending", "-aqi": "descending", None: ""}[expected]
        assert (f'aria-sort="{state}"' in page.text) == bool(expected)


# Exactly that, as a file


@pytest.mark.parametrize(
    "pairs",
    [
        [XIHU],
        [XIHU, ("sort", "-pm25_ug_m3"), ("fields", "measured_at,pm25_ug_m3")],
        [("filter", "aqi:ge:120"), ("filter", "county_code:starts:3301")],
    ],
)
def test_the_number_that_is_told_is_the_number_of_rows_of_each_file(
    province: Province, pairs: list[tuple[str, str]]
) -> None:
    page = explore(province, "wang", address_of(AIR, *pairs))
    assert page.file_rows == f"文件将含 {page.total:,} 行。"
    links = page.downloads()
    assert links.keys() == {"people", "csv", "xlsx", "parquet", "arrow"}
    fields = next((v.split(",") for n, v in pairs if n == "fields"), None)
    for form, href in links.items():
        taken = send(province, Call("GET", href, "", "wang"), "right")
        assert taken.status_code == 200
        if form == "people":
            rows: list[dict[str, object]] = list(
                csv.DictReader(io.StringIO(taken.content.decode("utf-8-sig")))
            )
        else:
            rows = READERS[form](taken.content)
        assert len(rows) == page.total, form
        if fields and form in {"csv", "parquet", "arrow"}:
            assert list(rows[0]) == fields
    told = parse_qs(urlsplit(links["csv"]).query)["snapshot"]
    assert taken.headers["X-Xihu-Snapshot"] == told[0]


def test_the_rows_of_the_page_are_the_first_of_the_file(province: Province) -> None:
    page = explore(
        province, "wang", address_of(AIR, XIHU, ("sort", "-no2_ug_m3"), ("fields", "no2_ug_m3"))
    )
    taken = send(province, Call("GET", page.downloads()["csv"], "", "wang"), "right")
    lines = taken.content.decode().splitlines()[1:]
    assert [row[0] for row in page.rows()] == lines[: len(page.rows())]


def test_where_a_sheet_is_too_small_the_reason_stands_in_place_of_the_button(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explore_pages, "SHEET_LIMIT", 600)
    large = explore(province, "wang", address_of(AIR, XIHU))
    assert "xlsx" not in large.downloads()
    assert "Excel：超过 10 万行，不生成 Excel 文件" in large.text
    small = explore(province, "wang", address_of(AIR, XIHU, ("filter", "aqi:ge:60")))
    assert "xlsx" in small.downloads()


# What is asked wrongly


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ([("filter", "aqi")], "应写作 字段:运算:值"),
        ([("filter", "aqi:ge:")], "缺少值"),
        ([("filter", "aqi:ge:many")], "空气质量指数：“many”不是整数"),
        ([("filter", "measured_at:ge:yesterday")], "不是时间，请写作 2026-10-31T08:00"),
        ([("filter", "nothing:eq:1")], "没有字段“nothing”"),
        ([("sort", "nothing")], "没有字段“nothing”"),
        ([("fields", "aqi,nothing")], "没有字段“nothing”"),
        ([("snapshot", "x")], "snapshot 应为数字"),
        ([("snapshot", "77")], "没有快照 77"),
        ([("cursor", "00")], "翻页标记不属于本次查询"),
        ([("fields", "aqi"), ("fields", "no2_ug_m3")], "fields 只能写一次"),
        ([("filtre", "aqi:ge:5")], "“filtre”不是本页的条件"),
        ([("filter", "aqi:ge:5")] * 51, "筛选最多 50 个"),
        ([("from.aqi", "lots")], "空气质量指数：“lots”不是整数，请只填数字"),
        ([("from.measured_at", "2026-02-30")], "“2026-02-30”不是日期"),
        ([("from.measured_at", "2026-11-09"), ("to.measured_at", "2026-11-02")], "开头在结尾之后"),
        ([("to.measured_at", "9999-12-31")], "不是日期"),
        ([("columns", "1")], "至少选一个字段"),
        ([("is.nothing", "1")], "“is.nothing”不是本页的条件"),
    ],
)
def test_what_is_asked_wrongly_is_said_beside_the_form_and_the_rest_stays(
    province: Province, pairs: list[tuple[str, str]], said: str
) -> None:
    page = explore(province, "wang", address_of(AIR, XIHU, *pairs))
    assert page.answer.status_code == 422
    alert = page.text.partition('role="alert"')[2].partition("</div></div>")[0]
    assert said in alert
    if pairs[0][0] != "filter" or len(pairs) == 1:
        assert "区划 在 西湖区" in page.text
        assert page.total == len([r for r in stored(province, AIR) if r["county_code"] == "330106"])
    assert page.rows()


def test_what_was_typed_stays_where_it_was_typed(province: Province) -> None:
    page = explore(province, "wang", address_of(AIR, ("from.aqi", "lots"), ("to.no2_ug_m3", "3")))
    assert ("from.aqi", "lots") in page.form.pairs
    assert 'id="wrong-aqi"' in page.text and 'aria-describedby="wrong-aqi"' in page.text
    assert "二氧化氮 不大于 3" in page.text


@pytest.mark.parametrize(
    ("typed", "filters"),
    [
        ({"from__pm25_ug_m3": "３５.５"}, ["pm25_ug_m3:ge:35.5"]),
        ({"from__aqi": "7", "to__aqi": "7"}, ["aqi:eq:7"]),
        ({"from__aqi": " 1,000 "}, ["aqi:ge:1000"]),
        ({"to__measured_at": "2026年11月9日"}, ["measured_at:lt:2026-11-10"]),
        ({"is__county_code": "330100"}, ["county_code:starts:3301"]),
        ({"is__primary_pollutant": "-"}, ["primary_pollutant:null:yes"]),
        (
            {"is__primary_pollutant": "-", "op__primary_pollutant": "ne"},
            ["primary_pollutant:null:no"],
        ),
        (
            {"is__station_code": "A01", "op__station_code": "contains"},
            ["station_code:contains:A01"],
        ),
    ],
)
def test_the_form_speaks_the_words_of_the_api(
    province: Province, typed: dict[str, str], filters: list[str]
) -> None:
    sent = submitted(explore(province, "wang", address_of(AIR)), **typed)
    assert asked(follow(province, sent)) == [("filter", f) for f in filters]


def test_a_condition_that_is_changed_takes_the_place_of_the_one_before(province: Province) -> None:
    page = explore(province, "wang", address_of(AIR, XIHU, ("filter", "county_code:ne:330110")))
    address = follow(province, submitted(page, is__county_code="330203"))
    assert asked(address) == [
        ("filter", "county_code:ne:330110"),
        ("filter", "county_code:eq:330203"),
    ]


@dataclass(repr=False)
class Reader:
    """The province, which hypothesis need not write out."""

    province: Province


@pytest.fixture
def reader(province: Province) -> Reader:
    return Reader(province)


SOUND = st.sampled_from(
    [
        "aqi:ge:40",
        "aqi:le:90",
        "aqi:eq:50",
        "aqi:ne:50",
        "pm25_ug_m3:ge:40.5",
        "pm25_ug_m3:eq:40.50",
        "aqi:null:yes",
        "county_code:eq:330106",
        "county_code:starts:3301",
        "county_code:in:330106,330110",
        "primary_pollutant:eq:PM10",
        "primary_pollutant:ne:none",
        "primary_pollutant:null:no",
        "measured_at:ge:2026-11-11",
        "measured_at:lt:2026-11-15",
        "measured_at:gt:2026-11-11T07:00",
        "station_code:contains:A0",
        "station_code:ne:330106A01",
        "station_code:starts:3",
    ]
)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    filters=st.lists(SOUND, max_size=5, unique=True),
    sorts=st.lists(
        st.sampled_from(["aqi", "-measured_at", "-county_code"]), max_size=2, unique=True
    ),
    fields=st.sampled_from(["", "aqi", "measured_at,aqi"]),
)
def test_a_form_that_nobody_touched_asks_the_same_again(
    reader: Reader, filters: list[str], sorts: list[str], fields: str
) -> None:
    """Whatever the conditions are, in the controls or beside them: none is lost, none is added."""
    pairs = [("filter", f) for f in filters] + [("sort", s) for s in sorts]
    pairs += [("fields", fields)] if fields else []
    page = explore(reader.province, "wang", address_of(AIR, *pairs))
    again = asked(follow(reader.province, submitted(page)))
    assert sorted(again) == sorted(pairs)
    assert [p for p in again if p[0] == "sort"] == [p for p in pairs if p[0] == "sort"]


@pytest.mark.parametrize(
    ("dataset", "filters"),
    [
        ("tj_county_economy", ["quarter:eq:2026-07-01"]),
        ("tj_county_economy", ["quarter:ge:2025-01-01", "quarter:le:2025-10-01"]),
        ("jx_industrial_output", ["period:ge:2026-03-01"]),
        ("fg_penalties", ["decided_on:eq:2026-11-09", "decided_on:le:2026-11-20"]),
        ("fg_penalties", ["decided_on:ge:2026-01-01", "decided_on:le:2026-11-20"]),
        ("fg_penalties", ["decided_on:gt:2026-01-01", "amount_cny:eq:5000"]),
        ("jy_schools", ["county_code:in:330106,330110", "school_kind:null:no"]),
    ],
)
def test_days_months_and_quarters_come_back_from_the_form_as_they_went_in(
    province: Province, dataset: str, filters: list[str]
) -> None:
    pairs = [("filter", f) for f in filters]
    page = explore(province, "wang", address_of(dataset, *pairs))
    assert page.answer.status_code == 200
    assert sorted(asked(follow(province, submitted(page)))) == sorted(pairs)


NASTY = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [
                    *("filter", "sort", "fields", "snapshot", "cursor", "columns", "col", "order"),
                    *("way", "is.county_code", "from.measured_at", "to.measured_at", "from.aqi"),
                    *(
                        "to.pm25_ug_m3",
                        "is.station_code",
                        "op.station_code",
                        "is.primary_pollutant",
                    ),
                ]
            ),
            st.one_of(
                NASTY,
                st.builds(
                    lambda f, o, v: f"{f}:{o}:{v}",
                    st.sampled_from(["aqi", "measured_at", "county_code", "pm25_ug_m3", "x"]),
                    st.sampled_from(["eq", "ge", "lt", "le", "in", "contains", "starts", "null"]),
                    st.one_of(
                        NASTY, st.dates().map(str), st.datetimes().map(str), st.integers().map(str)
                    ),
                ),
            ),
        ),
        max_size=5,
    )
)
def test_nothing_that_is_asked_is_an_error_of_ours(
    reader: Reader, pairs: list[tuple[str, str]]
) -> None:
    answer = explore(reader.province, "wang", address_of(AIR, *pairs)).answer
    assert answer.status_code in {200, 303, 422}
    if answer.status_code == 303:
        led = explore(reader.province, "wang", answer.headers["location"]).answer
        assert led.status_code in {200, 422}


# When nothing is found


def test_where_nothing_is_found_each_condition_says_what_lifting_it_gives(
    province: Province,
) -> None:
    page = explore(province, "wang", address_of(AIR, XIHU, ("filter", "aqi:ge:500")))
    assert page.total == 0 and not page.downloads()
    mine = len([r for r in stored(province, AIR) if r["county_code"] == "330106"])
    assert f"去掉“空气质量指数 不小于 500”：{mine:,} 行" in page.text
    assert "去掉“区划 在 西湖区”：0 行" in page.text
    assert asked(page.link("去掉“空气质量指数")) == [XIHU]


# What the public is not shown


@pytest.mark.parametrize("dataset", CLOSED)
def test_what_shows_a_sample_is_not_explored_and_the_page_says_why(
    province: Province, dataset: str
) -> None:
    gateway = province.services.gateway
    before = size(gateway)
    page = explore(province, "wang", address_of(dataset, ("filter", "county_code:eq:330106")))
    assert page.answer.status_code == 403
    assert "state-refused" in page.text
    for part in ("explore-form", "facet-groups", "data-chart", "download.", "explore-table"):
        assert part not in page.text
    assert not page.found
    assert not {e.kind for e in entries(gateway, before)} & {"read", "intent"}


def test_the_dataset_leads_here_only_where_there_is_something(province: Province) -> None:
    for dataset in (AIR, "fg_penalties", "sg_firms", "mz_elder_care", "ga_residents"):
        text = explore(province, "wang", f"/datasets/{dataset}").text
        page = explore(province, "wang", address_of(dataset))
        assert (f'href="/datasets/{dataset}/explore"' in text) == (page.answer.status_code == 200)


@pytest.mark.parametrize("dataset", COUNTED)
def test_each_open_dataset_is_explored(province: Province, dataset: str) -> None:
    page = explore(province, "wang", address_of(dataset))
    if not province.services.catalogue.contracts.get(dataset).is_open:
        assert page.answer.status_code == 403
        return
    assert page.total == len(stored(province, dataset))
    for options in page.facets().values():
        assert options
    place = next(
        iter(page.facets()["区划" if "区划" in page.facets() else list(page.facets())[0]].values())
    )
    assert explore(province, "wang", place[1]).total == place[0]


def test_each_page_is_in_the_log_with_its_rows_and_its_counts(province: Province) -> None:
    gateway = province.services.gateway
    before = size(gateway)
    page = explore(province, "wang", address_of(AIR, XIHU))
    said = [orjson.loads(e.body) for e in entries(gateway, before)]
    assert [one["exit"] for one in said][:2] == ["rows", "counts"]
    assert {one["exit"] for one in said} == {"rows", "counts"}
    assert said[0]["rows"] == len(page.rows())
    assert all(one["filters"] == ["county_code:eq"] for one in said)


def test_large_text_leads_to_the_normal_page_and_reads_nothing(province: Province) -> None:
    async def ask() -> str:
        async with province.client(cookie="xihu_elder=1") as client:
            return (await client.get(address_of(AIR))).text

    before = size(province.services.gateway)
    assert "长辈版不含逐行筛选" in asyncio.run(ask())
    # What others were refused in the minute before may be counted meanwhile.
    kinds = {entry.kind for entry in entries(province.services.gateway, before)}
    assert kinds <= {"refusals", "outcome"}


def test_the_page_of_a_place_leads_to_the_rows_of_that_place(province: Province) -> None:
    page = send(
        province, Call("GET", f"/datasets/{AIR}?region=330106", "", "wang"), "no_token"
    ).text
    href = unescape(page.partition(f'href="/datasets/{AIR}/explore?')[2].partition('"')[0])
    assert parse_qs(href) == {"filter": ["county_code:eq:330106"]}
