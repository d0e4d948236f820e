"""The page of a credential: the same bytes from the same facts, and no word of it is markup."""

import io
from dataclasses import replace

import pytest
from pypdf import PdfReader

from tests.test_platform.credentials.made import NASTY, document_facts
from xihu_platform.credentials.document import make_document
from xihu_platform.credentials.font import printable

CLAIMS = "eyJh.eyJi.c2ln"


def words(body: bytes) -> str:
    return "".join(
        "".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages).split()
    )


def test_same_facts_give_same_bytes() -> None:
    first = make_document(document_facts(), CLAIMS)
    assert make_document(document_facts(), CLAIMS) == first
    assert first.endswith(b"%%EOF\n")
    assert make_document(document_facts("王小红"), CLAIMS) != first


@pytest.mark.parametrize("holder", [NASTY, "𠮷田", "长" * 300, "O'Brien & <b>", "{{ 7*7 }}"])
def test_what_a_person_is_called_is_printed_as_it_is(holder: str) -> None:
    said = words(make_document(document_facts(holder), CLAIMS))
    assert "".join(holder.split()) in said
    assert "SP-2026-000001" in said
    assert "食品经营许可证" in said


def test_what_is_attached_is_the_claims() -> None:
    reader = PdfReader(io.BytesIO(make_document(document_facts(), CLAIMS)))
    assert reader.attachments == {"credential.jwt": [CLAIMS.encode()]}


def test_sample_is_said_across_the_page_and_to_a_screen_reader() -> None:
    sample = words(make_document(document_facts(), CLAIMS))
    assert "样例SAMPLE" in sample
    assert "样例，不具有任何效力" in sample
    real = words(make_document(document_facts(sample=False), CLAIMS))
    assert "样例" not in real


def test_document_says_its_language_and_title() -> None:
    reader = PdfReader(io.BytesIO(make_document(document_facts(), CLAIMS)))
    assert str(reader.root_object["/Lang"]) == "zh-CN"
    assert reader.metadata is not None
    assert reader.metadata.title == "食品经营许可证 Food business licence"


def test_a_licence_without_an_end_says_so() -> None:
    facts = replace(document_facts(), valid_until=None)
    assert "长期" in words(make_document(facts, CLAIMS))


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("王\u202e小明", "王小明"),
        ("a\x00b\x1b[31m", "ab[31m"),
        ("😀", "〓"),
        ("\ue000", "〓"),
        ("葛\U000e0100", "葛"),
        ("𠮷", "𠮷"),
        ("e\u0301", "é"),
    ],
)
def test_signs_that_no_page_shows_are_left_out(written: str, printed: str) -> None:
    assert printable(written) == printed
    make_document(document_facts(written), CLAIMS)  # and none of them stops it
