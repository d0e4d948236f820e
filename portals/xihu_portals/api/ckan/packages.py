"""Actions about packages and their resources: list, show, search."""

from collections.abc import Sequence
from typing import TypeVar

from fastapi.responses import Response

from xihu_catalog.datasets.package_records import PackageRecord, PackageResource
from xihu_catalog.formats.ckan import ckan_package, said
from xihu_portals.api.ckan.answers import Json, NoSuchThing, WrongParameter
from xihu_portals.api.ckan.calls import CkanCall
from xihu_portals.api.ckan.matching import (
    DEFAULT_SORT,
    Matching,
    count_facets,
    in_order,
    search_facets,
)
from xihu_portals.api.ckan.writing import draft_entry, find_desk

ROWS = 10
FACET_LIMIT = 50
FACET_FIELDS = 30
FIELDS, QUERIES = 100, 10
Item = TypeVar("Item")
_SEARCHED = ("id", "name", "format", "url")


def package_list(call: CkanCall) -> Response:
    asked = call.asked
    names = sorted(one.name for one in call.packages)
    return call.answer(cut(names, asked.number("offset", 0), asked.find_number("limit")))


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
    records = in_order(list(call.packages), "metadata_modified desc", {}, call.language)
    return call.answer_list(cut(records, offset, limit))


def package_search(call: CkanCall) -> Response:
    asked = call.asked
    rows, start = asked.number("rows", ROWS), asked.number("start", 0)
    sort = asked.text("sort") or DEFAULT_SORT
    fields = asked.texts("fl", divided=True)
    if len(fields) > FIELDS:
        raise WrongParameter("fl", f"At most {FIELDS} fields")
    packages = call.packages.with_drafts(_drafts(call))
    matching = Matching(packages, call.services.search, call.services.node.clock())
    filters = [*asked.texts("fq"), *asked.texts("fq_list")]
    found = matching.find(asked.text("q"), filters)
    found = in_order(found, sort, matching.ranks, call.language)
    facets = _facets(call, found)
    head: dict[str, Json] = {
        "count": len(found),
        "facets": facets,
        "sort": sort,
        "search_facets": search_facets(facets, packages, call.language),
    }
    page = cut(found, start, rows)
    if not fields:
        return call.answer_with(head, "results", page)
    return call.answer_with(
        head, "results", page, lambda one: {name: one[name] for name in fields if name in one}
    )


def _drafts(call: CkanCall) -> list[PackageRecord]:
    """Those of the caller's own department, where they are asked for."""
    desk = find_desk(call.services, call.caller)
    if desk is None or not call.asked.flag("include_drafts"):
        return []
    found = {draft_entry(one.id): one for one in desk.drafts.current()}
    call.drafts.update((name, desk.package(one, call.language)) for name, one in found.items())
    return [desk.record(one) for one in found.values()]


def _facets(call: CkanCall, found: Sequence[PackageRecord]) -> dict[str, dict[str, int]]:
    asked = call.asked
    fields = list(dict.fromkeys(asked.texts("facet.field")))
    limit = asked.number("facet.limit", FACET_LIMIT, least=-1)
    least = asked.number("facet.mincount", 1)
    if not asked.flag("facet", default=True):
        return {}
    if len(fields) > FACET_FIELDS:
        raise WrongParameter("facet.field", f"At most {FACET_FIELDS} fields")
    return count_facets(found, fields, limit, least)


def package_autocomplete(call: CkanCall) -> Response:
    asked = call.asked
    wanted = (asked.text("q") or asked.needed("incomplete")).casefold()
    found = [
        {
            "name": one.name,
            "title": said(one.title, call.language),
            "match_field": "name" if wanted in one.name else "title",
            "match_displayed": said(one.title, call.language),
        }
        for one in sorted(call.packages, key=lambda one: one.name)
        if wanted in one.name or wanted in f"{one.title.zh}\n{one.title.en}".casefold()
    ]
    return call.answer(cut(found, 0, asked.number("limit", ROWS)))


def resource_show(call: CkanCall) -> Response:
    wanted = call.asked.needed("id")
    found = call.packages.find_resource(wanted)
    if found is not None:
        package = ckan_package(call.facts_of(found[0]), call.language)
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
    found = [
        (record, one)
        for record in sorted(call.packages, key=lambda record: record.name)
        for one in record.resources
        if all(value in _said_in(one, name) for name, value in wanted)
    ]
    page = cut(found, asked.number("offset", 0), asked.number("limit", 1000))
    return call.answer({"count": len(found), "results": _resources(call, page)})


def _said_in(one: PackageResource, name: str) -> str:
    if name == "name":
        return f"{one.name.zh}\n{one.name.en}".casefold()
    return {"id": one.id, "format": one.format, "url": one.url}[name].casefold()


def _resources(call: CkanCall, page: Sequence[tuple[PackageRecord, PackageResource]]) -> list[Json]:
    records = list({record.entry: record for record, _ in page}.values())
    known = {one["id"]: one for package in call.whole(records) for one in package["resources"]}
    return [known[one.id] for _, one in page if one.id in known]


def cut(items: Sequence[Item], offset: int, limit: int | None) -> Sequence[Item]:
    return items[offset : None if limit is None else offset + limit]
