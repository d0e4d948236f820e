"""Contracts that refer to each other, and files for them."""

import csv
from collections.abc import Iterable
from pathlib import Path

from tests.entries import accept_change, publish_entry
from xihu_catalog.contracts.model import Contract
from xihu_catalog.contracts.store import ContractStore
from xihu_pipelines.ingest.existing import existing_sql
from xihu_pipelines.ingest.load import Outcome, load_file
from xihu_platform.start import Node

THEIRS = "11339900100112333U"
Rows = Iterable[tuple[str, ...]]


def keep(node: Node, text: bytes) -> Contract:
    """Publish a contract, as others find it."""
    one = ContractStore(node.database).publish(text)
    publish_entry(node.database, one.dataset)
    accept_change(node.database, one.dataset)
    return one


def hand_in(node: Node, one: Contract, rows: Rows, header: Iterable[str] = ()) -> Outcome:
    return load_file(node, one, file_of(node, one, rows, header))


def file_of(node: Node, one: Contract, rows: Rows, header: Iterable[str] = ()) -> Path:
    path = node.settings.data_dir / f"{one.dataset}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        names = list(header) or [f.name for f in one.fields]
        csv.writer(file).writerows([names, *rows])
    return path


def table(node: Node, one: Contract) -> list[tuple[str, ...]]:
    """What the dataset holds, in the order of its records."""
    import duckdb

    snapshot = node.lake.snapshot(one.table)
    names = ", ".join(f"coalesce({f.name}::VARCHAR, '')" for f in one.fields)
    sql = f"SELECT {names} FROM {existing_sql(snapshot)} ORDER BY _record"
    return duckdb.connect().execute(sql).fetchall()
