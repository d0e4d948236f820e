"""Reads a document of a source into facts: parse, repair, find duplicate identifiers."""

import logging
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from xihu_catalog.datasets.stored import dump_facts
from xihu_catalog.harvest.ckan import read_ckan, search_address
from xihu_catalog.harvest.data_json import read_data_json
from xihu_catalog.harvest.dcat import read_dcat
from xihu_catalog.harvest.names import record_id
from xihu_catalog.harvest.raw import (
    RawPage,
    RawRecord,
    RecordFault,
    SourcePage,
    SourceRecord,
)
from xihu_catalog.harvest.repair import RepairContext, repair
from xihu_catalog.harvest.sources import HarvestSource
from xihu_platform.words import Text

ENTRY_BYTES = 64_000


def first_address(source: HarvestSource) -> str:
    return search_address(source.url) if source.kind == "ckan" else source.url


def read_document(
    source: HarvestSource, content: bytes, media_type: str, context: RepairContext
) -> SourcePage:
    """Records of one document, each repaired; `context.address` is the document's address.

    Raises SourceFault where the document cannot be read at all.
    """
    page = _raw_page(source, content, media_type, context.address)
    taken = [one for one in page.records if not _is_returned(source, one, context)]
    records = tuple(without_duplicates(_repaired(one, context) for one in taken))
    return SourcePage(records, page.next, page.total, page.count)


def _is_returned(source: HarvestSource, one: RawRecord, context: RepairContext) -> bool:
    """Whether a source gives back an entry of this node's own; or, of another node, an entry that
    it has harvested itself: its own source is where that one is taken from."""
    if isinstance(one, RecordFault):
        return False
    own = f"{context.base_url.rstrip('/')}/id/dataset/"
    if any(address.startswith(own) for address in (one.iri, *one.derived_from)):
        return True
    return source.kind == "xihu" and any(
        not same_site(address, one.iri) for address in one.derived_from
    )


def same_site(one: str, other: str) -> bool:
    """
    >>> same_site("https://a.cn/id/1", "https://A.cn/id/2"), same_site("https://a.cn", "x")
    (True, False)
    """
    try:
        first, second = urlsplit(one), urlsplit(other)
    except ValueError:
        return False
    return (first.scheme, first.netloc.casefold()) == (second.scheme, second.netloc.casefold())


def _repaired(raw: RawRecord, context: RepairContext) -> SourceRecord:
    try:
        return _of_size(repair(raw, context))
    except Exception as error:  # a fault of ours in one record must not stop the others
        record = record_id(
            raw.record if isinstance(raw, RecordFault) else raw.identifier or raw.iri
        )
        logging.getLogger(__name__).exception("record %s of %s", record, context.source)
        kind = type(error).__name__
        return RecordFault(record, Text(f"无法读取（{kind}）", f"cannot be read ({kind})"))


def _of_size(one: SourceRecord) -> SourceRecord:
    """An entry that is too large is a fault: readers of the catalogue would pay for it."""
    if isinstance(one, RecordFault) or (size := len(dump_facts(one))) <= ENTRY_BYTES:
        return one
    record = one.origin.record if one.origin else one.id
    return RecordFault(
        record,
        Text(
            f"条目过大（{size:,} 字节，最多 {ENTRY_BYTES:,}）",
            f"the entry is too large ({size:,} bytes, at most {ENTRY_BYTES:,})",
        ),
    )


def _raw_page(source: HarvestSource, content: bytes, media_type: str, address: str) -> RawPage:
    if source.kind == "ckan":
        return read_ckan(content, source.url, _start(address))
    if source.kind == "data_json":
        return read_data_json(content)
    return read_dcat(content, address, media_type)


def _start(address: str) -> int:
    said = address.partition("&start=")[2].partition("&")[0]
    return int(said) if said.isdecimal() else 0


def without_duplicates(records: Iterable[SourceRecord]) -> Iterator[SourceRecord]:
    """The second of two different records with one identifier is a fault; an equal one is not."""
    seen: dict[str, SourceRecord] = {}
    for number, one in enumerate(records, 1):
        if isinstance(one, RecordFault) or (other := seen.setdefault(one.id, one)) is one:
            yield one
        elif other != one:
            record = one.origin.record if one.origin else one.id
            yield duplicate(record, number)


def duplicate(record: str, number: int | str) -> RecordFault:
    return RecordFault(
        f"{record[:400]}#{number}",
        Text(
            f"标识 {record[:200]} 与另一条不同的记录重复",
            f"the identifier {record[:200]} is that of another record",
        ),
    )
