"""Repeated collection over HTTP: for the same people, and the same as on the page."""

from typing import Literal, cast

from fastapi import APIRouter, Request

from xihu_catalog.duplicates.overview import repeated_collection
from xihu_catalog.duplicates.repeats import AREA, FIRM, PERSON, CollectedField
from xihu_catalog.registry.assessments import assessment_of
from xihu_platform.access.offices import CATALOGUE, check, repeats_refusal
from xihu_platform.clock import civil_date
from xihu_portals.api.auth import InOffice, services_of
from xihu_portals.api.errors import OF_CALLERS, OF_DECISIONS
from xihu_portals.api.schemas.matters import InBoth
from xihu_portals.api.schemas.repeats import (
    CollectedFieldEntry,
    OverlapEntry,
    RepeatEntry,
    RepeatList,
)

router = APIRouter(prefix="/api/v1", tags=["datasets"], responses={**OF_CALLERS, **OF_DECISIONS})
Subject = Literal["person", "firm", "area", "other"]


@router.get("/repeats")
def list_repeats(request: Request, caller: InOffice) -> RepeatList:
    """What several departments of the caller's area collect about the same, as evidence for the
    data authority, which alone designates who provides it (Order 809 art. 19)."""
    services = services_of(request)
    now = services.node.clock()
    check(services.gateway, caller, CATALOGUE, repeats_refusal(caller, now))
    assert caller.position is not None  # in office
    contracts = services.catalogue.contracts.all().values()
    assessment = assessment_of("value_overlap", civil_date(now))
    found = repeated_collection(
        services.node.database, contracts, caller.position, assessed=assessment is not None
    )
    return RepeatList(
        repeats=[
            RepeatEntry(
                title=InBoth.of(repeat.title),
                subject=_subject(repeat.subject),
                evidence=list(repeat.evidence),
                band=band,
                fields=[_field(one) for one in repeat.fields],
            )
            for repeat, band in zip(found.repeats, found.bands, strict=True)
        ],
        overlaps=[
            OverlapEntry(one=_field(one.one), other=_field(one.other), band=one.band)
            for one in found.overlaps
        ],
        assessment=assessment.id if assessment is not None else None,
    )


def _subject(subject: str) -> Subject:
    return cast("Subject", subject) if subject in {PERSON, FIRM, AREA} else "other"


def _field(one: CollectedField) -> CollectedFieldEntry:
    contract = one.contract
    return CollectedFieldEntry(
        provider=contract.provider,
        dataset=contract.dataset,
        field=one.field.name,
        title=InBoth.of(one.field.title),
    )
