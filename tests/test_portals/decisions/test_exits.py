"""Every exit against the table: each field as said, each refusal with its reason, no other row."""

from collections.abc import Iterable
from itertools import combinations

import httpx
import pytest

from tests.province import Province
from tests.test_portals.decisions.exits import READERS, WRITTEN, in_json
from tests.test_portals.decisions.table import (
    PATTERNS,
    PEOPLE,
    Expected,
    Row,
    ask,
    masked,
    principal,
    purpose_pairs,
    read_table,
    rows_of,
    stored,
)

TABLE = read_table()
DATASETS = sorted({v.dataset for v in TABLE})
PAGE = 300
LARGE = 3000
ONE_COUNTY = ("filter", "county_code:eq:330106")
each_dataset = pytest.mark.parametrize("dataset", DATASETS)

pytestmark = pytest.mark.harness


def open_to_some(dataset: str) -> list[Expected]:
    return one_of_each(v for v in TABLE if v.dataset == dataset and v.whole is None)


def one_of_each(expected: Iterable[Expected]) -> list[Expected]:
    """Of people who may see the same of the same rows, one: test_table.py asks for all of them."""
    distinct: dict[object, Expected] = {}
    for v in expected:
        person = PEOPLE[v.person]
        scope: object = person.region
        if v.purpose == "open":
            scope = None
        elif v.purpose == "own":
            scope = v.person
        distinct.setdefault((v.purpose, scope, v.whole, tuple(v.fields.items())), v)
    return list(distinct.values())


def address(dataset: str, form: str) -> str:
    return f"/api/v1/datasets/{dataset}/" + ("rows" if form == "json" else f"download.{form}")


@each_dataset
def test_a_dataset_refused_as_a_whole_is_refused_at_every_exit(
    province: Province, dataset: str
) -> None:
    urls_of = [address(dataset, form) for form in ("json", *READERS)]
    for decided in one_of_each(v for v in TABLE if v.dataset == dataset and v.whole):
        urls = [(url, purpose_pairs(decided.purpose, decided.person)) for url in urls_of]
        for answer in ask(province, decided.person, urls):
            if decided.person == "qian-expired":
                assert answer.status_code == 404
                assert set(answer.json()) == {"error", "detail"}
                continue
            assert answer.status_code == 403, decided
            assert set(answer.json()) == {"error", "detail", "reason"}
            assert answer.json()["reason"]["code"] == decided.whole, decided


@each_dataset
def test_the_rows_exit_treats_each_field_as_said(province: Province, dataset: str) -> None:
    rows = stored(province, dataset)
    for decided in open_to_some(dataset):
        pairs = [*purpose_pairs(decided.purpose, decided.person), ("limit", str(PAGE))]
        (answer,) = ask(province, decided.person, [(address(dataset, "json"), pairs)])
        body = answer.json()
        mine = rows_of(province, decided, rows)
        assert body["total"] == len(mine), decided
        refused = {f["name"]: f["reason"]["code"] for f in body["refused"]}
        assert refused == decided.refused, decided
        compare(decided, mine[:PAGE], body["rows"], in_json)


SHEETS = {"ga_residents", "sg_firms", "jx_technology_firms", "zw_ratings"}
"""A sheet costs a process of its own each time: these have every treatment between them."""


@pytest.mark.parametrize(
    ("dataset", "form"),
    [(d, f) for d in DATASETS for f in READERS if f != "xlsx" or d in SHEETS],
)
def test_each_download_treats_each_field_as_said(
    province: Province, dataset: str, form: str
) -> None:
    rows = stored(province, dataset)
    one_county = form == "xlsx" and len(rows) > LARGE
    if one_county:  # a sheet is written cell by cell: the rows of a county will do
        rows = [row for row in rows if row["county_code"] == "330106"]
    for decided in open_to_some(dataset):
        pairs = purpose_pairs(decided.purpose, decided.person)
        pairs += [ONE_COUNTY] if one_county else []
        (answer,) = ask(province, decided.person, [(address(dataset, form), pairs)])
        if decided.purpose == "case":
            assert refusal(answer) == "ground_no_bulk", decided
            continue
        assert answer.status_code == 200, answer.text
        received = READERS[form](answer.content)
        if form == "xlsx":
            received = renamed(province, dataset, received)
        compare(decided, rows_of(province, decided, rows), received, WRITTEN[form])


def renamed(province: Province, dataset: str, received: list[Row]) -> list[Row]:
    """A sheet has titles with units, and names beside codes: back to the fields' names, rounded."""
    fields = province.services.catalogue.contracts.get(dataset).fields
    names = {f"{f.title.zh}（{f.unit.zh}）" if f.unit else f.title.zh: f.name for f in fields}
    beside = {f"{f.title.zh}名称" for f in fields if f.code_list}
    return [
        {names[k]: round(v, 6) if isinstance(v, float) else v for k, v in row.items()}
        for row in ({k: v for k, v in r.items() if k not in beside} for r in received)
    ]


def compare(decided: Expected, expected: list[Row], received: list[Row], write: object) -> None:
    """Field by field: only the visible ones are there, and each is treated as said."""
    assert callable(write)
    assert len(received) == len(expected), decided
    for row in received:
        assert sorted(row) == sorted(decided.visible), decided
    for name in decided.visible:
        before = [row[name] for row in expected]
        after = [row[name] for row in received]
        if decided.fields[name] == "rekey":
            check_pseudonyms(before, after)
            continue
        treat = masked if decided.fields[name] == "mask" else lambda _name, value: value
        assert after == [write(treat(name, value)) for value in before], (decided, name)


def check_pseudonyms(before: list[object], after: list[object]) -> None:
    """Keyed again: no stored pseudonym leaves, and the same person stays the same person."""
    known = [(b, a) for b, a in zip(before, after, strict=True) if b is not None]
    assert all(PATTERNS["pseudonym"].fullmatch(str(a)) for _, a in known)
    assert not {b for b, _ in known} & {a for _, a in known}
    assert len(set(known)) == len({b for b, _ in known}) == len({a for _, a in known})


@each_dataset
def test_two_recipients_cannot_join_what_they_got(province: Province, dataset: str) -> None:
    got: dict[str, set[str]] = {}
    for decided in open_to_some(dataset):
        for name in (n for n, how in decided.fields.items() if how == "rekey"):
            pairs = [
                *purpose_pairs(decided.purpose, decided.person),
                ("fields", name),
                ("limit", "1000"),
            ]
            (answer,) = ask(province, decided.person, [(address(dataset, "json"), pairs)])
            values = {row[name] for row in answer.json()["rows"]} - {None}
            got.setdefault(recipient(province, decided), set()).update(values)
    for one, other in combinations(got, 2):
        assert not got[one] & got[other]


def recipient(province: Province, decided: Expected) -> str:
    who = principal(province, decided.person)
    return who.position.organisation if who.position else who.id


@each_dataset
def test_a_refused_field_can_be_neither_chosen_filtered_nor_sorted_by(
    province: Province, dataset: str
) -> None:
    for decided in open_to_some(dataset):
        wanted, urls = [], []
        for name, reason in decided.refused.items():
            for form, pair in (
                ("json", ("fields", name)),
                ("json", ("filter", f"{name}:null:no")),
                ("json", ("filter", f"{name}:eq:1")),
                ("json", ("sort", name)),
                ("json", ("sort", f"-{name}")),
                ("csv", ("fields", name)),
                ("xlsx", ("filter", f"{name}:contains:1")),
                ("parquet", ("sort", name)),
                ("arrow", ("fields", name)),
            ):
                urls.append(
                    (
                        address(dataset, form),
                        [*purpose_pairs(decided.purpose, decided.person), pair],
                    )
                )
                wanted.append(reason)
        for reason, answer in zip(wanted, ask(province, decided.person, urls), strict=True):
            assert refusal(answer) == reason, (decided, answer.url)


def refusal(answer: httpx.Response) -> str:
    assert answer.status_code == 403, answer.text
    return str(answer.json()["reason"]["code"])


def test_no_row_of_another_district_is_shown_filtered_or_counted(province: Province) -> None:
    outside = "filter", "county_code:ne:330106"
    for dataset in ("sg_firms", "jx_technology_firms", "zj_parking_occupancy"):
        pairs = [*purpose_pairs("duty"), outside]
        urls = [(address(dataset, form), pairs) for form in ("json", "csv")]
        page, file = ask(province, "chen-xihu", urls)
        assert page.json()["total"] == 0
        assert page.json()["rows"] == []
        assert len(file.content.splitlines()) == 1  # the header


def test_a_ground_opens_no_other_region_of_a_dataset_about_nobody(province: Province) -> None:
    stated = purpose_pairs("case", "chen-xihu")
    url = address("zj_parking_occupancy", "json")
    inside, outside = ask(
        province,
        "chen-xihu",
        [(url, stated), (url, [*stated, ("filter", "county_code:ne:330106")])],
    )
    assert inside.json()["total"] > 0
    assert outside.json()["total"] == 0


def test_every_person_of_the_table_is_somebody(province: Province) -> None:
    for name in set(PEOPLE) - {"qian-expired"}:
        (answer,) = ask(province, name, [("/api/v1/me", [])])
        assert answer.status_code == (401 if name == "anonymous" else 200)
