"""Column lineage: five derived datasets against fixtures written by hand, and what is refused."""

from pathlib import Path

import pytest

from tests.registry import REGISTRY
from xihu_catalog.contracts.load import load_contracts
from xihu_catalog.lineage.columns import column_lineage, tables_of
from xihu_platform.errors import BadInput

HERE = Path(__file__).parent
CONTRACTS = REGISTRY / "contracts"
EVERY = "every column"
T = {"t": ("a", "b", "c"), "u": ("a", "x")}


@pytest.fixture(scope="module")
def tables() -> dict[str, tuple[str, ...]]:
    """The columns of the demo's datasets."""
    contracts = load_contracts(CONTRACTS).values()
    return {c.dataset: tuple(f.name for f in c.fields) for c in contracts}


def _written(path: Path) -> dict[str, set[tuple[str, str, str]]]:
    """A fixture: under each column its origins; those of `every column` stand at each."""
    found: dict[str, set[tuple[str, str, str]]] = {}
    column = ""
    for line in path.read_text("utf-8").splitlines():
        if not line.startswith(" "):
            column = line.removesuffix(":")
            found[column] = set()
            continue
        origin, kind = line.split()
        table, _, name = origin.partition(".")
        found[column].add((table, name, kind))
    everywhere = found.pop(EVERY)
    return {column: origins | everywhere for column, origins in found.items()}


FIXTURES = sorted(path.stem for path in (HERE / "derived").glob("*.sql"))


@pytest.mark.parametrize("name", FIXTURES)
def test_the_lineage_is_the_one_written_by_hand(
    name: str, tables: dict[str, tuple[str, ...]]
) -> None:
    sql = (HERE / "derived" / f"{name}.sql").read_text("utf-8")
    found = column_lineage(sql, tables)
    assert {c: set(map(tuple, origins)) for c, origins in found.items()} == _written(
        HERE / "derived" / f"{name}.lineage"
    )


@pytest.mark.parametrize("name", FIXTURES)
def test_a_derived_query_runs_in_the_engine(name: str, tables: dict[str, tuple[str, ...]]) -> None:
    import duckdb

    contracts = load_contracts(CONTRACTS)
    with duckdb.connect() as engine:
        engine.execute("CREATE SCHEMA data; SET schema = 'data'")
        for dataset in tables:
            columns = ", ".join(f"{f.name} {f.type}" for f in contracts[dataset].fields)
            engine.execute(f"CREATE TABLE {dataset} ({columns})")
        made = engine.sql((HERE / "derived" / f"{name}.sql").read_text("utf-8")).columns
    assert made == list(column_lineage((HERE / "derived" / f"{name}.sql").read_text(), tables))


@pytest.mark.parametrize(
    ("sql", "column", "origins"),
    [
        ("SELECT * EXCLUDE (a) FROM u", "x", {("u", "x", "IDENTITY")}),
        (
            "SELECT a FROM t EXCEPT SELECT x FROM u",
            "a",
            {("t", "a", "IDENTITY"), ("u", "x", "FILTER")},
        ),
        ("SELECT a FROM t ORDER BY b LIMIT 1", "a", {("t", "a", "IDENTITY"), ("t", "b", "SORT")}),
        ("SELECT a FROM t ORDER BY b", "a", {("t", "a", "IDENTITY")}),
        ("SELECT e FROM t, unnest(b) AS z(e)", "e", {("t", "b", "TRANSFORMATION")}),
        (
            "SELECT if(a > 1, b, 0) AS v FROM t",
            "v",
            {("t", "a", "CONDITIONAL"), ("t", "b", "TRANSFORMATION")},
        ),
        ("SELECT a AS q, q + 1 AS r FROM t", "r", {("t", "a", "TRANSFORMATION")}),
        (
            "SELECT a FROM t UNION ALL BY NAME SELECT x, a FROM u",
            "x",
            {("u", "x", "IDENTITY")},
        ),
        (
            "WITH RECURSIVE r AS (SELECT a FROM t UNION ALL SELECT u.x FROM u JOIN r ON u.a = r.a) "
            "SELECT a FROM r",
            "a",
            {
                ("t", "a", "IDENTITY"),
                ("u", "x", "IDENTITY"),
                ("u", "a", "JOIN"),
                ("t", "a", "JOIN"),
            },
        ),
    ],
)
def test_each_construct_is_followed(
    sql: str, column: str, origins: set[tuple[str, str, str]]
) -> None:
    assert set(map(tuple, column_lineage(sql, T)[column])) == origins


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a FROM nowhere",
        "SELECT missing FROM t",
        "SELECT a FROM t, u",
        "DROP TABLE t",
        "SELECT 1; SELECT 2",
        "SELECT (",
        "SELECT * FROM read_csv('/etc/passwd')",
        "PIVOT t ON a USING sum(b)",
        "FROM query('SELECT 1')",
        "",
    ],
)
def test_what_cannot_be_followed_is_refused_with_a_reason(sql: str) -> None:
    with pytest.raises(BadInput, match="column lineage"):
        column_lineage(sql, T)


def test_the_refusal_does_not_repeat_the_query() -> None:
    with pytest.raises(BadInput) as refused:
        column_lineage("SELECT a FROM t WHERE b = 'CANARY' AND (", T)
    assert "CANARY" not in str(refused.value.text)


def test_a_query_names_its_datasets_and_not_what_it_makes_itself() -> None:
    sql = (HERE / "derived" / "firm_risk.sql").read_text("utf-8")
    assert tables_of(sql) == ("fg_penalties", "sg_firms", "sg_inspections")
