"""Reads organisations, people, systems and the grants that departments have given each other."""

from datetime import date
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter

from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.reading import BothLanguages, ContentPart, read_content
from xihu_platform.access.policy import ShareRule
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
    return Content(known.organisations, people.people, people.systems)


@lru_cache
def organisations() -> dict[str, OrganisationSeed]:
    return {o.uscc: o for o in content().organisations}


def organisation_name(uscc: str) -> Text:
    """The organisation's name, or its code where the registry does not know it."""
    known = organisations().get(uscc)
    return Text(known.name_zh, known.name_en) if known else Text(uscc, uscc)


def load_grants() -> list[dict[str, Any]]:
    """Grants as rows of the `grant` table."""
    raw = read_content(registry_folder() / GRANTS, TypeAdapter(_Grants), _Grants())
    return [
        {
            **g.model_dump(exclude={"purpose"}),
            "purpose_zh": g.purpose.zh,
            "purpose_en": g.purpose.en,
        }
        for g in raw.grants
    ]
