"""Actions about packages and their resources: list, show, search."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from fastapi.responses import Response

from xihu_catalog.datasets.facts import EntryFacts
from xihu_catalog.datasets.package_records import PackageRecord, PackageResource, package_record
from xihu_catalog.formats.ckan import ckan_name, ckan_package, said
from xihu_catalog.search.package_index import all_of, any_of
from xihu_catalog.search.packages import both
from xihu_catalog.search.ranges import PATTERN_LENGTH
from xihu_portals.api.ckan.answers import Json, NoSuchThing, SearchFault, WrongParameter
from xihu_portals.api.ckan.calls import PAGE, CkanCall
from xihu_portals.api.ckan.labels import search_facets
from xihu_portals.api.ckan.selection import (
    BY_NAME,
    DEFAULT_SORT,
    Selection,
    facets_of,
    in_batches,
    read_sort,
)
from xihu_portals.api.ckan.writing import draft_entry, find_desk

NEWEST = "metadata_modified desc"
ROWS = 10
FACET_LIMIT = 50
FACET_FIELDS = 30
FIELDS, QUERIES = 100, 10
Item = TypeVar("Item")
CANDIDATES = 10_000
"""Entries whose resources one `resource_search` reads."""
_SEARCHED = ("id", "name", "format", "url")
_IN_INDEX = {
    "id": "ckan_res_id",
    "name": "ckan_res_name_fold",
    "format": "ckan_res_format",
    "url": "ckan_res_url_fold",
}


def package_list(call: CkanCall) -> Response:
    found, offset = call.packages.everything(), call.asked.number("offset", 0)
    limit, left = call.asked.find_number("limit"), max(0, found.count - offset)
    rows = left if limit is None else min(limit, left)
    names = (ckan_name(one) for one in found.pages(BY_NAME, offset, rows))
    return call.answer_items(names, rows)


def package_show(call: CkanCall) -> Response:
    """An entry, else a draft of the caller's own department."""
    reference = call.asked.text("id") or call.asked.needed("name_or_id")
    record = call.packages.find(reference)
    if record is not None:
        return call.answer(ckan_package(call.facts_of(record), call.language))
    desk = find_desk(call.services, call.caller)
    draft = desk.drafts.find(reference) if desk is not None else None
    if desk is None or draft is None:
        raise NoSuchThing("Package was not found.")
    return call.answer(desk.package(draft, call.language))


def current_packages(call: CkanCall) -> Response:
    """`current_package_list_with_resources`: the newest first."""
    asked = call.asked
    limit, offset = asked.find_number("limit"), asked.number("offset", 0)
    page = asked.find_number("page")
    if page is not None:
        if page < 1:
            raise WrongParameter("page", "Must be a natural number")
        offset = (page - 1) * (limit or 0)
    return call.answer_list(call.packages.everything(), (NEWEST, offset, limit))


def package_search(call: CkanCall) -> Response:
    asked = call.asked
    rows, start = asked.number("rows", ROWS), asked.number("start", 0)
    sort = asked.text("sort") or DEFAULT_SORT
    fields = asked.texts("fl", divided=True)
    if len(fields) > FIELDS:
        raise WrongParameter("fl", f"At most {FIELDS} fields")
    filters = [*asked.texts("fq"), *asked.texts("fq_list")]
    now, drafts = call.services.node.clock(), _drafts(call)
    found = call.packages.search(asked.text("q"), filters, now, drafts)
    read_sort(sort)
    facets = _facets(call, found)
    head: dict[str, Json] = {
        "count": found.count,
        "facets": facets,
        "sort": sort,
        "search_facets": search_facets(facets, call.packages, call.language),
    }
    page = (sort, start, rows)
    if not fields:
        return call.answer_with(head, "results", found, page)
    return call.answer_with(
        head,
        "results",
        found,
        page,
        lambda one: {name: one[name] for name in fields if name in one},
    )


def _drafts(call: CkanCall) -> list[PackageRecord]:
    """Those of the caller's own department, where they are asked for."""
    desk = find_desk(call.services, call.caller)
    if desk is None or not call.asked.flag("include_drafts"):
        return []
    found = {draft_entry(one.id): one for one in desk.drafts.current()}
    call.drafts.update((name, desk.package(one, call.language)) for name, one in found.items())
    return [desk.record(one) for one in found.values()]


def _facets(call: CkanCall, found: Selection) -> dict[str, dict[str, int]]:
    asked = call.asked
    fields = list(dict.fromkeys(asked.texts("facet.field")))
    limit = asked.number("facet.limit", FACET_LIMIT, least=-1)
    least = asked.number("facet.mincount", 1)
    if not asked.flag("facet", default=True):
        return {}
    if len(fields) > FACET_FIELDS:
        raise WrongParameter("facet.field", f"At most {FACET_FIELDS} fields")
    return facets_of(found, fields, limit, least)


def package_autocomplete(call: CkanCall) -> Response:
    asked, packages = call.asked, call.packages
    wanted = (asked.text("q") or asked.needed("incomplete")).casefold()
    if len(wanted) > PATTERN_LENGTH:
        raise WrongParameter("q", f"At most {PATTERN_LENGTH} characters")
    found = packages.selection(
        [one for one in packages.memory if wanted in one.name or wanted in both(one.title)],
        lambda stored: any_of(
            [stored.containing("ckan_name", wanted), stored.containing("ckan_title_fold", wanted)]
        ),
    )
    ids = list(found.pages(BY_NAME, 0, min(asked.number("limit", ROWS), PAGE)))
    facts = packages.entries.find_many(ids)
    return call.answer([_completed(call, facts[one], wanted) for one in ids if one in facts])


def _completed(call: CkanCall, facts: EntryFacts, wanted: str) -> Json:
    name, title = ckan_name(facts.id), said(facts.title, call.language)
    field = "name" if wanted in name else "title"
    return {"name": name, "title": title, "match_field": field, "match_displayed": title}


def resource_show(call: CkanCall) -> Response:
    wanted = call.asked.needed("id")
    found = call.packages.find_resource(wanted)
    if found is not None:
        package = ckan_package(call.facts_of(found), call.language)
        for one in package["resources"]:
            if one["id"] == wanted:
                return call.answer(one)
    desk = find_desk(call.services, call.caller)
    draft = desk.drafts.find_of_resource(wanted) if desk is not None else None
    for one in desk.package(draft, call.language)["resources"] if desk and draft else ():
        if one["id"] == wanted:
            return call.answer(one)
    raise NoSuchThing("Resource was not found.")


def resource_search(call: CkanCall) -> Response:
    """Resources with all of the texts, each in its own field, in any case of letters."""
    asked = call.asked
    pairs = [one.partition(":") for one in asked.texts("query")]
    if not pairs:
        raise WrongParameter("query", "Missing value")
    if len(pairs) > QUERIES:
        raise WrongParameter("query", f"At most {QUERIES} pairs")
    wanted: list[tuple[str, str]] = []
    for name, colon, value in pairs:
        if not colon:
            raise WrongParameter("query", "Must be <field>:<value> pair(s)")
        if name not in _SEARCHED:
            raise WrongParameter("query", f'Field "{name[:64]}" not recognised in resource_search.')
        wanted.append((name, value.casefold()))
    candidates = _candidates(call, wanted)
    found = [
        (record, one)
        for record in _records(call, candidates)
        for one in record.resources
        if all(value in _said_in(one, name) for name, value in wanted)
    ]
    page = cut(found, asked.number("offset", 0), asked.number("limit", 1000))
    return call.answer({"count": len(found), "results": _resources(call, page)})


def _candidates(call: CkanCall, wanted: Sequence[tuple[str, str]]) -> Selection:
    """Entries that have each text in some resource. Raises SearchFault for too many."""
    if any(len(value) > PATTERN_LENGTH for _, value in wanted):
        raise WrongParameter("query", f"At most {PATTERN_LENGTH} characters")
    found = call.packages.selection(
        list(call.packages.memory),
        lambda stored: all_of(
            stored.all(),
            *(
                stored.containing(_IN_INDEX[name], value.upper() if name == "format" else value)
                for name, value in wanted
                if name != "format" or value.isascii()
            ),
        ),
    )
    if found.count > CANDIDATES:
        raise SearchFault(
            f"more than {CANDIDATES:,} datasets have such resources: add a further pair"
        )
    return found


def _records(call: CkanCall, found: Selection) -> Iterator[PackageRecord]:
    """By name."""
    memory = {one.entry: one for one in call.packages.memory}
    for some in in_batches(found.by_name(), FIELDS):
        facts = call.packages.entries.find_many([one for one in some if one not in memory])
        for one in some:
            if one in memory:
                yield memory[one]
            elif one in facts:
                yield package_record(facts[one])


def _said_in(one: PackageResource, name: str) -> str:
    if name == "name":
        return f"{one.name.zh}\n{one.name.en}".casefold()
    return {"id": one.id, "format": one.format, "url": one.url}[name].casefold()


def _resources(call: CkanCall, page: Sequence[tuple[PackageRecord, PackageResource]]) -> list[Json]:
    entries = dict.fromkeys(record.entry for record, _ in page)
    known = {one["id"]: one for package in call.whole(entries) for one in package["resources"]}
    return [known[one.id] for _, one in page if one.id in known]


def cut(items: Sequence[Item], offset: int, limit: int | None) -> Sequence[Item]:
    return items[offset : None if limit is None else offset + limit]
