"""The census of a database: what each table holds, what no contract covers, in a morning."""

from pathlib import Path

import pytest
import yaml
from sqlalchemy import Engine, create_engine, text

from tests.registry import REGISTRY
from tests.test_catalog.drafting.test_infer import citizen, uscc
from xihu_catalog.contracts.load import load_contracts
from xihu_catalog.drafting.census import HEAD, census_rows, write_census
from xihu_catalog.drafting.scan import Place, ScannedColumn, scan

PLACE = Place("sqlite", "bureau", "mz", "11339900100101378G")
PEOPLE = (
    "CREATE TABLE people (id INTEGER PRIMARY KEY, sfzh TEXT NOT NULL, xm TEXT, je DECIMAL(12,2))"
)
FIRMS = "CREATE TABLE firms (code TEXT, amount REAL, note BLOB)"
PUBLISHED = (
    "CREATE TABLE power (用电日期 TEXT, 行政区划代码 TEXT, 用电类别 TEXT, 用电量 TEXT, "
    "最高负荷 TEXT, 用户数 INTEGER)"
)


def made(path: Path, tables: int = 0) -> Engine:
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        for statement in (PEOPLE, FIRMS, PUBLISHED, "CREATE TABLE empty (a TEXT)"):
            connection.execute(text(statement))
        people = [{"s": citizen(i), "x": f"王{chr(0x4E00 + i)}", "j": i} for i in range(600)]
        connection.execute(text("INSERT INTO people (sfzh, xm, je) VALUES (:s, :x, :j)"), people)
        firms = [{"c": uscc(i * 31), "a": i / 3} for i in range(50)]
        connection.execute(text("INSERT INTO firms VALUES (:c, :a, x'00ff')"), firms)
        for number in range(tables):
            columns = ", ".join(f"c{i} TEXT" for i in range(8))
            connection.execute(text(f"CREATE TABLE t_{number:03d} ({columns})"))
            row = {f"c{i}": f"{i}" for i in range(8)}
            names = ", ".join(f":c{i}" for i in range(8))
            connection.execute(text(f"INSERT INTO t_{number:03d} VALUES ({names})"), [row] * 200)
    return engine


def tables(engine: Engine) -> dict[str, ScannedColumn]:
    contracts = load_contracts(REGISTRY / "contracts").values()
    return {f.table: f for f in scan(engine, PLACE, contracts)}


def test_each_table_is_drafted_and_the_census_names_what_no_contract_covers(tmp_path: Path) -> None:
    found = tables(made(tmp_path / "a.db"))
    people = found["people"]
    assert (people.rows, people.columns, people.covered_by) == (600, 4, None)
    assert people.personal == ("sfzh:citizen_id", "xm:person_name")
    assert people.draft is not None and people.draft.dataset == "mz_people"
    fields = {f.header: f for f in people.draft.fields}
    assert fields["id"].key_position == 1
    assert fields["je"].type == "DECIMAL(12,2)"
    assert (fields["sfzh"].required, fields["xm"].required) == (True, False)
    assert found["firms"].personal == ()
    assert found["power"].covered_by == "fg_power_daily"
    assert (found["empty"].rows, found["empty"].covered_by) == (0, None)


def test_a_draft_names_the_connection_and_the_table_and_holds_no_address(tmp_path: Path) -> None:
    draft = tables(made(tmp_path / "a.db"))["people"].draft
    assert draft is not None
    server = yaml.safe_load(draft.text)["servers"][0]
    custom = {p["property"]: p["value"] for p in server["customProperties"]}
    assert custom == {"engine": "sqlite", "connection": "bureau", "table": "people"}
    assert str(tmp_path) not in draft.text
    assert not any(citizen(i) in draft.text for i in range(600))


def test_the_census_puts_uncovered_personal_data_first(tmp_path: Path) -> None:
    found = list(tables(made(tmp_path / "a.db")).values())
    rows = census_rows(found)
    assert [row[1] for row in rows] == ["people", "empty", "firms", "power"]
    for name in ("census.csv", "census.xlsx"):
        write_census(found, tmp_path / name)
    lines = (tmp_path / "census.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].split(",")[0] == HEAD[0] and len(lines) == 5


def test_a_comment_that_a_spreadsheet_would_run_is_only_text(tmp_path: Path) -> None:
    odd = ScannedColumn(None, "t", "=1+1", 1, False, 1, None, (), None)
    write_census([odd], tmp_path / "c.csv")
    assert "'=1+1" in (tmp_path / "c.csv").read_text(encoding="utf-8-sig")


def test_a_table_that_cannot_be_read_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    engine = made(tmp_path / "a.db")
    with engine.begin() as connection:
        connection.execute(text("CREATE VIEW broken AS SELECT a FROM empty"))
        connection.execute(text("CREATE TABLE other AS SELECT * FROM firms"))
    found = tables(engine)
    assert found["other"].rows == 50


def test_two_tables_of_one_name_in_english_get_two_drafts(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'a.db'}")
    with engine.begin() as connection:
        for name in ("企业名称", "企业 名称"):
            connection.execute(text(f'CREATE TABLE "{name}" (a TEXT)'))
    drafts = [f.draft.dataset for f in tables(engine).values() if f.draft]
    assert sorted(drafts) == ["mz_firm_name", "mz_firm_name_2"]


@pytest.mark.harness
def test_four_hundred_tables_are_all_looked_at(tmp_path: Path) -> None:
    """How long it takes is measured: `make bench B=scan`."""
    found = tables(made(tmp_path / "a.db", tables=396))
    assert len(found) == 400
    assert {one.rows for name, one in found.items() if name.startswith("t_")} == {200}
