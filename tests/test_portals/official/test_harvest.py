"""The catalogues that are harvested, on their page; their entries are found and edited."""

from collections.abc import Iterator

import pytest

from tests.asking import acted_province
from tests.province import Province
from tests.test_catalog.harvest.portal import SOURCE, Portal, lost, run
from tests.test_portals.official.test_request import get, words
from xihu_catalog.datasets.stored import remove_entry
from xihu_catalog.harvest import sources
from xihu_catalog.harvest.models import HarvestPageRow, HarvestRecordRow, HarvestRunRow
from xihu_catalog.search.index import Found, SearchIndex
from xihu_platform.database import transaction
from xihu_portals.official import harvest as page

__all__ = ["acted_province"]  # a fixture
PATH = "/official/harvest"


@pytest.fixture
def portal(province: Province, monkeypatch: pytest.MonkeyPatch) -> Iterator[Portal]:
    """A catalogue of two entries, which the registry names."""
    monkeypatch.setattr(page, "harvest_sources", lambda: {"src": SOURCE})
    made = Portal()
    made.add("stops", "Stops of night buses")
    made.add("ferries", "Ferries")
    yield made
    forget(province)


def forget(province: Province) -> None:
    database = province.services.node.database
    with transaction(database) as session:
        for row in session.query(HarvestRecordRow):
            if row.entry:
                remove_entry(session, row.entry, province.services.node.clock())
        for table in (HarvestRecordRow, HarvestPageRow, HarvestRunRow):
            session.query(table).delete()


def test_the_demo_says_how_a_catalogue_is_added(province: Province) -> None:
    assert sources.harvest_sources() == {}
    shown = words(get(province, "sun", PATH))
    assert "没有要采集的目录" in shown and "harvest.yaml" in shown
    assert "No catalogue is harvested" in words(get(province, "sun", PATH, "en"))


def test_runs_faults_and_what_went_wrong_are_shown(province: Province, portal: Portal) -> None:
    shown = words(get(province, "sun", PATH))
    assert "还没有采集过" in shown
    database = province.services.node.database
    run(database, portal)
    portal.packages["ferries"].title = ""
    portal.packages["ferries"].name = ""
    portal.down = lost()
    run(database, portal)
    shown = words(get(province, "sun", PATH))
    assert "中断，可续采" in shown and "网络中断" in shown
    assert "目录中的条目 2" in shown
    english = words(get(province, "sun", PATH, "en"))
    assert "interrupted, to be resumed" in english and "the network is gone" in english


def test_an_entry_that_is_found_is_edited_by_an_authority_alone(
    province: Province, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(province.services.node.database, portal)
    assert "没有找到" in words(get(province, "luo", f"{PATH}?q=zzzz"))
    found = Found(("sg_firms", "src-stops", "src-gone"), 3, {}, ("stops",))
    monkeypatch.setattr(SearchIndex, "search", lambda _self, _query: found)
    shown = get(province, "luo", f"{PATH}?q=stops").text
    assert 'href="/datasets/src-stops"' in shown and f'href="{PATH}/entries/src-stops"' in shown
    assert "sg_firms" not in shown and "src-gone" not in shown
    others = get(province, "sun", f"{PATH}?q=stops").text
    assert 'href="/datasets/src-stops"' in others and f"{PATH}/entries" not in others
