"""The hand-written table of two datasets as if their entries had never been published."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select, update

from tests.province import Province
from tests.test_portals.decisions.table import HERE, Expected, ask, purpose_pairs, read_file
from tests.test_portals.decisions.test_table import listed, said
from xihu_catalog.contracts.entries import DRAFT, CatalogueEntryRow
from xihu_platform.database import transaction

TABLE = read_file(HERE / "decisions_unpublished.csv")
HIDDEN = {"fg_penalties", "yb_hospital_visits"}


@pytest.fixture
def hiding(province: Province) -> Iterator[Province]:
    database, row = province.services.node.database, CatalogueEntryRow
    columns = (row.state, row.matter, row.reviewer, row.region)
    with transaction(database) as session:
        wanted = select(row.dataset, *columns).where(row.dataset.in_(HIDDEN))
        before = session.execute(wanted).all()
        drawn_up = {"state": DRAFT, "matter": None, "reviewer": None, "region": None}
        session.execute(update(row).where(row.dataset.in_(HIDDEN)).values(drawn_up))
    yield province
    with transaction(database) as session:
        for dataset, *was in before:
            said = dict(zip([one.key for one in columns], was, strict=True))
            session.execute(update(row).where(row.dataset == dataset).values(said))


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
