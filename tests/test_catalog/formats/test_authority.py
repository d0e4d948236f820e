"""The tables: each is read, names real places, and covers every code that a contract can have."""

from typing import get_args

import pytest

from tests.test_catalog.formats.drawn import contracts
from xihu_catalog.contracts.model import UpdateCycle
from xihu_catalog.formats.authority import TABLES, Authority, authority_table
from xihu_catalog.formats.clean import find_iri
from xihu_catalog.registry.codes import code_list
from xihu_platform.access.formats import Format
from xihu_platform.access.policy import OpenClass
from xihu_platform.words import LANGUAGES

FURTHER = {"file_type", "language"}
"""Tables that have also what harvested entries have."""


def test_every_table_is_read() -> None:
    assert {path.stem for path in TABLES.glob("*.csv")} == set(get_args(Authority))


@pytest.mark.parametrize("name", get_args(Authority))
def test_a_term_has_an_address_and_both_names(name: Authority) -> None:
    for code, term in authority_table(name).items():
        assert find_iri(term.iri) == term.iri, code
        assert term.label.zh
        assert term.label.en


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("frequency", get_args(UpdateCycle)),
        ("access_right", get_args(OpenClass)),
        ("file_type", get_args(Format)),
        ("language", LANGUAGES),
    ],
)
def test_a_table_has_every_code_of_ours(name: Authority, codes: tuple[str, ...]) -> None:
    known = authority_table(name).keys()
    assert known >= set(codes)
    assert name in FURTHER or known == set(codes)


def test_every_topic_of_the_demo_has_a_theme() -> None:
    assert authority_table("theme").keys() == code_list("topics").keys()


def test_every_licence_of_the_demo_is_known() -> None:
    written = {c.licence for c in contracts().values() if c.licence}
    assert written <= authority_table("licence").keys()


def test_one_theme_has_one_name() -> None:
    terms = authority_table("theme").values()
    assert len({term.iri for term in terms}) == len({(t.iri, t.label) for t in terms})
