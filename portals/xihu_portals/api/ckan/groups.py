"""Actions about organisations (departments), groups (topics) and tags."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from fastapi.responses import Response

from xihu_catalog.datasets.package_records import PackageGroup, PackageRecord
from xihu_catalog.formats.ckan import ckan_organisation, ckan_tag, said
from xihu_platform.words import Language
from xihu_portals.api.ckan.answers import Json, NoSuchThing, WrongParameter
from xihu_portals.api.ckan.calls import CkanCall
from xihu_portals.api.ckan.packages import cut

_SORTS = ("name", "title", "package_count")


@dataclass(frozen=True, slots=True)
class Grouped:
    """A group with the entries that are in it; one with none is not listed."""

    group: PackageGroup
    records: list[PackageRecord] = field(default_factory=list)


def organization_list(call: CkanCall) -> Response:
    return _list(call, _organisations(call.packages), "organizations", organisation=True)


def organization_show(call: CkanCall) -> Response:
    return _show(call, _organisations(call.packages), organisation=True)


def organization_autocomplete(call: CkanCall) -> Response:
    wanted = call.asked.text("q").casefold()
    found = [
        {"id": one.group.id, "name": one.group.name, "title": said(one.group.title, call.language)}
        for one in _organisations(call.packages)
        if wanted in f"{one.group.name}\n{one.group.title.zh}\n{one.group.title.en}".casefold()
    ]
    return call.answer(cut(found, 0, call.asked.number("limit", 20)))


def group_list(call: CkanCall) -> Response:
    return _list(call, _topics(call.packages), "groups", organisation=False)


def group_show(call: CkanCall) -> Response:
    return _show(call, _topics(call.packages), organisation=False)


def group_package_show(call: CkanCall) -> Response:
    """The packages of a topic, by name."""
    wanted, limit = call.asked.needed("id"), call.asked.find_number("limit")
    for one in _topics(call.packages):
        if wanted in {one.group.id, one.group.name}:
            records = sorted(one.records, key=lambda record: record.name)
            return call.answer_list(cut(records, 0, limit))
    raise NoSuchThing("Group was not found.")


def tag_list(call: CkanCall) -> Response:
    asked = call.asked
    wanted = asked.text("query").casefold()
    if asked.text("vocabulary_id"):
        raise NoSuchThing("could not find vocabulary")
    names = {name for one in call.packages for name in one.tags}
    found = cut(
        sorted(one for one in names if wanted in one.casefold()),
        asked.number("offset", 0),
        asked.find_number("limit"),
    )
    return call.answer([ckan_tag(one) for one in found] if asked.flag("all_fields") else found)


def tag_show(call: CkanCall) -> Response:
    wanted = call.asked.needed("id")
    found: list[PackageRecord] = []
    name = ""
    for one in call.packages:
        for tag in one.tags:
            if wanted == tag or wanted == ckan_tag(tag)["id"]:
                name = tag
                found.append(one)
    if not found:
        raise NoSuchThing("Tag was not found.")
    head = ckan_tag(name)
    if not call.asked.flag("include_datasets"):
        return call.answer(head)
    return call.answer_with(head, "packages", sorted(found, key=lambda one: one.name))


def _organisations(packages: Iterable[PackageRecord]) -> list[Grouped]:
    return _grouped((one.organisation, one) for one in packages)


def _topics(packages: Iterable[PackageRecord]) -> list[Grouped]:
    return _grouped((one.topic, one) for one in packages if one.topic is not None)


def _grouped(pairs: Iterable[tuple[PackageGroup, PackageRecord]]) -> list[Grouped]:
    found: dict[str, Grouped] = {}
    for group, record in pairs:
        found.setdefault(group.name, Grouped(group)).records.append(record)
    return [found[name] for name in sorted(found)]


def _list(call: CkanCall, groups: list[Grouped], names: str, *, organisation: bool) -> Response:
    asked = call.asked
    chosen = set(asked.texts(names, divided=True))
    if chosen:
        groups = [one for one in groups if one.group.name in chosen]
    groups = _sorted(groups, asked.text("sort") or "title asc", call.language)
    page = cut(groups, asked.number("offset", 0), asked.find_number("limit"))
    if not asked.flag("all_fields"):
        return call.answer([one.group.name for one in page])
    return call.answer([_dict(one, call.language, organisation=organisation) for one in page])


def _sorted(groups: list[Grouped], sort: str, language: Language) -> list[Grouped]:
    """The name decides between equals."""
    name, _, direction = sort.strip().partition(" ")
    direction = direction.strip().lower()
    if name not in {*_SORTS, "packages"} or direction not in {"", "asc", "desc"}:
        raise WrongParameter("sort", f"Cannot sort by field `{sort[:64]}`")
    down = direction == "desc"
    if name == "title":
        return sorted(groups, key=lambda one: said(one.group.title, language), reverse=down)
    if name == "name":
        return sorted(groups, key=lambda one: one.group.name, reverse=down)
    return sorted(groups, key=lambda one: len(one.records), reverse=down)


def _show(call: CkanCall, groups: Sequence[Grouped], *, organisation: bool) -> Response:
    wanted = call.asked.needed("id")
    for one in groups:
        if wanted in {one.group.id, one.group.name}:
            head = _dict(one, call.language, organisation=organisation)
            head |= {"users": [], "groups": [], "tags": [], "extras": []}
            if not call.asked.flag("include_datasets"):
                return call.answer(head)
            records = sorted(one.records, key=lambda record: record.name)
            return call.answer_with(head, "packages", records)
    raise NoSuchThing("Organization was not found." if organisation else "Group was not found.")


def _dict(one: Grouped, language: Language, *, organisation: bool) -> dict[str, Json]:
    key = (one.group.id, one.group.name)
    made = ckan_organisation(key, one.group.title, language)
    if not organisation:
        made |= {"type": "group", "is_organization": False}
    return made | {
        "display_name": made["title"],
        "image_display_url": "",
        "num_followers": 0,
        "package_count": len(one.records),
    }
