"""Contracts that refer to each other, and files for them."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from xihu_catalog.contracts.load import parse_contract
from xihu_catalog.contracts.model import Contract
from xihu_pipelines.ingest.existing import existing_sql
from xihu_pipelines.ingest.load import Outcome, load_file
from xihu_platform.start import Node

OURS = "91110000600037341L"
THEIRS = "11339900100112333U"
Part = dict[str, Any]
"""Part of a contract. Any: it is JSON."""
Rows = Iterable[tuple[str, ...]]
PSEUDONYM = {"identifier": "citizen_id", "protect": "pseudonym"}


def refer(
    to: str | list[str],
    severity: str | None = None,
    *,
    given: str | list[str] | None = None,
    **more: object,
) -> Part:
    """`given` is ODCS's `from`, a word that Python keeps for itself."""
    found: Part = {"type": "foreignKey", **more, "to": to}
    if given:
        found["from"] = given
    if severity:
        found["customProperties"] = [{"property": "severity", "value": severity}]
    return found


def field(name: str, kind: str = "VARCHAR", *refs: Part, **custom: object) -> Part:
    """`key=True` and `grade=` are ODCS's; every other word is a custom property."""
    logical = {"VARCHAR": "string", "DATE": "date"}.get(kind, "integer")
    found: Part = {
        "name": name,
        "businessName": f"字段{name}",
        "logicalType": logical,
        "physicalType": kind,
        "classification": custom.pop("grade", "L1"),
        "primaryKey": custom.pop("key", False),
        "customProperties": [
            {"property": key, "value": value}
            for key, value in {"nameEn": f"Field {name}", **custom}.items()
        ],
    }
    return found | ({"relationships": list(refs)} if refs else {})


def document(
    dataset: str,
    fields: list[Part],
    *refs: Part,
    mode: str = "replace",
    provider: str = OURS,
    share: str = "unconditional",
    more: Part | None = None,
) -> bytes:
    """The contract's text: one key a line, so that a finding's line says something."""
    said = {
        "provider": provider,
        "resourceCode": "307001/1",
        "updateCycle": "daily",
        "shareClass": share,
        "shareConditions": "依法履职",
        "shareBasis": "法律",
        "openClass": "banned",
        "secrecy": "none",
        "loadMode": mode,
        **(more or {}),
    }
    server = {"server": "intake", "type": "local", "path": f"{dataset}.csv", "format": "csv"}
    table: Part = {"name": dataset, "properties": fields}
    if refs:
        table["relationships"] = list(refs)
    whole = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": dataset,
        "name": f"数据 {dataset}",
        "version": "1.0.0",
        "status": "active",
        "domain": "traffic",
        "servers": [server],
        "schema": [table],
        "customProperties": [{"property": k, "value": v} for k, v in said.items()],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1).encode()


def keep(node: Node, text: bytes) -> Contract:
    """Publish a contract, as others find it."""
    one = parse_contract(text, "any.odcs.yaml")
    folder = node.settings.data_dir / "contracts"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{one.dataset}.odcs.yaml").write_bytes(text)
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
