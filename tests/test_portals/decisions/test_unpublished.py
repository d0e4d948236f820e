"""The hand-written table of two datasets as if their entries had never been published."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, update

from tests.province import Province
from tests.test_portals.decisions.table import HERE, Expected, ask, purpose_pairs, read_file
from tests.test_portals.decisions.test_table import listed, said
from xihu_catalog.contracts.entries import DRAFT, PUBLISHED, CatalogueEntryRow
from xihu_platform.database import transaction

TABLE = read_file(HERE / "decisions_unpublished.csv")
HIDDEN = {"fg_penalties", "yb_hospital_visits"}


@pytest.fixture
def hiding(province: Province) -> Iterator[Province]:
    database = province.services.node.database
    _move(database, DRAFT)
    yield province
    _move(database, PUBLISHED)


def _move(database: Engine, state: str) -> None:
    row = CatalogueEntryRow
    with transaction(database) as session:
        session.execute(update(row).where(row.dataset.in_(HIDDEN)).values(state=state))


def test_an_unpublished_dataset_is_its_departments_by_grade_and_nobody_elses(
    hiding: Province,
) -> None:
    assert {one.dataset for one in TABLE} == HIDDEN
    for decided in TABLE:
        address = f"/api/v1/datasets/{decided.dataset}"
        pairs = purpose_pairs(decided.purpose, decided.person)
        entry, rows = ask(
            hiding, decided.person, [(address, pairs), (f"{address}/rows", [*pairs, LIMIT])]
        )
        _check(decided, entry.status_code, rows.status_code)
        if entry.status_code == 200:
            assert listed(entry.json()) == said(decided), decided


LIMIT = ("limit", "1")


def _check(decided: Expected, entry: int, rows: int) -> None:
    if decided.whole == "no_dataset":
        assert (entry, rows) == (404, 404), decided
    else:
        assert entry == 200, decided
        assert rows == (403 if decided.whole else 200), decided
