"""A contract as the platform works with it: checked, complete, and without ODCS's shape."""

from dataclasses import dataclass
from typing import Literal

from xihu_catalog.contracts.loading import Loading
from xihu_platform.access.policy import (
    FieldPolicy,
    Grade,
    Identifier,
    OpenClass,
    Policy,
    ShareClass,
)
from xihu_platform.lake.tables import RECORD, RECORD_ID, Column
from xihu_platform.words import Text

Severity = Literal["set_aside", "block", "note"]
UpdateCycle = Literal["realtime", "daily", "weekly", "monthly", "quarterly", "yearly", "on_demand"]
SourceFormat = Literal["csv", "xlsx", "jsonl", "parquet"]
BaseDatabase = Literal["population", "legal_person", "geography", "economy", "credit", "licence"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One check of a row: `condition` is what a wrong row meets, over the cast fields."""

    id: str
    field: str | None
    title: Text
    severity: Severity
    condition: str


@dataclass(frozen=True, slots=True)
class Options:
    """`logicalTypeOptions`: bounds are kept as text, so that no decimal is rounded."""

    pattern: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    minimum: str | None = None
    maximum: str | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One data item (信息项), with the attributes of DB33/T 2426."""

    name: str
    title: Text
    description: Text
    logical_type: str
    type: str
    grade: Grade
    source_column: str
    source_format: str | None = None
    required: bool = False
    unique: bool = False
    options: Options = Options()
    data_element: str | None = None
    code_list: str | None = None
    identifier: Identifier | None = None
    protect: Literal["pseudonym", "mask"] | None = None
    vault: bool = False
    subject_key: bool = False
    firm_key: bool = False
    region: bool = False
    time: bool = False
    unit: Text | None = None
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """The file as the department hands it in."""

    path: str
    format: SourceFormat
    encoding: str = "utf-8"
    sheet: str | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """One dataset's contract. `digest` is the SHA-256 of its file."""

    dataset: str
    version: str
    title: Text
    summary: Text
    conditions: Text
    topic: str
    tags: tuple[str, ...]
    provider: str
    resource_code: str
    base_database: BaseDatabase | None
    update_cycle: UpdateCycle
    share_class: ShareClass
    share_conditions: Text | None
    share_basis: Text | None
    open_class: OpenClass
    synthetic: bool
    licence: str | None
    shared_kinds: str
    source: Source
    fields: tuple[Field, ...]
    rules: tuple[Rule, ...]
    key: tuple[str, ...]
    retention: str | None
    loading: Loading
    digest: str

    @property
    def table(self) -> str:
        """Name of the dataset's table in the lake."""
        return f"data.{self.dataset}"

    def field(self, name: str) -> Field | None:
        return next((f for f in self.fields if f.name == name), None)

    @property
    def time_field(self) -> str | None:
        return next((f.name for f in self.fields if f.time), None)

    @property
    def all_rules(self) -> tuple[Rule, ...]:
        return tuple(rule for field in self.fields for rule in field.rules) + self.rules


def columns_of(contract: Contract) -> tuple[Column, ...]:
    """The columns of the dataset's table: the record number first, then the fields."""
    return (
        Column(RECORD, "BIGINT", RECORD_ID, "record number in the file handed in"),
        *(Column(f.name, f.type, doc=f.title.zh) for f in contract.fields),
    )


def policy_of(contract: Contract) -> Policy:
    """What the door out decides with."""
    return Policy(
        dataset=contract.dataset,
        title=contract.title,
        provider=contract.provider,
        share_class=contract.share_class,
        share_conditions=contract.share_conditions,
        share_basis=contract.share_basis,
        open_class=contract.open_class,
        fields=tuple(
            FieldPolicy(
                f.name, f.title, f.type, f.grade, f.identifier, pseudonym=f.protect == "pseudonym"
            )
            for f in contract.fields
        ),
        subject_key=next((f.name for f in contract.fields if f.subject_key), None),
        firm_key=next((f.name for f in contract.fields if f.firm_key), None),
        region_field=next((f.name for f in contract.fields if f.region), None),
        synthetic=contract.synthetic,
    )
