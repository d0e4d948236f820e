"""Whatever a source sends is a page with entries and faults, or a fault of the whole document."""

import json

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from tests.test_catalog.harvest.feeds import MEDIA_TYPES, content, context, entries, rows, source
from xihu_catalog.datasets.stored import dump_facts, load_facts
from xihu_catalog.harvest.raw import (
    RawDataset,
    RecordFault,
    SourceFault,
    SourcePage,
    SourceRecord,
)
from xihu_catalog.harvest.reading import read_document
from xihu_catalog.harvest.repair import RepairContext, repair

FEEDS = [(row["kind"], row["feed"], content(row)) for row in rows()]
TEXTS = strategies.one_of(
    strategies.text(max_size=20),
    strategies.sampled_from(
        [
            "CC BY",
            "csv",
            "2024-01-01",
            "//x",
            "http://[",
            "http://a.b/?%",
            "R/P1D",
            "\ud800",
            "\x00",
        ]
    ),
)
VALUES = strategies.recursive(
    strategies.one_of(strategies.none(), strategies.booleans(), strategies.integers(), TEXTS)
    | strategies.floats(),
    lambda inner: (
        strategies.lists(inner, max_size=3)
        | strategies.dictionaries(
            strategies.sampled_from(
                ["@value", "@language", "@id", "name", "en", "zh", "startDate", "key"]
            )
            | strategies.text(max_size=5),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)
CKAN = (
    *("id", "name", "title", "title_translated", "notes", "organization", "tags", "groups"),
    *("extras", "resources", "license_id", "license_url", "metadata_modified", "maintainer_email"),
    *("state", "private", "url", "version", "language", "frequency", "uri"),
)
DCAT_US = (
    *("identifier", "@id", "title", "description", "publisher", "keyword", "theme", "language"),
    *("license", "accessLevel", "accrualPeriodicity", "issued", "modified", "contactPoint"),
    *("landingPage", "temporal", "version", "distribution", "accessURL", "downloadURL"),
)
ANY = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=150)


def check(page: SourcePage) -> None:
    for one in entries(page):
        assert load_facts(dump_facts(one)) == one
        assert one.title.zh or one.title.en
    for fault in page.records:
        if isinstance(fault, RecordFault):
            fault.record.encode()
            assert len(fault.record) <= 500
            assert "\x00" not in fault.record


def read(kind: str, document: object) -> SourcePage:
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return read_document(source(kind), content, "application/json", context())


@ANY
@given(strategies.dictionaries(strategies.sampled_from(CKAN), VALUES, max_size=8))
def test_a_package_of_any_values_stops_no_other(package: dict[str, object]) -> None:
    good = {"id": "good", "title": "Good"}
    page = read(
        "ckan",
        {"success": True, "result": {"count": 2, "results": [{"title": "T"} | package, good]}},
    )
    check(page)
    assert any(one.title.en == "Good" for one in entries(page))


@ANY
@given(strategies.dictionaries(strategies.sampled_from(DCAT_US), VALUES, max_size=8))
def test_a_dataset_of_any_values_stops_no_other(dataset: dict[str, object]) -> None:
    page = read(
        "data_json",
        {"dataset": [{"title": "T"} | dataset, {"identifier": "good", "title": "Good"}]},
    )
    check(page)
    assert any(one.title.en == "Good" for one in entries(page))


@ANY
@given(VALUES, strategies.sampled_from(["ckan", "data_json", "dcat"]))
def test_any_json_is_a_page_or_a_fault(value: object, kind: str) -> None:
    try:
        check(read(kind, value))
    except SourceFault as fault:
        assert fault.text.en


@ANY
@given(strategies.sampled_from(FEEDS), strategies.integers(0, 3_000), strategies.binary(max_size=4))
def test_a_spoilt_feed_is_a_page_or_a_fault(
    feed: tuple[str, str, bytes], at: int, spoilt: bytes
) -> None:
    kind, name, good = feed
    place = at % len(good)
    bad = good[:place] + spoilt + good[place + len(spoilt) + 1 :]
    media_type = MEDIA_TYPES[name[name.index(".") :]]
    try:
        check(read_document(source(kind), bad, media_type, context()))
    except SourceFault as fault:
        assert fault.text.zh


@pytest.mark.parametrize("kind", ["ckan", "data_json", "dcat", "xihu"])
@pytest.mark.parametrize(
    "bad", [b"", b"\x00", b"\xff\xfe", b"null", b"[]", b"{}", b"<", b"\x1f\x8b"]
)
def test_no_document_raises_anything_else(kind: str, bad: bytes) -> None:
    try:
        assert not read(kind, bad).records
    except SourceFault as fault:
        assert fault.text.en


def test_a_fault_of_the_program_stops_no_other_record(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(raw: RawDataset, found: RepairContext) -> SourceRecord:
        if raw.identifier == "bad":
            raise ZeroDivisionError
        return repair(raw, found)

    monkeypatch.setattr("xihu_catalog.harvest.reading.repair", fail)
    both = [{"identifier": "bad", "title": "B"}, {"identifier": "good", "title": "Good"}]
    fault, good = read("data_json", {"dataset": both}).records
    assert isinstance(fault, RecordFault)
    assert (fault.record, fault.reason.en) == ("bad", "cannot be read (ZeroDivisionError)")
    assert not isinstance(good, RecordFault)
