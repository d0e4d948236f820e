"""Actions of CKAN's DataStore: rows of a dataset, through the access gateway, with exact totals.

A page within `PAGE_LIMIT` rows is read as the API's own pages are. A longer answer is streamed: it
is never cut, neither at 32,000 rows nor anywhere else. Words in any field, and distinct rows, are
found in a stream of the rows that meet the filters.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args
from urllib.parse import urlencode

import pyarrow as pa
import pyarrow.compute as pc
from fastapi.responses import Response

from xihu_catalog.datasets.facts import EntryFacts
from xihu_catalog.datasets.public_counts import public_count
from xihu_catalog.formats.ckan import said
from xihu_platform.access.answers import Citation, Page, Stream
from xihu_platform.access.disputed import DISPUTED
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import PAGE_LIMIT, Filter, Operator, RowQuery, Sort
from xihu_platform.errors import TooLarge
from xihu_portals.api.at_moment import is_told_counts, moment_of, one_snapshot
from xihu_portals.api.auth import StatedCode, purpose_for
from xihu_portals.api.ckan.answers import (
    HEADERS,
    Json,
    NoSuchThing,
    NotAvailable,
    WrongParameter,
    dump,
    success_head,
)
from xihu_portals.api.ckan.calls import CkanCall
from xihu_portals.api.ckan.rows import (
    RecordsFormat,
    postgres_type,
    postgres_type_of,
    records_format,
    rows_of,
    write_records,
)

LIMIT = 100
DISTINCT_LIMIT = 100_000
"""Distinct rows that are compared in memory."""
WORDS = 20
CASE_LENGTH = 64
WHY_LENGTH = 200
EXIT = "rows"
CHUNK = 1 << 16
_OPERATORS: dict[str, Operator] = {
    "eq": "eq",
    "ne": "ne",
    "lt": "lt",
    "lte": "le",
    "le": "le",
    "gt": "gt",
    "gte": "ge",
    "ge": "ge",
}


@dataclass(frozen=True, slots=True)
class RowsAsked:
    """One `datastore_search`: `words` are looked for in every field, in any case of letters."""

    facts: EntryFacts
    resource: str
    query: RowQuery
    words: tuple[str, ...]
    distinct: bool
    limit: int
    offset: int
    form: RecordsFormat
    with_total: bool


def datastore_search(call: CkanCall) -> Response:
    asked = _asked(call)
    if asked.distinct:
        return _distinct(call, asked)
    if asked.words:
        return _search_words(call, asked)
    last = asked.offset + asked.limit
    if last <= PAGE_LIMIT:
        return _page(call, asked)
    return _stream(call, asked)


def datastore_info(call: CkanCall) -> Response:
    """What columns there are; no row is read."""
    facts = get_table(call, call.asked.text("id") or call.asked.needed("resource_id"))
    entry = call.services.catalogue.get_entry(facts.id)
    public = not is_told_counts(call.services, call.caller, entry.contract, _purpose(call))
    rows = int(public_count(entry.contract, entry.heartbeat.rows, public=public))
    columns = [one for one in facts.fields if one.open] or list(facts.fields)
    fields = [
        {
            "id": one.name,
            "type": postgres_type_of(one.type),
            "info": _info(facts, one.name, call),
            "schema": {"notnull": one.required, "native_type": postgres_type_of(one.type)},
        }
        for one in columns
    ]
    meta = {"id": call.asked.text("id"), "count": rows, "table_type": "BASE TABLE", "aliases": []}
    return call.answer({"meta": meta, "fields": fields})


def datastore_search_sql(call: CkanCall) -> Response:
    del call
    raise NotAvailable("datastore_search_sql is not available yet: use datastore_search")


def get_table(call: CkanCall, resource: str) -> EntryFacts:
    """The dataset by the id of its CSV file, or by its own id or name, as by an alias.

    Raises NoSuchThing.
    """
    missing = NoSuchThing(f'Resource "{resource[:100]}" was not found.')
    packages = call.services.package_records.find(call.services.entries, resource)
    found = packages.find_resource(resource)
    if found is not None and resource not in {o.id for o in found.resources if o.format == "CSV"}:
        raise missing
    record = found if found is not None else packages.find(resource)
    facts = call.services.entries.find(record.entry) if record is not None else None
    if facts is None or call.services.catalogue.contracts.find_digest(facts.id) is None:
        raise missing
    return facts


def _asked(call: CkanCall) -> RowsAsked:
    asked = call.asked
    resource = asked.text("resource_id") or asked.needed("id")
    facts = get_table(call, resource)
    words, more = _full_text(call)
    if words and _is_about_somebody(call, facts):
        raise WrongParameter(
            "q", 'on data about persons or firms, name the field: {"field": "text"}'
        )
    fields = [one for one in asked.texts("fields", divided=True) if one]
    return RowsAsked(
        facts=facts,
        resource=resource,
        query=RowQuery(
            fields=tuple(fields),
            filters=(*_filters(asked.mapping("filters")), *more),
            sorts=_sorts(asked.texts("sort", divided=True)),
            snapshot_id=_snapshot(call, facts.id),
        ),
        words=words,
        distinct=asked.flag("distinct"),
        limit=asked.number("limit", LIMIT),
        offset=asked.number("offset", 0),
        form=records_format(asked.text("records_format") or "objects"),
        with_total=asked.flag("include_total", default=True),
    )


def _snapshot(call: CkanCall, dataset: str) -> int | None:
    """Of `as_of`, which is ours: CKAN has no such parameter. Raises NotFound, Erased, BadInput."""
    moment = moment_of(call.asked.text("as_of"))
    if moment is None:
        return None
    return one_snapshot(call.services, call.caller, dataset, _purpose(call), None, moment)


def _is_about_somebody(call: CkanCall, facts: EntryFacts) -> bool:
    """Whether the gateway decides which totals are told: of rows about persons, or about firms in
    more than what is published of them. A search in all fields would pass it by."""
    return call.services.catalogue.policy(facts.id).shows_sample_only


def _full_text(call: CkanCall) -> tuple[tuple[str, ...], tuple[Filter, ...]]:
    """A text is looked for in every field, an object's texts each in its own."""
    given = call.asked.given.get("q") or call.asked.given.get("full_text")
    if isinstance(given, Mapping) or (isinstance(given, str) and given.lstrip().startswith("{")):
        found = call.asked.mapping("q")
        return (), tuple(_filter(name, "contains", value) for name, value in found.items())
    words = tuple((call.asked.text("q") or call.asked.text("full_text")).casefold().split())
    if len(words) > WORDS:
        raise WrongParameter("q", f"At most {WORDS} words")
    return words, ()


def _filters(given: Mapping[str, Any]) -> Iterator[Filter]:  # Any: a caller's JSON
    for name, value in given.items():
        if isinstance(value, Mapping):
            for said_operator, its in value.items():
                operator = _OPERATORS.get(said_operator)
                if operator is None:
                    raise WrongParameter("filters", f"unknown operator {said_operator[:20]!r}")
                yield _filter(name, operator, its)
        elif isinstance(value, list):
            texts = [_text(name, one) for one in value]
            if not texts or any("," in one for one in texts):
                raise WrongParameter(
                    "filters", f"a list of {name[:64]} must have values, none with a comma"
                )
            yield Filter(name, "in", ",".join(texts))
        elif value is None:
            yield Filter(name, "null", "yes")
        else:
            yield _filter(name, "eq", value)


def _filter(name: str, operator: Operator, value: object) -> Filter:
    return Filter(name, operator, _text(name, value))


def _text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise WrongParameter("filters", f"a value of {name[:64]} must be a text or a number")


def _sorts(texts: Sequence[str]) -> tuple[Sort, ...]:
    """`field`, `field asc` or `field desc`; `_id` is the order that there is without any sort."""
    found: list[Sort] = []
    for text in filter(None, (one.strip() for one in texts)):
        name, *rest = text.split()
        rest = [one.lower() for one in rest]
        direction = rest[0] if rest else "asc"
        if direction not in {"asc", "desc"} or rest[1:] not in ([], ["nulls", "last"]):
            raise WrongParameter("sort", f"must read “field asc” or “field desc”: {text[:60]!r}")
        name = name.strip('"')
        if name == "_id" and direction == "asc":
            break  # no two rows have the same number: nothing behind it orders anything
        found.append(Sort(name, direction == "desc"))
    return tuple(found)


def _purpose(call: CkanCall) -> Purpose:
    """As in our own API: what was stated, or what fits the caller."""
    asked, stated = call.asked, call.asked.text("purpose")
    code = next((one for one in get_args(StatedCode) if one == stated), None)
    if stated and code is None:
        raise WrongParameter("purpose", f"Value must be one of {get_args(StatedCode)}")
    case, why = asked.text("case"), asked.text("why")
    for name, text, length in (("case", case, CASE_LENGTH), ("why", why, WHY_LENGTH)):
        if len(text) > length:
            raise WrongParameter(name, f"At most {length} characters")
    return purpose_for(call.caller, code, case, why, asked.find_number("subject"))


def _read_page(call: CkanCall, asked: RowsAsked, limit: int) -> Page:
    purpose = _purpose(call)
    return call.services.gateway.read_page(
        call.caller, asked.facts.id, purpose, asked.query, limit=limit, exit_name=EXIT
    )


def _open(call: CkanCall, asked: RowsAsked, query: RowQuery) -> Stream:
    purpose = _purpose(call)
    return call.services.gateway.open_stream(
        call.caller, asked.facts.id, purpose, query, exit_name=EXIT
    )


def _page(call: CkanCall, asked: RowsAsked) -> Response:
    page = _read_page(call, asked, max(1, asked.offset + asked.limit))
    table = page.table
    if page.disputed:
        texts: list[str | None] = [None] * table.num_rows
        for one in page.disputed:
            texts[one.row] = ",".join(one.fields)
        table = table.append_column(DISPUTED, pa.array(texts, pa.string()))
    shown = rows_of(table.slice(asked.offset, asked.limit).to_batches())
    records = b"".join(write_records(table.column_names, shown, asked.form))
    total = page.total if asked.with_total else None
    content = _head(call, asked, table.schema, page.citation) + records + _tail(total)
    return Response(content, media_type="application/json", headers=HEADERS)


def _stream(call: CkanCall, asked: RowsAsked) -> Response:
    """The total first, and then the rows of the same snapshot."""
    slot = call.take_slot()
    try:
        query, total = asked.query, None
        if asked.with_total:
            page = _read_page(call, asked, 1)
            total = page.total
            query = replace(query, snapshot_id=page.citation.snapshot_id)
        stream = _open(call, asked, query)
        schema = next(stream.batches).schema
    except BaseException:
        slot.release()
        raise
    rows = rows_of(_Window(asked.offset, asked.limit, counts=False).of(stream.batches))
    head = _head(call, asked, schema, stream.citation)
    body = _chunks(head, write_records(schema.names, rows, asked.form), lambda: _tail(total))
    return call.stream(body, stream.source, slot)


def _search_words(call: CkanCall, asked: RowsAsked) -> Response:
    """Every row that meets the filters is read; the total is known behind the last one."""
    slot = call.take_slot()
    try:
        stream, schema = _open_whole(call, asked)
    except BaseException:
        slot.release()
        raise
    window = _Window(asked.offset, asked.limit)
    columns = list(asked.query.fields) or schema.names
    found = (_with_words(one, asked.words).select(columns) for one in stream.batches)
    rows = rows_of(window.of(found))
    shown = pa.schema([schema.field(name) for name in columns])
    head = _head(call, asked, shown, stream.citation)
    body = _chunks(
        head,
        write_records(columns, rows, asked.form),
        lambda: _tail(window.seen if asked.with_total else None),
    )
    return call.stream(body, stream.source, slot)


def _distinct(call: CkanCall, asked: RowsAsked) -> Response:
    slot = call.take_slot()
    try:
        stream, schema = _open_whole(call, asked)
        columns = list(asked.query.fields) or schema.names
        try:
            found = (_with_words(one, asked.words).select(columns) for one in stream.batches)
            rows = _different(rows_of(found))
        finally:
            stream.source.close()
    finally:
        slot.release()
    shown = pa.schema([schema.field(name) for name in columns])
    page = rows[asked.offset : asked.offset + asked.limit]
    records = b"".join(write_records(columns, page, asked.form))
    told = asked.with_total and not _is_about_somebody(call, asked.facts)
    total = len(rows) if told else None
    content = _head(call, asked, shown, stream.citation) + records + _tail(total)
    return Response(content, media_type="application/json", headers=HEADERS)


def _different(rows: Iterator[tuple[Any, ...]]) -> list[tuple[Any, ...]]:  # Any: values of cells
    found: dict[tuple[Any, ...], None] = {}
    for row in rows:
        found.setdefault(row)
        if len(found) > DISTINCT_LIMIT:
            raise TooLarge(
                f"不重复的行超过 {DISTINCT_LIMIT:,} 行，请减少字段或增加筛选",
                f"more than {DISTINCT_LIMIT:,} distinct rows: ask for fewer fields, or filter",
            )
    return list(found)


def _open_whole(call: CkanCall, asked: RowsAsked) -> tuple[Stream, pa.Schema]:
    """Words are looked for in every field, also in those that are not shown."""
    query = replace(asked.query, fields=()) if asked.words else asked.query
    stream = _open(call, asked, query)
    try:
        schema = next(stream.batches).schema
        for name in asked.query.fields:
            if name not in schema.names:
                raise WrongParameter("fields", f"field {name[:64]!r} not in table")
    except BaseException:
        stream.source.close()
        raise
    return stream, schema


def _with_words(batch: pa.RecordBatch, words: Sequence[str]) -> pa.RecordBatch:
    """The rows in which each word is in any field."""
    if not words or not batch.num_rows:
        return batch
    names = [name for name in batch.schema.names if name != DISPUTED]
    columns = [pc.utf8_lower(batch.column(name).cast(pa.string())) for name in names]
    for word in words:
        found = [pc.fill_null(pc.match_substring(one, word), False) for one in columns]
        where = found[0]
        for one in found[1:]:
            where = pc.or_(where, one)
        batch = batch.filter(where)
        columns = [one.filter(where) for one in columns]
    return batch


class _Window:
    """The rows of an answer among all that are found; those behind them are read to be counted."""

    def __init__(self, offset: int, limit: int, *, counts: bool = True) -> None:
        self._offset = offset
        self._limit = limit
        self._counts = counts
        self.seen = 0

    def of(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            start = max(0, self._offset - self.seen)
            stop = min(batch.num_rows, self._offset + self._limit - self.seen)
            self.seen += batch.num_rows
            if stop > start:
                yield batch.slice(start, stop - start)
            if not self._counts and self.seen >= self._offset + self._limit:
                return


def _chunks(head: bytes, pieces: Iterator[bytes], tail: Callable[[], bytes]) -> Iterator[bytes]:
    """In chunks worth sending; the tail is made behind the last row."""
    waiting, size = [head], len(head)
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size > CHUNK:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join((*waiting, tail()))


def _head(call: CkanCall, asked: RowsAsked, schema: pa.Schema, cited: Citation) -> bytes:
    """The answer up to its records."""
    given = call.asked.given
    head: dict[str, Json] = {name: given[name] for name in _REPEATED if name in given} | {
        "include_total": asked.with_total,
        "limit": asked.limit,
        "offset": asked.offset,
        "records_format": asked.form,
        "resource_id": asked.resource,
        "total_estimation_threshold": None,
        "total_was_estimated": False,
        "fields": [
            {
                "id": one.name,
                "type": postgres_type(one.type),
                "info": _info(asked.facts, one.name, call),
            }
            for one in schema
        ],
        "_links": _links(call, asked),
        "xihu": {
            "dataset": cited.dataset,
            "snapshot": str(cited.snapshot_id),
            "synthetic": cited.synthetic,
            "audit_entry": cited.audit_entry,
        },
    }
    opened = success_head(call.base_url, call.action)
    return opened + dump(head).removesuffix(b"}") + b', "records": '


_REPEATED = ("filters", "q", "fields", "sort", "distinct")


def _tail(total: int | None) -> bytes:
    """None where the number may not be said, or was not asked for."""
    return b"}}" if total is None else b', "total": %d}}' % total


def _info(facts: EntryFacts, name: str, call: CkanCall) -> dict[str, str]:
    field = next((one for one in facts.fields if one.name == name), None)
    if field is None:
        return {}
    return {
        "label": said(field.title, call.language),
        "notes": said(field.description, call.language),
    }


def _links(call: CkanCall, asked: RowsAsked) -> dict[str, str]:
    known = {name: value for name, value in call.asked.given.items() if isinstance(value, str)}
    known |= {"resource_id": asked.resource, "limit": str(asked.limit)}
    start = {name: value for name, value in known.items() if name != "offset"}
    following = start | {"offset": str(asked.offset + asked.limit)}
    address = "/api/3/action/datastore_search?"
    return {"start": address + urlencode(start), "next": address + urlencode(following)}
