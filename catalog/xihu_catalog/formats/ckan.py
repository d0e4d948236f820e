"""Writes an entry as a CKAN package, in the form that the Action API of CKAN 2.11 answers.

Ids are UUIDs made of IRIs (RFC 9562, version 5), so that they are the same in every answer. CKAN's
moments are in UTC and have no offset.
"""

import re
from datetime import UTC, date, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from xihu_catalog.datasets.facts import AgentFacts, DistributionFacts, EntryFacts
from xihu_catalog.formats.authority import authority_table, find_term
from xihu_catalog.formats.clean import clean, find_iri, one_line
from xihu_platform.words import Language, Text

_Json = dict[str, Any]
"""Any: it is JSON."""
NAME_LENGTH = 100
"""CKAN's own limit of a name."""
UNKNOWN_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)
"""Of an entry that says no moment at all: CKAN's clients require one."""
_OTHER = re.compile(r"[^a-z0-9_-]+")


def ckan_id(iri: str) -> str:
    """
    >>> ckan_id("https://data.example/id/dataset/a")
    '04911004-1de7-5289-97a1-4f47f95ac841'
    """
    return str(uuid5(NAMESPACE_URL, iri))


def ckan_name(identifier: str) -> str:
    """An id as CKAN writes names. One that had to be changed ends in a digest of itself, so that
    no two ids have the same name.

    >>> ckan_name("fg_penalties"), ckan_name("src-A b")
    ('fg_penalties', 'src-a-b-6368512b')
    """
    made = _OTHER.sub("-", identifier.lower()).strip("-")
    if made == identifier and 1 < len(made) <= NAME_LENGTH:
        return made
    return f"{made[: NAME_LENGTH - 9]}-{ckan_id(identifier)[:8]}".lstrip("-")


def ckan_moment(value: date | datetime | None) -> str | None:
    """
    >>> ckan_moment(date(2026, 11, 23))
    '2026-11-23T00:00:00.000000'
    """
    if value is None:
        return None
    return aware(value).astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


def aware(value: date | datetime) -> datetime:
    """A day is its first moment in UTC."""
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def modified_of(facts: EntryFacts) -> datetime:
    """When the source changed the entry, else its newest load, else the next best moment."""
    harvested = facts.origin.harvested_at if facts.origin else None
    known = facts.modified or facts.state.loaded_at or facts.issued or harvested
    return aware(known) if known else UNKNOWN_MOMENT


def created_of(facts: EntryFacts) -> datetime:
    """When it was issued, else the moment above: CKAN's clients require one."""
    return aware(facts.issued) if facts.issued else modified_of(facts)


def said(text: Text, language: Language) -> str:
    """In the language asked for, else in the other."""
    return clean(text.to(language)) or clean(text.zh) or clean(text.en)


def organisation_key(agent: AgentFacts, *, own: bool) -> tuple[str, str]:
    """The UUID and the name of an organisation: of this node's own its registry id."""
    last = agent.id.rstrip("/").rpartition("/")[2]
    name = last.lower() if own and not _OTHER.search(last.lower()) else ckan_name(f"-{agent.id}")
    return ckan_id(agent.id), name[-NAME_LENGTH:]


def ckan_organisation(
    key: tuple[str, str], title: Text, language: Language, created: str | None = None
) -> _Json:
    """An organisation as it is inside a package. `key` is `organisation_key`."""
    return {
        "id": key[0],
        "name": key[1],
        "title": said(title, language) or key[1],
        "type": "organization",
        "description": "",
        "image_url": "",
        "created": created or ckan_moment(UNKNOWN_MOMENT),
        "is_organization": True,
        "approval_status": "approved",
        "state": "active",
    }


def ckan_group(code: str, iri: str, title: Text, language: Language) -> _Json:
    """A topic as it is inside a package."""
    shown = said(title, language) or code
    return {
        "id": ckan_id(iri),
        "name": code.lower(),
        "title": shown,
        "display_name": shown,
        "description": "",
        "image_display_url": "",
    }


def ckan_tag(name: str) -> _Json:
    return {
        "id": ckan_id(f"urn:x-tag:{name}"),
        "name": name,
        "display_name": name,
        "state": "active",
        "vocabulary_id": None,
    }


def tags_of(facts: EntryFacts) -> tuple[str, ...]:
    words = (one_line(word)[:NAME_LENGTH].strip() for word in facts.keywords)
    return tuple(dict.fromkeys(filter(None, words)))


def ckan_licence(licence: str | None) -> tuple[str, str, str | None, bool]:
    """Id, title key, address and whether it is an open licence: of the licences that we know."""
    name = one_line(licence or "")
    term = find_term("licence", name)
    if term is not None:
        return name, term.label.en, term.page, True
    return name or "notspecified", name or "License not specified", find_iri(name), False


def ckan_licences(language: Language) -> list[_Json]:
    """Those of the table, as `license_list` answers them."""
    return [
        {
            "id": code,
            "title": term.label.to(language),
            "url": term.page,
            "status": "active",
            "maintainer": "",
            "family": "",
            "od_conformance": "approved",
            "osd_conformance": "not reviewed",
            "domain_content": "True",
            "domain_data": "True",
            "domain_software": "False",
            "is_okd": "True",
            "is_generic": "False",
        }
        for code, term in authority_table("licence").items()
    ]


def ckan_package(facts: EntryFacts, language: Language) -> _Json:
    """The whole package with its resources, as `package_show` answers it."""
    key = organisation_key(facts.publisher, own=facts.origin is None)
    licence, title, address, is_open = ckan_licence(facts.licence)
    resources = ckan_resources(facts, language)
    tags = [ckan_tag(name) for name in tags_of(facts)]
    contact = facts.contact
    return {
        "id": ckan_id(facts.iri),
        "name": ckan_name(facts.id),
        "title": said(facts.title, language) or facts.id,
        "notes": said(facts.description, language),
        "url": find_iri(facts.page),
        "version": clean(facts.version or ""),
        "type": "dataset",
        "state": "active",
        "private": False,
        "author": said(facts.publisher.name, language),
        "author_email": None,
        "maintainer": said(contact.name, language) if contact else "",
        "maintainer_email": (contact.email or None) if contact else None,
        "license_id": licence,
        "license_title": title,
        "license_url": address,
        "isopen": is_open,
        "metadata_created": ckan_moment(created_of(facts)),
        "metadata_modified": ckan_moment(modified_of(facts)),
        "creator_user_id": None,
        "owner_org": key[0],
        "organization": ckan_organisation(key, facts.publisher.name, language),
        "groups": _groups(facts, language),
        "tags": tags,
        "num_tags": len(tags),
        "resources": resources,
        "num_resources": len(resources),
        "extras": [{"key": name, "value": value} for name, value in extras_of(facts)],
        "relationships_as_subject": [],
        "relationships_as_object": [],
    }


def _groups(facts: EntryFacts, language: Language) -> list[_Json]:
    if facts.topic is None:
        return []
    named, code = facts.topic
    return [ckan_group(code, named.iri, named.title, language)]


def extras_of(facts: EntryFacts) -> tuple[tuple[str, str], ...]:
    """What CKAN has no field of its own for; values are texts. `frequency`, `temporal_start` and
    the like are the names that harvesters read."""
    state, place, coverage = facts.state, facts.place, facts.coverage
    frequency = find_term("frequency", facts.update_cycle) if facts.update_cycle else None
    found: dict[str, str | None] = {
        "state": state.state,
        "data_as_of": state.as_of.isoformat() if state.as_of else None,
        "loaded_at": state.loaded_at.isoformat() if state.loaded_at else None,
        "due_at": state.due_at.isoformat() if state.due_at else None,
        "update_cycle": facts.update_cycle,
        "frequency": frequency.iri if frequency else None,
        "resource_code": one_line(facts.resource_code or ""),
        "open_class": facts.open_class,
        "synthetic": str(facts.synthetic).lower(),
        "uri": find_iri(facts.iri),
        "entry": clean(facts.id),
        "spatial-text": clean(place.name.zh) if place else None,
        "region_code": one_line(place.code) if place else None,
        "temporal_start": coverage.start.isoformat() if coverage and coverage.start else None,
        "temporal_end": coverage.end.isoformat() if coverage and coverage.end else None,
        "conditions": clean(facts.conditions.zh),
        "harvest_source_title": clean(facts.origin.source) if facts.origin else None,
        "guid": clean(facts.origin.record) if facts.origin else None,
    }
    return tuple((name, value) for name, value in found.items() if value)


def ckan_resources(facts: EntryFacts, language: Language) -> list[_Json]:
    """The distributions that have an address."""
    found: list[_Json] = []
    for name, one in facts.named_distributions:
        address = find_iri(one.download_url or "") or find_iri(one.access_url)
        if address is not None:
            found.append(_resource(facts, name, one, address, len(found), language))
    return found


def resource_id(facts: EntryFacts, name: str) -> str:
    """`name` is the distribution's, as in `named_distributions` and in DCAT."""
    return ckan_id(f"{facts.iri}#{name}")


def format_of(form: str) -> str:
    """As CKAN writes formats.

    >>> format_of("csv"), format_of(" GeoJSON ")
    ('CSV', 'GEOJSON')
    """
    return one_line(form).upper()


def in_datastore(facts: EntryFacts, one: DistributionFacts) -> bool:
    """Whether the rows can be asked for: those of this node's own datasets, by their CSV file."""
    return facts.origin is None and facts.service is not None and one.form == "csv"


def _resource(
    facts: EntryFacts,
    name: str,
    one: DistributionFacts,
    address: str,
    position: int,
    language: Language,
) -> _Json:
    modified = one.modified or facts.modified or facts.state.loaded_at
    return {
        "id": resource_id(facts, name),
        "package_id": ckan_id(facts.iri),
        "name": said(one.title, language) or f"{ckan_name(facts.id)}.{name}",
        "description": said(one.description, language),
        "format": format_of(one.form),
        "mimetype": one.media_type,
        "mimetype_inner": None,
        "url": address,
        "url_type": None,
        "resource_type": None,
        "hash": "",
        "size": one.byte_size,
        "position": position,
        "state": "active",
        "created": ckan_moment(created_of(facts)),
        "last_modified": ckan_moment(modified),
        "metadata_modified": ckan_moment(modified_of(facts)),
        "datastore_active": in_datastore(facts, one),
        "cache_url": None,
        "cache_last_updated": None,
    }
