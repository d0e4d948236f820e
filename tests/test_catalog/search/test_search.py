"""Search that understands Chinese: words, traditional characters, pinyin, facets."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.registry import REGISTRY
from xihu_catalog.contracts.load import load_contracts
from xihu_catalog.registry.metrics import load_metrics
from xihu_catalog.search.asking import SearchQuery
from xihu_catalog.search.documents import FACETS, facet_label
from xihu_catalog.search.index import SearchIndex
from xihu_catalog.search.vocabulary import missing_list


@pytest.fixture(scope="module")
def index() -> SearchIndex:
    return SearchIndex(load_contracts(REGISTRY / "contracts").values(), load_metrics().values())


EVERYDAY = yaml.safe_load((Path(__file__).parent / "everyday.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "case", [*EVERYDAY["worked_with"], *EVERYDAY["kept_aside"]], ids=lambda case: case["ask"]
)
def test_an_everyday_question_gets_its_answer_or_hears_that_we_lack_it(
    index: SearchIndex,
    case: dict[str, Any],  # Any: YAML
) -> None:
    found = index.search(SearchQuery(case["ask"]))
    assert found.place == case.get("place")
    assert found.total == case.get("total", found.total)
    if "first" in case:
        assert found.ids[:1] == (case["first"],)
    if "missing" in case:
        assert found.total == 0
        assert [case["missing"] in one.say for one in found.missing] == [True]


@pytest.mark.parametrize("phrase", [phrase for one in missing_list() for phrase in one.say])
def test_what_is_said_to_be_missing_is_missing(index: SearchIndex, phrase: str) -> None:
    """The registry's list would lie as soon as a department publishes such a dataset."""
    found = index.search(SearchQuery(phrase))
    assert (found.total, len(found.missing)) == (0, 1)


def test_a_figure_is_found_by_the_words_of_its_dataset(index: SearchIndex) -> None:
    by_title = index.search(SearchQuery("空气质量", kind="figure"))
    by_tag = index.search(SearchQuery("城市大脑", kind="figure"))
    assert "pm25_mean" in by_title.ids
    assert {"pm25_mean", "bus_passengers"} <= set(by_tag.ids)


def test_half_a_latin_word_is_completed_where_no_whole_word_is_found(index: SearchIndex) -> None:
    assert index.search(SearchQuery("qual", as_typed=True)).total == 0
    for text in ("qual", "air qual", "kongq", "kong qi"):
        assert "hb_air_quality_hourly" in index.search(SearchQuery(text)).ids
    whole = index.search(SearchQuery("air"))
    assert whole.ids == index.search(SearchQuery("air", as_typed=True)).ids
    assert index.search(SearchQuery("qu")).total == 0


@pytest.mark.parametrize("text", ["ren kou", "renkou", "renk", "ren"])
def test_of_what_is_closed_no_other_meaning_is_found(index: SearchIndex, text: str) -> None:
    """As pinyin typed in syllables, or half: 人口 is there, and not open to all."""
    found = index.search(SearchQuery(text, public=True))
    assert (found.total, found.missing) == (0, ())
    assert found.corrected in {None, "renkou"}
    assert "ga_residents" in index.search(SearchQuery(text, own=True)).ids


def test_a_place_alone_finds_what_can_be_narrowed_to_it(index: SearchIndex) -> None:
    found = index.search(SearchQuery("杭州西湖区"))
    assert (found.place, found.rest) == ("330106", "")
    assert found.total > 20


def test_a_correction_names_the_text_that_was_searched_for(index: SearchIndex) -> None:
    assert index.search(SearchQuery("空汽质量")).corrected == "空气质量"
    assert index.search(SearchQuery("空气质量")).corrected is None


def test_somebody_who_wants_something_done_is_recognised(index: SearchIndex) -> None:
    assert index.search(SearchQuery("补办身份证")).service
    assert not index.search(SearchQuery("政务服务办件")).service


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
    assert first.total == 33
    assert len({*first.ids, *second.ids}) == 33


def test_a_facet_narrows_and_its_own_counts_stay_wide(index: SearchIndex) -> None:
    whole = index.search(SearchQuery(counts=True))
    query = SearchQuery(facets=(("open_class", "unconditional"),), counts=True)
    opened = index.search(query)
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
    counts = dict(index.search(SearchQuery(counts=True)).facets["open_class"])
    assert either.total == counts["unconditional"] + counts["banned"]
    assert both.total == 0


def test_every_facet_value_has_words_in_both_languages(index: SearchIndex) -> None:
    found = index.search(SearchQuery(counts=True))
    assert all(found.facets.values())
    for name in FACETS:
        for value, _ in found.facets[name]:
            zh, en = facet_label(name, value)
            assert zh != value or name == "format", (name, value)
            assert en.isascii(), (name, value)


def test_formats_are_named_as_people_know_them() -> None:
    named = [facet_label("format", one)[0] for one in ("arrow", "parquet", "jsonl", "json")]
    assert named == ["Arrow", "Parquet", "JSON Lines", "JSON"]
