"""Reads a page of CKAN's Action API (`package_search`, https://docs.ckan.org/en/2.11/api/)."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from xihu_catalog.harvest.documents import read_json
from xihu_catalog.harvest.json_values import objects, string, strings, texts
from xihu_catalog.harvest.raw import (
    RawContact,
    RawDataset,
    RawDistribution,
    RawPage,
    RawRecord,
    RawText,
    SourceFault,
    first,
    no_record,
)

ROWS = 100  # CKAN gives at most 1,000; a small page is one transaction
PAGE_MOST = 1_000
_MOST = 1_000_000_000
_Json = dict[str, Any]
"""Any: it is JSON."""


def search_address(url: str, start: int = 0) -> str:
    """
    >>> search_address("https://data.example.org/", 100)
    'https://data.example.org/api/3/action/package_search?rows=100&start=100&sort=id+asc'
    """
    query = urlencode({"rows": ROWS, "start": start, "sort": "id asc"})
    return f"{url.rstrip('/')}/api/3/action/package_search?{query}"


def read_ckan(content: bytes, url: str, start: int) -> RawPage:
    """`url` is the portal's. Raises SourceFault."""
    answer = read_json(content)
    result = answer.get("result") if isinstance(answer, dict) and answer.get("success") else None
    found = result.get("results") if isinstance(result, dict) else None
    if not isinstance(result, dict) or not isinstance(found, list):
        raise SourceFault(
            "数据源没有给出 package_search 的结果",
            "the source did not answer with results of package_search",
        )
    if len(found) > PAGE_MOST:
        raise SourceFault(
            f"数据源一页给出 {len(found):,} 条，只要求 {ROWS} 条：已停止",
            f"the source gave {len(found):,} records for a page of {ROWS}: stopped",
        )
    count = result.get("count")
    total = count if type(count) is int and 0 <= count < _MOST else None
    more = bool(found) and (len(found) == ROWS if total is None else start + len(found) < total)
    following = search_address(url, start + len(found)) if more else None
    return RawPage(tuple(_records(found, url, start)), following, total, len(found))


def _records(found: list[Any], url: str, start: int) -> Iterator[RawRecord]:
    for number, one in enumerate(found, start + 1):
        if not isinstance(one, dict):
            yield no_record(f"#{number}", one)
        elif is_public(one):
            yield _dataset(one, url)


def is_public(package: _Json) -> bool:
    """Drafts, deleted and private packages are for a portal's editors alone."""
    return package.get("state", "active") == "active" and package.get("private") is not True


def _dataset(one: _Json, url: str) -> RawDataset:
    extras = _extras(one)

    def get(*names: str) -> str:
        return first(string(one.get(n)) or string(extras.get(n)) for n in names)

    name = string(one.get("name"))
    page = f"{url.rstrip('/')}/dataset/{name}" if name else ""
    organisation = one.get("organization")
    return RawDataset(
        identifier=string(one.get("id")) or name,
        iri=get("uri") or page,
        titles=_translated(one, "title") or texts(name),
        descriptions=_translated(one, "notes"),
        publishers=texts(extras.get("publisher_name")) or _organisation(organisation),
        keywords=tuple(t for tag in objects(one.get("tags")) for t in _tag(tag)),
        themes=(*_listed(extras.get("theme")), *_groups(one)),
        languages=_listed(get("language")),
        licences=_licences(one),
        access=strings(extras.get("access_rights")),
        frequencies=tuple(filter(None, (get("frequency"), get("accrual_periodicity")))),
        issued=get("issued", "metadata_created"),
        modified=string(extras.get("modified")) or get("modified", "metadata_modified"),
        contact=_contact(one, get("contact_name"), get("contact_email")),
        page=page or get("url"),
        start=get("temporal_start"),
        end=get("temporal_end"),
        version=get("version"),
        places=(*strings(extras.get("region_code")), *strings(extras.get("spatial-text"))),
        distributions=tuple(_distribution(each) for each in objects(one.get("resources"))),
        utc=True,
    )


def _extras(one: _Json) -> _Json:
    return {string(e.get("key")): e.get("value") for e in objects(one.get("extras"))}


def _translated(one: _Json, name: str) -> tuple[RawText, ...]:
    """With the translations of ckanext-fluent and ckanext-multilang."""
    return texts(one.get(f"{name}_translated")) or texts(one.get(name))


def _organisation(found: Any) -> tuple[RawText, ...]:
    """Any: it is JSON."""
    if not isinstance(found, dict):
        return ()
    return _translated(found, "title") or texts(found.get("name"))


def _tag(tag: _Json) -> tuple[RawText, ...]:
    return texts(tag.get("display_name")) or texts(tag.get("name"))


def _groups(one: _Json) -> tuple[str, ...]:
    return tuple(string(g.get("title")) or string(g) for g in objects(one.get("groups")))


def _listed(value: Any) -> tuple[str, ...]:
    """Any: it is JSON. A list, which an extra writes as JSON in a text."""
    shown = string(value)
    if shown.startswith("["):
        try:
            return strings(json.loads(shown))
        except (ValueError, RecursionError):
            return ()
    return strings(value)


def _licences(one: _Json) -> tuple[str, ...]:
    return tuple(
        filter(None, (string(one.get(f"license_{part}")) for part in ("url", "title", "id")))
    )


def _contact(one: _Json, name: str, email: str) -> RawContact | None:
    name = name or string(one.get("maintainer")) or string(one.get("author"))
    email = email or string(one.get("maintainer_email")) or string(one.get("author_email"))
    return RawContact(texts(name), email=email) if name or email else None


def _distribution(one: _Json) -> RawDistribution:
    return RawDistribution(
        titles=_translated(one, "name"),
        descriptions=_translated(one, "description"),
        access_url=string(one.get("url")),
        download_url=string(one.get("download_url")),
        formats=strings(one.get("format")),
        media_types=strings(one.get("mimetype")),
        licences=tuple(filter(None, (string(one.get("license")),))),
        modified=first((string(one.get("last_modified")), string(one.get("metadata_modified")))),
        byte_size=string(one.get("size")),
    )
