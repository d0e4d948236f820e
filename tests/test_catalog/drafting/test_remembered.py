"""The census that is remembered: names and counts of what was scanned, until the next scan."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from tests.both_databases import BOTH, postgres, sqlite
from tests.registry import REGISTRY
from tests.test_catalog.drafting.test_infer import citizen
from tests.test_catalog.drafting.test_scan import PLACE, made
from xihu_catalog.contracts.load import load_contracts
from xihu_catalog.contracts.model import Contract
from xihu_catalog.contracts.remote import Remote
from xihu_catalog.drafting.coverage import Coverage, TableNames
from xihu_catalog.drafting.remembered import (
    census_scans,
    census_tables,
    forget_connection,
    remember_census,
)
from xihu_catalog.drafting.scan import ScannedColumn, scan
from xihu_platform.errors import Conflict

__all__ = ["postgres"]  # a fixture
MZ, RS = "11339900100101378G", "11339900100102741M"
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "postgresql":
        found: Engine = request.getfixturevalue("postgres")
        with found.begin() as connection:
            connection.execute(text("DELETE FROM census_table"))
        yield found
    else:
        with sqlite(tmp_path) as found:
            yield found


@pytest.fixture(scope="module")
def contracts() -> dict[str, Contract]:
    return load_contracts(REGISTRY / "contracts")


@pytest.fixture
def scanned(tmp_path: Path, contracts: dict[str, Contract]) -> list[ScannedColumn]:
    return scan(made(tmp_path / "a.db"), PLACE, contracts.values())


def names(database: Engine, *providers: str) -> list[tuple[str, str]]:
    found = census_tables(database, providers, 100)
    return [(one.names.connection, one.name) for one in found]


def test_a_scan_is_remembered_by_names_and_counts_alone(
    database: Engine, scanned: list[ScannedColumn]
) -> None:
    remember_census(database, "Bureau", MZ, scanned, NOW)
    found = {one.name: one for one in census_tables(database, [MZ], 100)}
    assert [*found] == ["empty", "firms", "people", "power"]
    people = found["people"]
    assert (people.rows, people.names.columns, people.scanned_at) == (600, 4, NOW)
    assert people.personal == ("sfzh:citizen_id", "xm:person_name")
    assert people.names.labels == {"id", "sfzh", "xm", "je"}
    with database.connect() as connection:
        stored = str(connection.execute(text("SELECT * FROM census_table")).fetchall())
    assert "sfzh" in stored
    assert not [i for i in range(600) if citizen(i) in stored or f"王{chr(0x4E00 + i)}" in stored]


def test_a_new_scan_of_the_connection_replaces_the_one_before(
    database: Engine, scanned: list[ScannedColumn]
) -> None:
    remember_census(database, "bureau", MZ, scanned, NOW)
    remember_census(database, "other", RS, scanned[:1], NOW)
    remember_census(database, "BUREAU", MZ, [replace(scanned[1], table="firms_2")], LATER)
    assert names(database, MZ, RS) == [("bureau", "firms_2"), ("other", "empty")]
    assert names(database, RS) == [("other", "empty")]
    assert [
        (one.connection, one.tables, one.scanned_at) for one in census_scans(database, [MZ])
    ] == [("bureau", 1, LATER)]
    remember_census(database, "bureau", MZ, [], LATER)
    assert names(database, MZ) == []


def test_what_fails_while_it_is_written_leaves_the_census_before(
    database: Engine, scanned: list[ScannedColumn]
) -> None:
    remember_census(database, "bureau", MZ, scanned[:2], NOW)
    broken = replace(scanned[2], columns=None)  # type: ignore[arg-type]
    with pytest.raises(Conflict):
        remember_census(database, "bureau", MZ, [scanned[3], broken], LATER)
    assert names(database, MZ) == [("bureau", "empty"), ("bureau", "firms")]


def test_names_that_no_column_takes_are_cut(database: Engine, scanned: list[ScannedColumn]) -> None:
    odd = replace(
        scanned[0],
        schema="s" * 300,
        table="t" * 300,
        title="\x00" + "长" * 900,
        rows=2**40,
        labels=frozenset({"l" * 300}),
        personal=("p" * 300,) * 3_000,
    )
    remember_census(database, "bureau", MZ, [odd], NOW)
    (found,) = census_tables(database, [MZ], 100)
    assert (len(found.names.table), found.title, found.rows) == (200, "长" * 400, 2**40)
    assert len(found.personal) == 2_000


def test_a_census_is_forgotten_by_the_name_of_its_connection(
    database: Engine, scanned: list[ScannedColumn]
) -> None:
    remember_census(database, "bureau", MZ, scanned, NOW)
    remember_census(database, "other", RS, scanned, NOW)
    assert (forget_connection(database, "Bureau"), forget_connection(database, "bureau")) == (4, 0)
    assert len(names(database, MZ, RS)) == 4


def test_a_table_is_covered_by_the_contract_that_names_it_or_has_its_columns(
    tmp_path: Path, scanned: list[ScannedColumn], contracts: dict[str, Contract]
) -> None:
    with sqlite(tmp_path) as database:
        remember_census(database, "bureau", MZ, scanned, NOW)
        tables = {one.name: one.names for one in census_tables(database, [MZ], 100)}
    assert {name: Coverage(contracts.values()).find(one) for name, one in tables.items()} == {
        "empty": None,
        "firms": None,
        "people": None,
        "power": "fg_power_daily",
    }
    power = contracts["fg_power_daily"]
    remote = Remote("sqlite", "Bureau", table="firms")
    drawn = replace(power, dataset="mz_firms", source=replace(power.source, remote=remote))
    assert Coverage([drawn]).find(tables["firms"]) == "mz_firms"
    assert Coverage([drawn]).find(replace(tables["firms"], connection="other")) is None
    assert Coverage([drawn]).find(replace(tables["firms"], schema="public")) == "mz_firms"


def test_a_contract_of_few_fields_covers_no_wide_table(contracts: dict[str, Contract]) -> None:
    power = contracts["fg_power_daily"]
    labels = frozenset(one.source_column or one.name for one in power.fields)
    names = TableNames("bureau", None, "t", len(power.fields), labels)
    assert Coverage([power]).find(names) == "fg_power_daily"
    assert Coverage([power]).find(replace(names, columns=2 * len(labels))) == "fg_power_daily"
    assert Coverage([power]).find(replace(names, columns=2 * len(labels) + 1)) is None
    fewer = frozenset(sorted(labels)[:-2])
    assert Coverage([power]).find(replace(names, labels=fewer)) is None
