"""What the access gateway decides with: plain types that the catalogue compiles contracts into."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from xihu_platform.access.claims import Claim
from xihu_platform.words import Text

Grade = Literal["L1", "L2", "L3", "L4"]
GRADES: tuple[Grade, ...] = ("L1", "L2", "L3", "L4")
"""DB33/T 2351-2021: L1 不敏感, L2 低敏感, L3 较敏感, L4 敏感."""

ShareClass = Literal["unconditional", "conditional", "refused"]
OpenClass = Literal["unconditional", "restricted", "banned"]

ShareRule = Literal["per_case", "no_bulk", "aggregate_only"]
"""A condition of a contract or a grant, as the gateway enforces it. `per_case`: rows of one subject
of one open ground at a time, no bulk exit, no sample of real rows. `no_bulk`: pages, no downloads.
`aggregate_only`: metrics, no rows."""

Identifier = Literal[
    "citizen_id",
    "document_number",
    "person_name",
    "mobile",
    "address",
    "bank_account",
    "uscc",
    "birth_date",
    "medical",
    "income",
]
"""What kind of identifier or sensitive value a field holds: its mask follows from it."""


@dataclass(frozen=True, slots=True)
class FieldPolicy:
    """One field as the decision sees it."""

    name: str
    title: Text
    type: str
    """DuckDB type in the lake."""
    grade: Grade
    identifier: Identifier | None = None
    pseudonym: bool = False
    """The lake holds a keyed pseudonym: it leaves only keyed again, for its recipient."""

    @property
    def is_public(self) -> bool:
        """Whether all may read it, where the dataset is open."""
        return self.grade == "L1" and not self.pseudonym


@dataclass(frozen=True, slots=True)
class RowOrigin:
    """A dataset whose records enter a derived one, each into the record of its own key."""

    dataset: str
    key: tuple[int, ...]
    """For each field of the derived dataset's key: which field of the other's key it is."""
    fields: tuple[tuple[str, str], ...]
    """Their fields, each with a field of the derived dataset that is made of it."""


@dataclass(frozen=True, slots=True)
class Reviewer:
    """The authority that reviews what a department has not published, once it was handed in."""

    organisation: str
    region: str
    """Division of the department: auditors of its line know of it as well."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One dataset as the decision sees it."""

    dataset: str
    title: Text
    provider: str
    """USCC of the department that provides the data (提供方代码)."""
    share_class: ShareClass
    share_conditions: Text | None
    share_basis: Text | None
    open_class: OpenClass
    fields: tuple[FieldPolicy, ...]
    subject_key: str | None = None
    """Field with the pseudonym of the person a row is about."""
    firm_key: str | None = None
    """Field with the USCC of the firm a row is about."""
    region_field: str | None = None
    synthetic: bool = False
    rules: frozenset[ShareRule] = frozenset()
    """What the contract's conditions come to; they bind every office, the provider's too."""
    standing_consent: bool = False
    """Whether its provider has agreed beforehand to whoever registers a use."""
    claims: tuple[Claim, ...] = ()
    """What can be verified of the persons it is about."""
    time_field: str | None = None
    """Its newest value tells how far the data reaches."""
    primary_key: tuple[str, ...] = ()
    """The fields that tell its records apart, in their order."""
    origins: tuple[RowOrigin, ...] = ()
    """What it is made of record by record."""
    published: bool = True
    """Whether others than its department know of it (`unpublished.py`)."""
    reviewer: Reviewer | None = None
    """Of one that is not published: who knows of it as well."""
    published_from: int | None = None
    """The snapshot that was the newest when it was published: older ones are its department's."""
    published_at: datetime | None = None
    """When that snapshot was written, or later: it decides once the snapshot has expired."""

    def claim(self, name: str) -> Claim | None:
        return next((one for one in self.claims if one.id == name), None)

    @property
    def row_key(self) -> str | None:
        """The field that says whose a row is: of a person, else of a firm."""
        return self.subject_key or self.firm_key

    @property
    def is_keyed(self) -> bool:
        """Whether a row is about a person or a firm."""
        return self.row_key is not None

    @property
    def hides_counts(self) -> bool:
        """Whether exact numbers of rows, and of what is in them, are for its readers alone: from
        load to load, and beside metrics, they would show single persons or firms."""
        return self.is_keyed and self.open_class != "unconditional"

    @property
    def closed_fields(self) -> frozenset[str]:
        """Fields of persons or firms that are not open to all: exact numbers of their values
        are hidden for the same reason, also where the rows themselves are open."""
        if not self.is_keyed:
            return frozenset()
        return frozenset(f.name for f in self.fields if self.hides_counts or not f.is_public)

    @property
    def shows_sample_only(self) -> bool:
        """Its page shows made-up rows, never real ones: it is about persons, or firms' facts."""
        above = any(f.grade != "L1" for f in self.fields)
        return self.subject_key is not None or (self.firm_key is not None and above)

    @property
    def is_counted(self) -> bool:
        """Whoever may see its rows may have them counted by any of their values."""
        return not self.shows_sample_only

    def field(self, name: str) -> FieldPolicy | None:
        return next((f for f in self.fields if f.name == name), None)


PurposeCode = Literal["open", "own", "duty", "case", "internal"]
"""`open`: use of opened data by anyone. `own`: one's own records, or those of somebody one acts
for (PIPL art. 45). `duty`: a statutory duty in general. `case`: one ground (业务事由), by its
number. `internal`: a department's own pipeline reads into the lake; nobody can state it over
HTTP."""


@dataclass(frozen=True, slots=True)
class Purpose:
    code: PurposeCode
    case_number: str | None = None
    """Number of the ground, for `case`."""
    words: str = ""
    subject: int | None = None
    """Which of the ground's subjects, by number; needed where a dataset opens for one at a time."""
    services: frozenset[str] = frozenset()
    """Of an own read: the services that it is for, as the platform itself says; no caller does."""


GrantKind = Literal["request", "backflow"]
"""`request`: given on a request (Order 809 art. 20-22). `backflow`: by the list of what systems of
a higher level return to a department below (art. 24): its own region's rows, L1 and L2; L3 and L4
under a ground alone. It names every field, and none of a dataset that has no field of the region.
"""


@dataclass(frozen=True, slots=True)
class Grant:
    """What an organisation may use of another's dataset: by consent, or by the list."""

    id: str
    dataset: str
    organisation: str
    fields: frozenset[str]
    purpose: Text
    valid_from: date
    valid_to: date
    rules: frozenset[ShareRule] = frozenset()

    kind: GrantKind = "request"

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day <= self.valid_to

    def names(self, field: str) -> bool:
        return self.kind == "backflow" or field in self.fields


def grants_basis(grants: Sequence[Grant]) -> Text:
    """The articles that grants rest on, each with their ids."""
    zh, en = list[str](), list[str]()
    for kind, what_zh, what_en in (
        ("request", "《政务数据共享条例》第二十一条，授权", "Order 809 art. 21, grant"),
        ("backflow", "《政务数据共享条例》第二十四条，回流", "Order 809 art. 24, backflow"),
    ):
        ids = [one.id for one in grants if one.kind == kind]
        if ids:
            zh.append(f"{what_zh} {'、'.join(ids)}")
            en.append(f"{what_en} {', '.join(ids)}")
    return Text("；".join(zh), "; ".join(en))
