"""The drawing of lineage: complete beside its table, readable with 200 nodes, and of known data."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from itertools import combinations
from urllib.parse import quote
from uuid import UUID

import pytest
from sqlalchemy import delete

from tests.province import NOW, Province
from tests.test_portals.api.callers import Call, send
from xihu_catalog.lineage.graph import GraphEdge, GraphNode, GraphPart, LineageGraph
from xihu_catalog.lineage.outside import external_id
from xihu_catalog.lineage.stated import (
    ReportedDataset,
    ReportedRun,
    StatedLineageRow,
    keep_run,
)
from xihu_platform.clock import SHANGHAI
from xihu_platform.database import transaction
from xihu_platform.words import Text
from xihu_portals.pages.lineage_chart import COLUMN_LIMIT, HEIGHT, WIDTH, lineage_chart


def page(province: Province, query: str, who: str = "sun") -> str:
    answer = send(province, Call("GET", f"/official/lineage{query}", "", who), "right")
    assert answer.status_code == 200, answer.text
    return answer.text


def drawn(text: str) -> list[str]:
    svg = text.partition('<svg class="lineage-chart"')[2].partition("</svg>")[0]
    return [unescape(one) for one in re.findall(r"<title[^>]*>([^<]*)</title>", svg)]


def listed(text: str) -> list[str]:
    table = text.partition('id="nodes"')[2]
    return [unescape(one) for one in re.findall(r'<td><a href="[^"]*">(?:<[^>]*>)?([^<]*)', table)]


def test_the_table_says_what_the_drawing_shows(province: Province) -> None:
    text = page(province, "?node=dataset:sg_supervision_monthly")
    assert "行政处罚信息" in drawn(text)
    assert sorted(drawn(text)) == sorted(listed(text))


def test_kinds_and_pages_are_drawn_and_in_the_legend(province: Province) -> None:
    text = page(province, "?node=dataset:hb_air_quality_hourly&depth=2&direction=downstream")
    assert sorted(drawn(text)) == sorted(listed(text))
    assert {"公众门户首页", "驾驶舱", "政务数据校核申请"} <= set(drawn(text))
    legend = text.partition('class="lineage-legend"')[2].partition("</ul>")[0]
    assert re.findall(r"lineage-box lineage-(\w+)", legend) == [
        *("dataset", "metric", "kind", "page"),
    ]
    impact = page(province, "?node=field:hb_air_quality_hourly.pm25_ug_m3")
    reached = impact.partition('id="impact"')[2].partition("</section>")[0]
    assert "公众门户首页" in reached and "页面展示" in reached


OUTSIDE = ReportedRun(
    namespace="etl",
    name="夜间",
    run_id=UUID(int=7),
    at=NOW,
    producer="urn:etl",
    inputs=(ReportedDataset("xihu", "hb_air_quality_hourly"),),
    outputs=(ReportedDataset("postgres://rs", "分析.空气"),),
)


@pytest.fixture
def outside(province: Province) -> Iterator[Province]:
    database = province.services.node.database
    keep_run(database, "11339900100102741M", OUTSIDE, NOW)
    yield province
    with transaction(database) as session:
        session.execute(delete(StatedLineageRow))


def test_what_is_outside_is_drawn_for_its_department(outside: Province) -> None:
    query = "?node=dataset:hb_air_quality_hourly&depth=1&direction=downstream"
    text = page(outside, query)
    assert "分析.空气" in drawn(text)
    assert sorted(drawn(text)) == sorted(listed(text))
    row = text.partition('id="nodes"')[2].partition("分析.空气")[2].partition("</tr>")[0]
    assert "平台外数据" in row and "示例省人力资源和社会保障厅" in row
    assert "分析.空气" not in page(outside, query, "wu")
    impact = page(outside, "?node=field:hb_air_quality_hourly.pm25_ug_m3")
    assert "整表（未上报字段）" in impact.partition('id="impact"')[2].partition("</section>")[0]
    own = page(outside, f"?node={quote('external:postgres://rs/分析.空气')}&direction=upstream")
    assert "空气质量" in "".join(drawn(own))


def test_the_page_of_what_is_outside_says_who_reported_it_and_when(outside: Province) -> None:
    text = page(outside, f"?node={quote('external:postgres://rs/分析.空气')}")
    reports = text.partition('id="reports"')[2].partition("</section>")[0]
    for said in ("夜间", "etl", "urn:etl", "示例省人力资源和社会保障厅", "最近一次运行完成于"):
        assert said in reports, said
    assert reports.count(f"{NOW.astimezone(SHANGHAI):%H:%M}") == 2
    column = page(outside, "?node=dataset:hb_air_quality_hourly")
    assert 'id="reports"' not in column


def test_a_long_name_of_what_is_outside_has_a_page(province: Province) -> None:
    """Each of its characters is three in the address."""
    database, name = province.services.node.database, "#" * 512
    run = replace(OUTSIDE, outputs=(ReportedDataset("%" * 256, name),))
    keep_run(database, "11339900100102741M", run, NOW + timedelta(seconds=1))
    try:
        text = page(province, f"?node={quote(external_id(run.outputs[0]))}")
        assert name in text
    finally:
        with transaction(database) as session:
            session.execute(delete(StatedLineageRow))


def test_a_page_beyond_the_last_node_is_empty(province: Province) -> None:
    assert drawn(page(province, "?node=dataset:sg_supervision_monthly&offset=9999")) == []


def test_fields_are_shown_on_demand(province: Province) -> None:
    text = page(province, "?node=field:sg_supervision_monthly.month&depth=1")
    assert 'id="impact"' in text
    text = page(province, "?node=dataset:fg_penalties")
    assert 'id="impact"' not in text
    assert "detail=field" in text


def test_what_a_change_reaches_is_named_with_its_kind(province: Province) -> None:
    text = page(province, "?node=field:fg_penalties.decided_on")
    impact = text.partition('id="impact"')[2].partition("</section>")[0]
    assert "sg_supervision_monthly" in impact
    assert "分组" in impact or "加工" in impact


def test_nodes_are_found_by_their_words(province: Province) -> None:
    text = page(province, "?q=行政处罚")
    assert "node=dataset%3Afg_penalties" in text
    several = page(province, "?q=county_code")
    assert several.count("数据项 · ") > 5, "fields of one name are told apart by their datasets"
    assert "没有找到" in page(province, "?q=zzzz")


def many(n: int) -> GraphPart:
    nodes = {
        f"d{i}": GraphNode(f"d{i}", "dataset", Text(f"数据集{i}", f"Dataset {i}"), f"d{i}")
        for i in range(n)
    }
    edges = {GraphEdge("d0", f"d{i}", "IDENTITY") for i in range(1, n // 2)}
    edges |= {GraphEdge(f"d{i}", "d0", "FILTER") for i in range(n // 2, n)}
    graph = LineageGraph(nodes, frozenset(edges))
    return graph.around("d0", depth=2, direction="both")


def test_200_nodes_do_not_overlap_and_are_no_endless_column() -> None:
    part = many(200)
    chart = lineage_chart(part, dict.fromkeys(part.layers, "/"))
    assert len(chart.boxes) == 200
    for one, other in combinations(chart.boxes, 2):
        assert abs(one.x - other.x) >= WIDTH or abs(one.y - other.y) >= HEIGHT
    assert chart.height <= COLUMN_LIMIT * 60 + 40
    assert all(0 <= one.x <= chart.width - WIDTH for one in chart.boxes)
    root = next(one for one in chart.boxes if one.here)
    for one in chart.boxes:
        step = part.layers[one.node.id]
        assert (one.x > root.x, one.x < root.x) == (step > 0, step < 0)
    assert [one.indirect for one in chart.arrows].count(True) == 100
