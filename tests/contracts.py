"""Contracts for tests: what a test says of one, and the rest as most departments have it."""

import json
from collections.abc import Mapping
from typing import Any
from zlib import crc32

from tests.registry import REGISTRY
from xihu_catalog.contracts.load import parse_contract
from xihu_catalog.contracts.model import Contract
from xihu_catalog.registry.folder import use_registry

use_registry(REGISTRY)
OURS = "91110000600037341L"
Part = dict[str, Any]
"""Part of a contract. Any: it is JSON."""
PSEUDONYM = {"identifier": "citizen_id", "protect": "pseudonym"}
_OF_ODCS = {"businessName", "logicalTypeOptions", "primaryKeyPosition", "required", "unique"}
_LOGICAL = {
    "VARCHAR": "string",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "INTEGER": "integer",
    "BIGINT": "integer",
    "BOOLEAN": "boolean",
}


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
        found["customProperties"] = properties({"severity": severity})
    return found


def field(name: str, kind: str = "VARCHAR", *refs: Part, **said: object) -> Part:
    """`key=True`, `grade=` and the words of ODCS are ODCS's; every other is a custom property."""
    found: Part = {
        "name": name,
        "businessName": f"字段{name}",
        "logicalType": _LOGICAL.get(kind, "number"),
        "physicalType": kind,
        "classification": said.pop("grade", "L1"),
        "primaryKey": said.pop("key", False),
    }
    found |= {word: said.pop(word) for word in _OF_ODCS & said.keys()}
    found["customProperties"] = properties({"nameEn": f"Field {name}", **said})
    return found | ({"relationships": list(refs)} if refs else {})


def document(
    dataset: str,
    fields: list[Part],
    *refs: Part,
    mode: str = "replace",
    provider: str = OURS,
    share: str = "unconditional",
    server: Part | None = None,
    quality: list[Part] | None = None,
    more: Part | None = None,
    **top: object,
) -> bytes:
    """The contract's text: one key a line, so that a finding's line says something.

    `server` is put over the one that names a CSV file, `more` over the custom properties, and
    every other word over the top of the contract.
    """
    said = {
        "provider": provider,
        "resourceCode": f"307001/{crc32(dataset.encode()) % 1_000_000:06}",
        "updateCycle": "daily",
        "shareClass": share,
        "shareConditions": "依法履职",
        "shareBasis": "《统计法》第二十八条",
        "openClass": "banned",
        "secrecy": "none",
        **({"loadMode": mode} if mode else {}),
        **(more or {}),
    }
    intake = {"server": "intake", "type": "local", "path": f"{dataset}.csv", "format": "csv"}
    table: Part = {"name": dataset, "properties": fields}
    table |= {"relationships": list(refs)} if refs else {}
    table |= {"quality": quality} if quality else {}
    whole = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": dataset,
        "name": f"数据 {dataset}",
        "version": "1.0.0",
        "status": "active",
        "domain": "traffic",
        "servers": [server if server and "type" in server else intake | (server or {})],
        "schema": [table],
        "customProperties": properties(said),
        **top,
    }
    return json.dumps(whole, ensure_ascii=False, indent=1).encode()


def contract(dataset: str, fields: list[Part], *refs: Part, **said: Any) -> Contract:
    """Any: what `document` takes."""
    return parse_contract(document(dataset, fields, *refs, **said), f"{dataset}.odcs.yaml")


def properties(said: Mapping[str, object]) -> list[Part]:
    """As ODCS writes what is beyond it."""
    return [{"property": name, "value": value} for name, value in said.items()]
