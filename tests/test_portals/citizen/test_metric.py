"""A public metric's page: the choice in the URL, open periods, files, and what it refuses."""

import csv
import io
from dataclasses import replace
from datetime import date

import pytest
from python_calamine import CalamineWorkbook

from tests.province import Province
from tests.test_portals.api.callers import Call, send
from tests.test_portals.api.test_small_cells import load, world
from tests.test_portals.citizen.test_metrics import anybody
from xihu_platform.words import Text
from xihu_portals.citizen import metric
from xihu_portals.pages.metric_choice import MetricChoice, choice_of
from xihu_portals.pages.metric_series import ONE_VERSION
from xihu_portals.web.parts import Chart, Period, State, Table

__all__ = ["world"]


def get(province: Province, path: str) -> str:
    return send(province, Call("GET", path, "", "wang"), "no_token").text


def test_the_definition_stands_before_the_value(province: Province) -> None:
    text = get(province, "/metrics/power_use")
    said = province.services.metrics["power_use"].definition.zh
    assert text.index(f'<p class="lead">{said}') < text.index("figure-number")


def test_place_grain_and_periods_are_as_the_address_says(province: Province) -> None:
    view = metric.fill(
        anybody(province), "power_use", {"place": "xihu", "grain": "quarter", "to": "2026-10"}
    ).body
    assert view.place.zh == "西湖区"
    assert isinstance(view.series, Chart)
    assert all(isinstance(one, Period) and one.grain == "quarter" for one in view.series.labels)
    assert view.headline.period is not None
    assert view.headline.period.grain == "quarter"
    for one in view.downloads[:2]:
        assert one.href is not None
        assert "place=330106&grain=quarter&to=2026-10" in one.href


def test_a_period_that_runs_is_told_apart_and_never_compared(province: Province) -> None:
    """November 2026 has not ended in the demo's time."""
    view = metric.fill(anybody(province), "power_use", {}).body
    assert view.running is not None
    assert view.running.period == Period(date(2026, 11, 1))
    assert not view.running.changes
    assert view.headline.period == Period(date(2026, 10, 1))
    assert isinstance(view.series, Chart)
    (series,) = view.series.series
    assert series.running == {len(series.values) - 1}
    assert view.periods is not None
    newest = view.periods.rows[0]
    assert newest[2:] == (Text("本期未结束", "still running"), None)
    text = get(province, "/metrics/power_use")
    assert "◇ 本期未结束" in text
    assert '<span class="running-mark">本期未结束</span>' in text
    year = metric.fill(anybody(province), "power_use", {"grain": "year"}).body
    for part in (*view.parts, *year.parts):
        assert "2026年11月" not in part.title.zh


def test_what_is_missing_is_named_with_its_reason_and_its_load(province: Province) -> None:
    view = metric.fill(anybody(province), "gdp", {"place": "330100"}).body
    assert isinstance(view.lacking, Table)
    first = view.lacking.rows[0]
    assert isinstance(first[1], Text)
    assert (first[0], first[1].zh) == (Period(date(2026, 7, 1), "quarter"), "滨江区")
    assert isinstance(first[3], str)
    assert len(first[3]) == 32
    whole = metric.fill(anybody(province), "gdp", {"place": "330106"}).body.lacking
    assert isinstance(whole, State)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("place=nowhere", "没有找到名为“nowhere”的地区"),
        ("place=江", "可能指几个地区"),
        ("grain=week", "不能按“week”看"),
        ("grain=day", "不能按“day”看"),
        ("from=soon", "from 的“soon”不是时间"),
        ("to=2026-13", "to 的“2026-13”不是时间"),
        ("from=2026-09&to=2025-01", "晚于结束日期"),
    ],
)
def test_a_wrong_choice_says_what_and_how_to_mend_it(
    province: Province, query: str, said: str
) -> None:
    for path in ("/metrics/gdp", "/metrics/gdp/download.csv"):
        answer = send(province, Call("GET", f"{path}?{query}", "", "wang"), "no_token")
        assert answer.status_code == 422
        assert said in answer.text


def test_a_closed_metric_is_refused_with_reason_and_article_before_anything_else(
    province: Province,
) -> None:
    for query in ("", "?place=nowhere"):
        path = f"/metrics/aid_recipients{query}"
        answer = send(province, Call("GET", path, "", "wang"), "right")
        assert answer.status_code == 403
        assert '<dl class="reason">' in answer.text
        assert "社会救助" not in answer.text
    assert send(province, Call("GET", "/metrics/none", "", "wang"), "right").status_code == 404


def test_both_files_hold_the_shown_series_as_numbers_with_their_source(
    province: Province,
) -> None:
    query = "place=330100&from=2025-01&to=2025-12"
    answer = send(province, Call("GET", f"/metrics/gdp/download.csv?{query}", "", "wang"), "right")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][:5] == ["地区", "地区代码", "时间", "开始日期", "地区生产总值（亿元）"]
    assert [row[3] for row in rows[1:5]] == ["2025-01-01", "2025-04-01", "2025-07-01", "2025-10-01"]
    assert rows[5] == []
    assert rows[6] == ["合成数据"]
    assert rows[7][0].startswith("来源：《县域主要经济指标》（合成数据），快照 ")
    assert rows[8][0].startswith("口径：")
    book = send(province, Call("GET", f"/metrics/gdp/download.xlsx?{query}", "", "wang"), "right")
    sheets = CalamineWorkbook.from_filelike(io.BytesIO(book.content))
    assert sheets.get_sheet_by_index(0).to_python()[0] == ["合成数据"]
    cells = sheets.get_sheet_by_index(1).to_python()
    assert cells[0] == rows[0]
    for cell, row in zip(cells[1:], rows[1:5], strict=True):
        assert isinstance(cell[4], int | float)
        assert cell[4] == pytest.approx(float(row[4]))
        assert ("" if row[6] == "" else float(row[6])) == cell[6]


def test_a_first_period_without_an_end_and_an_end_alone_are_understood(
    province: Province,
) -> None:
    spec = province.services.metrics["gdp"]
    assert choice_of(spec, {"from": "2025"}) == MetricChoice(
        "330000", "quarter", date(2025, 1, 1), None, "2025", ""
    )
    assert choice_of(spec, {"to": "2024-02"}).end == date(2024, 2, 29)


def test_what_an_earlier_version_said_stands_beside_and_each_read_is_logged(
    world: Province,
) -> None:
    """A second load adds records to one cell; before it there is one version."""
    visitor = anybody(world)
    assert metric.fill(visitor, "small_entries", {}).body.versions == ONE_VERSION
    node = world.services.node
    load(node, node.settings.data_dir, 12)
    asked: list[int | None] = []
    gateway = visitor.services.gateway
    first = gateway.aggregate

    def watched(*args: object, **named: object) -> object:
        asked.append(named.get("snapshot_id"))  # type: ignore[arg-type]  # as the brain calls it
        return first(*args, **named)  # type: ignore[arg-type]

    gateway.aggregate = watched  # type: ignore[method-assign, assignment]
    try:
        view = metric.fill(replace(visitor), "small_entries", {}).body
    finally:
        gateway.aggregate = first  # type: ignore[method-assign]
    assert isinstance(view.versions, Table)
    kept = [s.id for s in node.lake.history("data.small_cells") if not s.maintained]
    assert set(kept) <= set(asked)
    by_period = {row[0]: row[1:] for row in view.versions.rows}
    now, before, mark = by_period[Period(date(2026, 7, 1))]
    assert isinstance(mark, Text)
    assert mark.zh == "有修订"
    assert now != before
    assert by_period[Period(date(2026, 8, 1))][2] == Text("未变", "unchanged")
    assert view.versions.note is not None
    assert "1 期有修订" in view.versions.note.zh
