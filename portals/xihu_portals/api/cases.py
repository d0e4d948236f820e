"""Cases of services over HTTP: how a department's own system works with its cases.

It is told of the cases of the items that name it, reads what was given while a case is open, and
says what a position of its organisation did. The kernel's rules bind that position.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from xihu_catalog.services.case import Case, read_case
from xihu_catalog.services.items import item_versions
from xihu_catalog.services.systems import (
    CaseFilter,
    CaseLine,
    CasePlace,
    SystemCase,
    asks_a_person,
    check_decider,
    line_of,
    reported_for,
    system_case,
    system_cases,
)
from xihu_platform.access import reasons
from xihu_platform.access.cursors import open_cursor, seal_cursor
from xihu_platform.access.offices import MATTERS, check
from xihu_platform.access.policy import Purpose
from xihu_platform.access.record import actor
from xihu_platform.audit.leaving import SystemWork
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, Reason, Refused, TooLarge
from xihu_platform.identity.principal import Principal, ReportedFor
from xihu_platform.matters.command import Command
from xihu_platform.matters.definition import Definition
from xihu_platform.matters.engine import Acted
from xihu_platform.matters.kernel import StaleMatter
from xihu_portals.api.attachments import (
    FileNumber,
    Name,
    add_file,
    attachment_entries,
    give_file,
)
from xihu_portals.api.auth import InOffice, services_of
from xihu_portals.api.errors import OF_CALLERS, OF_DECISIONS, errors
from xihu_portals.api.files import ATTACHED, ATTACHMENT
from xihu_portals.api.matters import may_do
from xihu_portals.api.schemas.attachments import AttachmentAnswer
from xihu_portals.api.schemas.cases import (
    CaseAnswer,
    CaseEntry,
    CaseList,
    CaseStep,
    GivenAnswer,
    GivenField,
    GivenPaper,
    ReportAnswer,
    StepReported,
)
from xihu_portals.api.schemas.matters import InBoth
from xihu_portals.services import Services

router = APIRouter(prefix="/api/v1/cases", tags=["cases"], responses={**OF_CALLERS, **OF_DECISIONS})
LIMIT = 200
OVERLAP = timedelta(minutes=1)
"""A round asks again for what the last minute of the one before wrote down: a transaction that had
begun then may have come to its end afterwards."""
MOMENT = r"^20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d(\.\d{1,6})?(Z|[+-][01]\d:[0-5]\d)$"
Number = Annotated[str, Path(pattern=r"^BJ-[0-9]{6,10}$")]
Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[A-Za-z0-9_\-]{8,80}$",
        description="Names this act: sent again under it, it acts once",
    ),
]


def _system(request: Request, caller: InOffice) -> Principal:
    """Before a case is looked for: another caller is told the same of every number."""
    reason = None if caller.kind == "system" else reasons.SYSTEMS_ONLY
    check(services_of(request).gateway, caller, MATTERS, reason)
    return caller


CaseSystem = Annotated[Principal, Depends(_system)]


@dataclass(frozen=True, slots=True)
class _Round:
    """One walk through the list: its question, when it began, and where the last page ended."""

    wanted: CaseFilter
    began: datetime
    after: CasePlace | None


@router.get("")
def list_cases(
    request: Request,
    caller: InOffice,
    state: Annotated[
        str | None, Query(max_length=40, description="Only cases in this state")
    ] = None,
    since: Annotated[
        str | None,
        Query(
            pattern=MOMENT, description="Only cases in which something was written down since then"
        ),
    ] = None,
    cursor: Annotated[str | None, Query(max_length=600)] = None,
    limit: Annotated[int, Query(ge=1, le=LIMIT)] = 50,
) -> CaseList:
    """The cases of the items that name the calling system; to an official, those of their position.

    In the order of handing in. `since` is the `next_since` of the round before.
    """
    services = services_of(request)
    place = _cursor_place(caller, state, since)
    asked = _round(services, CaseFilter(state, _moment(since)), place, cursor)
    with transaction(services.node.database) as session:
        acted_in = (one.position for one in services.matters.doers(session, caller))
        positions = {one.id for one in acted_in if one is not None}
        found = system_cases(session, caller, positions, asked.wanted, asked.after, limit + 1)
    following = None
    if len(found) > limit:
        end = found[limit - 1].place
        ends: list[str | None] = [end.opened.isoformat(), str(end.matter), asked.began.isoformat()]
        following = seal_cursor(services.node.keyring.sealing("cursors"), place, ends)
    return CaseList(
        cases=[_entry(one) for one in found[:limit]],
        next=following,
        next_since=asked.began - OVERLAP,
    )


@router.get("/{number}", responses=errors(Conflict))
def get_case(request: Request, caller: CaseSystem, number: Number) -> CaseAnswer:
    """A case with what was given, from its handing in until it is over; the look is in the log.

    What registers say of the applicant is none of it: a position reads that, under the case.
    """
    services = services_of(request)
    found, principal = _open_case(services, caller, number)
    matters = services.matters
    view = matters.read(principal, found.matter)
    services.log.record(SystemWork(actor(caller), number, "look").entry())
    texts = matters.read_texts(principal, found.matter)
    with transaction(services.node.database) as session:
        case = read_case(session, matters.texts, item_versions(), view, texts)
        line = line_of(session, found, view)
    return CaseAnswer(
        **_entry(line).model_dump(),
        state_title=_title(view.definition, view.state),
        answers=list(_answers(case)),
        fields=[GivenField.of(one.field, one.value) for one in case.fields],
        papers=list(_papers(case)),
        files=attachment_entries(matters, principal, view),
        steps=[
            CaseStep(**may_do(rule).model_dump(), decision=asks_a_person(rule))
            for rule in matters.allowed(principal, view)
        ],
    )


@router.post("/{number}/events", responses=errors(StaleMatter))
def report_step(
    request: Request, caller: CaseSystem, number: Number, asked: StepReported, key: Key
) -> ReportAnswer:
    """Say what a position of the organisation did in a case, at the version that was seen.

    The rules bind that position as they bind a person in it; a decision names who made it. The same
    key once more answers the same.
    """
    services = services_of(request)
    today = civil_date(services.node.clock())
    with transaction(services.node.database) as session:
        found = system_case(session, caller, number)
        principal = reported_for(session, caller, asked.position, today, asked.decided_by)
        view = services.matters.view(session, found.matter)
        if (rule := view.definition.events.get(asked.event)) is not None:
            check_decider(session, rule, view, cast("ReportedFor", principal.reported_for))
    told = (asked.event, asked.decided_by) if rule is not None else (None, None)
    work = SystemWork(
        actor(caller), number, "report", event=told[0], position=asked.position, decided_by=told[1]
    )
    services.log.record(work.entry())
    command = Command(
        asked.event,
        key,
        asked.version,
        asked.values,
        reason=asked.reason or None,
        article=asked.article or None,
        evidence=asked.evidence or None,
    )
    try:
        acted = services.matters.act(principal, found.matter, command)
    except Refused as refused:
        services.gateway.refusals.record(caller, MATTERS, refused.reason, Purpose("duty"))
        raise
    services.write_down()
    return _reported(caller, number, asked, acted)


@router.get(
    "/{number}/files/{attachment}",
    response_class=Response,
    responses={200: ATTACHMENT, **errors(Conflict)},
)
def get_case_file(
    request: Request, caller: CaseSystem, number: Number, attachment: FileNumber
) -> Response:
    """One file of a case as it was attached; the look is in the log before it is sent."""
    services = services_of(request)
    found, principal = _open_case(services, caller, number)
    return give_file(services, principal, found.matter, attachment)


@router.post(
    "/{number}/files",
    status_code=201,
    responses={200: {"model": AttachmentAnswer}, **errors(Conflict, TooLarge)},
    openapi_extra={"requestBody": ATTACHED},
)
async def add_case_file(
    request: Request, response: Response, caller: CaseSystem, number: Number, name: Name
) -> AttachmentAnswer:
    """Attach a document of the office, which is the body, while it is the office's turn.

    The same file once more is the same attachment: the answer is 200. PDF, JPEG and PNG are taken,
    by their content; 5 MB at most.
    """
    services = services_of(request)
    found, principal = await run_in_threadpool(_open_case, services, caller, number)
    body = await request.body()
    done = await run_in_threadpool(add_file, services, principal, found.matter, name, body)
    if done.again:
        response.status_code = 200
    return AttachmentAnswer(id=done.id, replayed=done.again)


def _open_case(services: Services, caller: Principal, number: str) -> tuple[SystemCase, Principal]:
    """A case that is not over, and the system as it acts for the position that has it.

    Raises NotFound, Refused for one that is over, Conflict where nobody has that position today.
    """
    today = civil_date(services.node.clock())
    with transaction(services.node.database) as session:
        found = system_case(session, caller, number)
        over: Reason | None = reasons.CASE_IS_OVER if found.closed else None
        check(services.gateway, caller, MATTERS, over)
        try:
            return found, reported_for(session, caller, found.position, today)
        except BadInput:
            raise Conflict(
                f"岗位 {found.position} 今天无人担任：请先由本单位其他经办岗位领办",
                f"nobody has the position {found.position} today: let another handler of your "
                "organisation take the case first",
            ) from None


def _cursor_place(caller: Principal, state: str | None, since: str | None) -> str:
    """What a cursor is sealed for: one reader's round of one question."""
    position = caller.position.id if caller.position else ""
    return "\0".join(map(repr, ("cases", caller.kind, caller.id, position, state, since)))


def _round(services: Services, wanted: CaseFilter, place: str, cursor: str | None) -> _Round:
    """Raises BadInput for a cursor that is of another question or reader."""
    if cursor is None:
        return _Round(wanted, services.node.clock(), None)
    opened, matter, began = open_cursor(services.node.keyring.sealing("cursors"), place, cursor)
    after = CasePlace(datetime.fromisoformat(opened or ""), int(matter or 0))
    return _Round(wanted, datetime.fromisoformat(began or ""), after)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(
            "since 不是有效的时间，请写作 2026-11-23T04:00:00Z",
            "since is no moment: write it as 2026-11-23T04:00:00Z",
        ) from None


def _entry(line: CaseLine) -> CaseEntry:
    return CaseEntry(
        number=line.number,
        item=line.item,
        item_version=line.item_version,
        state=line.state,
        version=line.version,
        received=line.received,
        due=line.due,
        firm=line.firm,
        position=line.position,
    )


def _answers(case: Case) -> Iterator[GivenAnswer]:
    for one in case.item.questions:
        yield GivenAnswer(
            id=one.id, question=InBoth.of(one.text.text()), answer=case.answers[one.id]
        )


def _papers(case: Case) -> Iterator[GivenPaper]:
    """Those that were given alone: that a paper is not asked for may be what a register says."""
    for one in case.item.materials:
        how = case.papers[one.id]
        if how in {"uploaded", "at_counter", "deferred"}:
            yield GivenPaper(
                id=one.id,
                name=InBoth.of(one.name.text()),
                given=how,
                files=list(case.files.get(one.id, ())),
            )


def _title(definition: Definition, state: str) -> InBoth:
    return InBoth.of(definition.states[state].title)


def _reported(caller: Principal, number: str, asked: StepReported, acted: Acted) -> ReportAnswer:
    return ReportAnswer(
        number=number,
        event=asked.event,
        seq=acted.seq,
        state=acted.state,
        version=acted.version,
        reported_by=caller.id,
        position=asked.position,
        replayed=acted.replayed,
    )
