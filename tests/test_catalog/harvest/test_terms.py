"""The alias tables: every alias leads to a code that is there, and no alias to two."""

import csv
from datetime import date
from typing import get_args

import pytest

from xihu_catalog.contracts.model import UpdateCycle
from xihu_catalog.formats.authority import authority_table
from xihu_catalog.formats.clean import find_iri
from xihu_catalog.harvest.dates import read_moment
from xihu_catalog.harvest.terms import (
    ALIASES,
    Vocabulary,
    alias_key,
    find_code,
    find_languages,
    find_theme,
)


def rows(name: str) -> list[dict[str, str]]:
    with (ALIASES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_table_is_read() -> None:
    assert {path.stem for path in ALIASES.glob("*.csv")} == {*get_args(Vocabulary), "theme"}


@pytest.mark.parametrize("name", get_args(Vocabulary))
def test_an_alias_leads_to_one_code_that_is_there(name: Vocabulary) -> None:
    found: dict[str, str] = {}
    for row in rows(name):
        assert row["code"] in authority_table(name) or (name == "licence" and not row["code"])
        assert found.setdefault(alias_key(row["alias"]), row["code"]) == row["code"], row
        assert find_code(name, [row["alias"]]) == row["code"]


@pytest.mark.parametrize("name", get_args(Vocabulary))
def test_a_term_is_known_by_its_own_iri_and_names(name: Vocabulary) -> None:
    for code, term in authority_table(name).items():
        for words in (term.iri, code):
            assert find_code(name, [words]) == code


def test_a_theme_has_one_name_in_both_tables() -> None:
    of_topics = {term.iri: term.label for term in authority_table("theme").values()}
    for row in rows("theme"):
        assert find_iri(row["iri"]) == row["iri"]
        found = find_theme(row["iri"])
        assert found is not None
        assert of_topics.get(row["iri"], found.title) == found.title
        for alias in row["aliases"].split("|"):
            assert find_theme(alias) == found, alias
    assert len(rows("theme")) == 13  # of the EU's table, without its provisional one


def test_a_frequency_that_no_cycle_is_stays_out() -> None:
    codes = {row["code"] for row in rows("frequency")}
    assert codes == set(get_args(UpdateCycle))
    for said in ("hourly", "biennial", "R/P2Y", "R/P6M", "twice a week", ""):
        assert find_code("frequency", [said]) is None


def test_a_language_is_found_by_tag_name_and_address() -> None:
    said = ["zh-Hant-HK", "eng", "Deutsch", "http://id.loc.gov/vocabulary/iso639-1/fr", "klingon"]
    assert find_languages(said) == ("zh", "en", "de", "fr")


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("2024-02-29", date(2024, 2, 29)),
        ("2023-02-29", None),
        ("２０２４年２月", date(2024, 2, 1)),
        ("2024/2/9", date(2024, 2, 9)),
        ("2024.02.09", date(2024, 2, 9)),
        ("20240209", date(2024, 2, 9)),
        ("20241309", None),
        ("09/02/2024", None),
        ("09/09/2024", date(2024, 9, 9)),
        ("25.12.2024", date(2024, 12, 25)),
        ("12/25/2024", date(2024, 12, 25)),
        ("December 25, 2024", date(2024, 12, 25)),
        ("2024-02-09T25:00:00", None),
        ("2024-02-09T12:00:00", date(2024, 2, 9)),
        ("0000-00-00", None),
        ("9999-12-31", None),
        ("0001-01-01", None),
        ("yesterday", None),
        ("99999999999999", None),
        ("-5", None),
        ("", None),
    ],
)
def test_a_day_is_read_or_left_out(said: str, day: date | None) -> None:
    assert read_moment(said) == day
