"""What a drawing of several points lacks is said once for all of them, each cell counted once."""

from dataclasses import replace

from tests.test_platform.brain.test_query import FLOW
from xihu_platform.brain.completeness import WHOLE, Completeness, MissingCells
from xihu_platform.brain.service import Point
from xihu_platform.brain.spec import Frame
from xihu_portals.pages.gaps import gap
from xihu_portals.web.parts import Gap

XIHU, BINJIANG, JINGNING, SHANGCHENG = "330106", "330108", "331127", "330102"
SPEC = replace(
    FLOW,
    grain="month",
    finest_level="county",
    frame=Frame("month", (SHANGCHENG, XIHU, BINJIANG, JINGNING), by=(("kind", ("a", "b")),)),
)
OCTOBER = "2026-10-01"


def lacking(
    *regions: str,
    cells: int | None = None,
    absent: bool = True,
    load_id: str | None = None,
    closed: bool = True,
) -> Completeness:
    missing = tuple(MissingCells(one, load_id, absent) for one in regions)
    gone = len(regions) if cells is None else cells
    return Completeness(False, closed, 100, 100 - gone, missing)


def point(
    of: Completeness,
    *,
    region: str | None = None,
    period: str | None = OCTOBER,
    **dimensions: str | None,
) -> Point:
    return Point(period, region, dimensions, None, False, completeness=of)


def said(*points: Point) -> Gap:
    found = gap(SPEC, points, dataset_path="/datasets", load_path="/official/loads")
    assert found is not None
    return found


def test_complete_points_lack_nothing() -> None:
    assert gap(SPEC, (point(WHOLE),), dataset_path="/datasets", load_path=None) is None
    assert gap(SPEC, (), dataset_path="/datasets", load_path=None) is None


def test_a_place_without_any_cell_is_missing() -> None:
    assert said(point(lacking(XIHU, cells=3))).text.zh == "缺 1 个县（西湖区，尚未报送）"


def test_a_place_that_lacks_some_cells_is_not_missing() -> None:
    one = said(point(lacking(JINGNING, absent=False)))
    assert one.text.zh == "缺 1 格（景宁畲族自治县，尚未报送）"
    assert one.text.en == "1 cell missing (Jingning She Autonomous County: not delivered yet)"
    two = said(point(lacking(XIHU, BINJIANG, cells=5, absent=False)))
    assert two.text.zh == "缺 5 格，涉及 2 个县（西湖区、滨江区，尚未报送）"
    assert two.text.en == (
        "5 cells of 2 counties missing (Xihu District, Binjiang District: not delivered yet)"
    )


def test_the_places_of_all_bars_are_counted_and_three_are_named() -> None:
    text = said(
        point(lacking(SHANGCHENG, XIHU, BINJIANG), region="330100"),
        point(WHOLE, region="330200"),
        point(lacking(JINGNING), region="331100"),
    ).text
    assert text.zh == "缺 4 个县（上城区、西湖区、滨江区等，尚未报送）"


def test_a_dimension_that_the_frame_does_not_name_repeats_the_same_gap() -> None:
    bars = tuple(point(lacking(XIHU), other=value) for value in ("x", "y", "z"))
    assert said(*bars).text.zh == "缺 1 个县（西湖区，尚未报送）"


def test_a_dimension_of_the_frame_has_cells_of_its_own() -> None:
    both = (point(lacking(XIHU), kind="a"), point(lacking(XIHU, BINJIANG), kind="b"))
    assert said(*both).text.zh == "缺 3 格，涉及 2 个县（西湖区、滨江区，尚未报送）"
    all_of_one = (point(lacking(XIHU), kind="a"), point(lacking(XIHU), kind="b"))
    assert said(*all_of_one).text.zh == "缺 1 个县（西湖区，尚未报送）"
    only_one = (point(lacking(XIHU), kind="a"), point(WHOLE, kind="b"))
    assert said(*only_one).text.zh == "缺 1 格（西湖区，尚未报送）"


def test_several_periods_are_counted_and_the_newest_are_named() -> None:
    months = [f"2026-{m:02}-01" for m in range(1, 8)]
    points = [point(lacking(XIHU, cells=2), period=month) for month in months]
    found = said(*points, point(WHOLE, period="2026-08-01")).text
    assert found.zh == "7 个月共缺 14 格（2026年7月、2026年6月、2026年5月等，尚未报送）"
    assert found.en == (
        "14 cells of 7 months missing (Jul 2026, Jun 2026, May 2026 and others: not delivered yet)"
    )


def test_a_series_with_one_incomplete_period_says_which() -> None:
    found = said(point(lacking(XIHU)), point(WHOLE, period="2026-09-01")).text
    assert found.zh == "2026年10月缺 1 个县（西湖区，尚未报送）"
    assert found.en == "Oct 2026: 1 county missing (Xihu District: not delivered yet)"


def test_the_link_leads_to_a_load_that_quarantined_one_of_them() -> None:
    late = point(lacking(XIHU), region=XIHU)
    broken = point(lacking(BINJIANG, load_id="7"), region=BINJIANG)
    found = said(late, broken)
    assert found.href == "/official/loads/7"
    assert found.text.zh == "缺 2 个县（西湖区、滨江区，记录有问题，暂未入库或尚未报送）"
    citizen = gap(SPEC, (late, broken), dataset_path="/datasets", load_path=None)
    assert citizen is not None
    assert citizen.href == f"/datasets/{SPEC.dataset}"


def test_a_running_period_says_so() -> None:
    found = said(point(lacking(XIHU, closed=False)))
    assert found.text.zh == "缺 1 个县（西湖区，尚未报送），本期尚未结束"
    assert said(point(Completeness(False, False))).text.zh == "本期尚未结束"


def test_data_that_does_not_cover_a_period_says_which_of_a_series() -> None:
    short = point(Completeness(False, True))
    assert said(short).text.zh == "数据没有覆盖整期"
    found = said(short, point(WHOLE, period="2026-09-01"))
    assert found.text.zh == "数据没有覆盖整期（2026年10月）"
    assert found.text.en == "The data does not cover the period (Oct 2026)"
