"""A department's file as its contract describes it: name, format, headers, traits of fields."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import xihu_catalog
from xihu_platform.safe_yaml import read_yaml

REGISTRY = Path(xihu_catalog.__file__).parent / "registry"
Format = Literal["csv", "xlsx", "jsonl", "parquet"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file: the field it becomes, and what may go wrong with its values."""

    field: str
    header: str
    physical_type: str
    source_format: str | None
    required: bool
    code_list: str | None
    identifier: str | None
    minimum: float | None

    @property
    def is_number(self) -> bool:
        return self.physical_type.startswith(("DECIMAL", "INTEGER", "BIGINT"))

    @property
    def is_moment(self) -> bool:
        return self.physical_type in ("DATE", "TIMESTAMP")


@dataclass(frozen=True, slots=True)
class HandedIn:
    """The file a department hands in for one dataset."""

    dataset: str
    file_name: str
    format: Format
    encoding: str
    sheet: str
    columns: tuple[Column, ...]


# Any: ODCS custom properties hold values of every type.
def _custom(items: Iterable[dict[str, Any]] | None) -> dict[str, Any]:
    return {item["property"]: item["value"] for item in items or ()}


def _column(field: dict[str, Any]) -> Column:
    custom = _custom(field.get("customProperties"))
    return Column(
        field=field["name"],
        header=custom.get("sourceColumn", field["name"]),
        physical_type=field["physicalType"],
        source_format=custom.get("sourceFormat"),
        required=field.get("required", False),
        code_list=custom.get("codeList"),
        identifier=custom.get("identifier"),
        minimum=field.get("logicalTypeOptions", {}).get("minimum"),
    )


def is_handed_in(path: Path) -> bool:
    """Whether the contract at `path` names a file."""
    contract = read_yaml(path.read_text(encoding="utf-8"))
    return "path" in contract["servers"][0]


def read_contract(path: Path) -> HandedIn:
    """What the contract at `path` says its file looks like."""
    contract = read_yaml(path.read_text(encoding="utf-8"))
    server = contract["servers"][0]
    custom = _custom(server.get("customProperties"))
    return HandedIn(
        dataset=contract["id"],
        file_name=server["path"],
        format=server["format"],
        encoding=custom.get("encoding", "utf-8"),
        sheet=custom.get("sheet", "Sheet1"),
        columns=tuple(_column(field) for field in contract["schema"][0]["properties"]),
    )


def list_files(registry: Path = REGISTRY) -> list[HandedIn]:
    """The files of the registry's contracts, by dataset id; what is derived has none."""
    files = sorted((registry / "contracts").glob("*.odcs.yaml"))
    return [read_contract(path) for path in files if is_handed_in(path)]
