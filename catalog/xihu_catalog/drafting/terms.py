"""English names of Chinese column names: known data elements, common terms, else pinyin."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from xihu_catalog.contracts.model import Contract, Field
from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.reading import read_rows

TERMS = "terms.csv"
_ASCII_WORD = re.compile(r"[A-Za-z0-9]+")
_IN_BRACKETS = re.compile(r"[（(\[【]([^（）()\[\]【】]*)[）)\]】]\s*$")
_LONGEST_NAME = 63


@dataclass(frozen=True, slots=True)
class Naming:
    """A column's names: in the lake, in English, and how they were found."""

    name: str
    english: str
    by: str
    """`element`: another contract names the same header so. `terms` or `pinyin`: guessed."""


@lru_cache
def terms() -> Mapping[str, str]:
    """English words of common column names, by the Chinese ones."""
    rows = read_rows(registry_folder() / TERMS, ("zh", "en"), key=("zh",), optional=True)
    return {row["zh"]: row["en"] for row in rows}


@dataclass(frozen=True, slots=True)
class Element:
    """A field of an existing contract, which a draft takes over where its header is the same."""

    dataset: str
    field: Field


def known_elements(contracts: Iterable[Contract]) -> dict[str, Element]:
    """The fields of existing contracts by their header and by their Chinese name."""
    found: dict[str, Element] = {}
    for contract in contracts:
        for field in contract.fields:
            for header in (field.source_column, field.title.zh):
                found.setdefault(bare(header), Element(contract.dataset, field))
    return found


def bare(header: str) -> str:
    """A header without its unit, half-width, without spaces.

    >>> bare("用电量（千瓦时）"), bare(" 身份 证号 ")
    ('用电量', '身份证号')
    """
    text = unicodedata.normalize("NFKC", header)
    return re.sub(r"\s+", "", _IN_BRACKETS.sub("", text.strip())) or text.strip()


def in_brackets(header: str) -> str | None:
    """What stands in brackets at the end of a header, most often a unit.

    >>> in_brackets("用电量（千瓦时）"), in_brackets("姓名")
    ('千瓦时', None)
    """
    found = _IN_BRACKETS.search(header.strip())
    return found[1].strip() or None if found else None


def name_of(header: str, elements: Mapping[str, Element]) -> Naming:
    """Names for one header."""
    text = bare(header)
    if (element := elements.get(text)) is not None:
        return Naming(element.field.name, element.field.title.en, "element")
    words, guessed = _words(text)
    name = identifier_of(words)
    return Naming(name, " ".join(words).capitalize(), "pinyin" if guessed else "terms")


def dataset_name(title: str) -> str:
    """A dataset id's noun for a file's or table's name.

    >>> dataset_name("企业基本信息")
    'firm_basic_information'
    """
    return identifier_of(_words(title)[0])


def english_title(title: str) -> str:
    return " ".join(_words(title)[0]).capitalize()


def identifier_of(words: list[str]) -> str:
    """Lower-case ASCII with underscores, a letter first, at most 63 long."""
    joined = "_".join("_".join(_ASCII_WORD.findall(word)) for word in words).lower()
    joined = re.sub(r"_+", "_", joined).strip("_")
    if not joined or not joined[0].isalpha():
        joined = f"c_{joined}".rstrip("_")
    return (joined if len(joined) > 1 else f"column_{joined}")[:_LONGEST_NAME].rstrip("_")


def _words(text: str) -> tuple[list[str], bool]:
    """English words by longest match; what no term knows becomes pinyin (True)."""
    known, words, unknown, guessed, at = terms(), [], "", False, 0
    while at < len(text):
        length = next((n for n in range(len(text) - at, 0, -1) if text[at : at + n] in known), 0)
        if length and not (length == 1 and unknown):
            words += _pinyin(unknown)
            words.append(known[text[at : at + length]])
            guessed |= _has_chinese(unknown)
            unknown = ""
            at += length
        else:
            unknown += text[at]
            at += 1
    guessed |= _has_chinese(unknown)
    return words + _pinyin(unknown), guessed


def _has_chinese(text: str) -> bool:
    return any("\u4e00" <= c <= "\u9fff" for c in text)


def _pinyin(text: str) -> list[str]:
    if not text:
        return []
    if not _has_chinese(text):
        return [w.lower() for w in re.findall(r"[A-Z]?[a-z]+|[A-Z]+|\d+", text)]
    from pypinyin import lazy_pinyin  # a dictionary of 10 MB: only where a name needs it

    return ["".join(_ASCII_WORD.findall(s)).lower() for s in lazy_pinyin(text) if s.strip("_-、 ")]


def distinct_names(names: list[Naming]) -> list[Naming]:
    """The same names with a number behind each that stands a second time."""
    taken: set[str] = set()
    made = []
    for naming in names:
        name, count = naming.name, 1
        while name in taken:
            count += 1
            name = f"{naming.name[: _LONGEST_NAME - 5]}_{count}"
        taken.add(name)
        made.append(Naming(name, naming.english, naming.by))
    return made
