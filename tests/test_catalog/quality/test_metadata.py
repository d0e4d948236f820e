"""The score of metadata: each indicator met or not, by the points of the method."""

from dataclasses import replace
from datetime import date

import pytest

from xihu_catalog.datasets.facts import (
    AgentFacts,
    ContactFacts,
    CoverageFacts,
    DistributionFacts,
    EntryFacts,
    NamedIri,
    OriginFacts,
    PlaceFacts,
    StateFacts,
)
from xihu_catalog.formats.authority import authority_table
from xihu_catalog.quality.metadata import (
    _OF_DISTRIBUTION,
    _OF_ENTRY,
    FAIR_DIMENSIONS,
    MACHINE_READABLE,
    NON_PROPRIETARY,
    metadata_score,
)
from xihu_platform.words import Text

SAID = Text("有", "said")
MOST = {
    "findability": 100,
    "accessibility": 100,
    "interoperability": 110,
    "reusability": 75,
    "contextuality": 20,
}
"""As the method has it; 405 in all."""
FILE = DistributionFacts(
    form="csv",
    title=SAID,
    access_url="https://data.example/a",
    download_url="https://data.example/a.csv",
    byte_size=10,
    media_type="text/csv",
)
WHOLE = EntryFacts(
    id="gj_lines",
    iri="https://data.example/id/dataset/gj_lines",
    page="https://data.example/datasets/gj_lines",
    title=SAID,
    description=SAID,
    publisher=AgentFacts("https://data.example/id/organisation/1", SAID),
    state=StateFacts("live"),
    open_class="unconditional",
    conditions=SAID,
    keywords=("公交",),
    topic=(NamedIri("https://data.example/id/topic/traffic", SAID), "traffic"),
    licence="CC-BY-4.0",
    contact=ContactFacts(SAID, email="data@data.example"),
    place=PlaceFacts("330100", SAID),
    coverage=CoverageFacts(end=date(2026, 11, 1)),
    distributions=(FILE,),
    issued=date(2026, 1, 1),
    modified=date(2026, 11, 1),
)
LACKING = [
    ({"keywords": ()}, 30),
    ({"keywords": (" ",)}, 30),
    ({"topic": None}, 30),
    ({"place": None}, 20),
    ({"coverage": None}, 20),
    ({"coverage": CoverageFacts()}, 20),
    ({"state": StateFacts("broken")}, 80),
    ({"licence": None}, 30),
    ({"licence": "as we like"}, 10),
    ({"open_class": None}, 15),
    ({"contact": None}, 20),
    ({"contact": ContactFacts(SAID)}, 20),
    ({"publisher": AgentFacts("x", Text("", ""))}, 10),
    ({"conditions": Text("", "")}, 5),
    ({"issued": None}, 5),
    ({"modified": None}, 5),
    ({"description": Text("", "")}, 30),
    ({"distributions": ()}, 50 + 20 + 30 + 80 + 30 + 10),
    ({"distributions": (replace(FILE, download_url=None),)}, 50),
    ({"distributions": (replace(FILE, byte_size=None),)}, 5),
    ({"distributions": (replace(FILE, media_type=None),)}, 10),
    ({"distributions": (replace(FILE, form="pdf"),)}, 40),
    ({"distributions": (replace(FILE, form="xlsx"),)}, 20),
    ({"distributions": (replace(FILE, form="our own"),)}, 50),
    ({"distributions": (replace(FILE, form="pdf"), FILE)}, 0),
]
"""What an entry lacks, and the points of the method that it loses."""


def test_an_entry_that_says_everything_has_all_points() -> None:
    score = metadata_score(WHOLE)
    assert (score.points, score.most, score.unchecked) == (405, 405, 0)
    assert {one: score.of(one).most for one in FAIR_DIMENSIONS} == MOST
    assert score.ratings == ("excellent", "excellent")
    assert score.advice == ()


@pytest.mark.parametrize(("changed", "lost"), LACKING)
def test_what_an_entry_lacks_costs_the_points_of_the_method(
    changed: dict[str, object], lost: int
) -> None:
    score = metadata_score(replace(WHOLE, **changed))  # type: ignore[arg-type]  # one of its facts
    assert score.points == 405 - lost
    assert bool(score.advice) == bool(lost and score.has_files)


def test_addresses_of_another_catalogue_are_not_checked() -> None:
    harvested = replace(WHOLE, origin=OriginFacts("source", "1"))
    score = metadata_score(harvested)
    assert (score.points, score.unchecked) == (325, 80)
    assert score.ratings == ("good", "excellent")


def test_without_files_no_advice_is_given_about_files() -> None:
    score = metadata_score(replace(WHOLE, distributions=()))
    assert (score.has_files, score.advice) == (False, ())


def test_every_indicator_of_the_table_is_asked_once() -> None:
    ids = [one.id for one in metadata_score(WHOLE).indicators]
    assert sorted(ids) == sorted([*_OF_ENTRY, *_OF_DISTRIBUTION])


def test_formats_are_those_of_the_vocabulary() -> None:
    assert authority_table("file_type").keys() >= MACHINE_READABLE | NON_PROPRIETARY
