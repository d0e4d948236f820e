"""Feeds as they are found on the Web, and what must be read of each (`feeds.csv`)."""

import csv
from pathlib import Path

from xihu_catalog.datasets.facts import EntryFacts
from xihu_catalog.harvest.raw import RecordFault, SourcePage
from xihu_catalog.harvest.reading import read_document
from xihu_catalog.harvest.repair import RepairContext
from xihu_catalog.harvest.sources import HarvestSource
from xihu_platform.words import Text

FOLDER = Path(__file__).parent
ADDRESS = "https://data.example.org/feed"
MEDIA_TYPES = {
    ".ttl": "text/turtle",
    ".rdf": "application/rdf+xml",
    ".jsonld": "application/ld+json",
    ".json": "application/json",
}
Row = dict[str, str]


def rows() -> list[Row]:
    with (FOLDER / "feeds.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def source(kind: str, url: str = ADDRESS) -> HarvestSource:
    title = {"zh": "数据源", "en": "Source"}
    return HarvestSource.model_validate({"id": "src", "kind": kind, "url": url, "title": title})


def context(address: str = ADDRESS) -> RepairContext:
    title = Text("数据源", "Source")
    return RepairContext("src", title, address, "https://xihu.example.cn", {})


def content(row: Row) -> bytes:
    return (FOLDER / "feeds" / row["feed"]).read_bytes()


def read(row: Row) -> SourcePage:
    media_type = MEDIA_TYPES[Path(row["feed"]).suffix]
    return read_document(source(row["kind"]), content(row), media_type, context())


def entries(page: SourcePage) -> list[EntryFacts]:
    return [one for one in page.records if not isinstance(one, RecordFault)]


def seen(row: Row, page: SourcePage) -> Row:
    """What a page says, in the columns of the table."""
    found = entries(page)
    one = next((e for e in found if e.origin and row["record"] in ("", e.origin.record)), None)
    faults = len(page.records) - len(found)
    made = row | {"entries": str(len(found)), "faults": str(faults)}
    if one is None:
        return made | {"record": "", "title_en": ""}
    first = one.distributions[0].form if one.distributions else ""
    if not row["title_zh"] and not row["title_en"]:
        return made
    return made | {
        "title_zh": one.title.zh,
        "title_en": one.title.en,
        "format": first,
        "licence": one.licence or "",
        "modified": "" if one.modified is None else one.modified.isoformat(),
    }
