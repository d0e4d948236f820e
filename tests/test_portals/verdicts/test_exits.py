"""Every exit against the table: each field as said, each refusal with its reason, no other row."""

from collections.abc import Iterable
from itertools import combinations

import httpx
import pytest

from tests.province import Province
from tests.test_portals.verdicts.exits import READERS, WRITTEN, in_json
from tests.test_portals.verdicts.table import (
    PATTERNS,
    PEOPLE,
    Row,
    Verdict,
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


def open_to_some(dataset: str) -> list[Verdict]:
    return one_of_each(v for v in TABLE if v.dataset == dataset and v.whole is None)


def one_of_each(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Of people who may see the same of the same rows, one: test_table.py asks for all of them."""
    distinct: dict[object, Verdict] = {}
    for v in verdicts:
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
    for verdict in one_of_each(v for v in TABLE if v.dataset == dataset and v.whole):
        urls = [(url, purpose_pairs(verdict.purpose, verdict.person)) for url in urls_of]
        for answer in ask(province, verdict.person, urls):
            if verdict.person == "qian-expired":
                assert answer.status_code == 404
                assert set(answer.json()) == {"error", "detail"}
                continue
            assert answer.status_code == 403, verdict
            assert set(answer.json()) == {"error", "detail", "reason"}
            assert answer.json()["reason"]["code"] == verdict.whole, verdict


@each_dataset
def test_the_rows_exit_treats_each_field_as_said(province: Province, dataset: str) -> None:
    rows = stored(province, dataset)
    for verdict in open_to_some(dataset):
        pairs = [*purpose_pairs(verdict.purpose, verdict.person), ("limit", str(PAGE))]
        (answer,) = ask(province, verdict.person, [(address(dataset, "json"), pairs)])
        body = answer.json()
        mine = rows_of(province, verdict, rows)
        assert body["total"] == len(mine), verdict
        refused = {f["name"]: f["reason"]["code"] for f in body["refused"]}
        assert refused == verdict.refused, verdict
        compare(verdict, mine[:PAGE], body["rows"], in_json)


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
    for verdict in open_to_some(dataset):
        pairs = purpose_pairs(verdict.purpose, verdict.person)
        pairs += [ONE_COUNTY] if one_county else []
        (answer,) = ask(province, verdict.person, [(address(dataset, form), pairs)])
        if verdict.purpose == "case":
            assert refusal(answer) == "ground_no_bulk", verdict
            continue
        assert answer.status_code == 200, answer.text
        received = READERS[form](answer.content)
        if form == "xlsx":
            received = renamed(province, dataset, received)
        compare(verdict, rows_of(province, verdict, rows), received, WRITTEN[form])


def renamed(province: Province, dataset: str, received: list[Row]) -> list[Row]:
    """A sheet has titles with units, and names beside codes: back to the fields' names, rounded."""
    fields = province.services.catalogue.get_contract(dataset).fields
    names = {f"{f.title.zh}（{f.unit.zh}）" if f.unit else f.title.zh: f.name for f in fields}
    beside = {f"{f.title.zh}名称" for f in fields if f.code_list}
    return [
        {names[k]: round(v, 6) if isinstance(v, float) else v for k, v in row.items()}
        for row in ({k: v for k, v in r.items() if k not in beside} for r in received)
    ]


def compare(verdict: Verdict, expected: list[Row], received: list[Row], write: object) -> None:
    """Field by field: only the visible ones are there, and each is treated as said."""
    assert callable(write)
    assert len(received) == len(expected), verdict
    for row in received:
        assert sorted(row) == sorted(verdict.visible), verdict
    for name in verdict.visible:
        before = [row[name] for row in expected]
        after = [row[name] for row in received]
        if verdict.fields[name] == "rekey":
            check_pseudonyms(before, after)
            continue
        treat = masked if verdict.fields[name] == "mask" else lambda _name, value: value
        assert after == [write(treat(name, value)) for value in before], (verdict, name)


def check_pseudonyms(before: list[object], after: list[object]) -> None:
    """Keyed again: no stored pseudonym leaves, and the same person stays the same person."""
    known = [(b, a) for b, a in zip(before, after, strict=True) if b is not None]
    assert all(PATTERNS["pseudonym"].fullmatch(str(a)) for _, a in known)
    assert not {b for b, _ in known} & {a for _, a in known}
    assert len(set(known)) == len({b for b, _ in known}) == len({a for _, a in known})


@each_dataset
def test_two_recipients_cannot_join_what_they_got(province: Province, dataset: str) -> None:
    got: dict[str, set[str]] = {}
    for verdict in open_to_some(dataset):
        for name in (n for n, how in verdict.fields.items() if how == "rekey"):
            pairs = [
                *purpose_pairs(verdict.purpose, verdict.person),
                ("fields", name),
                ("limit", "1000"),
            ]
            (answer,) = ask(province, verdict.person, [(address(dataset, "json"), pairs)])
            values = {row[name] for row in answer.json()["rows"]} - {None}
            got.setdefault(recipient(province, verdict), set()).update(values)
    for one, other in combinations(got, 2):
        assert not got[one] & got[other]


def recipient(province: Province, verdict: Verdict) -> str:
    who = principal(province, verdict.person)
    return who.position.organisation if who.position else who.id


@each_dataset
def test_a_refused_field_can_be_neither_chosen_filtered_nor_sorted_by(
    province: Province, dataset: str
) -> None:
    for verdict in open_to_some(dataset):
        wanted, urls = [], []
        for name, reason in verdict.refused.items():
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
                        [*purpose_pairs(verdict.purpose, verdict.person), pair],
                    )
                )
                wanted.append(reason)
        for reason, answer in zip(wanted, ask(province, verdict.person, urls), strict=True):
            assert refusal(answer) == reason, (verdict, answer.url)


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
