"""Values of records, and how they are compared: one by one, as a query in Solr's language asks."""

from datetime import datetime
from typing import TypeVar

from xihu_catalog.datasets.package_records import PackageRecord
from xihu_portals.api.ckan.solr import SolrRange

SEVERAL = frozenset({"title_string", "res_name", "res_url", "tags", "res_format"})
"""Fields of which an entry has several values: nothing is sorted by them, as in Solr."""
Value = TypeVar("Value", str, datetime)


def wildcard(pattern: str, text: str) -> bool:
    """`*` and `?` as Lucene has them, in linear steps for each star.

    >>> wildcard("fg_*s", "fg_penalties"), wildcard("a?", "a"), wildcard("*", "")
    (True, False, True)
    """
    p = t = 0
    star, mark = -1, 0
    while t < len(text):
        if p < len(pattern) and pattern[p] == "*":
            star, mark = p, t
            p += 1
        elif p < len(pattern) and pattern[p] in {"?", text[t]}:
            p, t = p + 1, t + 1
        elif star >= 0:
            mark += 1
            p, t = star + 1, mark
        else:
            return False
    return all(one == "*" for one in pattern[p:])


def values_of(one: PackageRecord, field: str) -> tuple[str, ...]:
    """None of a field that is not known."""
    return one.every(field) if field in SEVERAL else one.values(field)


def is_within(value: Value, low: Value | None, high: Value | None, asked: SolrRange) -> bool:
    over = low is None or low < value or (asked.with_low and low == value)
    return over and (high is None or value < high or (asked.with_high and value == high))


def moment_of(one: PackageRecord, field: str) -> datetime:
    return one.modified if field == "metadata_modified" else one.created
