"""Writes how a dataset is cited: CITATION.cff (Citation File Format 1.2.0) and BibTeX.

Both name one snapshot by its permanent address. Departments write titles: in BibTeX every character
that TeX or a parser of BibTeX would read as a command is escaped. Braces are written by name: a
parser counts an escaped one too.
"""

import re
from dataclasses import dataclass
from datetime import datetime

import yaml

from xihu_catalog.datasets.facts import EntryFacts
from xihu_catalog.formats.clean import find_iri, one_line, segment
from xihu_catalog.formats.schema_org import licence_address
from xihu_platform.clock import SHANGHAI
from xihu_platform.words import Language, Text

CFF_MEDIA_TYPE = "application/yaml; charset=utf-8"
BIBTEX_MEDIA_TYPE = "application/x-bibtex; charset=utf-8"
CFF_VERSION = "1.2.0"
_SPDX = {
    "creativecommons.org/licenses/by/4.0": "CC-BY-4.0",
    "creativecommons.org/publicdomain/zero/1.0": "CC0-1.0",
}
"""Licences that the format names by SPDX; every other one is given by its address."""
_MESSAGE = Text(
    "引用本数据集时，请使用下列信息。", "If you use this dataset, please cite it as below."
)
_SYNTHETIC = Text("合成数据", "Synthetic data")
_TEX = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{one: rf"\{one}" for one in "$&#_%"},
}
_IN_ADDRESS = str.maketrans({"{": "%7B", "}": "%7D", "\\": "%5C"})
"""The field `url` is verbatim in biblatex, and in what reference managers read."""


@dataclass(frozen=True, slots=True)
class CitedVersion:
    """The snapshot that is cited."""

    snapshot_id: int
    loaded_at: datetime

    def address(self, facts: EntryFacts) -> str:
        """What leads to this snapshot for ever, or to why it is gone."""
        return f"{facts.iri}?snapshot={self.snapshot_id}"


def cff_document(facts: EntryFacts, version: CitedVersion | None, language: Language) -> str:
    """A CITATION.cff of one snapshot; without one of the entry itself."""
    made: dict[str, object] = {
        "cff-version": CFF_VERSION,
        "message": _MESSAGE.to(language),
        "type": "dataset",
        "title": _title(facts, language),
        "authors": [{"name": _author(facts, language)}],
        "abstract": one_line(facts.description.to(language)),
        "keywords": sorted({word for word in map(one_line, facts.keywords) if word}),
        "url": find_iri(facts.page),
    }
    if version is not None:
        made["version"] = str(version.snapshot_id)
        made["date-released"] = version.loaded_at.astimezone(SHANGHAI).date().isoformat()
        made["identifiers"] = [
            {
                "type": "url",
                "value": version.address(facts),
                "description": Text("被引用快照的永久网址", "Permanent address of the snapshot").to(
                    language
                ),
            }
        ]
    made |= _licence(facts)
    filled = {name: value for name, value in made.items() if value}
    return yaml.safe_dump(filled, allow_unicode=True, sort_keys=False, width=100)


def _licence(facts: EntryFacts) -> dict[str, object]:
    address = licence_address(facts.licence)
    if not isinstance(address, str) or find_iri(address) is None:
        return {}
    bare = address.partition("://")[2].rstrip("/").removesuffix("/deed.zh")
    return {"license": _SPDX[bare]} if bare in _SPDX else {"license-url": address}


def bibtex_entry(facts: EntryFacts, version: CitedVersion | None, language: Language) -> str:
    """One `@misc` entry, in UTF-8."""
    fields = {
        "title": f"{{{tex(_title(facts, language))}}}",
        "author": f"{{{tex(_author(facts, language))}}}",
        "howpublished": tex(Text("数据集", "Dataset").to(language)),
    }
    address = facts.iri
    if version is not None:
        day = version.loaded_at.astimezone(SHANGHAI)
        address = version.address(facts)
        fields |= {
            "year": str(day.year),
            "month": str(day.month),
            "version": str(version.snapshot_id),
        }
    fields["url"] = address.translate(_IN_ADDRESS)
    if facts.synthetic:
        fields["note"] = tex(_SYNTHETIC.to(language))
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
    return f"@misc{{{_key(facts, version)},\n{lines}}}\n"


def tex(text: str) -> str:
    r"""One line of text as BibTeX and TeX read it back.

    >>> print(tex("50 % & {a}_b\\"))
    50 \% \& \textbraceleft{}a\textbraceright{}\_b\textbackslash{}
    """
    return "".join(_TEX.get(one, one) for one in one_line(text))


def _key(facts: EntryFacts, version: CitedVersion | None) -> str:
    """ASCII, because parsers of BibTeX take no other."""
    name = re.sub(r"[^A-Za-z0-9]+", "-", segment(facts.id)).strip("-") or "dataset"
    return f"{name}-{version.snapshot_id}" if version is not None else name


def _title(facts: EntryFacts, language: Language) -> str:
    return one_line(facts.title.to(language)) or one_line(facts.title.zh) or segment(facts.id)


def _author(facts: EntryFacts, language: Language) -> str:
    name = facts.publisher.name
    return one_line(name.to(language)) or one_line(name.zh) or segment(facts.publisher.id)
