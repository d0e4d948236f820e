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


def test_no_rule_names_a_dataset_that_its_reader_does_not_know(province: Province) -> None:
    """Pupils refer to schools: `jy_pupils.odcs.yaml`."""
    services, schools = province.services, "jy_schools"
    assert (
        schools
        in services.catalogue.contracts.get("jy_pupils").title_of("school_code.reference").en
    )
    known = services.without(frozenset({schools})).catalogue.contracts
    every = [known.get("jy_pupils"), known.all()["jy_pupils"]]
    every += [one for one in known.about("subject") if one.dataset == "jy_pupils"]
    assert len(every) > 1
    for one in every:
        titles = [rule.title for rule in one.all_rules]
        titles += [reference.rule.title for reference in one.references]
        assert not [title for title in titles if schools in f"{title.zh} {title.en}"]


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
