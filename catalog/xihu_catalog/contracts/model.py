"""A contract as the platform works with it: checked, complete, and without ODCS's shape."""

from dataclasses import dataclass, field
from typing import Literal, get_args

from xihu_catalog.contracts.loading import Loading
from xihu_catalog.contracts.remote import Remote
from xihu_platform.access.claims import Claim
from xihu_platform.access.policy import (
    FieldPolicy,
    Grade,
    Identifier,
    OpenClass,
    Policy,
    ShareClass,
    ShareRule,
)
from xihu_platform.lake.snapshot import RECORD, RECORD_ID, Column
from xihu_platform.words import Text

Severity = Literal["quarantine", "block", "note"]
_FORMER_SEVERITIES = {"set_aside": "quarantine"}
"""As contracts of earlier versions write them."""


def find_severity(said: object) -> "Severity | None":
    """What a contract says of a rule; quarantine where it says nothing."""
    name = _FORMER_SEVERITIES.get(str(said or ""), str(said or "quarantine"))
    return next((known for known in get_args(Severity) if known == name), None)


UpdateCycle = Literal["realtime", "daily", "weekly", "monthly", "quarterly", "yearly", "on_demand"]
SourceFormat = Literal[
    "csv", "tsv", "xlsx", "xls", "ods", "json", "jsonl", "geojson", "parquet", "arrow"
]
Unnamed = Literal["refuse", "number"]
"""What is done with a column whose name is blank or stands twice."""
StepName = Literal[
    "full_width",
    "spaces",
    "unguard",
    "nulls",
    "date_cn",
    "excel_serial",
    "number_cn",
    "split",
    "region",
    "document",
    "uscc",
]
BaseDatabase = Literal["population", "legal_person", "geography", "economy", "credit", "licence"]


WHOLE_RECORD = {
    "row.shape": Text("列数与表头不符", "the record has another number of columns than the header"),
    "row.object": Text(
        "不是完整的 JSON 对象，或同一键出现两次",
        "the record is no whole JSON object, or a key stands in it twice",
    ),
    "row.digits": Text(
        "数值的位数超出文件能准确保存的范围，请改写为文本",
        "a number has more digits than the file can hold exactly: write it as text",
    ),
    "row.error": Text(
        "单元格是公式的错误值（如 #DIV/0!），请改正或声明为空值",
        "a cell holds an error value of a formula, such as #DIV/0!: correct it, or declare it null",
    ),
    "key.unique": Text("主键重复", "duplicate key"),
    "key.superseded": Text(
        "同一文件中后面还有同键记录，以后者为准", "the same key stands again further down the file"
    ),
}
"""What no contract declares and every load counts: by rule, in words."""

RESERVED_COLUMNS = frozenset({RECORD, "_shape", "_rules"})
"""Columns that a load adds to every record of a file: none of the file's may be called so."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One check of a row: `condition` is what a wrong row meets, over the cast fields."""

    id: str
    field: str | None
    title: Text
    severity: Severity
    condition: str


@dataclass(frozen=True, slots=True)
class Reference:
    """Values that must stand in fields of a dataset: another, or this one itself.

    `rule` counts the records that miss; it is found over the whole batch, not by row.
    """

    rule: Rule
    fields: tuple[str, ...]
    dataset: str
    to: tuple[str, ...]
    """The fields referred to, in the order of `fields`."""
    line: int = field(compare=False)
    """In the contract's file."""


@dataclass(frozen=True, slots=True)
class Options:
    """`logicalTypeOptions`: bounds are kept as text, so that no decimal is rounded."""

    pattern: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    minimum: str | None = None
    maximum: str | None = None
    grain: Literal["month", "quarter", "year"] | None = None
    """What the first day of a period stands for; `format` of a date says it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One habit of a real file that is put right before casting; `values` are its options."""

    name: StepName
    values: tuple[str, ...] = ()


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
    steps: tuple[Step, ...] = ()
    rules: tuple[Rule, ...] = ()
    protected: bool = False
    """Of a derived dataset: what comes in is pseudonym or mask already."""
    declassified: Text | None = None
    """Why a derived field is graded below what it comes from."""

    def step(self, name: StepName) -> Step | None:
        return next((s for s in self.steps if s.name == name), None)


@dataclass(frozen=True, slots=True)
class TotalRow:
    """A trailing row of totals: the text of `column` matches `pattern`, a regular expression."""

    column: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Source:
    """The file as the department hands it in, with its habits as the contract declares them."""

    path: str
    format: SourceFormat
    encoding: str = "utf-8"
    """A codec's name, or `auto`."""
    sheet: str | None = None
    member: str | None = None
    """The file inside a zip archive that holds several."""
    record_path: str | None = None
    """Dotted names down to the array of records in a JSON document."""
    title_rows: int = 0
    header_rows: int = 1
    blank_headers: Unnamed = "refuse"
    repeated_headers: Unnamed = "refuse"
    total_row: TotalRow | None = None
    delimiter: str | None = None
    quote: str = '"'
    """Empty where no character quotes."""
    remote: Remote | None = None
    """Where the file is fetched from; None where it is handed in."""
    query: str | None = None
    """SQL over other datasets; None where the data is not derived."""


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
    declassified: Text | None
    """Why a derived dataset is shared or opened wider than what it comes from."""
    digest: str
    references: tuple[Reference, ...] = ()
    share_rules: frozenset[ShareRule] = frozenset()
    """The conditions of its use that the access gateway enforces."""
    standing_consent: bool = False
    """Whether the provider has agreed beforehand to whoever registers a use of the data."""
    claims: tuple[Claim, ...] = ()
    """What offices may have verified of the persons it is about."""

    @property
    def table(self) -> str:
        """Name of the dataset's table in the lake."""
        return f"data.{self.dataset}"

    @property
    def is_open(self) -> bool:
        """Whether everybody may have the data without a condition."""
        return self.open_class == "unconditional"

    def field(self, name: str) -> Field | None:
        return next((f for f in self.fields if f.name == name), None)

    @property
    def time_field(self) -> str | None:
        return next((f.name for f in self.fields if f.time), None)

    @property
    def all_rules(self) -> tuple[Rule, ...]:
        return tuple(rule for field in self.fields for rule in field.rules) + self.rules

    def title_of(self, rule_id: str) -> Text:
        """What a rule says in words; the id of one that the contract has no more."""
        titles = WHOLE_RECORD | {rule.id: rule.title for rule in self.all_rules}
        return titles.get(rule_id, Text(rule_id, rule_id))


def columns_of(contract: Contract) -> tuple[Column, ...]:
    """The columns of the dataset's table: the record number first, then the fields."""
    return (
        Column(RECORD, "BIGINT", RECORD_ID, "record number in the file handed in"),
        *(Column(f.name, f.type, doc=f.title.zh) for f in contract.fields),
    )


def source_columns(contract: Contract) -> list[str]:
    """The columns of a file that its contract asks for, each once; the deletion's mark is last."""
    names = [f.source_column for f in contract.fields]
    mark = contract.loading.delete_column
    return list(dict.fromkeys([*names, mark] if mark else names))


def policy_of(contract: Contract) -> Policy:
    """What the access gateway decides with."""
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
        rules=contract.share_rules,
        standing_consent=contract.standing_consent,
        claims=contract.claims,
        time_field=contract.time_field,
        primary_key=contract.key,
    )
