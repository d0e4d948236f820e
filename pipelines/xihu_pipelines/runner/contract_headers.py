"""The few keys of a contract that a schedule needs, read without reading the rest of the file.

A DAG processor reads every contract each half minute. Reading one whole (YAML with its lines,
pydantic, rules) takes 9 ms and 1.5 s of imports; its top-level keys alone take half a
millisecond, so nothing has to be cached and nothing can be stale. Whether a contract holds is not
asked here: the load asks it, and tells the steward.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from xihu_platform.safe_yaml import read_yaml
from xihu_platform.words import Text

if TYPE_CHECKING:  # it comes with pydantic and sqlglot, which no schedule needs
    from xihu_catalog.contracts.model import Contract

_WANTED = ("id", "name", "domain", "servers", "customProperties")
# A top-level key of a block mapping stands in the first column; what belongs to it is indented,
# or is a list item, a comment or a blank line.
_SECTION = re.compile(r"^(\w+):(?=\s)(?:.*\n(?:[ \t#-].*\n|\n)*)", re.MULTILINE)
_REFERS = "relationships:"  # the rest of a schema is long, and is asked for nothing else
_DATASET = re.compile(r"[a-z][a-z0-9_]{1,62}")


@dataclass(frozen=True, slots=True)
class ContractHeader:
    """What is scheduled: a dataset, how often its file comes, or the query it is made by."""

    dataset: str
    title: Text
    topic: str
    cycle: str
    file: Path
    query: str | None = None
    """Over other datasets; None where data is handed in or fetched."""
    refers: tuple[str, ...] = ()
    """The other datasets that its values must stand in."""


def read_headers(folders: Iterable[Path]) -> dict[str, ContractHeader]:
    """The headers of all contracts by dataset id; of two of one id the later folder's stands."""
    files = (path for folder in folders for path in sorted(folder.glob("*.odcs.yaml")))
    found = (header for path in files for header in _headers(path))
    return {header.dataset: header for header in found}


def find_header(folders: Iterable[Path], dataset: str) -> ContractHeader | None:
    """The header of one dataset: of the file that bears its name, if there is one."""
    known = tuple(folders)
    named = [folder / f"{dataset}.odcs.yaml" for folder in known]
    found = [header for path in named if path.is_file() for header in _headers(path)]
    return found[-1] if found else read_headers(known).get(dataset)


def find_contract(folders: Iterable[Path], dataset: str) -> Contract | None:
    """The whole contract of one dataset. Raises BadContract for one that does not hold."""
    from xihu_catalog.contracts.load import load_contract

    header = find_header(folders, dataset)
    return load_contract(header.file) if header else None


def _headers(path: Path) -> Iterator[ContractHeader]:
    """One header, or none for a file that cannot be one: its publisher was told at ingestion."""
    try:
        yield _header(path)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError, AttributeError):
        return


def _header(path: Path) -> ContractHeader:
    keys = _top_level(path.read_text("utf-8-sig"))
    dataset = str(keys["id"])
    if not _DATASET.fullmatch(dataset):
        raise KeyError(dataset)
    custom = _custom(keys.get("customProperties"))
    server = keys["servers"][0]
    title = str(keys["name"])
    made = _custom(server.get("customProperties"))
    query = None if "connection" in made else made.get("query")  # else it asks a remote database
    return ContractHeader(
        dataset=dataset,
        title=Text(title, str(custom.get("nameEn", title))),
        topic=str(keys.get("domain", "")),
        cycle=str(custom.get("updateCycle", "on_demand")),
        file=path,
        query=str(query) if query else None,
        refers=_refers(keys, dataset),
    )


def _refers(keys: dict[str, Any], dataset: str) -> tuple[str, ...]:
    # Any: what YAML holds.
    table = keys.get("schema", [{}])[0]
    parts = [table, *table.get("properties", ())]
    listed = [part.get("relationships") for part in parts]
    to = [one["to"] for some in listed for one in some or ()]
    names = [name for one in to for name in ([one] if isinstance(one, str) else one)]
    return tuple(sorted({str(name).partition(".")[0] for name in names} - {dataset}))


def _top_level(text: str) -> dict[str, Any]:
    # Any: what YAML holds.
    sections = {match[1]: match[0] for match in _SECTION.finditer(text + "\n")}
    if not {"id", "servers", "schema"} <= sections.keys():  # in JSON's style, say
        whole: dict[str, Any] = read_yaml(text)
        return whole
    names = _WANTED + (("schema",) if _REFERS in sections["schema"] else ())
    wanted = "".join(sections[name] for name in names if name in sections)
    keys: dict[str, Any] = read_yaml(wanted)
    return keys


def _custom(items: list[dict[str, Any]] | None) -> dict[str, Any]:
    return {item["property"]: item["value"] for item in items or ()}
