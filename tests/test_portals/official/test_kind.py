"""A kind of matter as a drawing, and the same in words beside it."""

import re

import pytest

from tests.province import Province
from tests.registry import REGISTRY
from tests.test_portals.official.test_request import get, words
from tests.test_portals.pages.rendered import visitor
from xihu_catalog.registry.matters import matter_definitions
from xihu_platform.errors import NotFound
from xihu_portals.official import kind
from xihu_portals.pages.statecharts import BOX_HEIGHT, BOX_WIDTH, draw_states

assert REGISTRY
KINDS = {one.kind: one for one in matter_definitions().values()}


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_state_and_every_event_is_drawn_once_and_no_box_covers_another(name: str) -> None:
    definition = KINDS[name]
    chart = draw_states(definition)
    assert [one.name for one in chart.boxes] == list(definition.states)
    places = [(one.x, one.y) for one in chart.boxes]
    for at, (x, y) in enumerate(places):
        assert 0 <= x <= chart.width - BOX_WIDTH
        assert 0 <= y <= chart.height - BOX_HEIGHT
        for other_x, other_y in places[:at]:
            assert abs(x - other_x) >= BOX_WIDTH or abs(y - other_y) >= BOX_HEIGHT
    on_arrows = [n for one in chart.arrows for n in one.label.split()]
    in_boxes = [n for one in chart.boxes for n in one.steps.split()]
    events = definition.events.values()
    moves = sum(e.lands(s) != s for e in events for s in e.sources)
    assert len(on_arrows) == moves
    assert len(in_boxes) == sum(len(e.sources) for e in events) - moves
    assert {int(n) for n in on_arrows + in_boxes} == set(range(2, len(definition.events) + 2))
    assert chart.width <= 1100


def test_the_request_of_the_law_is_drawn_as_it_goes() -> None:
    """By hand: draft, inside, review; then completing and signing; what time does is dashed."""
    chart = draw_states(KINDS["sharing_request"])
    rows = {one.name: one.y for one in chart.boxes}
    assert rows["draft"] < rows["inside"] < rows["review"] < rows["signing"] < rows["active"]
    assert rows["completing"] == rows["signing"]
    assert rows["disposed"] == max(rows.values())
    assert {one.name for one in chart.boxes if one.final} == {"disposed", "refused", "withdrawn"}
    expire = list(KINDS["sharing_request"].events).index("expire") + 2
    assert [one.label for one in chart.arrows if one.by_time] == [str(expire)] * 2


def test_the_page_says_the_same_in_both_languages(province: Province) -> None:
    page = kind.fill(visitor(province, province.official("sun", "sun-rs"), official=True), "ground")
    assert len(page.events.rows) == len(KINDS["ground"].events) + 1
    assert len(page.others) == 19
    for language in ("zh", "en"):
        text = words(get(province, "sun", "/official/kinds/sharing_request", language))
        definition = KINDS["sharing_request"]
        titles = [*(e.title for e in definition.events.values())]
        titles += [s.title for s in definition.states.values()]
        for title in titles:
            assert title.to(language) in text
    assert "The last day of use has passed" in text
    assert "time" in text
    markup = get(province, "sun", "/official/kinds/sharing_request").text
    assert len(re.findall(r'class="state-box', markup)) == 12
    assert "<script" not in re.sub(r"<script[^>]* src=[^>]*></script>", "", markup)
    assert "/official/kinds/sharing_request" in get(province, "sun", "/official/duties").text


def test_a_kind_that_there_is_not_is_not_found(province: Province) -> None:
    with pytest.raises(NotFound):
        kind.fill(visitor(province, province.official("sun", "sun-rs"), official=True), "nothing")
    assert get(province, "sun", "/official/kinds/nothing").status_code == 404
