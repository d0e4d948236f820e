"""What the door out decides with: plain types that the catalogue compiles contracts into."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from xihu_platform.words import Text

Grade = Literal["L1", "L2", "L3", "L4"]
GRADES: tuple[Grade, ...] = ("L1", "L2", "L3", "L4")
"""DB33/T 2351-2021: L1 不敏感, L2 低敏感, L3 较敏感, L4 敏感."""

ShareClass = Literal["unconditional", "conditional", "refused"]
OpenClass = Literal["unconditional", "restricted", "banned"]

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

    def field(self, name: str) -> FieldPolicy | None:
        return next((f for f in self.fields if f.name == name), None)


PurposeCode = Literal["open", "own", "duty", "case"]
"""`open`: use of opened data by anyone. `own`: one's own records, or those of somebody one acts
for (PIPL art. 45). `duty`: a statutory duty in general. `case`: one case, by its
number (办件号)."""


@dataclass(frozen=True, slots=True)
class Purpose:
    code: PurposeCode
    case_number: str | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """A provider's consent that an organisation uses a dataset (Order 809 art. 20-22)."""

    id: str
    dataset: str
    organisation: str
    fields: frozenset[str]
    purpose: Text
    valid_from: date
    valid_to: date

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day <= self.valid_to
