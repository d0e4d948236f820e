"""The lineage that one caller may know: of the catalogue, of exchanges in force, and outside of the
platform as departments reported it."""

from xihu_catalog.exchange.records import exchanges_of
from xihu_catalog.lineage.graph import LineageGraph
from xihu_catalog.lineage.outside import Names
from xihu_catalog.lineage.readers import ExchangeReader, exchanges_piece
from xihu_catalog.registry.people import answered_for
from xihu_platform.access.models import find_grants
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.identity.principal import Position, Principal
from xihu_portals.services import Services


def known_lineage(services: Services, principal: Principal) -> LineageGraph:
    """`services`: as the caller knows them."""
    node = services.node
    graph = services.lineage
    position = principal.position
    if position is not None:
        graph = graph.joined(*exchanges_piece(_exchanges(services, position)))
    jobs = services.stated_jobs.read(node.database, node.clock())
    if not jobs:
        return graph
    published = services.published.catalogue.contracts.all().keys()
    names = Names(services.every_contract, published)
    return graph.joined(
        *services.outside.piece(jobs, names, lambda one: sees_outside(position, one))
    )


def names_of(services: Services) -> Names:
    """What the names of an event can mean."""
    published = services.published.catalogue.contracts.all().keys()
    return Names(services.every_contract, published)


def sees_outside(position: Position | None, organisation: str) -> bool:
    """Whether somebody is shown what a department (USCC) reported of datasets that are not ours:
    its own people, and who oversees its region."""
    return position is not None and organisation in answered_for(position)


def _exchanges(services: Services, position: Position) -> list[ExchangeReader]:
    """Those in force that a department receives or provides whose data the position answers for."""
    node = services.node
    found = [
        one for one in exchanges_of(node.database, answered_for(position)) if one.ended is None
    ]
    today = civil_date(node.clock())
    readers = []
    with transaction(node.database) as session:
        for one in found:
            grants = find_grants(session, one.dataset, one.organisation, today)
            fields = frozenset[str]().union(*(grant.fields for grant in grants))
            readers.append(ExchangeReader(one.number, one.dataset, tuple(sorted(fields))))
    return readers
