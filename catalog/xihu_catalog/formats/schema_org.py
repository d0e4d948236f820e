"""Writes an entry in schema.org, for the page of a dataset, where search engines read it."""

from datetime import date, datetime
from typing import Any

from xihu_catalog.datasets.facts import CoverageFacts, DistributionFacts, EntryFacts, FieldFacts
from xihu_catalog.formats.authority import find_term
from xihu_catalog.formats.clean import clean, find_iri, one_line
from xihu_catalog.formats.wording import whole_description
from xihu_platform.words import LANGUAGES, Text

_Json = dict[str, Any]
"""Any: it is JSON."""
SHORTEST, LONGEST = 50, 5000
"""Characters of a description, as Google's dataset search asks."""


def schema_org_document(facts: EntryFacts) -> _Json:
    """One `Dataset`, in the vocabulary that dataset searches read."""
    made: _Json = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": facts.iri,
        "name": texts(facts.title) or clean(facts.id),
        "description": _description(facts),
        "url": find_iri(facts.page),
        "identifier": [clean(one) for one in (facts.id, facts.resource_code or "") if clean(one)],
        "version": clean(facts.version or ""),
        "keywords": [word for word in map(one_line, facts.keywords) if word],
        "inLanguage": list(facts.languages),
        "license": licence_address(facts.licence),
        "isAccessibleForFree": _is_free(facts),
        "conditionsOfAccess": texts(facts.conditions),
        "datePublished": moment(facts.issued),
        "dateModified": moment(facts.modified or facts.state.loaded_at),
        "temporalCoverage": _interval(facts.coverage),
        "spatialCoverage": _place(facts),
        "creator": organisation(facts),
        "publisher": organisation(facts),
        "isBasedOn": [iri for one in facts.sources if (iri := find_iri(one.iri))],
        "variableMeasured": [_variable(one) for one in facts.fields],
        "distribution": [found for one in facts.distributions if (found := _download(one))],
    }
    return filled(made)


def filled(made: _Json) -> _Json:
    """Without what is not known; False and 0 are known."""
    return {k: v for k, v in made.items() if v is not None and v not in ("", [], {})}


def texts(text: Text) -> list[_Json] | None:
    """Both languages, each with its tag; None where there is no text."""
    pairs = [(language, clean(text.to(language))) for language in LANGUAGES]
    return [{"@value": said, "@language": tag} for tag, said in pairs if said] or None


def licence_address(licence: str | None) -> str | None:
    """The page of a known licence, or the licence itself where it is an address, else None."""
    said = one_line(licence or "")
    term = find_term("licence", said)
    return term.page if term else find_iri(said)


def moment(value: date | datetime | None) -> str | None:
    return value.isoformat() if value is not None else None


def organisation(facts: EntryFacts) -> _Json:
    agent = facts.publisher
    name = texts(agent.name) or one_line(agent.id.rpartition("/")[2])
    return {"@type": "GovernmentOrganization", "@id": agent.id, "name": name}


def _description(facts: EntryFacts) -> list[_Json]:
    """Cut to what a search takes, and with the title before it where it is too short."""
    made = []
    for language in LANGUAGES:
        said = clean(whole_description(facts).to(language)) or clean(facts.title.to(language))
        if said and len(said) < SHORTEST:
            said = _longer(facts, said, "zh" if language == "zh" else "en")
        if said:
            made.append({"@value": said[:LONGEST], "@language": language})
    return made or [{"@value": clean(facts.id), "@language": "en"}]


def _longer(facts: EntryFacts, said: str, language: str) -> str:
    names = [one_line(f.title.zh if language == "zh" else f.title.en) for f in facts.fields]
    listed = ("、" if language == "zh" else ", ").join(name for name in names if name)
    if not listed:
        return said
    return f"{said} 数据项：{listed}。" if language == "zh" else f"{said} Fields: {listed}."


def _is_free(facts: EntryFacts) -> bool | None:
    return facts.open_class == "unconditional" if facts.open_class else None


def _interval(coverage: CoverageFacts | None) -> str | None:
    """ISO 8601, an end that is not known as two points."""
    if coverage is None or not (coverage.start or coverage.end):
        return None
    return f"{moment(coverage.start) or '..'}/{moment(coverage.end) or '..'}"


def _place(facts: EntryFacts) -> _Json | None:
    if facts.place is None or not one_line(facts.place.code):
        return None
    code = one_line(facts.place.code)
    return {"@type": "Place", "name": texts(facts.place.name) or code, "identifier": code}


def _variable(one: FieldFacts) -> _Json:
    described = Text(
        one.description.zh or one.title.zh,
        one.description.en or one.title.en,
    )
    return filled(
        {
            "@type": "PropertyValue",
            "name": clean(one.name),
            "alternateName": texts(one.title),
            "description": texts(described),
            "unitText": texts(one.unit) if one.unit else None,
        }
    )


def _download(one: DistributionFacts) -> _Json | None:
    address = find_iri(one.download_url or "")
    if address is None:
        return None
    return filled(
        {
            "@type": "DataDownload",
            "name": texts(one.title),
            "encodingFormat": one.media_type,
            "contentUrl": address,
            "contentSize": f"{one.byte_size} B" if one.byte_size is not None else None,
            "dateModified": moment(one.modified),
        }
    )
