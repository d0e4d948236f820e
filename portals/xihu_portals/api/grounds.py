"""Grounds over HTTP: those that the caller's position has, and one opened by a system."""

from typing import Annotated, Literal, cast

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from xihu_catalog.sharing.grounds import ground_opening
from xihu_platform.access.grounds import GroundRow, GroundSubjectRow, is_confirmed, is_open
from xihu_platform.access.offices import MATTERS, check, matters_refusal
from xihu_platform.access.policy import Purpose
from xihu_platform.database import transaction
from xihu_platform.errors import Conflict, Refused
from xihu_platform.matters.command import Command
from xihu_platform.matters.definition import OPEN
from xihu_portals.api.auth import InOffice, services_of
from xihu_portals.api.errors import OF_CALLERS, OF_DECISIONS, errors
from xihu_portals.api.matters import LAST_PAGE, done
from xihu_portals.api.schemas.grounds import GroundAsked, GroundEntry, GroundList, GroundSubject
from xihu_portals.api.schemas.matters import ActAnswer

router = APIRouter(prefix="/api/v1", tags=["matters"], responses={**OF_CALLERS, **OF_DECISIONS})
LIMIT = 50
SUBJECTS = 100
"""Subjects that a list names of each ground; a look names one of them by its number."""


@router.get("/grounds")
def list_grounds(
    request: Request,
    caller: InOffice,
    page: Annotated[int, Query(ge=1, le=LAST_PAGE, description="Page of the list")] = 1,
) -> GroundList:
    """The grounds that the caller's position has and that have not been closed, fifty on a page:
    what `purpose=case&case=NUMBER` may name."""
    services, position = services_of(request), caller.position
    now = services.node.clock()
    check(services.gateway, caller, MATTERS, matters_refusal(caller, now))
    row = GroundRow
    query = (
        select(row)
        .where(row.position == (position.id if position else ""))
        .where(or_(row.closed.is_(None), row.closed > now))
        .order_by(row.opened, row.number)
    )
    with transaction(services.node.database) as session:
        found = list(session.scalars(query.limit(LIMIT + 1).offset((page - 1) * LIMIT)))
        grounds = [
            GroundEntry(
                number=one.number,
                kind=one.kind,
                item=one.item,
                opened=one.opened,
                closed=one.closed,
                open=is_open(one, now),
                confirmed=is_confirmed(one),
                matter=one.matter,
                subjects=_subjects(session, one.number),
            )
            for one in found[:LIMIT]
        ]
    return GroundList(grounds=grounds, more=len(found) > LIMIT)


@router.post("/grounds", status_code=201, responses={200: {"model": ActAnswer}, **errors(Conflict)})
def open_ground(
    request: Request, response: Response, caller: InOffice, asked: GroundAsked
) -> ActAnswer:
    """Open a ground for a position, or a system, of one's own organisation to read under.

    It opens nothing before an official of the organisation has compared it with its paper. The
    same key once more is the same ground: the answer is 200.
    """
    services, position = services_of(request), caller.position
    assert position is not None  # the caller is in office
    command = Command(
        OPEN,
        asked.key,
        values={
            "ground_kind": asked.kind,
            "item": asked.item,
            "subjects": asked.subjects,
            "standing": asked.standing,
            "reader": asked.reader,
        },
        reason=asked.reason,
        evidence=asked.evidence,
    )
    try:
        acted = services.matters.open(caller, ground_opening(position), command)
    except Refused as refused:
        services.gateway.refusals.record(caller, MATTERS, refused.reason, Purpose("duty"))
        raise
    if acted.replayed:
        response.status_code = 200
    return done(services, caller, acted)


def _subjects(session: Session, number: str) -> list[GroundSubject]:
    row = GroundSubjectRow
    query = select(row).where(row.ground == number).order_by(row.number).limit(SUBJECTS)
    return [
        GroundSubject(
            number=one.number,
            kind=cast("Literal['person', 'firm']", one.kind),
            standing=one.standing,
            added=one.added,
        )
        for one in session.scalars(query)
    ]
