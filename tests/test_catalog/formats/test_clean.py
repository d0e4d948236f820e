"""What a department writes: as every syntax can write it, and no other address than of the Web."""

import json
import xml.etree.ElementTree as ET
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.test_catalog.formats.drawn import words
from xihu_catalog.formats.clean import clean, find_iri, script_json, segment

MARKS = "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@given(words)
def test_a_cleaned_text_is_xml_utf_8_and_without_marks_of_direction(said: str) -> None:
    cleaned = clean(said)
    assert ET.fromstring(f"<a>{escape(cleaned)}</a>").text == (cleaned or None)
    assert cleaned.encode().decode() == cleaned
    assert not set(cleaned) & set(MARKS)
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    "said", ["𠮷野家", "e\u0301", "👩‍👩‍👧", "<b>&amp;</b>", "a\n\tb", "ﷺ", "ไทย"]
)
def test_what_people_write_stays(said: str) -> None:
    assert clean(said) == said


@given(st.one_of(words, words.map(lambda word: f"https://a.example/{word}")))
def test_an_iri_is_of_the_web_and_all_ascii(said: str) -> None:
    iri = find_iri(said)
    if iri is not None:
        assert urlsplit(iri).scheme in {"http", "https"}
        assert iri.isascii()
        assert not set(iri) & set('<>"{}|\\^` \t\r\n')
        assert iri.count("#") <= 1
        assert find_iri(iri) == iri


@pytest.mark.parametrize(
    "said",
    ["", "javascript:alert(1)", "data:text/html,x", "//a.example", "http://", "a b", "C:\\a"],
)
def test_what_is_no_address_of_the_web_is_none(said: str) -> None:
    assert find_iri(said) is None


@given(words)
def test_a_segment_stays_one(said: str) -> None:
    made = segment(said)
    assert made
    assert not set(made) & set("/?#%") - {"%"}


@given(words)
def test_json_in_a_page_ends_no_script(said: str) -> None:
    cleaned = clean(said)
    written = script_json({"name": cleaned})
    assert not set(written) & set("<>&\u2028\u2029")
    assert json.loads(written) == {"name": cleaned}
