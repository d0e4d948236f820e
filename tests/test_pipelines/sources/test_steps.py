"""Steps: each puts one habit right, is counted, and leaves alone what it is not sure of."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from tests.test_pipelines.sources.readings import contract_of
from xihu_catalog.contracts.errors import BadContract
from xihu_catalog.contracts.model import Contract, Field, Step, columns_of
from xihu_catalog.contracts.rules import implied_rules
from xihu_catalog.contracts.steps import step_rules
from xihu_catalog.standards.documents import SQL_MACROS
from xihu_pipelines.ingest.compile import broken_rules, compile_checks
from xihu_pipelines.ingest.load import load_file
from xihu_pipelines.ingest.pseudonyms import PseudonymScheme
from xihu_pipelines.ingest.steps import step_sql
from xihu_pipelines.sources.records import place_name
from xihu_platform.lake.snapshot import Column
from xihu_platform.start import Node

PLAIN = contract_of("csv").fields[1]


@pytest.fixture(scope="module")
def sql() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for macro in SQL_MACROS:
            connection.execute(macro)
        yield connection


def after(sql: duckdb.DuckDBPyConnection, step: Step, value: str, kind: str) -> object:
    field = replace(PLAIN, type=kind)
    made = step_sql("v", step, field)
    return sql.execute(f"SELECT {made} FROM (SELECT ? AS v)", [value]).fetchall()[0][0]


CASES: list[tuple[Step, str, str, str | None]] = [
    (Step("full_width"), "VARCHAR", "１２Ａｂ　（甲）", "12Ab （甲）"),
    (Step("full_width", ("all",)), "VARCHAR", "１２．５％", "12.5%"),
    (Step("spaces"), "VARCHAR", "\u3000张\u00a0 三\u200b ", "张 三"),
    (Step("spaces", ("none",)), "VARCHAR", " 3301 06\t", "330106"),
    (Step("spaces"), "VARCHAR", " \u3000", None),
    (Step("nulls"), "VARCHAR", "—", None),
    (Step("nulls"), "VARCHAR", "暂无", None),
    (Step("nulls"), "VARCHAR", "\\N", None),
    (Step("nulls"), "VARCHAR", "Null", None),
    (Step("nulls"), "VARCHAR", "无锡", "无锡"),
    (Step("nulls", ("待补",)), "VARCHAR", "待补", None),
    (Step("nulls", ("待补",)), "VARCHAR", "无", "无"),
    (Step("date_cn"), "DATE", "2024年3月1日", "2024-03-01"),
    (Step("date_cn"), "DATE", "2024.3.1", "2024-03-01"),
    (Step("date_cn"), "DATE", "2024/03/1", "2024-03-01"),
    (Step("date_cn"), "DATE", "20240301", "2024-03-01"),
    (Step("date_cn"), "DATE", "2024-3-1 0:00:00", "2024-03-01"),
    (Step("date_cn"), "DATE", "2024年3月", "2024年3月"),
    (Step("date_cn"), "DATE", "3/1/2024", "3/1/2024"),
    (Step("date_cn"), "TIMESTAMP", "2024年3月1日 9时5分", "2024-03-01 09:05:00"),
    (Step("date_cn"), "TIMESTAMP", "2024.3.1 9:05:06", "2024-03-01 09:05:06"),
    (Step("date_cn"), "TIMESTAMP", "20240301090506", "2024-03-01 09:05:06"),
    (Step("excel_serial"), "DATE", "45293", "2024-01-02"),
    (Step("excel_serial"), "DATE", "1", "1900-01-01"),
    (Step("excel_serial"), "DATE", "59", "1900-02-28"),
    (Step("excel_serial"), "DATE", "60", "60"),
    (Step("excel_serial"), "DATE", "61", "1900-03-01"),
    (Step("excel_serial"), "DATE", "45293.5", "45293.5"),
    (Step("excel_serial"), "DATE", "20240102", "20240102"),
    (Step("excel_serial"), "DATE", "9999999", "9999999"),
    (Step("excel_serial"), "TIMESTAMP", "45293.5", "2024-01-02 12:00:00"),
    (Step("excel_serial"), "TIMESTAMP", "45293.378541667", "2024-01-02 09:05:06"),
    (Step("number_cn"), "DECIMAL(18,2)", "1,234,567.80", "1234567.8"),
    (Step("number_cn"), "DECIMAL(18,2)", "3.5万", "35000"),
    (Step("number_cn"), "DECIMAL(18,2)", "1.23456789亿", "123456789"),
    (Step("number_cn"), "BIGINT", "2千万", "20000000"),
    (Step("number_cn"), "BIGINT", "-1.2万亿", "-1200000000000"),
    (Step("number_cn"), "BIGINT", "100", "100"),
    (Step("number_cn"), "BIGINT", "1,23", "1,23"),
    (Step("number_cn"), "BIGINT", "约3万", "约3万"),
    (Step("number_cn"), "DECIMAL(18,2)", "12.5%", "12.5%"),
    (Step("number_cn", ("fraction",)), "DECIMAL(18,4)", "12.5%", "0.125"),
    (Step("number_cn", ("percent",)), "DECIMAL(18,4)", "12.5％", "12.5"),
    (Step("number_cn"), "DECIMAL(18,2)", "0.12345678901", "0.12345678901"),
    (Step("split"), "VARCHAR", "甲、乙，丙；", "甲;乙;丙"),
    (Step("split", ("/",)), "VARCHAR", "乙 / 甲/乙", "乙;甲;乙"),
    (Step("split"), "VARCHAR", "、", None),
    (Step("document"), "VARCHAR", " 33999919880412028９", "339999198804120289"),
    (Step("document"), "VARCHAR", "e 1234-5678", "E12345678"),
    (Step("uscc"), "VARCHAR", "９1110000-600037341l", "91110000600037341L"),
]


@pytest.mark.parametrize(("step", "kind", "value", "wanted"), CASES)
def test_a_step_makes_this_of_that(
    sql: duckdb.DuckDBPyConnection, step: Step, kind: str, value: str, wanted: str | None
) -> None:
    assert after(sql, step, value, kind) == wanted


def field(name: str, kind: str = "VARCHAR", steps: tuple[Step, ...] = (), **more: object) -> Field:
    made = replace(PLAIN, name=name, source_column=name, type=kind, steps=steps, **more)  # type: ignore[arg-type]
    return replace(made, rules=(*implied_rules(made), *step_rules(made)))


def contract(*fields: Field) -> Contract:
    return replace(contract_of("csv"), fields=fields, rules=(), key=())


def check(
    sql: duckdb.DuckDBPyConnection, made: Contract, rows: list[tuple[str | None, ...]]
) -> tuple[list[tuple[object, ...]], list[list[str]], dict[tuple[str, str], int]]:
    """Cast values, broken rules of each record, and counts of the steps."""
    columns = tuple(Column(c.name, c.type, i) for i, c in enumerate(columns_of(made)))
    checks = compile_checks(made, columns, PseudonymScheme())
    names = [f.source_column for f in made.fields]
    values = ", ".join("?" for _ in names)
    given = ", ".join(f"{place_name(i)} VARCHAR" for i in range(len(names)))
    sql.execute(f"CREATE OR REPLACE TEMP TABLE batch (_record BIGINT, {given}, _shape VARCHAR)")
    for number, row in enumerate(rows, 1):
        sql.execute(f"INSERT INTO batch VALUES ({number}, {values}, NULL)", list(row))
    sql.execute(f"CREATE OR REPLACE TEMP TABLE checked AS {checks.check_sql}")
    cells = ", ".join(f'"{f.name}"' for f in made.fields)
    found = sql.execute(f"SELECT {cells} FROM checked ORDER BY _record").fetchall()
    words = sql.execute("SELECT _bits0 FROM checked ORDER BY _record").fetchall()
    counts = sql.execute(checks.steps_sql).fetchall()[0] if checks.steps_sql else ()
    broken = [broken_rules(checks, [int(str(w[0]))]) for w in words]
    return found, broken, dict(zip(checks.steps, map(int, map(str, counts)), strict=True))


PLACE = field("place", steps=(Step("spaces"), Step("region", ("day",))))
DAY = field("day", "DATE", (Step("date_cn"),))


PLACES: list[tuple[str, str | None, str | None]] = [
    ("富阳市", "2010-01-01", "330183"),
    ("富阳市", "2020-01-01", "330111"),
    ("330183", "2020年1月1日", "330111"),
    ("富阳", "2020-01-01", "330111"),
    ("浙江省杭州市富阳区", "2020-01-01", "330111"),
    ("330110", "2022-01-01", "330110"),
    ("330103", "2022-01-01", "330105"),
    ("330104", "2021-04-08", "330104"),
    ("330104", "2021-04-09", None),
    ("余杭市", "2022-01-01", None),
    ("余杭市", "2010-01-01", "330110"),
    ("330114", "2020-01-01", None),
    ("西湖区", None, "330106"),
    ("江西省南昌市西湖区", "2022-01-01", None),
    ("330999", "2022-01-01", None),
]
Found = dict[tuple[str, str | None], tuple[object, list[str]]]


@pytest.fixture(scope="module")
def places(sql: duckdb.DuckDBPyConnection) -> Found:
    """The code and the broken rules of each: one question, since each costs the engine as much."""
    asked = [(place, day) for place, day, _ in PLACES]
    rows, broken, _ = check(sql, contract(PLACE, DAY), [*asked])
    return {one: (row[0], rules) for one, row, rules in zip(asked, rows, broken, strict=True)}


@pytest.mark.parametrize(("place", "day", "code"), PLACES)
def test_a_place_gets_the_code_of_its_own_day_and_is_never_guessed(
    places: Found, place: str, day: str | None, code: str | None
) -> None:
    assert places[place, day] == (code, [] if code else ["place.region"])


def test_the_rule_names_what_a_split_code_may_be() -> None:
    rule = next(r for r in PLACE.rules if r.id == "place.region")
    assert "330104→330102或330114" in rule.title.zh
    assert "330104 to 330102 or 330114" in rule.title.en


def test_each_step_is_counted_by_field(sql: duckdb.DuckDBPyConnection) -> None:
    rows: list[tuple[str | None, ...]] = [
        (" 富阳市", "2024年3月1日"),
        ("330111", "2024-03-01"),
        (None, None),
    ]
    _, _, counts = check(sql, contract(PLACE, DAY), rows)
    assert counts == {("place", "spaces"): 0, ("place", "region"): 1, ("day", "date_cn"): 1}


def test_a_null_word_breaks_required_and_not_the_type(sql: duckdb.DuckDBPyConnection) -> None:
    amount = field("amount", "DECIMAL(12,2)", (Step("nulls"),), required=True)
    _, broken, _ = check(sql, contract(amount), [("—",), ("x",), ("1",)])
    assert broken == [["amount.required"], ["amount.type"], []]


def test_every_value_of_a_split_cell_is_checked(sql: duckdb.DuckDBPyConnection) -> None:
    sql.execute("CREATE OR REPLACE TABLE codes_sex AS SELECT unnest(['1', '2']) AS code")
    made = contract(field("sexes", steps=(Step("split"),), code_list="sex"))
    found, broken, _ = check(sql, made, [("1、2",), ("2,3",), (None,)])
    assert [row[0] for row in found] == ["1;2", "2;3", None]
    assert broken == [[], ["sexes.code"], []]


def test_a_document_of_no_known_kind_is_quarantined(sql: duckdb.DuckDBPyConnection) -> None:
    made = contract(field("paper", steps=(Step("document"),)), field("firm", steps=(Step("uscc"),)))
    rows: list[tuple[str | None, ...]] = [
        ("339999198804120289", "91110000600037341L"),
        ("339999198804120288", "911100006000373420"),
        ("H12345678", None),
    ]
    _, broken, _ = check(sql, made, rows)
    assert broken == [[], ["paper.document", "firm.uscc"], []]


def test_a_time_of_day_is_not_cut_off_a_date(sql: duckdb.DuckDBPyConnection) -> None:
    rows: list[tuple[str | None, ...]] = [("2024-01-02 00:00:00",), ("2024-01-02 10:00:00",)]
    found, broken, _ = check(sql, contract(field("day", "DATE")), rows)
    assert broken == [[], ["day.type"]]
    assert str(found[0][0]) == "2024-01-02"


def test_rejected_values_are_as_handed_in(node: Node, tmp_path: Path) -> None:
    from xihu_catalog.quality import quarantine

    path = tmp_path / "odd.csv"
    path.write_text("id,name,amount,day\n１,a,1,2024-01-01\n２,b,ｘ,2024-01-01\n", encoding="utf-8")
    made = contract_of("csv {steps: {id: [full_width], amount: [full_width]}}")
    outcome = load_file(node, made, path)
    assert (outcome.counts.accepted, outcome.counts.quarantined) == (1, 1)
    (reject,) = quarantine.read(node.lake, node.keyring, "odd_rows", outcome.load_id)
    assert (reject.values["id"], reject.values["amount"]) == ("２", "ｘ")


@pytest.mark.parametrize(
    ("habits", "words"),
    [
        ("{steps: {id: [trim]}}", "has a step trim"),
        ("{steps: {id: full_width}}", "must be a list"),
        ("{steps: {id: [spaces, spaces]}}", "stands there twice"),
        ("{steps: {name: [date_cn]}}", "does not go with type"),
        ("{steps: {amount: [{number_cn: thousandth}]}}", "does not take thousandth"),
        ("{steps: {name: [{region: day}, spaces]}}", "must be the last"),
        ("{steps: {name: [{region: amount}]}}", "must name a field that is a date"),
        ("{steps: {name: [{split: ab}]}}", "must be one character"),
        ("{titleRows: many}", "titleRows"),
        ("{recordPath: a.b}", "has no recordPath"),
        ("{encoding: utf-9}", "is no encoding"),
        ('{delimiter: "::"}', "one ASCII character"),
        ("{totalRow: {column: id, pattern: '('}}", "is no regular expression"),
    ],
)
def test_a_habit_that_makes_no_sense_is_refused_in_the_contract(habits: str, words: str) -> None:
    with pytest.raises(BadContract, match=words):
        contract_of(f"csv {habits}")
