"""The geometry of tile map, sparkline and charts, and that a hidden value stays hidden."""

from dataclasses import replace
from datetime import date

from tests.test_portals.web.samples.places import cities, counties
from xihu_platform.words import Text
from xihu_portals.web import charts, tilemap
from xihu_portals.web.parts import Chart, Partial, Period, Series, Suppressed

PLAIN = Text("测试", "Test")


def test_the_county_map_has_ninety_tiles_and_hangzhou_bay() -> None:
    drawing = tilemap.draw(counties())
    assert len(drawing.placed) == 90
    assert (drawing.width, drawing.height) == (13 * tilemap.PITCH, 12 * tilemap.PITCH)
    assert drawing.bay is not None


def test_eleven_cities_have_no_bay() -> None:
    drawing = tilemap.draw(cities())
    assert len(drawing.placed) == 11
    assert drawing.bay is None


def test_tiles_stand_in_the_order_of_their_codes() -> None:
    codes = [placed.tile.code for placed in tilemap.draw(counties()[::-1]).placed]
    assert codes == sorted(codes)


def test_a_border_runs_around_a_city_and_not_through_it() -> None:
    two = tuple(replace(cities()[0], col=col, row=0, city="330100") for col in (0, 1))
    assert tilemap.draw(two).borders == "M0 0v60M0 0h60M0 60h60M60 0h60M120 0v60M60 60h60"


def test_a_suppressed_tile_has_no_shade() -> None:
    few = replace(cities()[0], value=Suppressed(10))
    shades = {p.tile.code: p.shade for p in tilemap.draw((few, *cities()[1:])).placed}
    assert shades[few.code] is None
    assert set(shades.values()) <= {None, *range(1, tilemap.SHADES + 1)}


def test_a_map_of_equal_values_has_one_shade() -> None:
    same = tuple(replace(tile, value=5) for tile in cities())
    assert len(tilemap.draw(same).ranges) == 1


def test_a_map_without_values_still_draws() -> None:
    assert tilemap.draw(tuple(replace(tile, value=None) for tile in cities())).ranges == ()


def _chart(kind: str) -> Chart:
    return Chart(
        "c",
        PLAIN,
        kind,  # type: ignore[arg-type]  # the test passes each kind
        PLAIN,
        (Period(date(2026, 9, 1)), Period(date(2026, 10, 1))),
        (Series(PLAIN, (3, Suppressed(10))),),
        PLAIN,
    )


def test_a_suppressed_value_reaches_no_option_of_a_chart() -> None:
    option = charts.option(_chart("bar"), "en")
    assert option["series"] == [
        {"name": "Test", "values": [3.0, None], "incomplete": [], "running": []}
    ]
    assert option["labels"] == ["Sep 2026", "Oct 2026 ＊"]


def test_a_line_leaves_a_gap_for_a_suppressed_value() -> None:
    assert charts.option(_chart("line"), "zh")["labels"] == ["2026年9月", "2026年10月"]


def test_the_table_of_a_chart_holds_the_same_values() -> None:
    rows = charts.table(_chart("bar")).rows
    assert rows == ((Period(date(2026, 9, 1)), 3), (Period(date(2026, 10, 1)), Suppressed(10)))


def test_a_bar_that_lacks_cells_is_marked_beside_its_name_and_in_the_table() -> None:
    bars = replace(_chart("rows"), series=(Series(PLAIN, (3, None), frozenset({0, 1})),))
    assert charts.option(bars, "zh")["labels"] == ["○ 2026年9月", "○ 2026年10月 —"]
    assert charts.option(bars, "en")["labels"] == ["○ Sep 2026", "○ Oct 2026 —"]
    assert [row[1] for row in charts.table(bars).rows] == [Partial(3), Partial(None)]


def test_a_line_hands_the_points_that_lack_cells_to_the_script() -> None:
    line = replace(_chart("line"), series=(Series(PLAIN, (3, 4), frozenset({1})),))
    option = charts.option(line, "zh")
    assert option["labels"] == ["2026年9月", "2026年10月"]
    assert [one["incomplete"] for one in option["series"]] == [[1]]


def test_a_sparkline_breaks_where_a_value_is_unknown() -> None:
    line = charts.spark((1, 2, None, 2, 3))
    assert line is not None
    assert line.path.count("M") == 2


def test_one_value_makes_no_sparkline() -> None:
    assert charts.spark((None, 4)) is None
