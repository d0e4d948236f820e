"""Divisions by date: one successor is followed, several are never guessed."""

import re
from collections import defaultdict
from datetime import date

import pytest

from tests.registry import REGISTRY
from xihu_catalog.registry.codes import divisions
from xihu_catalog.registry.reading import read_rows
from xihu_catalog.registry.regions import BEGINNING, END, changes, meanings, resolve, split_codes


def meaning(text: str, day: date) -> tuple[str, ...]:
    return next(m.codes for m in meanings() if m.text == text and m.since <= day < m.until)


def test_every_successor_is_a_code_in_force_today_or_ended_itself() -> None:
    ended = {c.code for c in changes()}
    assert all(s in divisions() or s in ended for c in changes() for s in c.successors)


def test_every_change_names_the_document_that_approved_it_and_stands_in_the_order_of_days() -> None:
    rows = read_rows(
        REGISTRY / "codes/changes/divisions.csv", ("source", "precision"), key=("code", "valid_to")
    )
    document = re.compile(r"(国函|民函|浙政函)〔(\d{4})〕\d+号")
    for row in rows:
        found = document.fullmatch(row["source"])
        assert found and found[2] == row["valid_to"][:4], row
    assert [row["valid_to"] for row in rows] == sorted(row["valid_to"] for row in rows)
    assert {row["precision"] for row in rows} <= {"day", "month"}


def test_every_code_of_today_stands_for_itself_today() -> None:
    assert all(resolve(code, date(2026, 1, 1)) == (code,) for code in divisions())
    assert all(meaning(code, date(2026, 1, 1)) == (code,) for code in divisions())


def test_every_full_name_of_today_stands_for_its_code() -> None:
    found = {d.name.zh: meaning(d.name.zh, date(2026, 1, 1)) for d in divisions().values()}
    assert found == {d.name.zh: (d.code,) for d in divisions().values()}


def test_the_spans_of_a_text_cover_all_days_and_do_not_overlap() -> None:
    spans: dict[str, list[tuple[date, date]]] = defaultdict(list)
    for m in meanings():
        spans[m.text].append((m.since, m.until))
    for found in spans.values():
        assert (found[0][0], found[-1][1]) == (BEGINNING, END)
        assert all(a[1] == b[0] for a, b in zip(found, found[1:], strict=False))


@pytest.mark.parametrize(
    ("code", "day", "codes"),
    [
        ("330183", date(2014, 12, 12), ("330183",)),
        ("330183", date(2014, 12, 13), ("330111",)),
        ("330204", date(2016, 9, 14), ("330212",)),
        ("330227", date(2020, 1, 1), ("330203", "330212")),
        ("331083", date(2010, 1, 1), ("331021",)),
        ("331083", date(2017, 4, 8), ("331021",)),
        ("331083", date(2017, 4, 9), ("331083",)),
        ("330721", date(2000, 12, 29), ("330721",)),
        ("330721", date(2000, 12, 30), ("330702", "330703")),
        ("330703", date(2000, 12, 29), ("330702", "330721")),
        ("330803", date(2001, 12, 9), ("330802", "330821")),
        ("330621", date(2001, 1, 13), ("330621",)),
        ("330621", date(2013, 10, 18), ("330602", "330603")),
        ("330302", date(2000, 12, 1), ("330302",)),
        ("330304", date(2000, 12, 1), ("330304",)),
        ("330682", date(2021, 2, 20), ("330604",)),
        ("330682", date(2021, 2, 21), ("330602", "330604")),
        ("330604", date(2021, 2, 21), ("330604",)),
        ("330114", date(2020, 1, 1), ("330104", "330109")),
        ("330383", date(2010, 1, 1), ("330327",)),
    ],
)
def test_a_code_is_followed_to_the_day(code: str, day: date, codes: tuple[str, ...]) -> None:
    assert resolve(code, day) == codes


def test_a_code_that_is_still_in_force_is_never_among_those_split() -> None:
    assert not set(split_codes()) & set(divisions())
    assert split_codes()["330104"] == ("330102", "330114")
