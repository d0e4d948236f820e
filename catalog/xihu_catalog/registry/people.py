"""Reads organisations, people, systems and the grants that departments have given each other."""

from datetime import date
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter

from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.reading import BothLanguages, ContentPart, check_unique, read_content
from xihu_platform.access.policy import ShareRule
from xihu_platform.access.unpublished import covers
from xihu_platform.identity.principal import Duty, Position
from xihu_platform.identity.seeds import Content, OrganisationSeed
from xihu_platform.words import Text

ORGANISATIONS, PEOPLE, GRANTS = "organisations.yaml", "people.yaml", "grants.yaml"
_CONTENT = TypeAdapter(Content)


class _Grant(ContentPart):
    id: str
    dataset: str
    organisation: str
    fields: list[str]
    purpose: BothLanguages
    valid_from: date
    valid_to: date
    rules: list[ShareRule] = []


class _Grants(ContentPart):
    grants: list[_Grant] = []


@lru_cache
def content() -> Content:
    """Organisations, people and systems. Raises BadRegistry; a registry may name no people."""
    known = read_content(registry_folder() / ORGANISATIONS, _CONTENT)
    people = read_content(registry_folder() / PEOPLE, _CONTENT, Content())
    _check_unique(known, people)
    return Content(known.organisations, people.people, people.systems)


def _check_unique(known: Content, people: Content) -> None:
    file = registry_folder() / ORGANISATIONS
    check_unique(file, "uscc", (one.uscc for one in known.organisations))
    check_unique(file, "code", (one.code for one in known.organisations))
    file = registry_folder() / PEOPLE
    positions = (position.id for one in people.people for position in one.positions)
    check_unique(file, "username", (one.username for one in people.people))
    check_unique(file, "person", (one.person for one in people.people))
    check_unique(file, "position", positions)
    check_unique(file, "client_id", (one.client_id for one in people.systems))


@lru_cache
def organisations() -> dict[str, OrganisationSeed]:
    return {o.uscc: o for o in content().organisations}


def organisation_name(uscc: str) -> Text:
    """The organisation's name, or its code where the registry does not know it."""
    known = organisations().get(uscc)
    return Text(known.name_zh, known.name_en) if known else Text(uscc, uscc)


def person_name(person: str, signed_in_as: str) -> Text:
    """The name in both languages, where the registry knows the person; else as signed in."""
    return _names().get(person) or Text(signed_in_as, signed_in_as)


@lru_cache
def _names() -> dict[str, Text]:
    return {one.person: Text(one.name_zh, one.name_en) for one in content().people}


def load_grants() -> list[dict[str, Any]]:
    """Grants as rows of the `grant` table."""
    raw = read_content(registry_folder() / GRANTS, TypeAdapter(_Grants), _Grants())
    check_unique(registry_folder() / GRANTS, "id", (one.id for one in raw.grants))
    return [
        {
            **g.model_dump(exclude={"purpose"}),
            "purpose_zh": g.purpose.zh,
            "purpose_en": g.purpose.en,
        }
        for g in raw.grants
    ]


def own_region() -> str:
    """The division that the registry's organisations are of; empty without any."""
    return min((one.region for one in organisations().values()), default="")


OVERSEE: frozenset[Duty] = frozenset({"authority", "chief_data_officer"})
"""Duties that answer for the data of every organisation of their area."""


def answered_for(position: Position) -> frozenset[str]:
    """USCCs of the organisations whose data a position answers for: its own; with a duty of
    `OVERSEE` all of its area, too."""
    own = frozenset({position.organisation})
    if not position.duties & OVERSEE:
        return own
    everywhere = organisations().values()
    return own | {one.uscc for one in everywhere if covers(position.region, one.region)}
