"""The table of odd files with their expected decisions, and the contracts they are judged by."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.contracts import contract, field, properties
from xihu_catalog.contracts.model import Contract

HERE = Path(__file__).parent
FIELDS = {"id": "BIGINT", "name": "VARCHAR", "amount": "DECIMAL(12,2)", "day": "DATE"}
REASONS = {
    "aliases": "uses YAML aliases",
    "archive_torn": "is torn, has a password or a method",
    "blank_name": "has no name, or the file is empty",
    "bomb": "unpacks to more than",
    "byte_order": "begins with the byte-order mark",
    "column_kind": "cannot be read as text",
    "column_twice": "has a column twice",
    "columnar_torn": "is not a whole",
    "columns_missing": "lacks the columns",
    "disguise": "under the name .",
    "encoding": "is not UTF-8",
    "encoding_unclear": "cannot be told",
    "file_name": "control characters or parts of a path",
    "json_deep": "levels: write flat records",
    "formula": "formulas without results",
    "json": "is not whole JSON",
    "line": "a line of",
    "many_members": "more than 1,000",
    "member_name": "leads out of it or holds a control character",
    "members": "must hold one file",
    "nested": "archive inside an archive",
    "no_records": "not one record can be kept",
    "quote_open": "a quote that never closes",
    "rows_claimed": "the footer of",
    "secret": "carries a secrecy mark",
    "several_sheets": "several sheets with data",
    "sheet_bomb": "unpacks to a size that no table has",
    "sheet_empty": "holds nothing",
    "sheet_torn": "does not open as a workbook",
    "too_large": "unfolds too large",
    "utf32": "is UTF-32",
    "workbook": "is a workbook, the contract says",
    "yaml": "is not YAML",
    "yaml_character": "a character that YAML does not allow",
    "yaml_kind": "not of the kind it claims",
    "yaml_nested": "nested deeper than",
    "yaml_number": "a number too long",
    "yaml_size": "is larger than",
}
"""Why a file is refused: the id in the table, and words of the message."""


@dataclass(frozen=True, slots=True)
class Row:
    """One file under one contract."""

    file: str
    contract: str
    outcome: str
    """`loaded n`, `quarantined n` or `refused`."""
    reason: str
    """A key of REASONS for a refusal, the ids of the broken rules for what is quarantined."""
    frictionless: str
    why: str
    """Why frictionless says otherwise; empty where it agrees."""

    def __str__(self) -> str:
        return f"{self.file} as {self.contract}"


def rows() -> list[Row]:
    with (HERE / "readings.csv").open(encoding="utf-8", newline="") as file:
        return [Row(**row) for row in csv.DictReader(file)]


def contract_of(words: str) -> Contract:
    """A contract of four fields: `csv {titleRows: 2}` is its format and its habits.

    `steps` are by field; `columns` are the names in the file.
    """
    form, _, habits = words.partition(" ")
    given: dict[str, Any] = yaml.safe_load(habits) or {} if habits else {}
    steps, columns = given.pop("steps", {}), given.pop("columns", list(FIELDS))
    fields = [
        field(
            name,
            kind,
            grade="L2",
            key=name == "id",
            sourceColumn=column,
            steps=steps.get(name, []),
        )
        for (name, kind), column in zip(FIELDS.items(), columns, strict=True)
    ]
    server = {"path": f"odd.{form}", "format": form, "customProperties": properties(given)}
    return contract("odd_rows", fields, mode="", server=server, domain="population")
