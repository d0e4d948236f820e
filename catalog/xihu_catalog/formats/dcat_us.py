"""Writes an entry, or a page of the catalogue, in DCAT-US 3.0, the profile of Data.gov.

The profile has one language for each text, so that a document is in the language asked for. A
contact must have an e-mail address there: where none is known, the list of contacts is empty.
"""

import re
from datetime import date, datetime
from typing import Any

from xihu_catalog.datasets.facts import (
    AgentFacts,
    CoverageFacts,
    DistributionFacts,
    EntryFacts,
    NamedIri,
)
from xihu_catalog.formats.authority import find_term
from xihu_catalog.formats.clean import clean, find_email, find_iri, one_line, segment
from xihu_catalog.formats.dcat import CatalogueFacts, EntriesPage
from xihu_catalog.formats.schema_org import filled, licence_address
from xihu_catalog.formats.wording import whole_description
from xihu_platform.words import Language, Text

_Json = dict[str, Any]
"""Any: it is JSON."""
PROFILE = "https://resources.data.gov/dcat-us/3.0.0"
_PERIODICITY = {
    "realtime": "continual",
    "daily": "daily",
    "weekly": "weekly",
    "monthly": "monthly",
    "quarterly": "quarterly",
    "yearly": "annually",
    "on_demand": "asNeeded",
}
_ACCESS = {
    "unconditional": "public",
    "restricted": "restricted public",
    "banned": "non-public",
}
_EMAIL = re.compile(r"[\w.'+-]+@[\w.-]+\.[\w.-]+", re.ASCII)
"""Of the addresses that we write, those that the profile's own pattern takes."""
_LANGUAGE = re.compile("[a-z]{2}")


def dcat_us_catalogue(catalogue: CatalogueFacts, page: EntriesPage, language: Language) -> _Json:
    """One page of the catalogue: the datasets of the page, and the services that serve them."""
    services = [one for facts in page.entries if (one := dcat_us_service(facts, language))]
    return filled(
        {
            "@id": catalogue.iri,
            "@type": "Catalog",
            "conformsTo": {"@type": "Standard", "title": "DCAT-US 3.0", "identifier": PROFILE},
            "title": _said(catalogue.title, language),
            "description": _said(catalogue.description, language),
            "homepage": _document(catalogue.homepage, catalogue.title, language),
            "language": [language],
            "license": licence_address(catalogue.licence),
            "modified": _moment(catalogue.modified),
            "publisher": _organisation(catalogue.publisher, language) | {"@type": "Agent"},
            "service": services,
        }
    ) | {"dataset": [dcat_us_dataset(facts, language) for facts in page.entries]}


def dcat_us_dataset(facts: EntryFacts, language: Language) -> _Json:
    """One `Dataset`."""
    title = one_line(_said(facts.title, language)) or clean(facts.id) or facts.iri
    made = filled(
        {
            "@id": facts.iri,
            "@type": "Dataset",
            "title": title,
            "description": _said(whole_description(facts), language) or title,
            "identifier": facts.iri,
            "otherIdentifier": _identifiers(facts),
            "publisher": _organisation(facts.publisher, language),
            "landingPage": _document(facts.page, facts.title, language),
            "keyword": list(dict.fromkeys(w for w in map(one_line, facts.keywords) if w)),
            "theme": _themes(facts, language),
            "version": one_line(facts.version or ""),
            "issued": _moment(facts.issued),
            "modified": _moment(facts.modified or facts.state.loaded_at),
            "accrualPeriodicity": _PERIODICITY.get(facts.update_cycle or ""),
            "accessRights": _ACCESS.get(facts.open_class or ""),
            "rights": [said] if (said := _said(facts.conditions, language)) else [],
            "language": [one for one in facts.languages if _LANGUAGE.fullmatch(one)],
            "spatial": _place(facts, language),
            "temporal": _period(facts.coverage),
            "provenance": [said]
            if facts.provenance and (said := _said(facts.provenance, language))
            else [],
            "conformsTo": [_standard(one, language) for one in facts.conforms_to],
            "relation": [iri for one in facts.sources if (iri := find_iri(one.iri))],
            "inSeries": _series(facts, language),
            "describedBy": _dictionary(facts, language),
            "distribution": [
                made
                for name, one in facts.named_distributions
                if (made := _distribution(facts, name, one, language))
            ],
        }
    )
    return made | {"contactPoint": _contacts(facts, language)}


def dcat_us_service(facts: EntryFacts, language: Language) -> _Json | None:
    """The `DataService` of an entry that has one."""
    service = facts.service
    address = find_iri(service.endpoint_url) if service else None
    if service is None or address is None:
        return None
    described = find_iri(service.description_url or "")
    made = filled(
        {
            "@id": f"{facts.iri}#service",
            "@type": "DataService",
            "title": one_line(_said(service.title, language)) or clean(facts.id) or facts.iri,
            "identifier": f"{facts.iri}#service",
            "endpointURL": [address],
            "endpointDescription": [described] if described else [],
            "conformsTo": [_standard(one, language) for one in service.conforms_to],
            "publisher": _organisation(facts.publisher, language) | {"@type": "Agent"},
        }
    )
    return made | {"contactPoint": _contacts(facts, language)}


def _said(text: Text, language: Language) -> str:
    """In the language asked for, else in the other."""
    return clean(text.to(language)) or clean(text.zh) or clean(text.en)


def _moment(value: date | datetime | None) -> str | None:
    """RFC 3339; of a time without an offset the day alone."""
    if isinstance(value, datetime) and value.utcoffset() is None:
        value = value.date()
    return value.isoformat() if value is not None else None


def _identifiers(facts: EntryFacts) -> list[str]:
    return [said for one in (facts.id, facts.resource_code or "") if (said := one_line(one))]


def _organisation(agent: AgentFacts, language: Language) -> _Json:
    name = one_line(_said(agent.name, language)) or one_line(agent.id.rpartition("/")[2]) or "-"
    return filled({"@id": find_iri(agent.id), "@type": "Organization", "name": name})


def _document(address: str, title: Text, language: Language) -> _Json | None:
    found = find_iri(address)
    if found is None:
        return None
    name = one_line(_said(title, language)) or found
    return {"@id": found, "@type": "Document", "title": name, "accessURL": found}


def _contacts(facts: EntryFacts, language: Language) -> list[_Json]:
    contact = facts.contact
    email = find_email(contact.email or "") if contact else None
    if contact is None or email is None or not _EMAIL.fullmatch(email):
        return []
    name = one_line(_said(contact.name, language))
    return [
        filled(
            {
                "@type": "Kind",
                "fn": name or one_line(_said(facts.publisher.name, language)) or email,
                "hasEmail": f"mailto:{email}",
                "tel": one_line(contact.telephone or ""),
            }
        )
    ]


def _themes(facts: EntryFacts, language: Language) -> list[_Json]:
    named = [*([facts.topic[0]] if facts.topic else []), *facts.themes]
    return [
        filled({"@id": find_iri(one.iri), "@type": "Concept", "prefLabel": label})
        for one in named
        if (label := one_line(_said(one.title, language)))
    ]


def _place(facts: EntryFacts, language: Language) -> list[_Json]:
    code = one_line(facts.place.code) if facts.place else ""
    if facts.place is None or not code:
        return []
    label = one_line(_said(facts.place.name, language)) or code
    return [{"@type": "Location", "prefLabel": label, "identifier": code}]


def _period(coverage: CoverageFacts | None) -> list[_Json]:
    if coverage is None or not (coverage.start or coverage.end):
        return []
    ends = {"startDate": _moment(coverage.start), "endDate": _moment(coverage.end)}
    return [filled({"@type": "PeriodOfTime", **ends})]


def _standard(one: NamedIri, language: Language) -> _Json:
    title = one_line(_said(one.title, language))
    return filled({"@type": "Standard", "identifier": find_iri(one.iri), "title": title})


def _series(facts: EntryFacts, language: Language) -> list[_Json]:
    if facts.series is None:
        return []
    title = one_line(_said(facts.series.title, language)) or facts.series.id
    return [
        filled(
            {
                "@id": find_iri(facts.series.id),
                "@type": "DatasetSeries",
                "title": title,
                "description": _said(facts.series.description, language) or title,
            }
        )
    ]


def _dictionary(facts: EntryFacts, language: Language) -> _Json | None:
    """The data contract, where its columns are known."""
    page = find_iri(facts.page)
    if page is None or not facts.fields:
        return None
    title = Text("数据契约（ODCS 3.1）", "Data contract (ODCS 3.1)").to(language)
    address = f"{page}/odcs.json"
    return {
        "@type": "Distribution",
        "title": title,
        "accessURL": address,
        "mediaType": "application/json",
    }


def _distribution(
    facts: EntryFacts, name: str, one: DistributionFacts, language: Language
) -> _Json | None:
    access, download = find_iri(one.access_url), find_iri(one.download_url or "")
    if access is None and download is None:
        return None
    licence = one_line(one.licence or facts.licence or "")
    term = find_term("licence", licence)
    return filled(
        {
            "@id": f"{facts.iri}#{segment(name)}",
            "@type": "Distribution",
            "title": one_line(_said(one.title, language)),
            "description": _said(one.description, language),
            "accessURL": access,
            "downloadURL": download,
            "mediaType": one_line(one.media_type or ""),
            "format": one_line(one.form),
            "byteSize": str(one.byte_size) if one.byte_size is not None else None,
            "license": term.page if term else licence,
            "modified": _moment(one.modified),
        }
    )
