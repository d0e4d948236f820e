"""Code lists of the registry: files of `code,name_zh,name_en`, loaded once."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyarrow.csv as csv

from xihu_platform.errors import BadInput
from xihu_platform.words import Text

REGISTRY = Path(__file__).parent.parent / "registry"


@dataclass(frozen=True, slots=True)
class Division:
    """One division of GB/T 2260."""

    code: str
    name: Text
    level: str
    parent: str | None


@lru_cache
def code_list(name: str) -> dict[str, Text]:
    """Code to name, in the file's order. Raises BadInput for a list the registry lacks."""
    path = REGISTRY / "codes" / f"{name}.csv"
    if not path.is_file():
        raise BadInput(f"没有名为 {name} 的代码表", f"there is no code list called {name}")
    rows = read_rows(path)
    return {row["code"]: Text(row["name_zh"], row["name_en"]) for row in rows}


@lru_cache
def divisions() -> dict[str, Division]:
    """The province, its cities and counties, by code."""
    rows = read_rows(REGISTRY / "codes" / "divisions.csv")
    return {
        row["code"]: Division(
            row["code"], Text(row["name_zh"], row["name_en"]), row["level"], row["parent"] or None
        )
        for row in rows
    }


@lru_cache
def _shown_places() -> dict[str, Text]:
    """Names that pages use in place of the code list's: the demo's province is an example."""
    rows = read_rows(REGISTRY / "shown_places.csv")
    return {row["code"]: Text(row["name_zh"], row["name_en"]) for row in rows}


def place_name(code: str) -> Text | None:
    """A division's name as pages show it; None for a code that is no division.

    >>> place_name("330000"), place_name("330106")
    (Text(zh='示例省', en='Example Province'), Text(zh='西湖区', en='Xihu District'))
    """
    known = divisions().get(code)
    return _shown_places().get(code, known.name) if known else None


def read_rows(path: Path) -> list[dict[str, str]]:
    """A few hundred rows of the registry's own content, every value as text, none of it null."""
    with path.open("rb") as file:
        names = file.readline().decode("utf-8-sig").strip().split(",")
    options = csv.ConvertOptions(
        column_types=dict.fromkeys(names, "string"), strings_can_be_null=False
    )
    rows: list[dict[str, str]] = csv.read_csv(path, convert_options=options).to_pylist()
    return rows
