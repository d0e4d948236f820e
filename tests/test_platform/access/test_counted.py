"""Who is counted is logged: totals, predicates, pins, and what a person later hears of them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise

import orjson
import pytest
from sqlalchemy import delete, func, select

from tests.province import Province
from tests.test_portals.decisions.table import principal, stored
from xihu_platform.access.answers import SUBJECTS_LISTED, Page
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.policy import FieldPolicy, Grade, Policy, Purpose
from xihu_platform.access.query import Filter, RowQuery
from xihu_platform.access.start import open_gateway
from xihu_platform.access.uses import list_uses
from xihu_platform.audit.heads import read_head
from xihu_platform.audit.models import (
    AuditCounted,
    AuditEntry,
    AuditPin,
    AuditRegion,
    AuditSubject,
)
from xihu_platform.audit.uses import ASKED
from xihu_platform.audit.verify import LogCheck, verify
from xihu_platform.database import transaction

VISITS = "yb_hospital_visits"
DUTY = Purpose("duty")


def lower(field: FieldPolicy) -> FieldPolicy:
    """As a department might have graded it: seen on duty, and still a fact about a person."""
    grade: Grade = "L1" if field.name in {"hospital_code", "county_code"} else "L2"
    return replace(field, grade=grade)


@pytest.fixture(scope="module")
def gateway(province: Province) -> Iterator[AccessGateway]:
    services = province.services

    def policy(dataset: str) -> Policy:
        known = services.catalogue.policy(dataset)
        fields = tuple(map(lower, known.fields)) if dataset == VISITS else known.fields
        return replace(known, rules=frozenset(), fields=fields)

    opened = open_gateway(services.node, policy)
    yield opened
    opened.log.close()


def read(province: Province, gateway: AccessGateway, *filters: Filter, limit: int = 1) -> Page:
    return gateway.read_page(
        principal(province, "chen-yb"), VISITS, DUTY, RowQuery(filters=filters), limit=limit
    )


def listed(gateway: AccessGateway, page: Page) -> set[str | None]:
    with transaction(gateway.database) as session:
        wanted = select(AuditSubject.subject).where(AuditSubject.seq == page.citation.audit_entry)
        return set(session.scalars(wanted))


def entry(gateway: AccessGateway, page: Page) -> AuditEntry:
    with transaction(gateway.database) as session:
        return session.get_one(AuditEntry, page.citation.audit_entry)


def two_people(province: Province) -> tuple[dict[str, object], dict[str, object]]:
    """Rows of two persons with different diseases."""
    rows = stored(province, VISITS)
    for one, other in pairwise(rows):
        if (
            one["citizen_id"] != other["citizen_id"]
            and one["disease_group"] != (other["disease_group"])
        ):
            return one, other
    raise LookupError


def as_seen(province: Province, gateway: AccessGateway, row: dict[str, object]) -> str:
    """The pseudonym of a row's person as the reader has it."""
    page = read(province, gateway, Filter("settlement_no", "eq", str(row["settlement_no"])))
    return str(page.table["citizen_id"][0].as_py())


def test_a_total_over_named_persons_lists_them_all(
    province: Province, gateway: AccessGateway
) -> None:
    """The total tells the target's disease; before, only the decoy on the page was logged."""
    decoy, target = two_people(province)
    both = f"{as_seen(province, gateway, decoy)},{as_seen(province, gateway, target)}"
    page = read(
        province,
        gateway,
        Filter("citizen_id", "in", both),
        Filter("disease_group", "eq", str(decoy["disease_group"])),
    )
    assert page.total is not None
    assert {decoy["citizen_id"], target["citizen_id"]} <= listed(gateway, page)


def test_a_person_singled_out_is_listed_though_the_total_is_zero(
    province: Province, gateway: AccessGateway
) -> None:
    target, other = two_people(province)
    page = read(
        province,
        gateway,
        Filter("settlement_no", "eq", str(target["settlement_no"])),
        Filter("disease_group", "eq", str(other["disease_group"])),
    )
    assert page.total == 0
    assert target["citizen_id"] in listed(gateway, page)


def test_a_total_by_a_fact_about_more_than_a_thousand_is_not_told(
    province: Province, gateway: AccessGateway
) -> None:
    rows = stored(province, VISITS)
    assert len({row["citizen_id"] for row in rows}) > SUBJECTS_LISTED
    page = read(province, gateway, Filter("days", "ge", "0"))
    assert page.total is None
    assert entry(gateway, page).pin is not None


def test_a_total_by_what_is_no_fact_about_a_person_is_told(
    province: Province, gateway: AccessGateway
) -> None:
    code = str(stored(province, VISITS)[0]["hospital_code"])
    page = read(province, gateway, Filter("hospital_code", "eq", code))
    assert page.total == sum(r["hospital_code"] == code for r in stored(province, VISITS))
    assert entry(gateway, page).pin is not None


def test_one_question_has_one_pin_a_day_whatever_page_or_order(
    province: Province, gateway: AccessGateway
) -> None:
    first = read(province, gateway, limit=2)
    query = RowQuery()
    second = gateway.read_page(
        principal(province, "chen-yb"), VISITS, DUTY, query, limit=2, cursor=first.next_cursor
    )
    assert entry(gateway, first).pin == entry(gateway, second).pin is not None
    other = gateway.read_page(principal(province, "tang-yb"), VISITS, DUTY, query, limit=2)
    assert entry(gateway, other).pin != entry(gateway, first).pin


def test_a_page_read_under_a_pin_is_a_short_entry(
    province: Province, gateway: AccessGateway
) -> None:
    read(province, gateway, limit=3)
    page = read(province, gateway, limit=3)
    assert len(entry(gateway, page).body) <= 400


def test_what_was_filtered_by_is_sealed_and_its_key_can_be_destroyed(
    province: Province, gateway: AccessGateway
) -> None:
    page = read(province, gateway, Filter("hospital_code", "contains", "canary-7719"))
    with transaction(gateway.database) as session:
        bodies = [
            *session.scalars(select(AuditEntry.body)),
            *session.scalars(select(AuditPin.body)),
        ]
        assert not any(b"canary-7719" in body for body in bodies)
        pin = session.get_one(AuditPin, entry(gateway, page).pin)
        assert orjson.loads(pin.body)["predicate"]
        assert pin.key is not None


def test_a_person_hears_of_every_read_that_counted_them(
    province: Province, gateway: AccessGateway
) -> None:
    """At the first look, with many reads that did not count them in between."""
    rows = stored(province, VISITS)
    target = next(r for r in rows if r["county_code"] == "330106")
    person = str(target["citizen_id"])
    whole = read(province, gateway, limit=1)
    mine = read(
        province, gateway, Filter("hospital_code", "eq", str(target["hospital_code"])), limit=1
    )
    hospitals = {str(r["hospital_code"]) for r in rows if r["citizen_id"] == person}
    strange = next(str(r["hospital_code"]) for r in rows if r["hospital_code"] not in hospitals)
    other = read(province, gateway, Filter("hospital_code", "eq", strange), limit=1)
    seqs = {use.seq for use in list_uses(gateway, person, limit=1000)}
    pins = dict(first_entries(gateway))
    assert pins[entry(gateway, whole).pin] in seqs
    assert pins[entry(gateway, mine).pin] in seqs
    assert pins[entry(gateway, other).pin] not in seqs


def first_entries(gateway: AccessGateway) -> list[tuple[str | None, int]]:
    with transaction(gateway.database) as session:
        query = select(AuditEntry.pin, func.min(AuditEntry.seq)).group_by(AuditEntry.pin)
        return [(pin, seq) for pin, seq in session.execute(query)]


def test_what_was_settled_is_sealed_and_settled_again_once_it_is_gone(
    province: Province, gateway: AccessGateway
) -> None:
    """The pins of real questions verify too: their marks are computed again."""
    target = next(r for r in stored(province, VISITS) if r["county_code"] == "330106")
    person = str(target["citizen_id"])
    read(province, gateway, limit=1)
    read(province, gateway, Filter("hospital_code", "eq", str(target["hospital_code"])), limit=1)
    uses = list_uses(gateway, person, limit=1000)
    checked = checked_log(province, gateway)
    assert checked.holds, checked.text.en
    with transaction(gateway.database) as session:
        assert session.scalar(select(func.count()).select_from(AuditCounted)) != 0
        session.execute(delete(AuditCounted))
        session.execute(delete(AuditRegion).where(AuditRegion.region != ASKED))
    assert "was settled for a person was changed" in checked_log(province, gateway).text.en
    with transaction(gateway.database) as session:
        session.execute(delete(AuditRegion))
    assert list_uses(gateway, person, limit=1000) == uses
    checked = checked_log(province, gateway)
    assert checked.holds, checked.text.en


def checked_log(province: Province, gateway: AccessGateway) -> LogCheck:
    path, key = gateway.log.head_path, province.services.signer.public_key
    return verify(gateway.database, read_head(path), key, own=gateway.own_keys, heads=path)


def test_a_pin_names_its_day(province: Province, gateway: AccessGateway) -> None:
    page = read(province, gateway)
    with transaction(gateway.database) as session:
        pin = session.get_one(AuditPin, entry(gateway, page).pin)
        assert pin.day == date(2026, 11, 23)
        assert (pin.region, pin.whole) == ("33", True)
