"""Search that understands Chinese: words, traditional characters, pinyin, facets."""

import pytest

from xihu_catalog.contracts.load import load_contracts
from xihu_catalog.search.index import FACETS, SearchIndex, SearchQuery, facet_label
from xihu_catalog.standards.codes import REGISTRY


@pytest.fixture(scope="module")
def index() -> SearchIndex:
    return SearchIndex(load_contracts(REGISTRY / "contracts").values())


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("空气质量", "hb_air_quality_hourly"),
        ("空氣質量", "hb_air_quality_hourly"),
        ("kongqi", "hb_air_quality_hourly"),
        ("air quality", "hb_air_quality_hourly"),
        ("PM2.5", "hb_air_quality_hourly"),
        ("社保", "rs_social_insurance"),
        ("常住人口", "ga_residents"),
        ("企业登记", "sg_firms"),
        ("養老機構", "mz_elder_care"),
        ("公交", "jt_bus_flow"),
        ("hospital bed", "wj_hospital_beds"),
    ],
)
def test_the_best_answer_comes_first(index: SearchIndex, text: str, first: str) -> None:
    assert index.search(SearchQuery(text)).ids[0] == first


@pytest.mark.parametrize("text", ["没有这样的词语", "zzzzqq", "？！", "(", "a" * 200])
def test_what_is_not_there_is_not_found_and_never_an_error(index: SearchIndex, text: str) -> None:
    assert index.search(SearchQuery(text)).total == 0


def test_nothing_searched_for_lists_everything_page_by_page(index: SearchIndex) -> None:
    first = index.search(SearchQuery(limit=20))
    second = index.search(SearchQuery(limit=20, offset=20))
    assert first.total == 31
    assert len({*first.ids, *second.ids}) == 31


def test_a_facet_narrows_and_its_own_counts_stay_wide(index: SearchIndex) -> None:
    whole = index.search(SearchQuery())
    opened = index.search(SearchQuery(facets=(("open_class", "unconditional"),)))
    counts = dict(whole.facets["open_class"])
    assert opened.total == counts["unconditional"]
    assert dict(opened.facets["open_class"]) == counts
    assert sum(n for _, n in opened.facets["topic"]) == opened.total


def test_two_values_of_one_facet_widen_and_two_facets_narrow(index: SearchIndex) -> None:
    either = index.search(
        SearchQuery(facets=(("open_class", "unconditional"), ("open_class", "banned")))
    )
    both = index.search(
        SearchQuery(facets=(("open_class", "unconditional"), ("share_class", "refused")))
    )
    counts = dict(index.search(SearchQuery()).facets["open_class"])
    assert either.total == counts["unconditional"] + counts["banned"]
    assert both.total == 0


def test_every_facet_value_has_words_in_both_languages(index: SearchIndex) -> None:
    found = index.search(SearchQuery())
    for name in FACETS:
        for value, _ in found.facets[name]:
            zh, en = facet_label(name, value)
            assert zh != value or name == "format", (name, value)
            assert en.isascii(), (name, value)
