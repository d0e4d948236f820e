"""Each feed of `feeds.csv` is read as the table says, and SEMIC's shapes accept every entry."""

from collections import Counter

import pytest
from rdflib import Graph

from tests.test_catalog.formats.shapes import violations
from tests.test_catalog.harvest.feeds import (
    ADDRESS,
    MEDIA_TYPES,
    Row,
    content,
    entries,
    read,
    rows,
    seen,
)
from xihu_catalog.datasets.facts import EntryFacts
from xihu_catalog.datasets.stored import ID_LENGTH
from xihu_catalog.formats.dcat import entry_graph
from xihu_catalog.harvest.documents import read_graph
from xihu_catalog.harvest.raw import RecordFault, SourceFault

VALID = [row for row in rows() if row["entries"] != "refused"]
REFUSED = [row for row in rows() if row["entries"] == "refused"]


def _name(row: Row) -> str:
    return row["feed"]


def all_entries() -> list[EntryFacts]:
    return [one for row in VALID for one in entries(read(row))]


def test_there_are_feeds_of_every_kind() -> None:
    assert Counter(row["kind"] for row in rows()) == {
        "dcat": 20,
        "ckan": 12,
        "data_json": 14,
        "xihu": 1,
    }


@pytest.mark.parametrize("row", VALID, ids=_name)
def test_a_feed_is_read_as_the_table_says(row: Row) -> None:
    assert seen(row, read(row)) == row


@pytest.mark.parametrize("row", REFUSED, ids=_name)
def test_a_document_that_cannot_be_read_is_refused_in_words(row: Row) -> None:
    with pytest.raises(SourceFault) as refused:
        read(row)
    assert refused.value.text.zh
    assert refused.value.text.en


@pytest.mark.parametrize("row", VALID, ids=_name)
def test_a_feed_read_again_is_the_same(row: Row) -> None:
    assert read(row) == read(row)


def test_no_shape_is_violated_by_a_repaired_entry() -> None:
    found = all_entries()
    assert len(found) == 44
    after = sum((violations(entry_graph(one)) for one in found), Counter[str]())
    assert not after


def test_the_shapes_are_violated_by_the_sources_own_graphs() -> None:
    """So that the repair is measured against something."""
    before: Counter[str] = Counter()
    for row in VALID:
        if row["kind"] in {"dcat", "xihu"}:
            media_type = MEDIA_TYPES[row["feed"][row["feed"].index(".") :]]
            own = Graph()
            for triple in read_graph(content(row), ADDRESS, media_type):
                own.add(triple)
            before += violations(own)
    assert before.total() == 51, before


def test_ids_are_of_the_source_and_are_no_contracts() -> None:
    for one in all_entries():
        assert one.id.startswith("src-")
        assert one.id == one.id.lower()
        assert len(one.id) <= ID_LENGTH
        assert one.iri == f"https://xihu.example.cn/id/dataset/{one.id}"
        assert one.origin is not None
        assert one.origin.source == "src"


def test_no_entry_names_anything_of_this_node_but_itself() -> None:
    for one in all_entries():
        assert one.publisher.id.startswith("https://xihu.example.cn/id/organisation/src")


@pytest.mark.parametrize("row", VALID, ids=_name)
def test_a_fault_says_which_record_and_why(row: Row) -> None:
    faults = [one for one in read(row).records if isinstance(one, RecordFault)]
    assert len(faults) == int(row["faults"])
    assert all(one.record and one.reason.zh and one.reason.en for one in faults)


def test_a_page_leads_to_the_next_and_says_how_many_there_are() -> None:
    page = read(next(row for row in VALID if row["feed"] == "d15_hydra.ttl"))
    assert (page.next, page.total, page.count) == ("https://data.example.org/c?page=2", 3, 2)
