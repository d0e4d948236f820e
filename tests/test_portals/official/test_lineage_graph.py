"""The drawing of lineage: complete beside its table, readable with 200 nodes, and of known data."""

import re
from html import unescape
from itertools import combinations

from tests.province import Province
from tests.test_portals.api.callers import Call, send
from xihu_catalog.lineage.graph import GraphEdge, GraphNode, GraphPart, LineageGraph
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
