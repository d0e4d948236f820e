"""A metric's page: its breakdowns, and the values behind it as the API gives them."""

import pytest

from tests.province import Province
from tests.test_portals.api.callers import Call, send
from tests.test_portals.pages.numbers import END, ask, counts, visitor
from xihu_portals.official import metric as metric_page
from xihu_portals.web.parts import Partial, Table


@pytest.mark.anyio
async def test_a_breakdown_says_what_all_its_parts_lack_and_marks_each(
    province: Province,
) -> None:
    desk = visitor(province)
    parts = {one.id: one for one in metric_page.fill(desk, "power_use", {}).body.parts}
    table = parts["by-sector"].table
    assert isinstance(table, Table)
    assert table.gap is not None
    total = (await ask(province, "power_use", to=END, latest=1))["points"][0]
    answer = await ask(province, "power_use", by="sector", to=END, latest=1)
    lacking = total["expected"] - total["present"]
    assert counts(table.gap.text.zh) == (lacking, total["missing_regions"])
    marked = [p["complete"] for p in answer["points"]]
    assert [not isinstance(row[1], Partial) for row in table.rows[:-1]] == marked


def test_the_values_behind_a_page_are_those_of_the_api(province: Province) -> None:
    """The link under the page's figure, followed with the session: the API's answer as a file."""
    view = metric_page.fill(visitor(province), "power_use", {}).body
    link = next(one for one in view.downloads if one.format == "JSON")
    assert link.href is not None
    answer = send(province, Call("GET", link.href, "", "zhou"), "right")
    assert answer.headers["content-disposition"] == 'attachment; filename="power_use.json"'
    assert answer.headers["cache-control"] == "no-store"
    same = f"/api/v1/brain/metrics/power_use/query?{link.href.partition('?')[2]}"
    points = send(province, Call("GET", same, "", "zhou"), "right").json()["points"]
    assert points and answer.json()["points"] == points
