"""Where a drawing has its line, bars and words: computed by hand."""

from datetime import date
from decimal import Decimal

import pytest

from xihu_platform.words import Language, Text
from xihu_portals.web.parts import Chart, Number, Period, Series, Suppressed
from xihu_portals.web.plot import SHAPES, Plot, Shape, axis, axis_labels, plot


def chart(*values: Number | Suppressed | None, incomplete: frozenset[int] = frozenset()) -> Chart:
    return Chart(
        id="c",
        title=Text("数", "Number"),
        kind="line",
        axis=Text("时间", "Period"),
        labels=tuple(Period(date(2020 + at, 1, 1), "year") for at in range(len(values))),
        series=(Series("x", values, incomplete),),
        unit=Text("件", "cases"),
    )


def drawn(of: Chart, shape: Shape = "line") -> Plot:
    found = plot(of, "zh", width=320, height=220, shape=shape)
    assert found is not None
    return found


def test_the_axis_has_round_values_around_all_others() -> None:
    assert axis(Decimal(0), Decimal(80)) == tuple(map(Decimal, (0, 20, 40, 60, 80)))
    assert axis(Decimal(-3), Decimal(9)) == tuple(map(Decimal, (-5, 0, 5, 10)))
    assert axis(Decimal("0.12"), Decimal("0.13"))[0] == Decimal("0.12")
    for low, high in (("1", "1"), ("-7", "-7"), ("0", "0"), ("1e15", "1.0000000001e15")):
        marks = axis(Decimal(low), Decimal(high))
        assert marks[0] <= Decimal(low) <= Decimal(high) <= marks[-1]
        assert 2 <= len(marks) <= 7


def test_no_two_marks_have_the_same_words() -> None:
    marks = axis(Decimal(1_012_000), Decimal(1_013_000))
    languages: tuple[Language, ...] = ("zh", "en")
    for language in languages:
        labels = axis_labels(marks, language)
        assert len(set(labels)) == len(marks)


def test_the_highest_value_is_highest_and_bars_begin_at_zero() -> None:
    line = drawn(chart(0, 50, 100))
    assert line.path.startswith("M")
    assert line.points[-1].y == 12.0  # the top of the drawing
    bars = drawn(chart(50, -50), "bars")
    assert bars.bottom == bars.bars[0].y + bars.bars[0].height
    assert bars.bars[1].y == bars.bottom
    assert bars.bars[0].height == bars.bars[1].height
    assert bars.from_zero


def test_an_unknown_or_hidden_value_breaks_the_line_and_is_no_zero() -> None:
    line = drawn(chart(1, 2, None, 4, Suppressed(5), 6))
    assert line.path.count("M") == 3
    assert len(line.points) == 2  # the lone fourth, and the last
    assert len(drawn(chart(1, None, 3), "bars").bars) == 2


def test_what_is_incomplete_is_marked() -> None:
    line = drawn(chart(1, 2, 3, incomplete=frozenset({1})))
    assert [one.incomplete for one in line.points] == [True, False]
    bars = drawn(chart(1, 2, 3, incomplete=frozenset({2})), "bars").bars
    assert [one.incomplete for one in bars] == [False, False, True]


def test_everything_lies_inside_the_drawing() -> None:
    many: tuple[tuple[Number, ...], ...] = (
        *((1,), (1, 2), tuple(range(400)), (10**15, 10**15 + 1)),
        (-5, Decimal("0.001")),
    )
    for values in many:
        for width, height in ((320, 220), (720, 300)):
            for shape in SHAPES:
                found = plot(chart(*values), "en", width=width, height=height, shape=shape)
                assert found is not None
                assert 0 < found.left < found.right <= width
                for bar in found.bars:
                    assert found.left <= bar.x and bar.x + bar.width <= found.right + 0.1
                    assert bar.y >= 0 and bar.y + bar.height <= height
                for point in found.points:
                    assert found.left <= point.x <= found.right
                    assert 0 <= point.y <= height


@pytest.mark.parametrize("values", [(), (None,), (Suppressed(5), None)])
def test_nothing_is_drawn_of_no_value(values: tuple[None, ...]) -> None:
    assert plot(chart(*values), "zh", width=320, height=220, shape="line") is None


def test_a_narrow_drawing_names_the_first_and_the_last_period() -> None:
    of = chart(*range(12))
    narrow = plot(of, "en", width=320, height=220, shape="line")
    wide = plot(of, "en", width=720, height=300, shape="line")
    assert narrow is not None and wide is not None
    assert [one.label for one in narrow.periods] == ["2020", "2031"]
    assert len(wide.periods) == 5
