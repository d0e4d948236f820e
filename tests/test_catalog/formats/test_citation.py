"""CITATION.cff is valid by its own schema, and BibTeX is read back as it was meant."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.test_catalog.formats.drawn import BASE, demo, draw, facts_of
from tests.vendored import CFF_SCHEMA
from xihu_catalog.datasets.facts import EntryFacts
from xihu_catalog.formats.citation import CitedVersion, bibtex_entry, cff_document, tex
from xihu_catalog.formats.clean import one_line
from xihu_platform.words import LANGUAGES, Text

VERSION = CitedVersion(6034221915702111, datetime(2026, 11, 29, 17, tzinfo=UTC))


@cache
def schema() -> Any:  # Any: a validator, without types
    said = json.loads(CFF_SCHEMA.read_text(encoding="utf-8"))
    checker = jsonschema.Draft7Validator.FORMAT_CHECKER
    return jsonschema.Draft7Validator(said, format_checker=checker)


def test_every_entry_has_a_valid_citation_file() -> None:
    entries: list[EntryFacts] = [*demo(), *draw(60)]
    for one in entries:
        for language in LANGUAGES:
            for version in (VERSION, None):
                made = yaml.safe_load(cff_document(one, version, language))
                assert [e.message for e in schema().iter_errors(made)] == []


def test_the_schema_refuses_what_is_wrong() -> None:
    made = yaml.safe_load(cff_document(facts_of("tj_county_economy"), VERSION, "en"))
    assert list(schema().iter_errors(made | {"license": "CC BY 4.0"}))
    assert list(schema().iter_errors(made | {"authors": []}))


def test_a_citation_file_names_the_snapshot_for_ever() -> None:
    made = yaml.safe_load(cff_document(facts_of("tj_county_economy"), VERSION, "zh"))
    assert made["cff-version"] == "1.2.0"
    assert made["type"] == "dataset"
    assert made["license"] == "CC-BY-4.0"
    assert made["version"] == "6034221915702111"
    assert made["date-released"] == "2026-11-30", "the day in Shanghai"
    address = f"{BASE}/id/dataset/tj_county_economy?snapshot=6034221915702111"
    assert made["identifiers"][0]["value"] == address


def test_bibtex_of_an_entry_is_as_libraries_write_it() -> None:
    facts = replace(
        facts_of("tj_county_economy"), title=Text("县域{经济}", 'A "50 %" sample_of {GDP} & $')
    )
    assert bibtex_entry(facts, VERSION, "en").splitlines()[:2] == [
        "@misc{tj-county-economy-6034221915702111,",
        r'  title = {{A "50 \%" sample\_of \textbraceleft{}GDP\textbraceright{} \& \$}},',
    ]
    zh = bibtex_entry(facts, VERSION, "zh")
    assert r"title = {{县域\textbraceleft{}经济\textbraceright{}}}" in zh
    assert "note = {合成数据}" in zh
    assert r"url = {https://data.example.org/id/dataset/tj_county_economy?snapshot=" in zh


BACK = {
    r"\textbraceleft": "{",
    r"\textbraceright": "}",
    r"\textbackslash": "\\",
    r"\textasciitilde": "~",
    r"\textasciicircum": "^",
}
COMMAND = re.compile(r"(\\text[a-z]+)\{\}|\\([$&#_%])")


def untex(text: str) -> str:
    return COMMAND.sub(lambda found: found[2] or BACK[found[1]], text)


@given(st.text(max_size=60))
def test_a_text_is_read_back(text: str) -> None:
    written = tex(text)
    assert untex(written) == one_line(text)
    bare = COMMAND.sub("", written)
    assert not re.search(r"[{}$&#_%\\~^]", bare)


def fields_of(entry: str) -> dict[str, str]:
    """As a parser of BibTeX reads an entry: by balanced braces, escaped ones too."""
    body = entry.split("\n", 1)[1]
    found: dict[str, str] = {}
    while match := re.match(r"\s*(\w+) = \{", body):
        depth, at = 1, match.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(body[at], 0)
            at += 1
        found[match[1]] = body[match.end() : at - 1]
        body = body[at:].removeprefix(",")
    assert body.strip() == "}"
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_titles_end_no_field(language: Any) -> None:  # Any: a language
    for one in [*demo(), *draw(60)]:
        made = fields_of(bibtex_entry(one, VERSION, language))
        names = ["title", "author", "howpublished", "year", "month", "version", "url"]
        assert list(made)[:7] == names
        assert set(made) <= {*names, "note"}
        assert made["version"] == "6034221915702111"
        assert made["year"] == "2026"
