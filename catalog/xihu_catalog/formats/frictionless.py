"""Writes an entry as a Data Package 2.0: its files, and a Table Schema of the CSV's columns."""

from decimal import Decimal, InvalidOperation
from typing import Any

from xihu_catalog.datasets.facts import DistributionFacts, EntryFacts, FieldFacts
from xihu_catalog.formats.authority import find_term
from xihu_catalog.formats.clean import clean, find_iri, one_line
from xihu_catalog.formats.schema_org import filled, moment
from xihu_catalog.formats.wording import whole_description
from xihu_platform.words import Language, Text

_Json = dict[str, Any]
"""Any: it is JSON."""
_PROFILES = "https://datapackage.org/profiles/2.0"
PACKAGE_PROFILE = f"{_PROFILES}/datapackage.json"
CODES_LIMIT = 500
"""Longest code list that is written out with a column."""
_TYPES = {
    "boolean": "boolean",
    "date": "date",
    "integer": "integer",
    "number": "number",
    "timestamp": "datetime",
}
_FORMATS = {"timestamp": "%Y-%m-%d %H:%M:%S"}
"""As our CSV writes them."""


def frictionless_document(facts: EntryFacts, language: Language) -> _Json | None:
    """The descriptor, `datapackage.json`; its texts have one language.

    None where the data is not open: a package has at least one resource.
    """
    resources = [
        made
        for name, one in facts.named_distributions
        if (made := _resource(facts, name, one, language))
    ]
    if not resources:
        return None
    return filled(
        {
            "$schema": PACKAGE_PROFILE,
            "name": _name(facts.id),
            "id": facts.iri,
            "title": _said(facts.title, language) or clean(facts.id),
            "description": _said(whole_description(facts), language),
            "homepage": find_iri(facts.page),
            "version": clean(facts.version or ""),
            "created": moment(facts.modified or facts.state.loaded_at),
            "keywords": list(dict.fromkeys(w for w in map(one_line, facts.keywords) if w)),
            "licenses": _licences(facts, language),
            "contributors": [_publisher(facts, language)],
            "sources": [
                {"title": _said(one.title, language) or address, "path": address}
                for one in facts.sources
                if (address := find_iri(one.iri))
            ],
            "resources": resources,
        }
    )


def _said(text: Text, language: Language) -> str:
    """In the language asked for, else in the other."""
    return clean(text.to(language)) or clean(text.zh) or clean(text.en)


def _name(name: str) -> str:
    """A name as version 1 required it; most readers still do."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "-._") else "-" for c in name.lower())
    return kept or "-"


def _licences(facts: EntryFacts, language: Language) -> list[_Json]:
    said = one_line(facts.licence or "")
    term = find_term("licence", said)
    if term is not None:
        return [{"name": said, "path": term.page, "title": term.label.to(language)}]
    address = find_iri(said)
    return [{"path": address}] if address else []


def _publisher(facts: EntryFacts, language: Language) -> _Json:
    title = one_line(_said(facts.publisher.name, language))
    return {"title": title or facts.publisher.id, "roles": ["publisher"]}


def _resource(
    facts: EntryFacts, name: str, one: DistributionFacts, language: Language
) -> _Json | None:
    address = find_iri(one.download_url or "")
    if address is None:
        return None
    made: _Json = {
        "name": f"{_name(facts.id)}-{name}",
        "path": address,
        "title": _said(one.title, language),
        "description": _said(one.description, language),
        "format": one.form,
        "mediatype": one.media_type,
        "bytes": one.byte_size,
    }
    if one.form == "csv" and facts.open_fields:
        made |= {"type": "table", "encoding": "utf-8", "schema": _schema(facts, language)}
    return filled(made)


def _schema(facts: EntryFacts, language: Language) -> _Json:
    return filled(
        {
            "$schema": f"{_PROFILES}/tableschema.json",
            "fields": [_field(one, language) for one in facts.open_fields],
            "primaryKey": [clean(name) for name in facts.open_key],
            "missingValues": [""],
        }
    )


def _field(one: FieldFacts, language: Language) -> _Json:
    kind = _TYPES.get(one.logical_type, "string")
    described = _said(one.description, language)
    unit = _said(one.unit, language) if one.unit else ""
    return filled(
        {
            "name": clean(one.name),
            "type": kind,
            "format": _FORMATS.get(one.logical_type),
            "title": one_line(_said(one.title, language)),
            "description": f"{described} [{unit}]".strip() if unit else described,
            "constraints": _constraints(one, kind),
            "categories": _categories(one, language) if kind == "string" else None,
        }
    )


def _constraints(one: FieldFacts, kind: str) -> _Json:
    """A pattern is RE2's, whose expressions others read otherwise: it is left out."""
    made: _Json = {"required": one.required or None, "unique": one.unique or None}
    if kind == "string":
        made |= {"minLength": one.min_length, "maxLength": one.max_length}
    if kind in {"integer", "number"}:
        made |= {"minimum": _bound(one.minimum, kind), "maximum": _bound(one.maximum, kind)}
    return filled(made)


def _bound(said: str | None, kind: str) -> int | float | None:
    try:
        number = Decimal(said or "")
    except InvalidOperation:
        return None
    if not number.is_finite():
        return None
    return int(number) if kind == "integer" and number == number.to_integral() else float(number)


def _categories(one: FieldFacts, language: Language) -> list[_Json]:
    if len(one.codes) > CODES_LIMIT:
        return []
    labels = {clean(code): one_line(_said(text, language)) for code, text in one.codes}
    return [{"value": code, "label": label or code} for code, label in labels.items() if code]
