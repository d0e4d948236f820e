"""Counts by value: as plain Python counts the raw rows, and never of persons or firms' facts."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import orjson
import pytest
import yaml

from tests.province import Province
from tests.registry import REGISTRY
from tests.test_portals.decisions.table import PEOPLE, Row, principal, stored
from xihu_platform.access import grouped
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.grouped import CountBy, CountGrain
from xihu_platform.access.policy import FieldPolicy, Policy, Purpose
from xihu_platform.access.query import Filter, RowQuery
from xihu_platform.access.start import open_gateway
from xihu_platform.audit.log import AuditUnavailable, log_size
from xihu_platform.audit.models import AuditEntry
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Refused
from xihu_platform.identity.principal import Principal

OPEN, DUTY = Purpose("open"), Purpose("duty")
PURPOSES = (OPEN, DUTY, Purpose("own"), Purpose("case", "XH-2026-000121"))
AIR = "hb_air_quality_hourly"
Said = dict[str, str]


def contracts() -> dict[str, tuple[Said, dict[str, Said]]]:
    """Each contract's marks and those of its fields, read with nothing of ours."""
    found = {}
    for path in sorted((REGISTRY / "contracts").glob("*.odcs.yaml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        fields = {}
        for one in document["schema"][0]["properties"]:
            marks = {c["property"]: str(c["value"]) for c in one.get("customProperties", ())}
            fields[one["name"]] = {
                **marks,
                "grade": one["classification"],
                "type": one["physicalType"],
            }
        marks = {c["property"]: str(c["value"]) for c in document["customProperties"]}
        found[document["id"]] = (marks, fields)
    return found


CONTRACTS = contracts()


def is_closed(fields: dict[str, Said]) -> bool:
    """About a person, or about a firm with more than L1: in the words of the rule."""
    person = any(f.get("subjectKey") == "True" for f in fields.values())
    firm = any(f.get("firmKey") == "True" for f in fields.values())
    return person or (firm and any(f["grade"] != "L1" for f in fields.values()))


CLOSED = sorted(name for name, (_, fields) in CONTRACTS.items() if is_closed(fields))
COUNTED = sorted(CONTRACTS.keys() - set(CLOSED))


def entries(gateway: AccessGateway, since: int) -> list[AuditEntry]:
    with transaction(gateway.database) as session:
        found = session.query(AuditEntry).where(AuditEntry.seq >= since).order_by(AuditEntry.seq)
        return list(found)


def size(gateway: AccessGateway) -> int:
    with transaction(gateway.database) as session:
        return log_size(session)


def test_there_are_datasets_of_both_kinds() -> None:
    assert {"ga_residents", "sg_firms", "sg_inspections"} <= set(CLOSED)
    assert {AIR, "fg_penalties", "zj_parking_occupancy"} <= set(COUNTED)


def test_one_predicate_says_which_they_are(province: Province) -> None:
    policies = {name: province.services.catalogue.policy(name) for name in CONTRACTS}
    assert sorted(name for name, policy in policies.items() if policy.is_counted) == COUNTED


def mine(dataset: str, person: str, rows: list[Row]) -> list[Row]:
    """An office sees its own region's rows, but of what is wholly open to everybody."""
    marks, fields = CONTRACTS[dataset]
    if marks["openClass"] == "unconditional" and all(f["grade"] == "L1" for f in fields.values()):
        return rows
    (region,) = (name for name, f in fields.items() if f.get("region") == "True")
    prefix = PEOPLE[person].region.rstrip("0")
    return [row for row in rows if str(row[region] or "").startswith(prefix)]


def cut(value: object, grain: CountGrain | None) -> object:
    """The first moment of the period that a value lies in."""
    if grain is None or not isinstance(value, date):
        return value
    moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
    smaller = {"year": ("month", "day", "hour"), "month": ("day", "hour"), "day": ("hour",)}
    first = {"month": 1, "day": 1, "hour": 0}
    begun = {name: first[name] for name in smaller.get(grain, ())}
    return moment.replace(**begun, minute=0, second=0, microsecond=0)  # type: ignore[arg-type]


def asked_of(dataset: str) -> list[CountBy]:
    groups: list[CountBy] = []
    for name, marks in CONTRACTS[dataset][1].items():
        groups.append(CountBy(name))
        if marks["type"] in {"DATE", "TIMESTAMP"}:
            groups += [CountBy(name, "year"), CountBy(name, "month"), CountBy(name, "day")]
        if marks["type"] == "TIMESTAMP":
            groups.append(CountBy(name, "hour"))
    return groups


@pytest.mark.parametrize("dataset", COUNTED)
@pytest.mark.parametrize("person", ["anonymous", "sun", "chen-xihu"])
def test_counts_are_what_python_counts_for_each_who_sees_other_rows(
    province: Province, monkeypatch: pytest.MonkeyPatch, dataset: str, person: str
) -> None:
    monkeypatch.setattr(grouped, "VALUES_LIMIT", 10**6)
    monkeypatch.setattr(grouped, "FIELDS_LIMIT", 100)
    who = principal(province, person)
    purpose = OPEN if person == "anonymous" else DUTY
    groups = tuple(asked_of(dataset))
    marks = CONTRACTS[dataset][0]
    closed = purpose == OPEN and marks["openClass"] != "unconditional"
    if closed or marks["shareClass"] == "refused":  # neither of the offices provides it
        with pytest.raises(Refused):
            province.services.gateway.count_by(who, dataset, purpose, RowQuery(), groups)
        return
    rows = mine(dataset, person, stored(province, dataset))
    found = province.services.gateway.count_by(who, dataset, purpose, RowQuery(), groups)
    assert found.total == len(rows)
    for group, counts in zip(groups, found.fields, strict=True):
        expected = Counter(cut(row[group.field], group.grain) for row in rows)
        assert {v.value: v.rows for v in counts.values} == expected, group
        assert not counts.more
        order = [v.rows for v in counts.values]
        assert order == sorted(order, reverse=True)


def test_conditions_narrow_what_is_counted(province: Province) -> None:
    rows = stored(province, AIR)
    filters = (Filter("county_code", "starts", "3301"), Filter("pm25_ug_m3", "ge", "40"))
    found = province.services.gateway.count_by(
        province.anonymous, AIR, OPEN, RowQuery(filters=filters), (CountBy("county_code"),)
    )
    high = [
        row
        for row in rows
        if str(row["county_code"]).startswith("3301") and Decimal(str(row["pm25_ug_m3"] or 0)) >= 40
    ]
    expected = Counter(row["county_code"] for row in high)
    assert found.total == len(high) > 0
    assert {v.value: v.rows for v in found.fields[0].values} == expected


# Whom it never tells anything


@pytest.mark.parametrize("dataset", CLOSED)
def test_no_reader_is_told_a_count_of_persons_or_of_what_firms_do_not_publish(
    province: Province, dataset: str
) -> None:
    gateway = province.services.gateway
    fields = list(CONTRACTS[dataset][1])
    asked = [(), tuple(map(CountBy, fields)), *((CountBy(name),) for name in fields[:2])]
    for person in ("anonymous", "wang", "zhao", "sun", "chen-yb", "chen-xihu", "dept-yb", "wu"):
        for purpose in PURPOSES:
            for groups in asked:
                before = size(gateway)
                with pytest.raises(Refused):
                    gateway.count_by(
                        principal(province, person), dataset, purpose, RowQuery(), groups
                    )
                kinds = [entry.kind for entry in entries(gateway, before)]
                # Of somebody unknown the rest is counted, and told when a minute has passed.
                assert set(kinds) <= {"refusal", "refusals"}


def test_who_may_see_the_rows_is_told_why_they_are_not_counted(province: Province) -> None:
    gateway = province.services.gateway
    before = size(gateway)
    with pytest.raises(Refused) as refused:
        gateway.count_by(
            principal(province, "chen-xihu"),
            "sg_firms",
            DUTY,
            RowQuery(),
            (CountBy("county_code"),),
        )
    assert refused.value.reason.code == "not_counted"
    (entry,) = entries(gateway, before)
    assert (entry.kind, orjson.loads(entry.body)["reason"]) == ("refusal", "not_counted")


def test_nothing_is_counted_before_it_is_refused(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even how long it takes tells anything: the rows are not looked at."""
    gateway = province.services.gateway
    ran: list[object] = []
    monkeypatch.setattr(gateway.engine, "fetch", ran.append)
    for groups in ((), (CountBy("county_code"),)):
        with pytest.raises(Refused):
            gateway.count_by(
                principal(province, "chen-xihu"), "sg_inspections", DUTY, RowQuery(), groups
            )
    assert ran == []


# A treated field is treated here too

PARCELS = "zr_land_parcels"


def graded(field: FieldPolicy) -> FieldPolicy:
    """As if a field of a dataset about nobody held names, and another pseudonyms."""
    if field.name == "land_use":
        return replace(field, grade="L3", identifier="person_name")
    if field.name == "right_kind":
        return replace(field, grade="L3", pseudonym=True)
    return field


@pytest.fixture(scope="module")
def treating(province: Province) -> Iterator[AccessGateway]:
    def policy(dataset: str) -> Policy:
        known = province.services.catalogue.policy(dataset)
        return replace(known, fields=tuple(map(graded, known.fields)))

    opened = open_gateway(province.services.node, policy)
    yield opened
    opened.log.close()


def count(gateway: AccessGateway, who: Principal, *groups: CountBy, **asked: object) -> object:
    return gateway.count_by(who, PARCELS, DUTY, RowQuery(**asked), groups)  # type: ignore[arg-type]


def test_a_masked_field_is_counted_by_its_mask(province: Province, treating: AccessGateway) -> None:
    rows = mine(PARCELS, "sun", stored(province, PARCELS))
    raw = {str(row["land_use"]) for row in rows}
    found = treating.count_by(
        principal(province, "sun"), PARCELS, DUTY, RowQuery(), (CountBy("land_use"),)
    )
    told = {v.value for v in found.fields[0].values}
    assert told and not told & raw
    assert sum(v.rows for v in found.fields[0].values) == len(rows)


def test_a_raw_value_meets_no_row_where_its_field_is_masked(
    province: Province, treating: AccessGateway
) -> None:
    raw = str(stored(province, PARCELS)[0]["land_use"])
    found = treating.count_by(
        principal(province, "sun"),
        PARCELS,
        DUTY,
        RowQuery(filters=(Filter("land_use", "eq", raw),)),
        (),
    )
    assert found.total == 0


def test_a_pseudonym_is_no_value_to_count_by(province: Province, treating: AccessGateway) -> None:
    with pytest.raises(BadInput, match="pseudonym"):
        count(treating, principal(province, "sun"), CountBy("right_kind"))


def test_a_refused_field_is_not_counted_by_and_the_log_says_so(
    province: Province, treating: AccessGateway
) -> None:
    before = size(treating)
    with pytest.raises(Refused) as refused:
        count(treating, principal(province, "zhou"), CountBy("land_use"))
    assert refused.value.reason.code == "oversight"
    (entry,) = entries(treating, before)
    assert (entry.kind, orjson.loads(entry.body)["field"]) == ("refusal", "land_use")


# What is asked wrongly


@pytest.mark.parametrize(
    "groups",
    [
        (CountBy("nothing"),),
        (CountBy("aqi", "month"),),
        (CountBy("county_code", "year"),),
        tuple(CountBy("aqi") for _ in range(grouped.FIELDS_LIMIT + 1)),
    ],
)
def test_what_cannot_be_counted_by_is_said(province: Province, groups: tuple[CountBy, ...]) -> None:
    with pytest.raises(BadInput):
        province.services.gateway.count_by(province.anonymous, AIR, OPEN, RowQuery(), groups)


def test_more_values_than_are_told_are_marked(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grouped, "VALUES_LIMIT", 3)
    found = province.services.gateway.count_by(
        province.anonymous, AIR, OPEN, RowQuery(), (CountBy("station_code"), CountBy("aqi"))
    )
    assert [(len(c.values), c.more) for c in found.fields] == [(3, True), (3, True)]
    assert found.total == len(stored(province, AIR))


# What the log holds


def test_each_answer_has_an_entry_that_says_what_was_asked_and_no_value(
    province: Province,
) -> None:
    gateway = province.services.gateway
    query = RowQuery(filters=(Filter("county_code", "eq", "330106"),))
    for _ in range(2):  # the second answer is one that was kept
        before = size(gateway)
        found = gateway.count_by(
            principal(province, "sun"), AIR, DUTY, query, (CountBy("measured_at", "month"),)
        )
        (entry,) = entries(gateway, before)
        said = orjson.loads(entry.body)
        assert entry.seq == found.citation.audit_entry
        assert (entry.kind, said["exit"], said["fields"]) == ("read", "counts", ["measured_at"])
        assert said["filters"] == ["county_code:eq"]
        assert b"330106" not in entry.body


def test_an_answer_that_was_kept_is_not_counted_again(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = province.services.gateway
    asked = (province.anonymous, AIR, OPEN, RowQuery(), (CountBy("primary_pollutant"),))
    first = gateway.count_by(*asked)
    monkeypatch.setattr(gateway.engine, "fetch", None)
    assert replace(gateway.count_by(*asked), citation=first.citation) == first


def test_without_its_entry_no_count_leaves(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = province.services.gateway

    def full(*_: object) -> int:
        raise AuditUnavailable

    monkeypatch.setattr(gateway.log, "record", full)
    with pytest.raises(AuditUnavailable):
        gateway.count_by(province.anonymous, AIR, OPEN, RowQuery(), (CountBy("county_code"),))


def test_asked_again_with_its_snapshot_the_answer_is_the_same(province: Province) -> None:
    gateway = province.services.gateway
    asked = (CountBy("county_code"), CountBy("aqi"))
    first = gateway.count_by(province.anonymous, AIR, OPEN, RowQuery(), asked)
    again = gateway.count_by(
        province.anonymous, AIR, OPEN, RowQuery(snapshot_id=first.citation.snapshot_id), asked
    )
    assert again.fields == first.fields
