"""Actions about organisations (departments), groups (topics) and tags."""

from fastapi.responses import Response

from xihu_catalog.datasets.package_records import PackageGroup
from xihu_catalog.formats.ckan import ckan_organisation, ckan_tag, said
from xihu_catalog.search.packages import both
from xihu_platform.words import Language
from xihu_portals.api.ckan.answers import Json, NoSuchThing, WrongParameter
from xihu_portals.api.ckan.calls import CkanCall
from xihu_portals.api.ckan.catalogue import ORGANISATION, TOPIC
from xihu_portals.api.ckan.packages import cut
from xihu_portals.api.ckan.selection import BY_NAME

NO_GROUP = "Group was not found."
_SORTS = ("name", "title", "package_count")


Groups = dict[PackageGroup, int]
"""Each with the number of its entries; one with none is not listed."""


def organization_list(call: CkanCall) -> Response:
    return _list(call, ORGANISATION, "organizations")


def organization_show(call: CkanCall) -> Response:
    return _show(call, ORGANISATION)


def organization_autocomplete(call: CkanCall) -> Response:
    wanted = call.asked.text("q").casefold()
    found = [
        {"id": one.id, "name": one.name, "title": said(one.title, call.language)}
        for one in call.packages.groups(ORGANISATION)
        if wanted in f"{one.name}\n{both(one.title)}".casefold()
    ]
    return call.answer(cut(found, 0, call.asked.number("limit", 20)))


def group_list(call: CkanCall) -> Response:
    return _list(call, TOPIC, "groups")


def group_show(call: CkanCall) -> Response:
    return _show(call, TOPIC)


def group_package_show(call: CkanCall) -> Response:
    """The packages of a topic, by name."""
    group, _ = _group(call, TOPIC)
    limit = call.asked.find_number("limit")
    return call.answer_list(call.packages.with_group(TOPIC, group.name), (BY_NAME, 0, limit))


def tag_list(call: CkanCall) -> Response:
    asked = call.asked
    wanted = asked.text("query").casefold()
    if asked.text("vocabulary_id"):
        raise NoSuchThing("could not find vocabulary")
    found = cut(
        sorted(one for one in call.packages.tags() if wanted in one.casefold()),
        asked.number("offset", 0),
        asked.find_number("limit"),
    )
    return call.answer([ckan_tag(one) for one in found] if asked.flag("all_fields") else found)


def tag_show(call: CkanCall) -> Response:
    wanted = call.asked.needed("id")
    found = call.packages.with_tag(wanted)
    name = next((one for one in found.values("tags") if wanted in {one, ckan_tag(one)["id"]}), None)
    if name is None:
        raise NoSuchThing("Tag was not found.")
    head = ckan_tag(name)
    if not call.asked.flag("include_datasets"):
        return call.answer(head)
    return call.answer_with(head, "packages", found)


def _list(call: CkanCall, kind: str, names: str) -> Response:
    asked, groups = call.asked, call.packages.groups(kind)
    chosen = set(asked.texts(names, divided=True))
    if chosen:
        groups = {one: n for one, n in groups.items() if one.name in chosen}
    ordered = _sorted(groups, asked.text("sort") or "title asc", call.language)
    page = cut(ordered, asked.number("offset", 0), asked.find_number("limit"))
    if not asked.flag("all_fields"):
        return call.answer([one.name for one in page])
    return call.answer([_dict(one, groups[one], call.language, kind) for one in page])


def _sorted(groups: Groups, sort: str, language: Language) -> list[PackageGroup]:
    """The name decides between equals."""
    name, _, direction = sort.strip().partition(" ")
    direction = direction.strip().lower()
    if name not in {*_SORTS, "packages"} or direction not in {"", "asc", "desc"}:
        raise WrongParameter("sort", f"Cannot sort by field `{sort[:64]}`")
    down = direction == "desc"
    if name == "title":
        return sorted(groups, key=lambda one: said(one.title, language), reverse=down)
    if name == "name":
        return sorted(groups, key=lambda one: one.name, reverse=down)
    return sorted(groups, key=lambda one: groups[one], reverse=down)


def _group(call: CkanCall, kind: str) -> tuple[PackageGroup, int]:
    """Raises NoSuchThing."""
    wanted = call.asked.needed("id")
    for one, count in call.packages.groups(kind).items():
        if wanted in {one.id, one.name}:
            return one, count
    raise NoSuchThing("Organization was not found." if kind == ORGANISATION else NO_GROUP)


def _show(call: CkanCall, kind: str) -> Response:
    group, count = _group(call, kind)
    head = _dict(group, count, call.language, kind)
    head |= {"users": [], "groups": [], "tags": [], "extras": []}
    if not call.asked.flag("include_datasets"):
        return call.answer(head)
    return call.answer_with(head, "packages", call.packages.with_group(kind, group.name))


def _dict(group: PackageGroup, count: int, language: Language, kind: str) -> dict[str, Json]:
    made = ckan_organisation((group.id, group.name), group.title, language)
    if kind == TOPIC:
        made |= {"type": "group", "is_organization": False}
    return made | {
        "display_name": made["title"],
        "image_display_url": "",
        "num_followers": 0,
        "package_count": count,
    }
