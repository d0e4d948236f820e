"""What there is to choose in forms of matters, where only the catalogue knows it."""

from collections.abc import Collection, Sequence

from xihu_catalog.contracts.entries import beginning
from xihu_catalog.contracts.model import policy_of
from xihu_catalog.exchange.acts import may_exchange
from xihu_catalog.registry.people import organisation_name, organisations
from xihu_catalog.services.hotline import handling_units
from xihu_catalog.services.licences import issued_by
from xihu_catalog.sharing.needs import may_be_named
from xihu_catalog.sharing.openness import open_fields
from xihu_platform.access.unpublished import is_of
from xihu_platform.clock import civil_date
from xihu_platform.credentials.register import STATES, facts_of
from xihu_platform.database import transaction
from xihu_platform.matters.definition import EventRule
from xihu_platform.matters.views import MatterView
from xihu_platform.words import Text
from xihu_portals.pages.describe import region_name
from xihu_portals.pages.matter_form import FormOption
from xihu_portals.pages.visitor import Visitor


def known_options(
    visitor: Visitor, rule: EventRule, view: MatterView | None = None
) -> dict[str, Sequence[FormOption]]:
    """Of the values that an event takes: organisations and datasets; `view`: the matter, once it
    is opened."""
    own = "entry_is_departments" in rule.guards
    found: dict[str, Sequence[FormOption]] = {}
    if "respondent" in rule.takes:
        found["respondent"] = respondents(visitor)
    if "unit" in rule.takes and view is not None:
        found["unit"] = _units(visitor, view)
    if "datasets" in rule.takes:
        found["datasets"] = _datasets(visitor)
    if "opened" in rule.takes:
        found["opened"] = _open_datasets(visitor)
    if "department" in rule.takes:
        found["department"] = _departments(visitor, view.keys("requester") if view else ())
    if "met_by" in rule.takes:
        found["met_by"] = _shared_datasets(visitor, own=own)
    if "dataset" in rule.takes:
        exchanged = "exchange_has_grant" in rule.guards
        found["dataset"] = exchangeable(visitor) if exchanged else entries_to_begin(visitor)
    return found


def entries_to_begin(visitor: Visitor) -> Sequence[FormOption]:
    """The datasets of the visitor's own department of whose entry a matter can be opened."""
    services = visitor.services
    begin = beginning(services.node.database)
    every = services.catalogue.contracts.all().values()
    own = [one for one in every if one.dataset in begin and is_of(visitor.principal, one.provider)]
    return [FormOption(one.dataset, one.title) for one in own]


def exchangeable(visitor: Visitor) -> Sequence[FormOption]:
    """The datasets of others that a grant gives the visitor's department in bulk."""
    position = visitor.principal.position
    if position is None:
        return []
    own, today = position.organisation, civil_date(visitor.frame.now)
    every = visitor.services.catalogue.contracts.all().values()
    with transaction(visitor.services.node.database) as session:
        may = [one for one in every if may_exchange(session, policy_of(one), own, today)]
    return [FormOption(one.dataset, one.title, organisation_name(one.provider)) for one in may]


def own_licence_options(visitor: Visitor, number: object) -> Sequence[FormOption]:
    """The licence whose page was the way to a form. Raises BadInput for one that the visitor's
    office has not issued."""
    position, services = visitor.principal.position, visitor.services
    office = position.organisation if position is not None else ""
    with transaction(services.node.database) as session:
        one = issued_by(session, office, number)
        facts = facts_of(session, services.matters.texts, one)
    state = STATES[one.state_on(civil_date(visitor.frame.now))]
    label = facts.title if facts else Text(one.kind, one.kind)
    shown = Text(f"{label.zh} {one.number}", f"{label.en} {one.number}")
    return [FormOption(one.number, shown, state, chosen=True)]


def respondents(visitor: Visitor) -> Sequence[FormOption]:
    """The organisations that one may complain about: all but one's own."""
    position = visitor.principal.position
    own = position.organisation if position is not None else None
    return [
        FormOption(uscc, Text(one.name_zh, one.name_en))
        for uscc, one in organisations().items()
        if uscc != own
    ]


def _departments(visitor: Visitor, requesters: Collection[str]) -> Sequence[FormOption]:
    """The organisations with somebody who catalogues, but for those that ask, by region."""
    today = civil_date(visitor.frame.now)
    with transaction(visitor.services.node.database) as session:
        able = may_be_named(session, requesters, today)
    found = [(uscc, one) for uscc, one in organisations().items() if uscc in able]
    return [
        FormOption(uscc, Text(one.name_zh, one.name_en), region_name(one.region))
        for uscc, one in sorted(found, key=lambda pair: pair[1].region)
    ]


def _units(visitor: Visitor, view: MatterView) -> Sequence[FormOption]:
    """The organisations with somebody who handles what comes to the hotline, by region."""
    today, (desk,) = civil_date(visitor.frame.now), view.keys("desk")
    with transaction(visitor.services.node.database) as session:
        able = handling_units(session, today, desk)
    found = [(uscc, one) for uscc, one in organisations().items() if uscc in able]
    return [
        FormOption(uscc, Text(one.name_zh, one.name_en), region_name(one.region))
        for uscc, one in sorted(found, key=lambda pair: pair[1].region)
    ]


def _shared_datasets(visitor: Visitor, *, own: bool) -> Sequence[FormOption]:
    """The datasets that other departments may use or ask for; `own`: those of one's own."""
    position = visitor.principal.position
    mine = position.organisation if position is not None else None
    every = visitor.services.catalogue.contracts.all().values()
    return [
        FormOption(one.dataset, one.title, organisation_name(one.provider))
        for one in sorted(every, key=lambda one: (one.provider, one.dataset))
        if one.share_class != "refused" and (not own or one.provider == mine)
    ]


def _datasets(visitor: Visitor) -> Sequence[FormOption]:
    """Every dataset of the catalogue, those of the visitor's own organisation first."""
    position = visitor.principal.position
    own = position.organisation if position is not None else None
    every = visitor.services.catalogue.contracts.all().values()
    ordered = sorted(every, key=lambda one: (one.provider != own, one.provider, one.dataset))
    return [FormOption(one.dataset, one.title, organisation_name(one.provider)) for one in ordered]


def _open_datasets(visitor: Visitor) -> Sequence[FormOption]:
    every = visitor.services.catalogue.contracts.all().values()
    return [FormOption(one.dataset, one.title) for one in every if one.is_open]


def closed_fields(visitor: Visitor, dataset: str) -> Sequence[FormOption]:
    """The fields of a dataset that nobody may read without signing in: what can be asked for."""
    contract = visitor.services.catalogue.contracts.get(dataset)
    policy = policy_of(contract)
    found = open_fields(policy, visitor.frame.now)
    return [
        FormOption(one.name, one.title, Text(one.grade, one.grade))
        for one in policy.fields
        if one.name not in found
    ]
