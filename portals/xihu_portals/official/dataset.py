"""A dataset's page: may this position use it, is it fit; a look under a ground; downloads."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from xihu_catalog.contracts.model import Contract, policy_of
from xihu_catalog.lineage.columns import inputs_of
from xihu_catalog.quality.whole import Whole, wholes
from xihu_catalog.registry.people import organisation_name
from xihu_catalog.sharing.openings import COMPLAINT
from xihu_platform.access.decision import HANDLING, Allow, Decision
from xihu_platform.access.formats import SHEET_LIMIT, Format
from xihu_platform.access.offices import steward_refusal
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery
from xihu_platform.access.unpublished import is_of
from xihu_platform.audit.uses import users_of
from xihu_platform.errors import Reason
from xihu_platform.words import Text
from xihu_portals.api.auth import purpose_for
from xihu_portals.api.datasets import (
    Fields,
    Filters,
    Readers,
    SnapshotId,
    Sorts,
    citation,
    export,
    language,
    row_query,
)
from xihu_portals.api.strict import known_parameters
from xihu_portals.official import request as asking
from xihu_portals.official.access import DUTY, Access, access_of, is_told_counts, unreadable_fields
from xihu_portals.official.lineage import Lineage
from xihu_portals.official.loads import LoadLine, lines
from xihu_portals.official.lookup import GroundLookup, first_rows, look
from xihu_portals.pages import describe, quality, values
from xihu_portals.pages.conformance import ShownChecks, shown_checks
from xihu_portals.pages.dimensions import (
    ShownDimensions,
    ShownMetadata,
    dimensions_of,
    metadata_of,
)
from xihu_portals.pages.entry_content import ARTICLES
from xihu_portals.pages.entry_state import EntryState, entry_state
from xihu_portals.pages.matter_new import ways_to_open
from xihu_portals.pages.snippets import ApiCall, api_example
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.pages.voices import way_to_voices
from xihu_portals.web.address import number
from xihu_portals.web.datasets import (
    ApiExample,
    DatasetHead,
    DownloadLink,
    ShownField,
    ShownQuality,
    Version,
)
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import (
    Link,
    State,
    Table,
    Words,
)
from xihu_portals.web.render import render

PREVIEW_ROWS = 20
LOADS_LISTED = 12
PURPOSES = {
    "duty": Text("履行职责", "official duties"),
    "case": Text("办理业务事由", "handling a ground"),
    "internal": Text("本部门数据加工", "the department's own processing"),
    "open": Text("使用开放数据", "use of open data"),
}
_NOT_YET = State(
    "empty",
    Text(
        "获准使用后，这里有下载和接口调用方式",
        "Once its use is granted, downloads and the API call stand here",
    ),
)
router = APIRouter()


@dataclass(frozen=True, slots=True)
class ShareClass:
    """The class with the article it rests on, and its conditions."""

    name: Text
    article: Words
    conditions: Words | None = None


@dataclass(frozen=True, slots=True)
class User:
    """Who uses the dataset, and for what."""

    organisation: Words
    purpose: Words
    reads: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class OfficialDataset:
    """11 · May I use it, and is it fit?"""

    frame: PageFrame
    head: DatasetHead
    access: Access
    decision: Text
    """The answer in one sentence, for this position."""
    refusal: Reason | None
    """Why not, when access is not open."""
    request: str | None
    """Where its use is requested, for those who may."""
    granted: tuple[Text, ...]
    """What the organisation has been granted, until when."""
    requests: tuple[asking.RequestUnderWay, ...]
    """Requests of the same organisation for it that are open."""
    state: State | None
    share: ShareClass
    preview: Table | State
    fields: tuple[ShownField, ...]
    quality: ShownQuality | State
    versions: tuple[Version, ...]
    users: tuple[User, ...]
    lineage: Lineage
    downloads: tuple[DownloadLink, ...]
    api: ApiExample | State
    citation: Words
    lookup: GroundLookup | None = None
    """Where the dataset opens under a ground (业务事由) for this kind of position."""
    loads: tuple[LoadLine, ...] = ()
    """Newest first."""
    explore: str | None = None
    """Where its rows are filtered and counted; None where the position sees none of them."""
    entry: EntryState | None = None
    complaint: str | None = None
    """Where a department disagrees with data not being shared, and its authority coordinates."""
    dimensions: ShownDimensions | None = None
    metadata: ShownMetadata | None = None
    checks: ShownChecks | None = None
    registration: str | None = None
    """The application to register it as a public data resource, for its own stewards."""
    voices: Link | None = None
    """Where what people say of it is, and how much there is."""


def fill(
    visitor: Visitor,
    name: str,
    snapshot: int | None,
    ground: Purpose | None = None,
) -> OfficialDataset:
    """`ground` is the purpose of a look under a ground, if the visitor has given its number."""
    services = visitor.services
    entry = services.catalogue.get_entry(name)
    contract = entry.contract
    decision = services.gateway.decide(visitor.principal, name, DUTY)
    access = access_of(decision)
    allowed = decision if isinstance(decision, Allow) and decision.visible else None
    every = wholes(services.catalogue, services.node.database, contract)
    newest = next((one for one in every if not one.load.blocked), None)
    href = f"/official/datasets/{name}"
    public, unreadable = not is_told_counts(visitor, contract), unreadable_fields(visitor, contract)
    measured = services.quality().measure_whole(contract, newest, visitor.principal)
    return OfficialDataset(
        frame=visitor.frame,
        head=describe.head(entry, public=public),
        access=access,
        decision=_access_words(decision),
        refusal=None if isinstance(decision, Allow) else decision.reason,
        request=asking.way_to(visitor, contract),
        complaint=_way_to_complain(visitor, contract),
        checks=shown_checks(services, name),
        registration=_way_to_register(visitor, contract),
        granted=asking.granted(visitor, name),
        requests=asking.under_way(visitor, name),
        state=describe.state_of(entry),
        entry=entry_state(visitor, name),
        share=_share_class(contract),
        preview=_preview(visitor, contract, snapshot),
        fields=tuple(
            describe.field(f, allowed.field_decision(f.name) if allowed else None)
            for f in contract.fields
        ),
        quality=_newest_load(contract, newest, public=public, unreadable=unreadable),
        dimensions=dimensions_of(measured, public=public, unreadable=unreadable),
        metadata=metadata_of(services.entries.get(name)),
        versions=describe.versions(
            contract, services.catalogue.versions(contract, visitor.principal), href, public=public
        ),
        users=_users(visitor, name),
        lineage=_lineage(visitor, contract),
        downloads=describe.downloads(href, sheet=entry.heartbeat.rows <= SHEET_LIMIT)
        if allowed and not allowed.bulk_refusal()
        else (),
        api=_api(visitor, name) if allowed else _NOT_YET,
        explore=f"{href}/explore" if allowed else None,
        citation=citation(entry, visitor.services.node.settings.base_url),
        lookup=_lookup(visitor, contract, decision, ground),
        loads=lines(contract, every[:LOADS_LISTED], public=public),
        voices=way_to_voices(visitor, name),
    )


def _newest_load(
    contract: Contract, newest: Whole | None, *, public: bool, unreadable: frozenset[str]
) -> ShownQuality | State:
    if newest is None:
        return quality.NO_LOAD
    href = f"/official/loads/{newest.load.load_id}"
    return quality.of_load(contract, newest, href, public=public, unreadable=unreadable)


def _way_to_complain(visitor: Visitor, contract: Contract) -> str | None:
    """Of data that is not shared no request is made whose answer could be disputed."""
    if contract.share_class != "refused" or is_of(visitor.principal, contract.provider):
        return None
    return next((one.href for one in ways_to_open(visitor, (COMPLAINT,))), None)


def _way_to_register(visitor: Visitor, contract: Contract) -> str | None:
    refusal = steward_refusal(visitor.principal, contract.provider, visitor.frame.now)
    return None if refusal else f"/official/datasets/{contract.dataset}/registration"


def _api(visitor: Visitor, name: str) -> ApiExample:
    base = visitor.services.node.settings.base_url
    return api_example(ApiCall(base, name, (("limit", "100"),), whole=False))


def _share_class(contract: Contract) -> ShareClass:
    return ShareClass(
        describe.label("share_class", contract.share_class),
        ARTICLES[contract.share_class],
        contract.share_conditions or contract.share_basis,
    )


def _lookup(
    visitor: Visitor, contract: Contract, decision: Decision, ground: Purpose | None
) -> GroundLookup | None:
    """A form where a ground would open the dataset, and the rows once its number is given."""
    position = visitor.principal.position
    if position is None or not position.duties & HANDLING:
        return None
    if access_of(decision) not in {"open", "ground"}:
        return None
    if policy_of(contract).row_key is None:
        return None
    if ground is None:
        return GroundLookup("", "", None)
    asked = {"case": ground.case_number or ""}
    if ground.subject is not None:
        asked["subject"] = str(ground.subject)
    here = f"/official/datasets/{contract.dataset}?{urlencode(asked)}#lookup"
    return look(visitor, contract, ground, here)


def _access_words(decision: Decision) -> Text:
    if not isinstance(decision, Allow):
        return decision.reason.text
    total, seen = len(decision.fields), len(decision.visible)
    treated = sum(f.treatment != "clear" for f in decision.visible)
    zh = f"，其中 {treated} 个经处理" if treated else ""
    en = f", {treated} of them treated" if treated else ""
    return Text(
        f"以现在的岗位可以用：{total} 个数据项，能看到 {seen} 个{zh}。",
        f"Yours to use in this position: {seen} of {total} fields are shown{en}.",
    )


def _preview(visitor: Visitor, contract: Contract, snapshot: int | None) -> Table | State:
    if policy_of(contract).shows_sample_only:
        return values.sample(contract)
    nothing = Text("您的岗位范围内没有记录", "No records within your position's reach")
    query = RowQuery(snapshot_id=snapshot)
    return first_rows(
        visitor, contract, DUTY, query, limit=PREVIEW_ROWS, exit_name="preview", none=nothing
    )


def _users(visitor: Visitor, dataset: str) -> tuple[User, ...]:
    return tuple(
        User(
            organisation=organisation_name(user.organisation),
            purpose=_purposes(user.purposes),
            reads=user.reads,
            last_at=user.last_at,
        )
        for user in users_of(visitor.services.node.database, dataset)
    )


def _purposes(codes: tuple[str, ...]) -> Text:
    """What the reads stated, in words, the most frequent first."""
    named = [PURPOSES.get(code, Text(code, code)) for code in codes]
    return Text("、".join(n.zh for n in named) or "—", ", ".join(n.en for n in named) or "—")


def _lineage(visitor: Visitor, contract: Contract) -> Lineage:
    """What it is made of, and what is made of it: datasets derived from it, then metrics."""
    services = visitor.services
    contracts = services.catalogue.contracts
    made_of = [found for name in inputs_of(contract) if (found := contracts.find(name))]
    derived = contracts.derived_from(contract.dataset)
    used_by = [s for s in visitor.metrics().values() if s.dataset == contract.dataset]
    upstream = tuple(map(_dataset_link, made_of)) or (Link(contract.source.path, "#quality"),)
    downstream = tuple(Link(s.name, f"/official/metrics/{s.id}") for s in used_by)
    return Lineage(upstream, contract.title, (*map(_dataset_link, derived), *downstream))


def _dataset_link(contract: Contract) -> Link:
    return Link(contract.title, f"/official/datasets/{contract.dataset}")


@router.get("/official/datasets/{dataset}")
def page(
    request: Request,
    visitor: InOffice,
    dataset: str,
    snapshot: str | None = None,
    case: Annotated[str, Query(max_length=64)] = "",
    subject: Annotated[str, Query(max_length=6)] = "",
) -> HTMLResponse:
    """`case` and `subject`: a look at one subject of a ground, on the same page."""
    chosen = number(subject or None, "subject")
    ground = purpose_for(visitor.principal, "case", case, subject=chosen) if case.strip() else None
    view = fill(visitor, dataset, number(snapshot, "snapshot"), ground)
    return render(request, "official/dataset.html", view)


@router.get(
    "/official/datasets/{dataset}/download.{form}", dependencies=[Depends(known_parameters)]
)
def download(
    request: Request,
    visitor: InOffice,
    dataset: str,
    form: Format,
    fields: Fields = "",
    filters: Filters = None,
    sorts: Sorts = None,
    snapshot: SnapshotId = None,
    readers: Readers = "programs",
) -> Response:
    return export(
        visitor.services,
        visitor.principal,
        DUTY,
        dataset,
        form,
        row_query(fields, filters, sorts, snapshot),
        language(request),
        readers=readers,
    )
