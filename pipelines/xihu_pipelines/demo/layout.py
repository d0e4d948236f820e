"""A department's file as its contract describes it: name, format, headers, traits of fields."""

from dataclasses import dataclass
from typing import Literal, cast

from xihu_catalog.contracts.load import load_contracts
from xihu_catalog.contracts.model import Contract, Field
from xihu_pipelines.demo.folder import REGISTRY

Format = Literal["csv", "xlsx", "jsonl", "parquet"]


@dataclass(frozen=True, slots=True)
class FileColumn:
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
    columns: tuple[FileColumn, ...]


def list_files() -> list[HandedIn]:
    """The files of the registry's contracts, by dataset id; what is derived has none."""
    contracts = load_contracts(REGISTRY / "contracts").values()
    return [_file_of(one) for one in contracts if one.source.query is None]


def _file_of(contract: Contract) -> HandedIn:
    source = contract.source
    return HandedIn(
        dataset=contract.dataset,
        file_name=source.path,
        format=cast(Format, source.format),
        encoding=source.encoding,
        sheet=source.sheet or "Sheet1",
        columns=tuple(map(_column, contract.fields)),
    )


def _column(field: Field) -> FileColumn:
    minimum = field.options.minimum
    return FileColumn(
        field=field.name,
        header=field.source_column,
        physical_type=field.type,
        source_format=field.source_format,
        required=field.required,
        code_list=field.code_list,
        identifier=field.identifier,
        minimum=None if minimum is None else float(minimum),
    )
