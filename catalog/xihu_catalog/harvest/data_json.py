"""Reads `data.json` of DCAT-US 1.1 (https://resources.data.gov/resources/dcat-us/), of 1.0, which
is a bare list, and of DCAT-US 3, whose values may be objects."""

import re
from collections.abc import Iterator
from typing import Any

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
    check_count,
    first,
    no_record,
)

_Json = dict[str, Any]
"""Any: it is JSON."""


def read_data_json(content: bytes) -> RawPage:
    """The whole catalogue, in one document. Raises SourceFault."""
    answer = read_json(content)
    found = answer.get("dataset") if isinstance(answer, dict) else answer
    if not isinstance(found, list):
        raise SourceFault(
            "数据源的 data.json 没有 dataset 数组", "the source's data.json has no array `dataset`"
        )
    check_count(len(found))
    return RawPage(tuple(_records(found)), None, len(found), len(found))


def _records(found: list[Any]) -> Iterator[RawRecord]:
    for number, one in enumerate(found, 1):
        yield _dataset(one) if isinstance(one, dict) else no_record(f"#{number}", one)


def _dataset(one: _Json) -> RawDataset:
    start, end = _period(one.get("temporal"))
    return RawDataset(
        identifier=string(one.get("identifier")),
        iri=string(one.get("@id")),
        titles=texts(one.get("title")),
        descriptions=texts(one.get("description")),
        publishers=texts(one.get("publisher")),
        keywords=_keywords(one.get("keyword")),
        themes=strings(one.get("theme")),
        languages=strings(one.get("language")),
        licences=_addresses(one.get("license")),
        access=(*strings(one.get("accessLevel")), *_addresses(one.get("accessRights"))),
        frequencies=_addresses(one.get("accrualPeriodicity")),
        issued=string(one.get("issued")),
        modified=string(one.get("modified")),
        contact=_contact(one.get("contactPoint")),
        page=string(one.get("landingPage")),
        start=start,
        end=end,
        version=string(one.get("version")),
        places=strings(one.get("spatial")),
        distributions=tuple(map(_distribution, _distributions(one))),
    )


def _distributions(one: _Json) -> list[_Json]:
    """Of 1.0 the dataset itself has the address."""
    found = objects(one.get("distribution"))
    return found or ([one] if one.get("accessURL") or one.get("downloadURL") else [])


def _distribution(one: _Json) -> RawDistribution:
    own = one.get("@type") != "dcat:Dataset" and "identifier" not in one
    return RawDistribution(
        titles=texts(one.get("title")) if own else (),
        descriptions=texts(one.get("description")) if own else (),
        access_url=_address(one.get("accessURL")),
        download_url=_address(one.get("downloadURL")),
        formats=strings(one.get("format")),
        media_types=strings(one.get("mediaType")),
        licences=_addresses(one.get("license")) if own else (),
        modified=string(one.get("modified")) if own else "",
        byte_size=string(one.get("byteSize")),
    )


def _keywords(value: Any) -> tuple[RawText, ...]:
    """Any: it is JSON. A single text is a list that somebody joined."""
    if not isinstance(value, str):
        return texts(value)
    return tuple(t for word in re.split("[,;，；、|]", value) for t in texts(word))


def _addresses(value: Any) -> tuple[str, ...]:
    """Any: it is JSON. Of an object its address and its name."""
    named = tuple(string(one.get("@id")) for one in objects(value))
    return tuple(filter(None, (*named, *strings(value))))


def _address(value: Any) -> str:
    """Any: it is JSON."""
    return first(_addresses(value))


def _period(value: Any) -> tuple[str, str]:
    """Any: it is JSON. `start/end` of 1.1, or the first object of 3."""
    for one in objects(value):
        return string(one.get("startDate")), string(one.get("endDate"))
    start, _, end = string(value).partition("/")
    return (start, end) if end else ("", "")


def _contact(value: Any) -> RawContact | None:
    """Any: it is JSON."""
    for one in objects(value):
        return RawContact(
            names=texts(one.get("fn")),
            url=_address(one.get("hasURL")),
            email=_address(one.get("hasEmail")),
            telephone=_address(one.get("hasTelephone") or one.get("tel")),
        )
    return None
