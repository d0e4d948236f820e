"""What one reader knows of the catalogue is worked out once, and anew when what decides changes."""

from sqlalchemy import update

from tests.province import Province
from xihu_catalog.contracts.entries import CatalogueEntryRow
from xihu_platform.database import transaction
from xihu_platform.identity.principal import ANONYMOUS
from xihu_portals.services import Services

CASES = "zw_service_cases"


def set_state(province: Province, state: str) -> None:
    with transaction(province.services.node.database) as session:
        changed = update(CatalogueEntryRow).where(CatalogueEntryRow.dataset == CASES)
        session.execute(changed.values(state=state))


def names(services: Services) -> set[str]:
    return set(services.catalogue.contracts.all())


def test_readers_who_know_the_same_have_one_index_and_a_change_is_known_at_once(
    province: Province,
) -> None:
    services = province.services
    gao, chen = province.official("gao", "gao-zw"), province.official("chen", "chen-xihu")
    assert services.known_to(ANONYMOUS) is services, "nothing is hidden"
    set_state(province, "draft")
    try:
        hidden = services.known_to(ANONYMOUS)
        assert names(services) - names(hidden) == {CASES}
        assert services.known_to(chen) is hidden, "kept, with its index"
        assert services.known_to(chen).search is hidden.search
        assert services.known_to(gao) is services, "its own department"
    finally:
        set_state(province, "published")
    assert services.known_to(ANONYMOUS) is services
