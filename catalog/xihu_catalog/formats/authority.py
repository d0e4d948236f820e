"""Maps our codes to IRIs of the EU authority tables; the mapping is data, in `tables/`."""

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from xihu_platform.words import Text

TABLES = Path(__file__).parent / "tables"
Authority = Literal[
    "access_right",
    "availability",
    "dataset_type",
    "file_type",
    "frequency",
    "language",
    "licence",
    "licence_type",
    "publisher_type",
    "taxonomy",
    "theme",
]


@dataclass(frozen=True, slots=True)
class AuthorityTerm:
    """One row of a table. `page` and `type` are a licence's: its text, and the ADMS type's IRI."""

    iri: str
    label: Text
    page: str = ""
    type: str = ""


@lru_cache
def authority_table(name: Authority) -> dict[str, AuthorityTerm]:
    """Our code to the term."""
    with (TABLES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["code"]: AuthorityTerm(
                iri=row["iri"],
                label=Text(row["label_zh"], row["label_en"]),
                page=row.get("page", ""),
                type=row.get("type", ""),
            )
            for row in csv.DictReader(file)
        }


def find_term(name: Authority, code: str) -> AuthorityTerm | None:
    """
    >>> find_term("frequency", "daily").label.en, find_term("theme", "of this node alone")
    ('daily', None)
    """
    return authority_table(name).get(code)
