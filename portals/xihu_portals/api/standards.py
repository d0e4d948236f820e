"""Data standards over HTTP: code lists and data elements as JSON, code lists in SKOS."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from xihu_catalog.formats.rdf import RDF_MEDIA_TYPES, write_graph
from xihu_catalog.formats.skos import CodeScheme, scheme_graph
from xihu_catalog.registry.code_lists import (
    CodeEntry,
    CodeListFacts,
    code_entries,
    code_lists,
    get_code_list,
    in_force,
)
from xihu_catalog.registry.codes import code_list as current_codes
from xihu_catalog.registry.elements import DataElement, elements, get_element
from xihu_catalog.standards.uses import FieldUse, uses_of_element, uses_of_list
from xihu_platform.words import Text
from xihu_portals.api.auth import Caller, services_of
from xihu_portals.api.dcat import SYNTAXES, Extension, document
from xihu_portals.api.errors import OF_CALLERS
from xihu_portals.api.schemas.matters import InBoth
from xihu_portals.api.schemas.standards import (
    CodeListAnswer,
    CodeListsAnswer,
    CodeListSummary,
    ElementAnswer,
    ElementsAnswer,
    ElementSummary,
    ListedCode,
    StandardUse,
)

router = APIRouter(prefix="/api/v1/standards", tags=["standards"], responses=OF_CALLERS)
documents = APIRouter(include_in_schema=False)
"""Described in `docs/how/standards.md`."""
ListName = Annotated[str, Path(max_length=64)]
Offset = Annotated[int, Query(ge=0, le=100_000)]
Limit = Annotated[int, Query(ge=1, le=1000)]


@router.get("/codes")
def list_code_lists(_caller: Caller, offset: Offset = 0, limit: Limit = 100) -> CodeListsAnswer:
    """The code lists of the registry, each with its standard and whether it is whole."""
    found = list(code_lists().values())
    return CodeListsAnswer(
        total=len(found),
        offset=offset,
        lists=[CodeListSummary(**_of_list(one)) for one in found[offset : offset + limit]],
    )


@router.get("/codes/{code_list}")
def get_codes(
    request: Request,
    _caller: Caller,
    code_list: ListName,
    on: Annotated[
        date | None, Query(description="Codes in force on this day; all if absent")
    ] = None,
    offset: Offset = 0,
    limit: Limit = 200,
) -> CodeListAnswer:
    """A code list with its entries, also those that ended, or those in force on one day.

    Nothing is given for a day before the list's `valid_from`.
    """
    facts, every = get_code_list(code_list), code_entries(code_list)
    before = on is not None and facts.valid_from is not None and on < facts.valid_from
    chosen: Sequence[CodeEntry] = () if before else every if on is None else in_force(every, on)
    contracts = services_of(request).catalogue.contracts.all().values()
    return CodeListAnswer(
        **_of_list(facts),
        on=on,
        total=len(chosen),
        offset=offset,
        entries=[_listed(one) for one in chosen[offset : offset + limit]],
        uses=_uses(uses_of_list(contracts, code_list)),
    )


@router.get("/elements")
def list_elements(
    _caller: Caller, offset: Offset = 0, limit: Annotated[int, Query(ge=1, le=500)] = 50
) -> ElementsAnswer:
    """The data elements, in the order of their ids."""
    every = list(elements().values())
    return ElementsAnswer(
        total=len(every),
        offset=offset,
        elements=[ElementSummary(**_summary(one)) for one in every[offset : offset + limit]],
    )


@router.get("/elements/{element}")
def get_data_element(
    request: Request, _caller: Caller, element: Annotated[str, Path(max_length=64)]
) -> ElementAnswer:
    """One data element with the attributes of DB33/T 2426, and the fields that use it."""
    one, contracts = get_element(element), services_of(request).catalogue.contracts.all()
    return ElementAnswer(
        **_summary(one),
        pattern=one.range.pattern,
        minimum=one.range.minimum,
        maximum=one.range.maximum,
        object_class=_both(one.object_class),
        representation=one.representation,
        unit=_both(one.unit),
        related=list(one.related),
        source=one.source,
        application=_both(one.application),
        remark=_both(one.remark),
        version=one.version,
        published=one.published,
        synonyms=list(one.synonyms),
        standard=one.standard or None,
        valid_from=one.valid_from,
        successor=one.successor,
        uses=_uses(uses_of_element(contracts.values(), element)),
    )


@documents.get("/standards/codes/{code_list}.{extension}")
def get_scheme(
    request: Request, caller: Caller, code_list: ListName, extension: Extension
) -> Response:
    """A code list as a SKOS concept scheme."""
    base = services_of(request).node.settings.base_url.rstrip("/")
    facts = get_code_list(code_list)
    scheme = CodeScheme(f"{base}/standards/codes/{facts.id}", facts, code_entries(facts.id))
    syntax = SYNTAXES[extension]
    content = write_graph(scheme_graph(scheme), syntax)
    return document(request, caller, content, RDF_MEDIA_TYPES[syntax])


def _of_list(one: CodeListFacts) -> dict[str, Any]:  # Any: the fields of CodeListSummary
    return {
        "id": one.id,
        "name": InBoth.of(one.name),
        "standard": one.standard or None,
        "version": one.version,
        "source": InBoth.of(one.source),
        "extent": "whole" if one.whole else "extract",
        "valid_from": one.valid_from,
        "codes": len(current_codes(one.id)),
    }


def _listed(one: CodeEntry) -> ListedCode:
    return ListedCode(
        code=one.code,
        name=InBoth.of(one.name),
        parent=one.parent,
        valid_from=one.valid_from,
        valid_to=one.valid_to,
        successors=list(one.successors),
    )


def _summary(one: DataElement) -> dict[str, Any]:  # Any: the fields of ElementSummary
    return {
        "id": one.id,
        "name": InBoth.of(one.name),
        "definition": InBoth.of(one.definition),
        "type": one.type,
        "format": one.format,
        "code_list": one.range.code_list,
        "grade": one.grade,
        "valid_to": one.valid_to,
    }


def _uses(found: Sequence[FieldUse]) -> list[StandardUse]:
    return [
        StandardUse(
            dataset=one.contract.dataset, field=one.field.name, title=InBoth.of(one.field.title)
        )
        for one in found
    ]


def _both(words: Text | None) -> InBoth | None:
    return InBoth.of(words) if words else None
