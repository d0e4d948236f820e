"""The log for its auditor: does it hold, what needs an eye, and every entry with filters."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Annotated
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from xihu_catalog.registry.people import organisation_name, organisations
from xihu_platform.access.findings import findings
from xihu_platform.access.reason_codes import BY_CODE
from xihu_platform.access.record import record_look
from xihu_platform.audit.checks import AskedCheck, begin_check, list_checks
from xihu_platform.audit.heads import Head, parse_head, read_head
from xihu_platform.audit.listing import LISTED, EntryFilter, ListedEntry, entries, list_entries
from xihu_platform.audit.verify import verify
from xihu_platform.clock import SHANGHAI
from xihu_platform.errors import BadInput, NotFound
from xihu_platform.identity.client import check_csrf
from xihu_platform.words import Language, Text
from xihu_portals.api.datasets import language
from xihu_portals.api.people import proof_answer
from xihu_portals.api.strict import known_parameters
from xihu_portals.official.audit_office import (
    KINDS,
    PURPOSES,
    WHO,
    AuditorVisitor,
    dataset_title,
    day_of,
    organisation_words,
    titles,
)
from xihu_portals.pages.csv_file import csv_answer
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.address import number
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Choice, Pager, Select, Words
from xihu_portals.web.render import render

PATH = "/official/audit"
EXPORTED = 50_000
"""Entries of one export at most; the newest that meet the filters."""
router = APIRouter()


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One entry as the auditor's page shows it."""

    seq: int
    at: datetime
    kind: Text
    refused: bool
    dataset: Words
    who: Words
    """The position, or what kind of person without an office."""
    organisation: Words
    purpose: Words
    case: str | None
    words: str
    basis: Words
    rows: int | None
    fields: int


@dataclass(frozen=True, slots=True)
class ShownHead:
    """A signed head, and where its copies lie."""

    size: int
    at: datetime
    key_id: str
    place: str
    copies: int
    """Lines of the file of heads."""


@dataclass(frozen=True, slots=True)
class ShownCheck:
    """A verification: running, or what it found."""

    asked_by: Words
    at: datetime
    ended_at: datetime | None
    seen: int
    entries: int
    holds: bool | None
    text: Text


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """A rule that found something, and the entries it found."""

    rule: Text
    organisation: Text | None
    number: int
    href: str


@dataclass(frozen=True, slots=True)
class AuditAsked:
    """What the page's address asks for."""

    kind: str = ""
    dataset: str = ""
    organisation: str = ""
    purpose: str = ""
    reason: str = ""
    since: str = ""
    until: str = ""
    entry: str = ""
    """One entry's number: then nothing else narrows."""
    before: int | None = None

    @property
    def pairs(self) -> dict[str, str]:
        names = ("kind", "dataset", "organisation", "purpose", "reason", "since", "until", "entry")
        return {name: getattr(self, name) for name in names if getattr(self, name)}

    def href(self, path: str = PATH) -> str:
        pairs = {**self.pairs, **({"before": str(self.before)} if self.before else {})}
        return f"{path}?{urlencode(pairs)}" if pairs else path

    def wanted(self) -> EntryFilter:
        """Days are whole, `until` included. Raises BadInput."""
        one = number(self.entry, "entry")
        if one is not None:
            return EntryFilter(entry=one)
        end = day_of(self.until, "until")
        start = day_of(self.since, "since")
        if start and end and end < start:
            raise BadInput(
                f"until（{self.until}）早于 since（{self.since}）",
                f"until ({self.until}) is before since ({self.since})",
            )
        self._check_choices()
        return EntryFilter(
            self.kind,
            self.dataset,
            self.organisation,
            self.purpose,
            self.reason,
            start,
            end + timedelta(days=1) if end else None,
        )

    def _check_choices(self) -> None:
        """Raises BadInput for what is in no list. A dataset that is gone is still in the log."""
        closed: dict[str, Iterable[str]] = {
            "kind": KINDS,
            "purpose": PURPOSES,
            "organisation": organisations(),
        }
        for name, known in closed.items():
            if (value := getattr(self, name)) and value not in known:
                raise _unknown(name, value)
        if self.reason and not re.fullmatch(r"[a-z_]{1,40}", self.reason):
            raise _unknown("reason", self.reason)


def _unknown(name: str, value: str) -> BadInput:
    return BadInput(f"{name} 没有“{value[:40]}”这个选项", f"{name} has no option “{value[:40]}”")


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Does the log hold, what needs an eye, who read what?"""

    frame: PageFrame
    head: ShownHead | None
    checks: tuple[ShownCheck, ...]
    findings: tuple[ShownFinding, ...]
    filters: tuple[Select, ...]
    since: str
    until: str
    entry: str
    lines: tuple[AuditLine, ...]
    pager: Pager
    export_href: str
    fault: Text | None = None
    """What the filters ask wrongly: then nothing is narrowed."""

    @property
    def running(self) -> ShownCheck | None:
        return next((one for one in self.checks if one.ended_at is None), None)


def fill(visitor: Visitor, asked: AuditAsked) -> AuditPage:
    """The look itself is an entry first."""
    record_look(visitor.services.log, visitor.principal, "entries", **asked.pairs)
    services, fault = visitor.services, None
    try:
        wanted = asked.wanted()
    except BadInput as wrong:
        fault, asked = wrong.text, AuditAsked(before=asked.before)
        wanted = asked.wanted()
    found = list_entries(services.node.database, wanted, before=asked.before)
    names = titles(visitor)
    more = found[-1].seq if len(found) == LISTED else None
    return AuditPage(
        frame=visitor.frame,
        head=_head(visitor),
        checks=tuple(
            _check(one, names) for one in list_checks(services.node.database, visitor.frame.now)
        ),
        findings=_findings(visitor),
        filters=_filters(visitor, asked),
        since=asked.since,
        until=asked.until,
        entry=asked.entry,
        lines=tuple(_line(visitor, one, names) for one in found),
        pager=Pager(
            len(found),
            None,
            next_href=replace(asked, before=more).href() if more else None,
            first=None,
        ),
        export_href=replace(asked, before=None).href(f"{PATH}/entries.csv"),
        fault=fault,
    )


def _findings(visitor: Visitor) -> tuple[ShownFinding, ...]:
    return tuple(
        ShownFinding(
            one.rule,
            organisation_name(one.organisation) if one.organisation else None,
            one.number,
            f"{PATH}?{urlencode(one.asked)}#entries",
        )
        for one in findings(visitor.services.node.database, visitor.frame.now)
    )


def _head(visitor: Visitor) -> ShownHead | None:
    path = visitor.services.log.head_path
    try:
        head: Head = read_head(path)
    except BadInput:
        return None
    with path.open("rb") as lines:
        copies = sum(1 for _ in lines)
    return ShownHead(head.size, datetime.fromisoformat(head.at), head.key_id, path.name, copies)


def _check(one: AskedCheck, names: dict[str, Text]) -> ShownCheck:
    who = names.get(one.asked_by, Text(one.asked_by, one.asked_by))
    return ShownCheck(who, one.asked_at, one.ended_at, one.seen, one.entries, one.holds, one.text)


def _line(visitor: Visitor, one: ListedEntry, names: dict[str, Text]) -> AuditLine:
    said = one.said
    refused = BY_CODE.get(said.refused or "")
    basis: Words = Text(said.basis, said.basis_en) if said.basis else "—"
    if said.refused is not None:
        basis = refused.article if refused else Text(one.article, one.article)
    position = said.position
    return AuditLine(
        seq=one.seq,
        at=one.at,
        kind=KINDS.get(one.kind, Text(one.kind, one.kind)),
        refused=one.kind in {"refusal", "refusals"},
        dataset=dataset_title(visitor, one.dataset),
        who=names.get(position, position) if position else WHO.get(one.who, one.who or "—"),
        organisation=organisation_words(one.organisation),
        purpose=PURPOSES.get(one.purpose, one.purpose or "—"),
        case=said.case,
        words=said.words if position else "",
        basis=basis,
        rows=one.rows,
        fields=len(said.fields),
    )


def _filters(visitor: Visitor, asked: AuditAsked) -> tuple[Select, ...]:
    every = Text("全部", "All")
    contracts = visitor.services.catalogue.contracts.all()
    datasets = {name: contract.title for name, contract in sorted(contracts.items())}
    offices = {uscc: organisation_name(uscc) for uscc in organisations()}
    reasons = {code: reason.text for code, reason in BY_CODE.items()}

    def of(name: str, label: Text, options: dict[str, Text], chosen: str) -> Select:
        listed = (Choice(value, words, value == chosen) for value, words in options.items())
        return Select(name, label, (Choice("", every, not chosen), *listed))

    return (
        of("kind", Text("种类", "Kind"), KINDS, asked.kind),
        of("dataset", Text("数据集", "Dataset"), datasets, asked.dataset),
        of("organisation", Text("单位", "Organisation"), offices, asked.organisation),
        of("purpose", Text("用途", "Purpose"), PURPOSES, asked.purpose),
        of("reason", Text("拒绝原因", "Reason of refusal"), reasons, asked.reason),
    )


Short = Annotated[str, Query(max_length=80)]


def _asked(
    kind: Short = "",
    dataset: Short = "",
    organisation: Short = "",
    purpose: Short = "",
    reason: Short = "",
    since: Short = "",
    until: Short = "",
    entry: Short = "",
) -> AuditAsked:
    return AuditAsked(kind, dataset, organisation, purpose, reason, since, until, entry)


Asked = Annotated[AuditAsked, Depends(_asked)]


@router.get(PATH)
def page(
    request: Request, visitor: AuditorVisitor, asked: Asked, before: str | None = None
) -> HTMLResponse:
    view = fill(visitor, replace(asked, before=number(before, "before")))
    return render(request, "official/audit.html", view, piece="official/audit_checks.html")


@router.get(f"{PATH}/entries.csv", dependencies=[Depends(known_parameters)])
def export(request: Request, visitor: AuditorVisitor, asked: Asked) -> Response:
    """The newest `EXPORTED` entries that meet the filters, for people: names beside codes."""
    wanted = asked.wanted()
    record_look(visitor.services.log, visitor.principal, "export", **asked.pairs)
    lang = language(request)
    names = titles(visitor)
    found = islice(entries(visitor.services.node.database, wanted), EXPORTED)
    lines = (_cells(_line(visitor, one, names), lang) for one in found)
    return csv_answer(COLUMNS, lines, lang, Text("审计条目", "audit-entries"))


COLUMNS = (
    Text("编号", "entry"),
    Text("时间", "at"),
    Text("种类", "kind"),
    Text("数据集", "dataset"),
    Text("单位", "organisation"),
    Text("岗位", "position"),
    Text("用途", "purpose"),
    Text("业务事由", "ground"),
    Text("说明", "words"),
    Text("依据", "basis"),
    Text("行数", "rows"),
    Text("字段数", "fields"),
)


def _cells(line: AuditLine, lang: Language) -> list[str]:
    """The line as texts, in the order of `COLUMNS`."""
    values = (
        line.seq,
        line.at.astimezone(SHANGHAI).isoformat(timespec="seconds"),
        line.kind,
        line.dataset,
        line.organisation,
        line.who,
        line.purpose,
        line.case,
        line.words,
        line.basis,
        line.rows,
        line.fields,
    )
    return [
        "" if one is None else one.to(lang) if isinstance(one, Text) else str(one) for one in values
    ]


@router.get(f"{PATH}/entries/{{entry}}/proof")
def proof(visitor: AuditorVisitor, entry: int) -> Response:
    """The inclusion proof of any entry, as a file; the browser checks it too."""
    record_look(visitor.services.log, visitor.principal, "proof", entry=str(entry))
    body = proof_answer(visitor.services, entry)
    headers = {"Content-Disposition": f'attachment; filename="xihu-proof-{entry}.json"'}
    content = orjson.dumps(body.model_dump(), option=orjson.OPT_INDENT_2)
    return Response(content, media_type="application/json", headers=headers)


@router.get(f"{PATH}/verify")
def asked_again(visitor: AuditorVisitor) -> RedirectResponse:
    """The address of a refused form, asked again or in the other language."""
    del visitor
    return RedirectResponse(PATH, status_code=303)


@router.get(f"{PATH}/head.jsonl")
def newest_head(visitor: AuditorVisitor) -> Response:
    """The newest signed head as a file, for its copy elsewhere. Raises NotFound."""
    record_look(visitor.services.log, visitor.principal, "head")
    path = visitor.services.log.head_path
    try:
        head = read_head(path)
    except BadInput:
        raise NotFound("还没有签名头", "there is no head yet") from None
    headers = {
        "Content-Disposition": f'attachment; filename="xihu-head-{head.size}.jsonl"',
        "Cache-Control": "no-store",
    }
    return Response(head.line() + "\n", media_type="application/jsonl", headers=headers)


@router.post(f"{PATH}/verify")
def verify_now(
    visitor: AuditorVisitor,
    csrf: Annotated[str, Form(max_length=200)] = "",
    head: Annotated[str, Form(max_length=2000)] = "",
) -> RedirectResponse:
    """Verify the whole log beside the request: against its newest head, or against one that was
    kept elsewhere. Raises BadInput for a line that is no head."""
    if visitor.session is not None:
        check_csrf(visitor.session, csrf)
    services = visitor.services
    path = services.log.head_path
    kept = head.strip()
    known = parse_head(kept, "head") if kept else read_head(path)
    record_look(services.log, visitor.principal, "verify", head=str(known.size) if kept else "")
    position = visitor.principal.position
    own = services.gateway.own_keys
    database, key = services.node.database, services.signer.public_key
    begin_check(
        database,
        services.node.clock,
        position=position.id if position else "",
        entries=read_head(path).size,
        check=lambda tell: verify(database, known, key, own=own, heads=path, tell=tell),
    )
    return RedirectResponse(PATH, status_code=303)
