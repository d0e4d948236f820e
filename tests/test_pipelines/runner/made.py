"""Contracts and files made for the runner's tests."""

import json
from pathlib import Path
from zlib import crc32

FIELDS = 20


def write_contract(
    folder: Path,
    dataset: str,
    *,
    cycle: str = "on_demand",
    query: str | None = None,
    fields: int = FIELDS,
) -> Path:
    """A contract of `fields` columns for `<dataset>.csv`: a key, a code of six digits, numbers.

    With a `query` it is derived, and has the first two columns alone.
    """
    server: dict[str, object] = {
        "server": "intake",
        "type": "local",
        "path": f"{dataset}.csv",
        "format": "csv",
    }
    if query:
        made = [{"property": "query", "value": query}]
        server = {"server": "derived", "type": "derived", "customProperties": made}
        fields = 2
    head = _lines(
        apiVersion="v3.1.0",
        kind="DataContract",
        id=dataset,
        name=f"试验数据 {dataset}",
        version="1.0.0",
        status="active",
        domain="economy",
        servers=[server],
    )
    tail = _lines(
        customProperties=[
            {"property": name, "value": value}
            for name, value in {
                "nameEn": f"Trial {dataset}",
                "provider": "11339900100112333U",
                "resourceCode": f"304001/{crc32(dataset.encode()) % 1_000_000:06}",
                "updateCycle": cycle,
                "shareClass": "unconditional",
                "openClass": "unconditional",
                "secrecy": "none",
            }.items()
        ]
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{dataset}.odcs.yaml"
    path.write_text(head + _schema(dataset, fields) + tail, "utf-8")
    return path


def _lines(**keys: object) -> str:
    """Top-level keys in YAML's block style, their values in JSON's, which YAML reads too."""
    return "".join(f"{k}: {json.dumps(v, ensure_ascii=False)}\n" for k, v in keys.items())


def _schema(dataset: str, fields: int) -> str:
    properties = [
        _field("key", "VARCHAR", primaryKey=True),
        _field("code", "VARCHAR", logicalTypeOptions={"pattern": "^[0-9]{6}$"}),
        *(_field(f"number_{n:02d}", "BIGINT") for n in range(fields - 2)),
    ]
    items = "".join(
        "      - " + "        ".join(f"{k}: {json.dumps(v)}\n" for k, v in p.items())
        for p in properties
    )
    return f"schema:\n  - name: {dataset}\n    physicalType: table\n    properties:\n{items}"


def _field(name: str, kind: str, **more: object) -> dict[str, object]:
    logical = "integer" if kind == "BIGINT" else "string"
    return {
        "name": name,
        "businessName": name,
        "logicalType": logical,
        "physicalType": kind,
        "classification": "L1",
        **more,
    }


def write_rows(intake: Path, dataset: str, keys: list[str], code: str = "330106") -> Path:
    """A file for `write_contract`: one row for each key, all of one code."""
    intake.mkdir(parents=True, exist_ok=True)
    numbers = [f"number_{n:02d}" for n in range(FIELDS - 2)]
    rows = [["key", "code", *numbers]]
    rows += [[key, code, *(str(n) for n in range(len(numbers)))] for key in keys]
    path = intake / f"{dataset}.csv"
    path.write_text("".join(",".join(row) + "\n" for row in rows), "utf-8")
    return path
