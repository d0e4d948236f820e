"""Writes an entry as Croissant 1.1: its CSV, and what each column of it is.

A file is generated on request from the newest snapshot. The dataset is therefore marked as live
(`isLiveDataset`): a digest of a file would be valid only until the next load.
"""

from typing import Any

from xihu_catalog.datasets.facts import DistributionFacts, EntryFacts, FieldFacts
from xihu_catalog.formats.clean import clean, find_iri, one_line, segment
from xihu_catalog.formats.schema_org import filled, licence_address, moment, organisation
from xihu_catalog.formats.wording import whole_description
from xihu_platform.words import LANGUAGES, Text

_Json = dict[str, Any]
"""Any: it is JSON."""
CROISSANT_VERSION = "http://mlcommons.org/croissant/1.1"
CROISSANT_MEDIA_TYPE = f'application/ld+json; profile="{CROISSANT_VERSION}"'
_LANGUAGES = {"@container": "@language"}
_CONTEXT: _Json = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": _LANGUAGES,
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": _LANGUAGES,
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_TYPES = {
    "boolean": "sc:Boolean",
    "date": "sc:Date",
    "integer": "sc:Integer",
    "number": "sc:Float",
    "timestamp": "sc:DateTime",
}
_RECORDS = "records"


def croissant_document(facts: EntryFacts) -> _Json:
    """A `Dataset`; without files where the data is not open."""
    csv = next((one for one in facts.distributions if one.form == "csv"), None)
    files = [file for name, one in facts.named_distributions if (file := _file(facts, name, one))]
    described = any(one["@id"] == "csv" for one in files)
    made: _Json = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "@id": facts.iri,
        "name": _tagged(facts.title, clean(facts.id)),
        "description": _tagged(whole_description(facts), clean(facts.id)),
        "conformsTo": CROISSANT_VERSION,
        "isLiveDataset": True,
        "url": find_iri(facts.page),
        "license": licence_address(facts.licence),
        "version": clean(facts.version or ""),
        "keywords": [word for word in map(one_line, facts.keywords) if word],
        "inLanguage": list(facts.languages),
        "datePublished": moment(facts.issued),
        "dateModified": moment(facts.modified or facts.state.loaded_at),
        "citeAs": _citation(facts),
        "creator": _organisation(facts),
        "publisher": _organisation(facts),
        "distribution": files,
        "recordSet": [_records(facts)] if csv and described and facts.open_fields else [],
    }
    return filled(made)


def _tagged(text: Text, fallback: str) -> _Json:
    """By language, as the context of 1.1 has names and descriptions."""
    pairs = [(language, clean(text.to(language))) for language in LANGUAGES]
    return {tag: said for tag, said in pairs if said} or {"en": fallback}


def _citation(facts: EntryFacts) -> str:
    title = one_line(facts.title.zh) or one_line(facts.title.en) or clean(facts.id)
    loaded = facts.state.loaded_at
    name = one_line(facts.publisher.name.zh) or one_line(facts.publisher.name.en)
    said = [name, f"《{title}》", f"{loaded:%Y-%m-%d}" if loaded else "", facts.page]
    return ", ".join(one for one in said if one)


def _organisation(facts: EntryFacts) -> _Json:
    agent = facts.publisher
    name = _tagged(agent.name, one_line(agent.id.rpartition("/")[2]))
    return organisation(facts) | {"@type": "sc:Organization", "name": name}


_ENCODINGS = {
    "csv": "text/csv",
    "parquet": "application/x-parquet",
    "arrow": "application/vnd.apache.arrow.stream",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""As Croissant's readers know them; Parquet's registered type is newer than they are."""


def _file(facts: EntryFacts, name: str, one: DistributionFacts) -> _Json | None:
    address = find_iri(one.download_url or "")
    if address is None:
        return None
    return filled(
        {
            "@type": "cr:FileObject",
            "@id": name,
            "name": f"{segment(facts.id)}.{name}",
            "description": _tagged(one.description, name),
            "contentUrl": address,
            "contentSize": f"{one.byte_size} B" if one.byte_size is not None else None,
            "encodingFormat": _ENCODINGS.get(one.form, one.media_type),
        }
    )


def _records(facts: EntryFacts) -> _Json:
    return filled(
        {
            "@type": "cr:RecordSet",
            "@id": _RECORDS,
            "name": _tagged(facts.title, clean(facts.id)),
            "key": [{"@id": f"{_RECORDS}/{segment(name)}"} for name in facts.open_key],
            "field": [_column(one) for one in facts.open_fields],
        }
    )


def _column(one: FieldFacts) -> _Json:
    title = Text(one.description.zh or one.title.zh, one.description.en or one.title.en)
    return {
        "@type": "cr:Field",
        "@id": f"{_RECORDS}/{segment(one.name)}",
        "name": {"en": clean(one.name) or segment(one.name)},
        "description": _tagged(title, clean(one.name) or segment(one.name)),
        "dataType": _TYPES.get(one.logical_type, "sc:Text"),
        "source": {"fileObject": {"@id": "csv"}, "extract": {"column": clean(one.name)}},
    }
