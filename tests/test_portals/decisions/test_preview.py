"""The preview on both portals' dataset pages against the table: columns, masks, refusals."""

import pytest

from tests.province import NOW, Province
from tests.test_portals.decisions.table import (
    MOBILES,
    NAMES,
    PATTERNS,
    PEOPLE,
    Expected,
    principal,
    read_table,
    stored,
)
from xihu_catalog.datasets.sample import sample_rows
from xihu_platform.audit.log import log_size
from xihu_platform.database import transaction
from xihu_portals.citizen import dataset as open_dataset
from xihu_portals.official import dataset as official_dataset
from xihu_portals.pages import values
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.frame import PageFrame, Portal
from xihu_portals.web.parts import Period, State, Table

TABLE = read_table()
DATASETS = sorted({v.dataset for v in TABLE})
OPEN = [v for v in TABLE if v.purpose == "open"]
DUTY = [v for v in TABLE if v.purpose == "duty" and PEOPLE[v.person].position]


def shown(province: Province, decided: Expected, portal: Portal) -> Table | State:
    services = province.services
    frame = PageFrame(portal, services.node.clock())
    visitor = Visitor(services, principal(province, decided.person), frame)
    if portal == "citizen":
        return open_dataset.fill(visitor, decided.dataset, None).preview
    return official_dataset.fill(visitor, decided.dataset, None).preview


def check(province: Province, decided: Expected, preview: Table | State) -> None:
    contract = province.services.catalogue.contracts.get(decided.dataset)
    if province.services.catalogue.policy(decided.dataset).shows_sample_only:
        assert preview == values.sample(contract), decided  # the same for everybody
        return
    if decided.whole:
        assert isinstance(preview, State), decided
        assert preview.reason is not None
        assert preview.reason.code == decided.whole, decided
        return
    assert isinstance(preview, Table), decided
    fields = province.services.catalogue.contracts.get(decided.dataset).fields
    visible = [f for f in fields if f.name in decided.visible]
    assert [c.title for c in preview.columns] == [f.title for f in visible], decided
    assert all(len(row) == len(visible) for row in preview.rows)
    for at, field in enumerate(visible):
        if decided.fields[field.name] == "mask":
            assert all(is_masked(field.name, row[at]) for row in preview.rows), decided


def is_masked(field: str, value: object) -> bool:
    if value is None:
        return True
    if field == "birth_date":
        return isinstance(value, Period) and value.grain == "year"
    kind = "name" if field in NAMES else "mobile" if field in MOBILES else field
    return PATTERNS[kind].fullmatch(str(value)) is not None


def test_a_sample_is_made_from_the_contract_and_holds_no_stored_value(province: Province) -> None:
    sampled = [n for n in DATASETS if province.services.catalogue.policy(n).shows_sample_only]
    assert {"ga_residents", "rs_social_insurance", "sg_firms"} <= set(sampled)
    for name in sampled:
        contract = province.services.catalogue.contracts.get(name)
        rows = sample_rows(contract)
        known = stored(province, name)
        for field in contract.fields:
            if field.code_list is not None or field.type != "VARCHAR":
                continue
            real = {str(row[field.name]) for row in known}
            assert not real & {str(row[field.name]) for row in rows}, (name, field.name)
        assert [str(c.title) for c in values.sample(contract).columns] == [
            str(f.title) for f in contract.fields
        ]


def test_a_page_with_a_sample_writes_no_read_into_anybodys_log(province: Province) -> None:
    services = province.services
    before = newest(province)
    visitor = Visitor(services, principal(province, "sun"), PageFrame("official", NOW))
    official_dataset.fill(visitor, "rs_social_insurance", None)
    assert newest(province) == before


def newest(province: Province) -> int:
    with transaction(province.services.node.database) as session:
        return log_size(session)


@pytest.mark.parametrize("person", sorted({v.person for v in OPEN}))
def test_the_citizen_portals_preview_shows_open_data_only(province: Province, person: str) -> None:
    for decided in (v for v in OPEN if v.person == person):
        check(province, decided, shown(province, decided, "citizen"))


@pytest.mark.parametrize("person", sorted({v.person for v in DUTY} - {"qian-expired"}))
def test_the_official_portals_preview_shows_what_the_position_may(
    province: Province, person: str
) -> None:
    for decided in (v for v in DUTY if v.person == person):
        check(province, decided, shown(province, decided, "official"))
