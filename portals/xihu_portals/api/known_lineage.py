"""The lineage that one caller may know: of the catalogue, of exchanges in force, and outside of the
platform as departments reported it.

What is published of the catalogue is public, and so is which of its fields comes from which: names,
never values. The names of departments' files are for those who have a position. Pages and the API
answer from here alone.
"""

from xihu_catalog.exchange.records import exchanges_of
from xihu_catalog.lineage.graph import LineageGraph
from xihu_catalog.lineage.outside import Names, jobs_of
from xihu_catalog.lineage.readers import ExchangeReader, exchanges_piece
from xihu_catalog.lineage.stated import StatedJob
from xihu_catalog.registry.people import answered_for
from xihu_platform.access.models import find_grants
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.identity.principal import Position, Principal
from xihu_portals.services import Services


def known_lineage(services: Services, principal: Principal) -> LineageGraph:
    """`services`: as the caller knows them."""
    node = services.node
    position = principal.position
    graph = _of_catalogue(services, position)
    jobs = services.stated_jobs.read(node.database, node.clock())
    if not jobs:
        return _shown_to(position, graph)
    piece = services.outside.piece(
        jobs, names_of(services), lambda one: sees_outside(position, one)
    )
    return _shown_to(position, graph.joined(*piece))


def jobs_behind(services: Services, principal: Principal, node: str) -> tuple[StatedJob, ...]:
    """The reports that an outside dataset is known from, the newest first; none to a reader who is
    not shown it."""
    jobs = services.stated_jobs.read(services.node.database, services.node.clock())
    position = principal.position
    return jobs_of(node, jobs, names_of(services), lambda one: sees_outside(position, one))


def _shown_to(position: Position | None, graph: LineageGraph) -> LineageGraph:
    return graph.without_file_names() if position is None else graph


def _of_catalogue(services: Services, position: Position | None) -> LineageGraph:
    if position is None:
        return services.lineage
    return services.lineage.joined(*exchanges_piece(_exchanges(services, position)))


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
