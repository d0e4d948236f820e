"""Facets with the titles of groups and licences, as CKAN's pages show them."""

from xihu_catalog.formats.authority import find_term
from xihu_catalog.formats.ckan import said
from xihu_platform.words import Language
from xihu_portals.api.ckan.answers import Json
from xihu_portals.api.ckan.catalogue import ORGANISATION, TOPIC, PackageCatalogue

_KINDS = {"organization": ORGANISATION, "groups": TOPIC}


def search_facets(
    facets: dict[str, dict[str, int]], packages: PackageCatalogue, language: Language
) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for field, counts in facets.items():
        known: dict[str, str] = {}
        if field in _KINDS:
            groups = packages.groups(_KINDS[field])
            known = {one.name: said(one.title, language) or one.name for one in groups}
        items = [
            {"name": value, "display_name": _label(field, value, known, language), "count": n}
            for value, n in counts.items()
        ]
        items.sort(key=lambda one: str(one["display_name"]), reverse=True)
        found[field] = {"title": field, "items": items}
    return found


def _label(field: str, value: str, known: dict[str, str], language: Language) -> str:
    if field == "license_id":
        term = find_term("licence", value)
        return term.label.to(language) if term else value
    return known.get(value, value)
