"""The form that says what is wrong with one record: the same for an office and for a person."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from xihu_catalog.contracts.model import Contract, policy_of
from xihu_catalog.registry.people import organisation_name
from xihu_catalog.sharing.corrections import correction_opening
from xihu_platform.access.answers import Page
from xihu_platform.access.referring import refer
from xihu_platform.access.row_keys import reader_of
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.matters.definition import Definition
from xihu_platform.matters.kernel import Opening
from xihu_platform.words import Text
from xihu_portals.pages.matter_form import ActForm, FormOption, Given, act_form
from xihu_portals.pages.matter_view import ShownValue
from xihu_portals.pages.record import record_named
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.parts import Link, Words

WRONG = Text("有误？", "Wrong?")
ROW = "row"


@dataclass(frozen=True, slots=True)
class AskedCorrection:
    """What the page says above its form."""

    dataset: str
    title: Words
    source: Text
    law: Text
    kind: Text
    record: tuple[ShownValue, ...]
    """Which record it is."""
    form: ActForm
    href: str
    """Where the form is sent."""
    back: str
    """Where the reader came from."""


OFFICE = "/official/datasets"


def correction_href(visitor: Visitor, dataset: str) -> str:
    """The page of the form, on the visitor's own portal."""
    room = "/my/data" if visitor.principal.position is None else OFFICE
    return f"{room}/{dataset}/correction"


def wrong_links(visitor: Visitor, contract: Contract, page: Page) -> tuple[Link | None, ...]:
    """For each row of a page the way to say that it is wrong."""
    address = correction_href(visitor, contract.dataset)
    refs = refer(visitor.services.gateway, visitor.principal, contract.dataset, page, "own")
    return tuple(
        Link(WRONG, f"{address}?{urlencode({ROW: ref})}") if ref is not None else None
        for ref in refs
    )


def opening_of(visitor: Visitor, contract: Contract) -> tuple[Opening, Definition]:
    """Raises Conflict and Refused as `correction_opening`."""
    services = visitor.services
    today = civil_date(services.node.clock())
    with transaction(services.node.database) as session:
        opening = correction_opening(session, policy_of(contract), visitor.principal, today)
        return opening, services.matters.book.newest(session, opening.kind)


def asked(
    visitor: Visitor,
    contract: Contract,
    given: Given,
    *,
    key: str | None = None,
    wrong: Text | None = None,
) -> AskedCorrection:
    """Raises BadInput for a reference that is none of theirs."""
    _, definition = opening_of(visitor, contract)
    refs, row = visitor.services.gateway.refs, given.get(ROW)
    text = row[0] if isinstance(row, list) and row else ""
    ref = refs.open(reader_of(visitor.principal, "own"), policy_of(contract), text)
    fields = [
        FormOption(one.name, one.title)
        for one in contract.fields
        if one.name in ref.shown and not (one.subject_key and visitor.principal.position is None)
    ]
    form = act_form(
        definition.opening, definition, 0, given, {"field": fields}, key=key, wrong=wrong
    )
    hidden = tuple(
        replace(one, kind="hidden", hint=None) if one.name == ROW else one for one in form.fields
    )
    return AskedCorrection(
        dataset=contract.dataset,
        title=contract.title,
        source=organisation_name(contract.provider),
        law=definition.law,
        kind=definition.title,
        record=record_named(contract, ref.key, ref.clear),
        form=replace(form, fields=hidden),
        href=correction_href(visitor, contract.dataset),
        back="/my/data" if visitor.principal.position is None else f"{OFFICE}/{contract.dataset}",
    )
