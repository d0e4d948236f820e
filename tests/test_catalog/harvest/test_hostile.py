"""A source that means harm: bombs, remote contexts, endless values, scripts, foreign names."""

import json
import socket
from collections.abc import Callable
from time import process_time

import pytest

from tests.test_catalog.harvest.feeds import ADDRESS, context, entries, source
from xihu_catalog.datasets.facts import EntryFacts
from xihu_catalog.formats.dcat import entry_graph
from xihu_catalog.harvest.documents import read_graph, read_json
from xihu_catalog.harvest.names import slug
from xihu_catalog.harvest.raw import RecordFault, SourceFault, SourcePage
from xihu_catalog.harvest.reading import read_document

BOMB = '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
EXTERNAL = '<!DOCTYPE r [<!ENTITY a SYSTEM "http://169.254.169.254/">]>'
RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every host that something asked for."""
    asked: list[object] = []

    def refuse(*arguments: object, **_: object) -> None:
        asked.append(arguments)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    return asked


def page(kind: str, document: object, media_type: str = "application/json") -> SourcePage:
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return read_document(source(kind), content, media_type, context())


def one(document: dict[str, object]) -> EntryFacts:
    found = {"identifier": "x", "title": "T"} | document
    return entries(page("data_json", {"dataset": [found]}))[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "utf-8-sig"])
@pytest.mark.parametrize("doctype", [BOMB, EXTERNAL, "<!DOCTYPE r>"])
def test_a_document_type_is_refused_in_every_encoding(
    doctype: str, encoding: str, no_network: list[object]
) -> None:
    named = encoding.removesuffix("-sig")
    text = f'<?xml version="1.0" encoding="{named}"?>{doctype}<rdf:RDF {RDF}>&a;</rdf:RDF>'
    with pytest.raises(SourceFault, match="document type"):
        read_graph(text.encode(encoding), ADDRESS, "application/rdf+xml")
    assert not no_network


@pytest.mark.parametrize(
    "document",
    [
        {"@context": "http://evil.example.net/c.jsonld"},
        {"@context": ["https://schema.org/", {"a": "http://a/"}]},
        {"@context": {"@import": "http://evil.example.net/c.jsonld"}},
        {"@context": {"a": {"@id": "http://a/", "@context": "http://evil.example.net/"}}},
        {"@graph": [{"http://a/": {"@context": "file:///etc/passwd"}}]},
    ],
)
def test_a_remote_context_is_refused_wherever_it_is(
    document: dict[str, object], no_network: list[object]
) -> None:
    with pytest.raises(SourceFault, match="not fetched"):
        read_graph(json.dumps(document).encode(), ADDRESS, "application/ld+json")
    assert not no_network


def test_nothing_that_rdf_names_is_fetched(no_network: list[object]) -> None:
    turtle = """@base <http://evil.example.net/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
        <> owl:imports <http://evil.example.net/o> ; <http://www.w3.org/2000/01/rdf-schema#seeAlso>
        <http://169.254.169.254/latest> ."""
    assert len(read_graph(turtle.encode(), ADDRESS, "text/turtle")) == 2
    assert not no_network


def nested_json() -> bytes:
    return b"[" * 200_000 + b"]" * 200_000


def nested_objects() -> bytes:
    return b'{"a":' * 150 + b"1" + b"}" * 150


@pytest.mark.parametrize("made", [nested_json, nested_objects])
def test_deep_json_is_refused(made: Callable[[], bytes]) -> None:
    with pytest.raises(SourceFault, match="nested"):
        read_json(made())


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"<a> <b> " + b"[<c> " * 5_000 + b"1" + b"]" * 5_000 + b" .", "text/turtle"),
        (b"<a> <b> " + b"(" * 5_000 + b")" * 5_000 + b" .", "text/turtle"),
        (f"<rdf:RDF {RDF}>".encode() + b"<a>" * 5_000, "application/rdf+xml"),
        (b"\x00\x01\x02", "text/turtle"),
        (b"\xff\xfe<", "application/rdf+xml"),
        (b"", "application/ld+json"),
        (b"<html><body>hello", "text/html"),
    ],
)
def test_rdf_that_cannot_be_parsed_is_a_fault_of_the_source(
    content: bytes, media_type: str
) -> None:
    with pytest.raises(SourceFault):
        read_graph(content, ADDRESS, media_type)


@pytest.mark.parametrize(
    "said",
    [
        "<script>alert(1)</script>Parks",
        "&lt;script&gt;alert(1)&lt;/script&gt;Parks",
        "Parks<img src=x onerror=alert(1)>",
        "Parks<svg/onload=alert(1)>",
        "Par\u200bks\u202e",
        "<!-- x -->Parks<iframe src='javascript:alert(1)'></iframe>",
        "Parks<x y='z'>",
        "<a title='1 &gt; 0'>Parks</a>",
        "Parks<script src=//x",
        "<style>a</script>b</style>Parks",
    ],
)
def test_no_script_is_left_in_a_text(said: str) -> None:
    found = one({"title": said, "description": said, "keyword": [said], "publisher": said})
    assert found.title.en == "Parks"
    assert found.description.en == "Parks"
    assert found.keywords == ("Parks",)
    assert found.publisher.name.en == "Parks"


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "http://[::1"]
)
def test_an_address_is_of_the_web_or_is_left_out(address: str) -> None:
    file = {"accessURL": address, "downloadURL": address}
    card = {"fn": "a", "hasURL": address}
    found = one({"landingPage": address, "distribution": [file], "contactPoint": card})
    assert found.distributions == ()
    assert found.origin is not None
    assert found.origin.page is None
    assert found.contact is not None
    assert found.contact.url is None


def test_a_source_cannot_take_the_place_of_an_entry_of_ours() -> None:
    """Its addresses and names of departments and themes are not those in the graph."""
    ours, theirs = "https://xihu.example.cn/id/dataset/tj_county_economy", "https://evil.example/1"
    agent = "https://xihu.example.cn/id/organisation/1"
    theme = "http://publications.europa.eu/resource/authority/data-theme/ENVI"
    turtle = f"""@prefix dcat: <http://www.w3.org/ns/dcat#> .
        @prefix d: <http://purl.org/dc/terms/> .
        <{theirs}> a dcat:Dataset ; d:title "Evil" ; d:publisher <{agent}> ; dcat:theme <{theme}> .
        <{ours}> a dcat:Dataset ; d:title "Evil" .
        <{agent}> <http://xmlns.com/foaf/0.1/name> "Evil" .
        <{theme}> <http://www.w3.org/2004/02/skos/core#prefLabel> "Evil" ."""
    (found,) = entries(read_document(source("dcat"), turtle.encode(), "text/turtle", context()))
    said = {str(s) for s, _, o in entry_graph(found) if str(o) == "Evil"}
    assert said == {found.iri, found.publisher.id}
    assert ours not in said
    assert agent not in said


def test_what_is_too_much_is_cut() -> None:
    file = {"accessURL": "https://a.example.org/f"}
    found = one(
        {
            "title": "x" * 100_000,
            "description": "y" * 1_000_000,
            "keyword": [f"k{n}" for n in range(5_000)],
            "distribution": [file] * 5_000,
            "identifier": "i" * 100_000,
            "landingPage": "https://a.example.org/" + "p" * 100_000,
        }
    )
    assert len(found.title.en) == 500
    assert len(found.description.en) == 20_000
    assert len(found.keywords) == 100
    assert len(found.distributions) == 200
    assert found.origin is not None
    assert len(found.origin.record) <= 500
    assert found.origin.page is None


def test_ids_of_different_records_never_meet() -> None:
    said = [
        "a-b",
        "A-B",
        "a b",
        "a--b",
        "a/b",
        "甲",
        "乙",
        "",
        "x" * 64,
        "x" * 65,
        "a_b",
        "-a",
        "a-",
    ]
    said += [slug("a b"), slug("a b").replace("--", "-")]  # one that knows how ids are made
    dataset = [{"identifier": name, "title": f"T{n}"} for n, name in enumerate(said)]
    found = entries(page("data_json", {"dataset": dataset}))
    assert len({entry.id for entry in found}) == len(said)


@pytest.mark.parametrize("text", ["\x00", "\ud800", "a\x00b\ud800c"])
def test_characters_that_no_database_takes_are_left_out(text: str) -> None:
    found = one({"title": f"T{text}", "identifier": f"i{text}", "keyword": [text]})
    found.title.en.encode()
    assert "\x00" not in repr(found)
    assert found.origin is not None
    found.origin.record.encode()


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "part",
    ["<script>", "<!--", "=", "<", "</ ", "<b ", "<x a", "&", "\n", "<br", "<x a=", "</script"],
)
def test_no_text_costs_more_than_its_length(part: str) -> None:
    """A regular expression that looked for the end from every beginning took 26 seconds here."""
    text = "<x " + part * (80_000 // len(part))
    started = process_time()
    one({"title": "T", "description": text, "license": text, "modified": text})
    assert process_time() - started < 2


def test_what_a_database_has_no_room_for_is_refused_or_left_out() -> None:
    answer = {"success": True, "result": {"count": 10**30, "results": []}}
    assert page("ckan", answer).total is None
    with pytest.raises(SourceFault, match="MB"):
        read_graph(b" " * ((32 << 20) + 1), ADDRESS, "text/turtle")


@pytest.mark.parametrize(
    "literal",
    [
        '"1e300000000"^^<http://www.w3.org/2001/XMLSchema#decimal>',
        '"1e999999999"^^<http://www.w3.org/2001/XMLSchema#decimal>',
        '"%s"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#HTML>' % ("<b>" * 20_000),
        '"%s"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#XMLLiteral>' % ("<b>" * 20_000),
        '"P1e99999999Y"^^<http://www.w3.org/2001/XMLSchema#duration>',
        "9" * 100_000,
    ],
)
def test_no_value_is_made_of_a_literal(literal: str) -> None:
    turtle = f"""@prefix dcat: <http://www.w3.org/ns/dcat#> .
        @prefix d: <http://purl.org/dc/terms/> .
        <https://a.example.org/1> a dcat:Dataset ; d:title "T" ; d:modified {literal} ."""
    began = process_time()
    try:
        read = read_document(source("dcat"), turtle.encode(), "text/turtle", context())
    except SourceFault:
        read = None
    assert process_time() - began < 1
    assert read is None or [one.title.en for one in entries(read)] == ["T"]


def test_a_text_that_many_datasets_name_is_not_copied_whole() -> None:
    name = "n" * 500_000
    named = " ".join(
        f'<https://a.example.org/{n}> a dcat:Dataset ; d:title "T{n}" ; d:description <urn:x> .'
        for n in range(300)
    )
    turtle = f"""@prefix dcat: <http://www.w3.org/ns/dcat#> .
        @prefix d: <http://purl.org/dc/terms/> . {named}
        <urn:x> <http://xmlns.com/foaf/0.1/name> "{name}" ."""
    began = process_time()
    read = read_document(source("dcat"), turtle.encode(), "text/turtle", context())
    assert process_time() - began < 5
    assert len(read.records) == 300
    assert all(len(one.description.en) <= 20_000 for one in entries(read))


def test_an_entry_that_is_too_large_is_a_fault() -> None:
    files = [
        {"accessURL": f"https://a.example.org/{n}/" + "p" * 1500, "title": f"File {n}"}
        for n in range(150)
    ]
    read = read_document(
        source("data_json"),
        json.dumps([{"title": "T", "identifier": "1", "distribution": files}]).encode(),
        "application/json",
        context(),
    )
    (fault,) = read.records
    assert isinstance(fault, RecordFault)
    assert "too large" in fault.reason.en


@pytest.mark.parametrize("kind", ["data_json", "ckan"])
def test_a_list_of_nothing_is_counted_before_it_is_read(kind: str) -> None:
    members = [1] * 200_001
    document = members if kind == "data_json" else {"success": True, "result": {"results": members}}
    with pytest.raises(SourceFault):
        read_document(source(kind), json.dumps(document).encode(), "application/json", context())


def test_an_address_of_e_mail_brings_no_headers() -> None:
    package = {
        "id": "1",
        "title": "T",
        "maintainer": "M",
        "maintainer_email": "victim@x.cn?bcc=all@evil.cn&body=hi%0d%0a",
        "license_url": "https://xihu.example.cn/id/dataset/jy_schools",
        "resources": [
            {"url": "https://user:pw@e.cn/", "mimetype": 'text/html"><script>x', "format": "CSV"},
            {"url": "https://e.cn\\@127.0.0.1/", "format": "CSV"},
            {"url": "https://e.cn/a.csv", "mimetype": 'text/html"><script>x', "format": "CSV"},
        ],
    }
    document = {"success": True, "result": {"count": 1, "results": [package]}}
    read = read_document(source("ckan"), json.dumps(document).encode(), "", context())
    (found,) = entries(read)
    assert found.contact is not None and found.contact.email is None
    assert found.licence is None
    assert [one.access_url for one in found.distributions] == ["https://e.cn/a.csv"]
    assert found.distributions[0].media_type is None
