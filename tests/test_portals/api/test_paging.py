"""Whatever is filtered and sorted by: paging visits each row once, in order, and counts them all.

The expected rows are filtered and sorted here, in Python, from the treated values: so a treated
field can only have been compared and sorted by its treated value.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from operator import eq, ge, gt, itemgetter, le, lt, ne
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.province import Province
from tests.test_portals.decisions.table import CASE, principal, stored
from xihu_platform.access.answers import SUBJECTS_LISTED
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.grounds import GroundRow, GroundSubjectRow
from xihu_platform.access.policy import Policy, Purpose, PurposeCode
from xihu_platform.access.query import Filter, Operator, RowQuery, Sort
from xihu_platform.access.start import open_gateway
from xihu_platform.database import transaction
from xihu_platform.lake.snapshot import RECORD
from xihu_platform.sql import column, ordered

Row = dict[str, Any]  # Any: values of every type, compared with their own kind
PARSERS: dict[type, Callable[[str], Any]] = {date: date.fromisoformat}
COMPARED = {"eq": eq, "ne": ne, "lt": lt, "le": le, "gt": gt, "ge": ge}
OPERATORS: tuple[Operator, ...] = (
    *("eq", "ne", "lt", "le", "gt", "ge", "in", "contains", "starts", "null"),
)


@dataclass(frozen=True)
class Scene:
    """Somebody who reads a dataset: their treated fields are named."""

    person: str
    dataset: str
    purpose: PurposeCode
    fields: tuple[str, ...]


SCENES = (
    Scene("chen-yb", "ga_residents", "duty", ("name", "birth_date", "sex", "county_code")),
    Scene("chen-yb", "ga_residents", "case", ("document_number", "birth_date", "name")),
    Scene("chen-xihu", "sg_firms", "duty", ("contact_phone", "closed_on", "name", "status")),
    Scene(
        "chen-yb", "yb_hospital_visits", "case", ("citizen_id", "fund_cny", "days", "visited_on")
    ),
    Scene("anonymous", "wj_hospital_beds", "open", ("day", "beds_taken", "hospital_level")),
)


MANY = "XH-PAGING"
PSEUDONYMS = {"document_number", "citizen_id"}
"""Not to be sorted by: they are keyed again for each recipient."""


@pytest.fixture(scope="module")
def gateway(province: Province) -> Iterator[AccessGateway]:
    """As where contracts have no conditions, with a ground about a few hundred people."""
    services = province.services

    def policy(dataset: str) -> Policy:
        return replace(services.catalogue.policy(dataset), rules=frozenset())

    opened = open_gateway(services.node, policy)
    people = {str(row["citizen_id"]) for row in stored(province, "yb_hospital_visits")[:600]}
    with transaction(services.node.database) as session:
        like = session.get_one(GroundRow, CASE)
        columns = {c.key: getattr(like, c.key) for c in GroundRow.__table__.columns}
        session.merge(GroundRow(**{**columns, "number": MANY}))
        session.flush()
        for number, person in enumerate(sorted(people), start=1):
            row = GroundSubjectRow(
                ground=MANY, number=number, key=person, kind="person", standing="insured"
            )
            session.merge(row)
    yield opened
    opened.log.close()


def test_paging_visits_each_row_once_in_order_and_the_total_is_right(
    province: Province, gateway: AccessGateway
) -> None:
    rows_of = cache(lambda scene: all_rows(province, gateway, scene))

    @given(st.data())
    @settings(deadline=None, max_examples=40)
    def holds(data: st.DataObject) -> None:
        scene = data.draw(st.sampled_from(SCENES))
        rows = rows_of(scene)
        query = data.draw(queries(scene, rows))
        expected = in_order(query, [row for row in rows if meets(query, row)])
        limit = data.draw(st.integers(min(1000, len(expected) // 5 + 1), 1000))
        assert paged(province, gateway, scene, query, limit, len(expected)) == expected

    holds()


@pytest.mark.parametrize("sign", [False, True])
@pytest.mark.parametrize(
    "sorts", [("closed_on",), ("closed_on", "org_type"), ("status", "closed_on")]
)
def test_no_row_with_an_empty_sort_value_is_lost_between_pages(
    province: Province, gateway: AccessGateway, sorts: tuple[str, ...], sign: bool
) -> None:
    scene = Scene("sun", "sg_firms", "duty", sorts)
    rows = all_rows(province, gateway, scene)
    empty = sum(row["closed_on"] is None for row in rows)
    limit = min(1000, empty // 4)
    assert 0 < limit < len(rows) - empty + limit  # a page ends among the empty ones
    query = RowQuery(sorts=tuple(Sort(name, sign) for name in sorts))
    assert paged(province, gateway, scene, query, limit, len(rows)) == in_order(query, rows)


def all_rows(province: Province, gateway: AccessGateway, scene: Scene) -> list[Row]:
    """Every row as this person may see it, in the order of the file."""
    who = principal(province, scene.person)
    plan = gateway.plan(who, scene.dataset, purpose(scene), RowQuery())
    tree = plan.select(*map(column, plan.fields)).order_by(ordered(RECORD))
    rows: list[Row] = gateway.engine.fetch(plan.statement(tree)).to_pylist()
    return rows


def purpose(scene: Scene) -> Purpose:
    return Purpose(scene.purpose, MANY if scene.purpose == "case" else None)


def paged(
    province: Province,
    gateway: AccessGateway,
    scene: Scene,
    query: RowQuery,
    limit: int,
    total: int,
) -> list[Row]:
    """All pages, one behind the other; each must name the same total."""
    who, rows, cursor = principal(province, scene.person), [], None
    while True:
        page = gateway.read_page(
            who, scene.dataset, purpose(scene), query, limit=limit, cursor=cursor
        )
        # A total by facts about more than a thousand people is not told.
        assert page.total == total or (page.total is None and total > SUBJECTS_LISTED)
        rows += page.table.to_pylist()
        cursor = page.next_cursor
        if cursor is None:
            return rows
        assert page.table.num_rows == limit


@st.composite
def queries(draw: st.DrawFn, scene: Scene, rows: list[Row]) -> RowQuery:
    fields = st.sampled_from(scene.fields)
    ordered = st.sampled_from([name for name in scene.fields if name not in PSEUDONYMS])
    sorts = draw(st.lists(st.builds(Sort, ordered, st.booleans()), max_size=3))
    filters = [draw_filter(draw, draw(fields), rows) for _ in range(draw(st.integers(0, 2)))]
    return RowQuery(filters=tuple(filters), sorts=tuple(sorts))


def draw_filter(draw: st.DrawFn, field: str, rows: list[Row]) -> Filter:
    """By a value that some row has, or by a part of it."""
    known = [row[field] for row in rows if row[field] is not None]
    value = str(draw(st.sampled_from(known)))
    operator = draw(st.sampled_from(OPERATORS))
    if operator == "null":
        return Filter(field, operator, draw(st.sampled_from(["", "no"])))
    if operator == "in":
        return Filter(field, operator, f"{value},{draw(st.sampled_from(known))}")
    if operator in {"contains", "starts"}:
        return Filter(field, operator, value[: draw(st.integers(0, len(value)))])
    return Filter(field, operator, value)


def meets(query: RowQuery, row: Row) -> bool:
    return all(meets_one(wanted, row[wanted.field]) for wanted in query.filters)


def meets_one(wanted: Filter, value: Any) -> bool:  # Any: a value of any type
    if wanted.operator == "null":
        return (value is not None) == (wanted.value == "no")
    if value is None:
        return False
    if wanted.operator == "contains":
        return wanted.value in str(value)
    if wanted.operator == "starts":
        return str(value).startswith(wanted.value)
    if wanted.operator == "in":
        return str(value) in wanted.value.split(",")
    parse: Callable[[str], Any] = PARSERS.get(type(value), type(value))
    return bool(COMPARED[wanted.operator](value, parse(wanted.value)))


def in_order(query: RowQuery, rows: list[Row]) -> list[Row]:
    """Sorted from the last key to the first; what is empty comes last, equals as in the file."""
    for sort in reversed(query.sorts):
        filled = [row for row in rows if row[sort.field] is not None]
        empty = [row for row in rows if row[sort.field] is None]
        filled.sort(key=itemgetter(sort.field), reverse=sort.descending)
        rows = filled + empty
    return rows
