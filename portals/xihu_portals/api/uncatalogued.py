"""What is not catalogued over HTTP: the same lists, for the same people, as on the page."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from xihu_catalog.datasets.intake_files import IntakeFile
from xihu_catalog.datasets.uncatalogued import Uncatalogued, UncataloguedSystem, uncatalogued
from xihu_catalog.drafting.remembered import CensusTable
from xihu_platform.clock import civil_date
from xihu_portals.api.auth import InOffice, services_of
from xihu_portals.api.errors import OF_CALLERS, OF_DECISIONS
from xihu_portals.api.schemas.matters import InBoth
from xihu_portals.api.schemas.uncatalogued import (
    FileWithoutContract,
    SystemWithoutEntry,
    TableWithoutContract,
    UncataloguedList,
    UncataloguedTotals,
)

router = APIRouter(prefix="/api/v1", tags=["datasets"], responses={**OF_CALLERS, **OF_DECISIONS})


@router.get("/uncatalogued")
def list_uncatalogued(
    request: Request,
    caller: InOffice,
    offset: Annotated[int, Query(ge=0, le=10_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> UncataloguedList:
    """Systems without entries, tables of scanned databases that no contract covers, files of the
    intake folder that no contract names. `offset` and `limit` are of each list."""
    services, position = services_of(request), caller.position
    assert position is not None  # the caller is in office
    node = services.node
    intake, today = node.settings.data_dir / "intake", civil_date(node.clock())
    found = uncatalogued(services.catalogue, intake, position, today)
    files = found.files.files if found.files else ()
    return UncataloguedList(
        totals=_totals(found),
        systems=[_system(one) for one in found.systems[offset : offset + limit]],
        tables=[_table(one) for one in found.tables[offset : offset + limit]],
        files=[_file(one) for one in files[offset : offset + limit]],
    )


def _totals(found: Uncatalogued) -> UncataloguedTotals:
    return UncataloguedTotals(
        systems_in_use=found.in_use,
        systems=len(found.systems),
        tables=len(found.tables),
        files=len(found.files.files) if found.files else None,
        is_whole=found.is_whole and (found.files is None or found.files.is_whole),
    )


def _system(one: UncataloguedSystem) -> SystemWithoutEntry:
    return SystemWithoutEntry(
        id=one.system.id,
        title=InBoth.of(one.system.title),
        organisation=one.system.organisation,
        since=one.system.since,
        state=one.state,
        drafts=list(one.drafts),
    )


def _table(one: CensusTable) -> TableWithoutContract:
    return TableWithoutContract(
        connection=one.names.connection,
        provider=one.provider,
        table=one.name,
        title=one.title,
        rows=one.rows,
        estimated=one.estimated,
        columns=one.names.columns,
        personal=list(one.personal),
        scanned_at=one.scanned_at,
    )


def _file(one: IntakeFile) -> FileWithoutContract:
    return FileWithoutContract(name=one.name, size_bytes=one.size_bytes, since=one.since)
