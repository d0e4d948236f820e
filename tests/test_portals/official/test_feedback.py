"""Which pages were of no use: those first that most readers had no use of."""

from tests.province import NOW, Province
from tests.test_portals.pages.rendered import visitor
from xihu_catalog.quality.feedback import count_answer
from xihu_platform.clock import civil_date
from xihu_portals.official.feedback import fill
from xihu_portals.web.parts import Link, State


def test_the_pages_of_least_use_come_first(province: Province) -> None:
    database, today = province.services.node.database, civil_date(NOW)
    for page, answer, times in (("/x", "useful", 9), ("/y", "missing", 40), ("/y", "wrong", 2)):
        for _ in range(times):
            count_answer(database, page, today, answer)  # type: ignore[arg-type]
    view = fill(visitor(province, province.official("zhou"), official=True))
    assert not isinstance(view.pages, State)
    first = view.pages.rows[0]
    assert isinstance(first[0], Link)
    assert (first[0].href, *first[1:]) == ("/y", 0, 40, 0, 2, 0)
    last = next(r for r in view.pages.rows if isinstance(r[0], Link) and r[0].href == "/x")
    assert isinstance(last[1], int) and last[1] >= 9
