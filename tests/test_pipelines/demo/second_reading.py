"""A small, separate reading of the contracts: which records ingestion must quarantine."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa
import python_calamine
import yaml

from tests.registry import REGISTRY
from xihu_pipelines.demo.layout import HandedIn

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
NUMBERED = ("citizen_id", "document_number", "uscc")


def is_citizen_id(number: str) -> bool:
    """GB 11643: the check digit fits."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], weights, strict=True))
    return number[17] == "10X98765432"[total % 11]


def is_uscc(code: str) -> bool:
    """GB 32100 and, within it, GB 11714: both check digits fit."""
    inner = (
        11
        - sum(int(c) * w for c, w in zip(code[8:16], (3, 7, 9, 10, 5, 8, 4, 2), strict=True)) % 11
    )
    outer = sum(ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(code[:17]))
    return code[16] == {10: "X", 11: "0"}.get(inner, str(inner)) and (
        code[17] == ALPHABET[(31 - outer % 31) % 31]
    )


def is_right_number(kind: str, number: str) -> bool:
    if kind == "uscc":
        return is_uscc(number)
    return len(number) != 18 or is_citizen_id(number)


def read_text(connection: duckdb.DuckDBPyConnection, file: HandedIn, folder: Path) -> None:
    """The file as table `handed_in`, columns by their headers; `_short` if a record is cut off."""
    path = folder / file.file_name
    if file.format == "csv":
        _read_csv(connection, file, path)
    elif file.format == "parquet":
        connection.read_parquet(str(path)).create("handed_in")
    elif file.format == "jsonl":
        names = {column.header: "VARCHAR" for column in file.columns}
        connection.read_json(str(path), columns=names, format="newline_delimited").create(
            "handed_in"
        )
    else:
        _read_sheet(connection, file, path)
    connection.execute(
        "ALTER TABLE handed_in ADD COLUMN IF NOT EXISTS _short BOOLEAN DEFAULT false"
    )


def _read_csv(connection: duckdb.DuckDBPyConnection, file: HandedIn, path: Path) -> None:
    # The demo's values hold no comma, so commas count fields.
    full = len(file.columns) - 1
    header, *records = path.read_text(encoding=file.encoding).splitlines()
    with TemporaryDirectory() as work:
        plain = Path(work) / "plain.csv"
        lines = [f"{record.count(',') < full},{record}" for record in records]
        plain.write_text("\n".join([f"_short,{header}", *lines]), encoding="utf-8")
        connection.execute(
            "CREATE TABLE handed_in AS SELECT * EXCLUDE (_short), _short::BOOLEAN AS _short"
            " FROM read_csv(?, all_varchar=true, null_padding=true)",
            [str(plain)],
        )


def _read_sheet(connection: duckdb.DuckDBPyConnection, file: HandedIn, path: Path) -> None:
    rows = python_calamine.load_workbook(path).get_sheet_by_name(file.sheet).to_python()
    columns = zip(*rows[1:], strict=True)
    sheet = pa.table(
        {
            str(header): pa.array([str(value) if value != "" else None for value in values])
            for header, values in zip(rows[0], columns, strict=True)
        }
    )
    connection.register("sheet", sheet)
    connection.execute("CREATE TABLE handed_in AS FROM sheet")


# Any: a contract is YAML.
def _custom(field: dict[str, Any]) -> dict[str, Any]:
    return {item["property"]: item["value"] for item in field["customProperties"]}


def _cast(field: dict[str, Any]) -> str:
    custom = _custom(field)
    source = f'"{custom["sourceColumn"]}"::VARCHAR'
    if "sourceFormat" in custom:
        source = f"try_strptime({source}, '{custom['sourceFormat']}')"
    return f"try_cast({source} AS {field['physicalType']}) AS {field['name']}"


def _field_faults(field: dict[str, Any]) -> Iterator[str]:
    name, custom, options = field["name"], _custom(field), field.get("logicalTypeOptions", {})
    yield f'"{custom["sourceColumn"]}" IS NOT NULL AND {name} IS NULL'
    if field.get("required"):
        yield f"{name} IS NULL"
    if "pattern" in options:
        yield f"NOT regexp_full_match({name}, '{options['pattern']}')"
    if "minimum" in options:
        yield f"{name} < {options['minimum']}"
    if "maximum" in options:
        yield f"{name} > {options['maximum']}"
    if "maxLength" in options:
        yield f"length({name}) > {options['maxLength']}"
    if custom.get("identifier") in NUMBERED:
        yield f"{name} IN (FROM wrong_number)"
    if "codeList" in custom:
        path = REGISTRY / "codes" / f"{custom['codeList']}.csv"
        level = "WHERE level <> 'province'" if custom["codeList"] == "divisions" else ""
        codes = f"SELECT code FROM read_csv('{path}', all_varchar=true) {level}"
        yield f"{name} IS NOT NULL AND {name} NOT IN ({codes})"


def _collect_wrong_numbers(
    connection: duckdb.DuckDBPyConnection, fields: list[dict[str, Any]]
) -> None:
    connection.execute("CREATE TABLE wrong_number (number VARCHAR)")
    for custom in (_custom(field) for field in fields):
        kind, header = custom.get("identifier"), custom["sourceColumn"]
        if kind in NUMBERED:
            query = f'SELECT DISTINCT "{header}" FROM handed_in WHERE "{header}" IS NOT NULL'
            numbers = [number for (number,) in connection.execute(query).fetchall()]
            wrong = [[number] for number in numbers if not is_right_number(kind, number.upper())]
            connection.executemany("INSERT INTO wrong_number VALUES (?)", wrong or [[None]])
    connection.execute("DELETE FROM wrong_number WHERE number IS NULL")


@dataclass(frozen=True, slots=True)
class Counts:
    """Records handed in, and how many of them must be quarantined."""

    received: int
    wrong: int

    @property
    def share(self) -> float:
        return self.wrong / self.received


def count(file: HandedIn, folder: Path) -> Counts:
    """What the contract of `file` says of the records it holds; a right record's twin is wrong."""
    path = REGISTRY / "contracts" / f"{file.dataset}.odcs.yaml"
    schema = yaml.safe_load(path.read_text(encoding="utf-8"))["schema"][0]
    fields = schema["properties"]
    found = [fault for field in fields for fault in _field_faults(field)]
    found += [rule["query"].split(" WHERE ", 1)[1] for rule in schema.get("quality", ())]
    found.append("_short")
    key = ", ".join(field["name"] for field in fields if field.get("primaryKey"))
    cast = ", ".join(_cast(field) for field in fields)
    wrong = " OR ".join(f"coalesce({fault}, false)" for fault in found)
    query = f"""
        SELECT count(*), count(*) FILTER (wrong OR nth > 1)
        FROM (SELECT wrong, row_number() OVER (PARTITION BY {key}, wrong) AS nth
              FROM (SELECT *, {wrong} AS wrong FROM (SELECT *, {cast} FROM handed_in)))"""
    with duckdb.connect() as connection:
        read_text(connection, file, folder)
        _collect_wrong_numbers(connection, fields)
        received, quarantined = connection.execute(query).fetchall()[0]
    return Counts(received, quarantined)
