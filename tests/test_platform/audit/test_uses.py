"""Who used my data: filters apply before paging, and only one's own looks count as own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_platform.audit.test_log import Logged, open_log
from xihu_platform.audit import uses
from xihu_platform.audit.log import Entry
from xihu_platform.audit.uses import UseFilter, used_by, uses_of

ME, SUBJECT, OFFICE = "p-me", "s1_me", "119900000000000001"


def look(number: int, person: str, organisation: str | None, dataset: str) -> Entry:
    body: dict[str, object] = {"kind": "read", "principal": person, "organisation": organisation}
    return Entry("read", f"{number:032x}", dataset, organisation, body, (SUBJECT,))


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[Logged]:
    """Twelve looks: each third by an office, the rest one's own, one by a deputy, one in office."""
    opened = open_log(tmp_path, b"m" * 32)
    for number in range(12):
        office = number % 3 == 0
        person, organisation = ("p-official", OFFICE) if office else (ME, None)
        opened.log.record(look(number, person, organisation, f"d{number % 2}"))
    opened.log.record(look(12, "p-deputy", None, "d0"))
    opened.log.record(look(13, ME, OFFICE, "d0"))
    yield opened
    opened.log.close()
    opened.database.dispose()


def seqs(logged: Logged, wanted: UseFilter, **page: int) -> list[int]:
    return [use.seq for use in uses_of(logged.database, (SUBJECT,), wanted=wanted, **page)]


def test_others_are_offices_deputies_and_oneself_in_office(logged: Logged) -> None:
    assert seqs(logged, UseFilter(others_than=ME)) == [13, 12, 9, 6, 3, 0]


def test_a_page_of_others_is_full_though_own_looks_lie_between(
    logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uses, "BATCH", 2)
    others = UseFilter(others_than=ME)
    assert seqs(logged, others, limit=4) == [13, 12, 9, 6]
    assert seqs(logged, others, limit=4, before=6) == [3, 0]


def test_filters_narrow_before_the_page_is_cut(logged: Logged) -> None:
    assert seqs(logged, UseFilter(dataset="d1"), limit=3) == [11, 9, 7]
    assert seqs(logged, UseFilter(organisation=OFFICE), limit=2) == [13, 9]
    assert seqs(logged, UseFilter(dataset="d1", organisation=OFFICE)) == [9, 3]


def test_the_filters_offer_all_that_ever_looked(logged: Logged) -> None:
    assert used_by(logged.database, (SUBJECT,)) == (("d0", "d1"), (OFFICE,))
    assert used_by(logged.database, ("s1_nobody",)) == ((), ())
