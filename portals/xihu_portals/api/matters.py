"""Matters over HTTP: what waits, one matter, a request for data, and the next step of one.

The same predicates as the pages: the kernel says who may read what, and who may do it.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from xihu_catalog.contracts.model import policy_of
from xihu_catalog.services.start import all_duties
from xihu_catalog.sharing.corrections import correction_opening
from xihu_catalog.sharing.metrics import authority_metrics, department_metrics
from xihu_catalog.sharing.openings import NAMED_IN_FORM, opening_of
from xihu_catalog.sharing.requests import request_opening
from xihu_catalog.voices.acts import AUTHOR
from xihu_platform.access.offices import MATTERS
from xihu_platform.access.policy import Purpose
from xihu_platform.clock import SHANGHAI, civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import Conflict, Refused
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.command import NUMBER_LIMIT, Command
from xihu_platform.matters.definition import OPEN, Definition, EventRule
from xihu_platform.matters.engine import Acted
from xihu_platform.matters.inbox import LIMIT, Box, MatterLine, count_inbox, read_inbox
from xihu_platform.matters.kernel import Matters, StaleMatter
from xihu_platform.matters.views import MatterEvent, MatterView
from xihu_platform.matters.who import MatterParty
from xihu_platform.matters.words import OF_THE_PLATFORM, event_title
from xihu_platform.words import Text
from xihu_portals.api.auth import InOffice, services_of
from xihu_portals.api.errors import OF_CALLERS, OF_DECISIONS, errors
from xihu_portals.api.schemas.matters import (
    ActAnswer,
    ClockDay,
    DataRequest,
    DepartmentFigures,
    Happened,
    InBoth,
    MatterAnswer,
    MatterAsked,
    MatterEntry,
    MatterList,
    MatterMetrics,
    MatterPeriod,
    MayDo,
    RecordReported,
    StepAsked,
    TakesPart,
    Value,
)
from xihu_portals.services import Services

router = APIRouter(prefix="/api/v1", tags=["matters"], responses={**OF_CALLERS, **OF_DECISIONS})

LAST_PAGE = 200
Number = Annotated[int, Path(ge=1, le=NUMBER_LIMIT)]


@router.get("/matters")
def list_matters(
    request: Request,
    caller: InOffice,
    box: Annotated[Box, Query(description="Which list")] = "todo",
    page: Annotated[int, Query(ge=1, le=LAST_PAGE, description="Page of the list")] = 1,
) -> MatterList:
    """What waits for the caller, what they started or did, what their organisation takes part in:
    fifty on a page."""
    services = services_of(request)
    today = civil_date(services.node.clock())
    found = read_inbox(services.matters, caller, box, (page - 1) * LIMIT)
    waiting, overdue = count_inbox(services.matters, caller, today)
    return MatterList(
        box=box,
        waiting=waiting,
        overdue=overdue,
        more=found.more,
        matters=[_entry(line, today) for line in found.lines],
    )


@router.get("/matters/metrics")
def get_matter_metrics(request: Request, caller: InOffice) -> MatterMetrics:
    """How the caller's department answered this year; for a data authority, each of its own."""
    services, position = services_of(request), caller.position
    assert position is not None  # the caller is in office
    today = civil_date(services.node.clock())
    since = datetime.combine(date(today.year, 1, 1), time(), SHANGHAI)
    with transaction(services.node.database) as session:
        own = department_metrics(session, since, today, organisation=position.organisation)
        every = []
        if "authority" in position.duties:
            every = authority_metrics(session, since, today, authority=position.organisation)
    return MatterMetrics(
        since=since.date(),
        until=today,
        own=DepartmentFigures.of(own),
        departments=[DepartmentFigures.of(one) for one in every],
    )


@router.get("/matters/{matter}")
def get_matter(request: Request, caller: InOffice, matter: Number) -> MatterAnswer:
    """One matter, for those who take part in it: to everybody else there is none."""
    services = services_of(request)
    view = services.matters.read(caller, matter)
    texts = services.matters.read_texts(caller, matter)
    definition, known = view.definition, view.definition.values.keys()
    newest = {name: texts[seq, name] for seq, name in sorted(texts)}
    return MatterAnswer(
        id=view.id,
        number=view.number,
        kind=definition.kind,
        definition=definition.version,
        title=InBoth.of(definition.title),
        law=InBoth.of(definition.law),
        about=view.about,
        state=view.state,
        state_title=_state(definition, view.state),
        version=view.version,
        owner=definition.states[view.state].owner,
        outcome=definition.states[view.state].outcome,
        opened_at=view.opened_at,
        closed_at=view.closed_at,
        parties=_parties(view.parties),
        allowed=[may_do(rule) for rule in services.matters.allowed(caller, view)],
        values={name: value for name, value in view.facts.items() if name in known},
        texts={name: text for name, text in newest.items() if name in known},
        clocks=list(_periods(services.matters, view, civil_date(services.node.clock()))),
        events=[_happened(view, event, texts) for event in view.events],
    )


@router.post(
    "/datasets/{dataset}/requests",
    status_code=201,
    responses={200: {"model": ActAnswer}, **errors(Conflict)},
)
def request_data(
    request: Request, response: Response, caller: InOffice, dataset: str, asked: DataRequest
) -> ActAnswer:
    """Write the request that fits how the dataset is shared; it is a draft until it is handed in.

    The same key once more is the same request: the answer is 200.
    """
    services, position = services_of(request), caller.position
    assert position is not None  # the caller is in office
    contract = services.catalogue.contracts.get(dataset)
    today = civil_date(services.node.clock())
    with transaction(services.node.database) as session:
        opening = request_opening(session, policy_of(contract), position, today)
    command = Command(OPEN, asked.key, values=asked.values)
    acted = services.matters.open(caller, opening, command)
    if acted.replayed:
        response.status_code = 200
    return done(services, caller, acted)


@router.post(
    "/datasets/{dataset}/corrections",
    status_code=201,
    responses={200: {"model": ActAnswer}, **errors(Conflict)},
)
def report_record(
    request: Request, response: Response, caller: InOffice, dataset: str, asked: RecordReported
) -> ActAnswer:
    """Report a field of a record as wrong; it is marked as being verified at once.

    The same key once more is the same report: the answer is 200.
    """
    services = services_of(request)
    contract = services.catalogue.contracts.get(dataset)
    today = civil_date(services.node.clock())
    with transaction(services.node.database) as session:
        opening = correction_opening(session, policy_of(contract), caller, today)
    values: dict[str, Any] = {"row": [asked.row], "field": asked.field, "claimed": asked.claimed}
    command = Command(OPEN, asked.key, values=values, reason=asked.reason, evidence=asked.evidence)
    acted = services.matters.open(caller, opening, command)
    if acted.replayed:
        response.status_code = 200
    return done(services, caller, acted)


@router.post("/matters", status_code=201, responses={200: {"model": ActAnswer}, **errors(Conflict)})
def open_matter(
    request: Request, response: Response, caller: InOffice, asked: MatterAsked
) -> ActAnswer:
    """Say what data is needed and not in the catalogue, complain about a department's handling of
    data, report a security incident or a flaw, or draw up the entry of a dataset; a department's
    system may report and draw up.

    Whoever decides is found by the platform and told at once. The same key once more is the same
    matter: the answer is 200.
    """
    services = services_of(request)
    today = civil_date(services.node.clock())
    command = Command(OPEN, asked.key, values=asked.values)
    named = asked.values.get("dataset") if asked.kind in NAMED_IN_FORM else None
    about = policy_of(services.catalogue.contracts.get(str(named))) if named else None
    try:
        with transaction(services.node.database) as session:
            opening = opening_of(session, asked.kind, caller, asked.values, about, today)
        acted = services.matters.open(caller, opening, command)
    except Refused as refused:
        services.gateway.refusals.record(caller, MATTERS, refused.reason, Purpose("duty"))
        raise
    if acted.replayed:
        response.status_code = 200
    return done(services, caller, acted)


@router.post("/matters/{matter}/events", responses=errors(StaleMatter))
def act_in_matter(
    request: Request, caller: InOffice, matter: Number, asked: StepAsked
) -> ActAnswer:
    """Do one thing in a matter, at the version that was seen.

    The same key once more answers the same; a version that has passed is told the present one.
    """
    services = services_of(request)
    command = Command(
        asked.event,
        asked.key,
        asked.version,
        asked.values,
        reason=asked.reason or None,
        article=asked.article or None,
        evidence=asked.evidence or None,
    )
    try:
        acted = services.matters.act(caller, matter, command)
    except Refused as refused:
        services.gateway.refusals.record(caller, MATTERS, refused.reason, Purpose("duty"))
        raise
    return done(services, caller, acted)


def done(services: Services, caller: Principal, acted: Acted) -> ActAnswer:
    services.write_down()
    return ActAnswer(
        matter=acted.matter,
        number=services.matters.read(caller, acted.matter).number,
        seq=acted.seq,
        state=acted.state,
        version=acted.version,
        replayed=acted.replayed,
    )


def _entry(line: MatterLine, today: date) -> MatterEntry:
    return MatterEntry(
        id=line.id,
        number=line.number,
        kind=line.definition.kind,
        title=InBoth.of(line.definition.title),
        about=line.about,
        state=line.state,
        state_title=_state(line.definition, line.state),
        owner=_parties(line.owner),
        since=line.since,
        due=line.due_on,
        firm=line.firm,
        overdue=line.overdue(today),
    )


def _parties(parties: Iterable[MatterParty]) -> list[TakesPart]:
    """A person's key stays here: whoever asks for two offices must not tie their matters to it. So
    does a firm's that wrote a comment, whose form promises it."""
    return [
        TakesPart(
            role=one.role,
            kind=one.kind,
            key=None if one.kind == "person" or one.role == AUTHOR else one.key,
        )
        for one in parties
    ]


def may_do(rule: EventRule) -> MayDo:
    return MayDo(
        name=rule.name,
        title=InBoth.of(rule.title),
        takes=dict(rule.takes),
        optional=sorted(rule.optional),
        needs=sorted(rule.needs),
    )


def _periods(matters: Matters, view: MatterView, today: date) -> Iterator[MatterPeriod]:
    duties, dates = all_duties(), matters.due_dates(view)
    for clock in view.clocks:
        duty, due = duties.get(clock.duty), dates.get((clock.duty, clock.start_seq))
        if duty is None or due is None:
            continue
        yield MatterPeriod(
            duty=clock.duty,
            law=InBoth.of(duty.law) if duty.law is not None else None,
            article=duty.article,
            start=clock.start,
            due=due.day,
            firm=due.firm,
            paused=clock.paused,
            overdue=clock.overdue(due.day, today),
            extended=clock.extended,
            stopped=clock.stopped,
            steps=[
                ClockDay(day=s.day, why=s.why, number=s.number, provisional=s.provisional)
                for s in due.steps
            ],
        )


def _happened(
    view: MatterView, event: MatterEvent, texts: Mapping[tuple[int, str], str]
) -> Happened:
    office = event.organisation is not None
    return Happened(
        seq=event.seq,
        name=event.name,
        title=InBoth.of(event_title(view, event)),
        at=event.at,
        recorded_at=event.recorded_at,
        organisation=event.organisation,
        position=event.position if office else None,
        stands_in_for=event.stands_in_for if office else None,  # else the key of a person
        article=event.article,
        values=_values(event),
        texts={name: text for (seq, name), text in texts.items() if seq == event.seq},
    )


def _values(event: MatterEvent) -> dict[str, Value]:
    """What the platform notes for itself stays out, but for the period it is about."""
    data: Mapping[str, Any] = event.data  # Any: codes, days and numbers
    platform = event.name in OF_THE_PLATFORM
    return {name: v for name, v in data.items() if not platform or name == "duty"}


def _state(definition: Definition, state: str) -> InBoth:
    found = definition.states.get(state)
    return InBoth.of(found.title if found is not None else Text(state, state))
