"""Maps the words of sources to codes of ours; the words are data, in `aliases/`.

A code is also known by what the tables of the formats say of it: its IRI and its names.
"""

import csv
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Literal
from unicodedata import normalize

from xihu_catalog.datasets.facts import NamedIri
from xihu_catalog.formats.authority import Authority, authority_table
from xihu_platform.words import Text

ALIASES = Path(__file__).parent / "aliases"
Vocabulary = Literal["access_right", "file_type", "frequency", "language", "licence"]
_SCHEME = re.compile(r"^https?://(www\.)?")
_LEGAL_TAIL = re.compile(r"/(legalcode|deed)(\.[a-z-]+)?/?$")


_LENGTH = 300
"""Characters of what may be an alias; a longer text is none."""


def alias_key(words: str) -> str:
    """What two spellings of one term have in common.

    >>> alias_key("CC BY-4.0"), alias_key(".CSV"), alias_key("text/csv; charset=utf-8")
    ('ccby4.0', 'csv', 'text/csv')
    >>> alias_key("http://creativecommons.org/licenses/by/4.0/legalcode")
    'creativecommons.org/licenses/by/4.0'
    """
    plain = _SCHEME.sub("", normalize("NFKC", words[:_LENGTH]).casefold().strip())
    plain = _LEGAL_TAIL.sub("", plain).split(";")[0]
    kept = "".join(one for one in plain if one.isalnum() or one in "/.+")
    return kept.strip("./")


@lru_cache
def _known(vocabulary: Vocabulary) -> dict[str, str]:
    found: dict[str, str] = {}
    with (ALIASES / f"{vocabulary}.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(alias_key(row["alias"]), row["code"])
    table: Authority = vocabulary
    for code, term in authority_table(table).items():
        for words in (code, term.iri, term.page, term.label.zh, term.label.en):
            if words:
                found.setdefault(alias_key(words), code)
    return found


def find_code(vocabulary: Vocabulary, words: Iterable[str]) -> str | None:
    """The code of the first that is known; an empty one where it says that nothing is stated.

    >>> find_code("file_type", ["?", "CSV 文件"]), find_code("licence", ["notspecified"])
    ('csv', '')
    """
    known = _known(vocabulary)
    return next((known[key] for key in map(alias_key, words) if key in known), None)


def find_languages(words: Iterable[str]) -> tuple[str, ...]:
    """Codes of ISO 639-1, each once.

    >>> find_languages(["zh-CN", "http://publications.europa.eu/resource/authority/language/ENG"])
    ('zh', 'en')
    """
    found = []
    for one in words:
        code = find_code("language", [one, one.rstrip("/").rpartition("/")[2]])
        primary = re.split("[-_]", one.casefold())[0]
        found.append(code if code is not None else find_code("language", [primary]))
    return tuple(dict.fromkeys(filter(None, found)))


@lru_cache
def _themes() -> dict[str, NamedIri]:
    found: dict[str, NamedIri] = {}
    with (ALIASES / "theme.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            named = NamedIri(row["iri"], Text(row["label_zh"], row["label_en"]))
            words = (row["code"], row["iri"], row["label_zh"], row["label_en"])
            for one in (*words, *row["aliases"].split("|")):
                found.setdefault(alias_key(one), named)
    return found


def find_theme(words: str) -> NamedIri | None:
    """The EU's data theme.

    >>> find_theme("环境").title.en, find_theme("nothing of the kind")
    ('Environment', None)
    """
    return _themes().get(alias_key(words))
