"""The way a department takes: draft a contract for a file, decide what is open, publish."""

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb

from xihu_catalog.contracts.load import load_contract, parse_contract
from xihu_catalog.contracts.model import Contract
from xihu_catalog.contracts.unconfirmed import TO_CONFIRM
from xihu_catalog.drafting.draft import Draft
from xihu_catalog.drafting.guess import FieldDraft
from xihu_node.cli.contract import draft_file
from xihu_pipelines.drafting.layout import AskedLayout
from xihu_pipelines.ingest.load import load_file
from xihu_pipelines.ingest.record import Outcome
from xihu_platform.sql import identifier
from xihu_platform.start import Node

_DECIDED = {
    "domain": "economy",
    "resourceCode": "301001/000001",
    "provider": "113399001001000094",
    "updateCycle": "daily",
    "shareClass": "unconditional",
    "openClass": "banned",
    "secrecy": "none",
}
Value = str | None


@dataclass(frozen=True, slots=True)
class Published:
    """A file after both commands: its draft, its contract, what the lake holds."""

    contract: Contract
    fields: tuple[FieldDraft, ...]
    notes: str
    outcome: Outcome
    rows: list[tuple[Value, ...]]
    """The fields of each record as texts, in the order of the file."""

    @property
    def types(self) -> list[str]:
        return [f.type for f in self.contract.fields]

    @property
    def headers(self) -> list[str]:
        return [f.source_column for f in self.contract.fields]

    def field(self, header: str) -> FieldDraft:
        return next(f for f in self.fields if f.header == header)


def draft(path: Path, asked: AskedLayout | None = None) -> Draft:
    """The draft of a file; its dataset is called by the file."""
    fields, source, _ = draft_file(path, {}, asked)
    name = re.sub(r"\W", "_", path.name.lower(), flags=re.ASCII)
    return Draft(f"zz_{name}", "例", fields, source)


def decide(made: Draft) -> Contract:
    """A draft's open marks filled in, and nothing else changed."""
    text = made.text.replace(f"'{TO_CONFIRM}: registry/codes/topics.csv'", _DECIDED["domain"])
    for name, value in _DECIDED.items():
        mark = f"property: {name}, value: {TO_CONFIRM}"
        text = text.replace(mark, f"property: {name}, value: {value}")
    return parse_contract(text.replace(TO_CONFIRM, "x").encode(), made.file_name)


def publish_draft(node: Node, path: Path, asked: AskedLayout | None = None) -> Published:
    made = draft(path, asked)
    notes = " | ".join(note.en for note in made.source.notes)
    return _published(node, decide(made), path, made.fields, notes)


def publish_by_hand(node: Node, path: Path, contract: Path) -> Published:
    return _published(node, load_contract(contract), path, (), "")


def _published(
    node: Node, contract: Contract, path: Path, fields: tuple[FieldDraft, ...], notes: str
) -> Published:
    outcome = load_file(node, contract, path)
    files = [str(file) for file in node.lake.snapshot(contract.table).files]
    chosen = ", ".join(f"CAST({identifier(f.name)} AS VARCHAR)" for f in contract.fields)
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"SELECT {chosen} FROM read_parquet(?) ORDER BY _record", [files]
        ).fetchall()
    return Published(contract, fields, notes, outcome, rows)
