"""Writes an entry as a data contract in the Open Data Contract Standard 3.1, of public facts alone.

A contract that a department has handed in also says where its source is, how values are cleaned
and what the quality rules query. This one says what a reader of the entry's page is shown.
"""

from decimal import Decimal, InvalidOperation
from typing import Any

from xihu_catalog.datasets.facts import DistributionFacts, EntryFacts, FieldFacts
from xihu_catalog.formats.clean import clean, find_email, find_iri, one_line
from xihu_catalog.formats.schema_org import filled
from xihu_catalog.formats.wording import whole_description
from xihu_platform.safe_yaml import write_yaml
from xihu_platform.words import Text

_Json = dict[str, Any]
"""Any: it is JSON."""
ODCS_VERSION = "v3.1.0"
ODCS_MEDIA_TYPE = "application/yaml"
LARGEST = 2**63
"""Whole numbers that JSON's readers take exactly are smaller."""
UNVERSIONED = "unversioned"
"""The standard requires a version; sources of harvested entries often state none."""
_LOGICAL = frozenset({"string", "integer", "number", "boolean", "date", "timestamp"})
_FREQUENCY = {
    "daily": (1, "d"),
    "weekly": (7, "d"),
    "monthly": (1, "mo"),
    "quarterly": (3, "mo"),
    "yearly": (1, "y"),
}


def odcs_document(facts: EntryFacts) -> _Json:
    """The contract; texts in Chinese where there are any, the English ones as `…En` properties."""
    return filled(
        {
            "apiVersion": ODCS_VERSION,
            "kind": "DataContract",
            "id": clean(facts.id) or facts.iri,
            "version": one_line(facts.version or "") or UNVERSIONED,
            "status": "active",
            "name": one_line(_main(facts.title)) or clean(facts.id),
            "domain": one_line(facts.topic[1]) if facts.topic else None,
            "tags": list(dict.fromkeys(w for w in map(one_line, facts.keywords) if w)),
            "description": filled(
                {
                    "purpose": _main(whole_description(facts)),
                    "limitations": _main(facts.conditions),
                }
            ),
            "authoritativeDefinitions": _definitions(facts),
            "servers": _servers(facts),
            "schema": [_table(facts)] if facts.fields else [],
            "support": _support(facts),
            "team": filled({"name": one_line(_main(facts.publisher.name))}),
            "slaProperties": _agreement(facts),
            "customProperties": _properties(facts),
        }
    )


def odcs_yaml(facts: EntryFacts) -> bytes:
    """The same facts give the same bytes."""
    return write_yaml(odcs_document(facts)).encode()


def _main(text: Text) -> str:
    return clean(text.zh) or clean(text.en)


def _english(name: str, text: Text) -> list[_Json]:
    """Where the main text is Chinese and there is an English one too."""
    said = clean(text.en)
    return [{"property": name, "value": said}] if said and clean(text.zh) else []


def _definitions(facts: EntryFacts) -> list[_Json]:
    """The entry's page, what it conforms to, and the law that it is under."""
    named = [("catalogueEntry", facts.page, facts.title)]
    named += [("standard", one.iri, one.title) for one in facts.conforms_to]
    named += [("legislation", one.iri, one.title) for one in facts.legislation]
    named += [("source", one.iri, one.title) for one in facts.sources]
    return [
        filled({"url": address, "type": kind, "description": one_line(_main(title))})
        for kind, said, title in named
        if (address := find_iri(said))
    ]


def _servers(facts: EntryFacts) -> list[_Json]:
    """Where the public reads it: never where the department's own source is."""
    made = [
        one
        for name, file in facts.named_distributions
        if (one := _file_server(name, file)) is not None
    ]
    service = find_iri(facts.service.endpoint_url) if facts.service else None
    if service:
        made.insert(0, {"server": "api", "type": "api", "location": service})
    return made


def _file_server(name: str, one: DistributionFacts) -> _Json | None:
    address = find_iri(one.download_url or "") or find_iri(one.access_url)
    if address is None:
        return None
    return filled(
        {
            "server": f"file-{name}",
            "type": "custom",
            "description": one_line(_main(one.title)),
            "location": address,
            "format": one_line(one.form),
        }
    )


def _table(facts: EntryFacts) -> _Json:
    positions = {name: number for number, name in enumerate(facts.key, 1)}
    return {
        "name": clean(facts.id) or "table",
        "logicalType": "object",
        "physicalType": "table",
        "properties": [_field(one, positions.get(one.name)) for one in facts.fields],
    }


def _field(one: FieldFacts, position: int | None) -> _Json:
    kind = one.logical_type if one.logical_type in _LOGICAL else "string"
    return filled(
        {
            "name": clean(one.name) or "field",
            "businessName": one_line(_main(one.title)),
            "description": _main(one.description),
            "logicalType": kind,
            "physicalType": clean(one.type),
            "required": one.required,
            "unique": one.unique,
            "primaryKey": True if position else None,
            "primaryKeyPosition": position,
            "classification": one.grade,
            "logicalTypeOptions": _options(one, kind),
            "customProperties": [
                *_english("nameEn", one.title),
                *_english("descriptionEn", one.description),
                *_stated("unit", _main(one.unit) if one.unit else None),
                *(_english("unitEn", one.unit) if one.unit else []),
                *_stated("codeList", one.code_list),
                {"property": "open", "value": one.open},
            ],
        }
    )


def _options(one: FieldFacts, kind: str) -> _Json:
    """Bounds; a pattern is RE2's, and the standard's are ECMAScript's: it is left out."""
    if kind == "string":
        return filled({"minLength": _length(one.min_length), "maxLength": _length(one.max_length)})
    if kind in {"integer", "number"}:
        return filled({"minimum": _number(one.minimum), "maximum": _number(one.maximum)})
    if kind in {"date", "timestamp"}:
        return filled({"minimum": clean(one.minimum or ""), "maximum": clean(one.maximum or "")})
    return {}


def _number(said: str | None) -> int | float | None:
    try:
        number = Decimal(said or "")
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) > 300:
        return None
    whole = number == number.to_integral() and abs(number) < LARGEST
    return int(number) if whole else float(number)


def _length(said: int | None) -> int | None:
    return said if said is not None and 0 <= said < LARGEST else None


def _support(facts: EntryFacts) -> list[_Json]:
    contact = facts.contact
    if contact is None:
        return []
    email, page = find_email(contact.email or ""), find_iri(contact.url or "")
    name = one_line(_main(contact.name)) or one_line(_main(facts.publisher.name)) or "contact"
    made: list[_Json] = []
    if email:
        made.append({"channel": name, "tool": "email", "url": f"mailto:{email}"})
    if page:
        made.append({"channel": name, "tool": "other", "url": page})
    return made


def _agreement(facts: EntryFacts) -> list[_Json]:
    """How often it is updated; real time and on demand are no number of days."""
    frequency = _FREQUENCY.get(facts.update_cycle or "")
    if frequency is None:
        return []
    value, unit = frequency
    return [{"property": "frequency", "value": value, "unit": unit}]


def _properties(facts: EntryFacts) -> list[_Json]:
    place = facts.place
    return [
        *_english("nameEn", facts.title),
        *_english("summaryEn", facts.description),
        *_english("conditionsEn", facts.conditions),
        *_stated("resourceCode", facts.resource_code),
        *_stated("publisher", find_iri(facts.publisher.id)),
        *_stated("updateCycle", facts.update_cycle),
        *_stated("openClass", facts.open_class),
        *_stated("licence", facts.licence),
        *_stated("region", place.code if place else None),
        *_stated("state", facts.state.state),
        *_stated("harvestedFrom", facts.origin.source if facts.origin else None),
        {"property": "synthetic", "value": facts.synthetic},
    ]


def _stated(name: str, value: str | None) -> list[_Json]:
    said = one_line(value or "")
    return [{"property": name, "value": said}] if said else []
