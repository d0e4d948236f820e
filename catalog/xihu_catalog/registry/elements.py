"""Data elements (数据元) with the attributes of DB33/T 2426, which the fields of contracts name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from typing import Literal, get_args

from xihu_catalog.registry.codes import is_code_list
from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.reading import check_rows, read_rows
from xihu_platform.access.policy import GRADES, Grade
from xihu_platform.errors import NotFound
from xihu_platform.visible import is_blank
from xihu_platform.words import Text

ELEMENTS = "elements.csv"
ElementType = Literal["string", "integer", "number", "boolean", "date", "datetime"]
Representation = Literal[
    "name",
    "identifier",
    "code",
    "text",
    "date",
    "datetime",
    "amount",
    "quantity",
    "ratio",
    "flag",
]
"""The representation words (表示词)."""
_NAMED = ("name_zh", "name_en", "definition_zh", "definition_en", "format", "version")
_COLUMNS = (
    *("id", *_NAMED, "type", "code_list", "pattern", "minimum", "maximum"),
    *("object_zh", "object_en", "representation", "grade", "unit_zh", "unit_en", "related"),
    *("source", "application_zh", "application_en", "remark_zh", "remark_en", "published"),
    *("synonyms", "standard", "valid_from", "valid_to", "successor"),
)
_DAYS = ("published", "valid_from", "valid_to")


@dataclass(frozen=True, slots=True)
class ValueRange:
    """值域: a code list, a pattern, bounds; all empty where any value of the type is meant."""

    code_list: str | None = None
    pattern: str | None = None
    minimum: str | None = None
    maximum: str | None = None


@dataclass(frozen=True, slots=True)
class DataElement:
    """One data element. The first seven are the basic attributes of DB33/T 2426, the next ten its
    extended ones; the last five are this platform's: how to find it, and when it is in force."""

    id: str
    name: Text
    """中文名称 and 英文名称."""
    definition: Text
    type: ElementType
    format: str
    """As GB/T 19488.1 writes it: an18 is 18 letters or digits, n..12,2 a number with 2 decimals."""
    range: ValueRange
    object_class: Text | None
    representation: Representation
    grade: Grade
    """敏感级别, of DB33/T 2351."""
    unit: Text | None
    related: tuple[str, ...]
    """关系: ids of the elements that it is a kind of, or made of."""
    source: str
    """来源机构, by its unified social credit code."""
    application: Text | None
    remark: Text | None
    version: str
    published: date | None
    synonyms: tuple[str, ...] = ()
    standard: str = ""
    """The standard that defines it; empty where the registry does."""
    valid_from: date | None = None
    valid_to: date | None = None
    successor: str | None = None

    def is_in_force(self, on: date) -> bool:
        return (self.valid_from or date.min) <= on < (self.valid_to or date.max)


@lru_cache
def elements() -> dict[str, DataElement]:
    """By id, in the file's order; none where the registry has no `elements.csv`.

    Raises BadRegistry.
    """
    path = registry_folder() / ELEMENTS
    rows = read_rows(path, _COLUMNS, key=("id",), optional=True)
    known = {row["id"] for row in rows}
    check_rows(path, rows, lambda row: _faults(row, known))
    return {row["id"]: _element(row) for row in rows}


def get_element(name: str) -> DataElement:
    """Raises NotFound."""
    found = elements().get(name)
    if found is None:
        raise NotFound(
            f"没有标识符为 {name[:64]} 的数据元，请在数据标准页查找",
            f"there is no data element {name[:64]}: look for it on the page of standards",
        )
    return found


def nearest_element(name: str, title: str = "") -> str | None:
    """The id that a misspelt one most likely means: that of the element with the field's title,
    else the id that is written most like it. Elements that ended are not proposed."""
    current = [one for one in elements().values() if one.valid_to is None]
    titled = [one.id for one in current if title and title in (one.name.zh, *one.synonyms)]
    alike = get_close_matches(name, titled or [one.id for one in current], n=1, cutoff=0.6)
    return next(iter(alike or titled), None)


def _faults(row: dict[str, str], known: set[str]) -> Iterator[Text]:
    for column in _NAMED:
        if is_blank(row[column]):
            yield Text(f"{column} 是空的，请填写", f"{column} is empty: fill it in")
    yield from _choice_faults(row, "type", get_args(ElementType))
    yield from _choice_faults(row, "representation", get_args(Representation))
    yield from _choice_faults(row, "grade", GRADES)
    yield from _day_faults(row)
    yield from _range_faults(row)
    for column, ids in (("related", _several(row["related"])), ("successor", [row["successor"]])):
        if unknown := [one for one in ids if one and one not in known]:
            yield Text(
                f"{column} 中的“{unknown[0]}”不是本文件中的数据元",
                f"“{unknown[0]}” of {column} is no data element of this file",
            )


def _choice_faults(row: dict[str, str], column: str, choices: tuple[str, ...]) -> Iterator[Text]:
    if row[column] not in choices:
        yield Text(
            f"{column} 须为 {'、'.join(choices)} 之一", f"{column} is one of {', '.join(choices)}"
        )


def _day_faults(row: dict[str, str]) -> Iterator[Text]:
    try:
        _, since, until = (_day(row[column]) for column in _DAYS)
    except ValueError:
        yield Text("日期须写成 2024-12-31", "a date is written as 2024-12-31")
        return
    if since and until and since >= until:
        yield Text("valid_from 须早于 valid_to", "valid_from must be before valid_to")
    if row["successor"] and until is None:
        yield Text(
            "有 successor 的数据元须有 valid_to", "an element with a successor has a valid_to"
        )


def _range_faults(row: dict[str, str]) -> Iterator[Text]:
    name = row["code_list"]
    if name and not is_code_list(name):
        yield Text(f"没有代码表“{name}”", f"there is no code list “{name}”")
    try:
        re.compile(row["pattern"])
    except re.error:
        yield Text("pattern 不是正则表达式", "pattern is no regular expression")


def _several(text: str) -> tuple[str, ...]:
    return tuple(one for one in text.split(";") if one)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _words(row: dict[str, str], name: str) -> Text | None:
    zh, en = row[f"{name}_zh"], row[f"{name}_en"]
    return Text(zh, en or zh) if zh else None


def _element(row: dict[str, str]) -> DataElement:
    bounds = (row[name] or None for name in ("code_list", "pattern", "minimum", "maximum"))
    return DataElement(
        id=row["id"],
        name=Text(row["name_zh"], row["name_en"]),
        definition=Text(row["definition_zh"], row["definition_en"]),
        type=row["type"],  # type: ignore[arg-type]  # checked above
        format=row["format"],
        range=ValueRange(*bounds),
        object_class=_words(row, "object"),
        representation=row["representation"],  # type: ignore[arg-type]  # checked above
        grade=row["grade"],  # type: ignore[arg-type]  # checked above
        unit=_words(row, "unit"),
        related=_several(row["related"]),
        source=row["source"],
        application=_words(row, "application"),
        remark=_words(row, "remark"),
        version=row["version"],
        published=_day(row["published"]),
        synonyms=_several(row["synonyms"]),
        standard=row["standard"],
        valid_from=_day(row["valid_from"]),
        valid_to=_day(row["valid_to"]),
        successor=row["successor"] or None,
    )
