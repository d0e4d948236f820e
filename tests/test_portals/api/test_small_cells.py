"""Everything that is public about few people, asked as anonymous, and what follows from it."""

import asyncio
import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.entries import publish_entry, take_over_all
from tests.province import NOW, UNLIMITED, Province
from tests.test_portals.api.attacker import Sum, System
from xihu_catalog.contracts.store import ContractStore
from xihu_catalog.standards.documents import citizen_check
from xihu_node.services import open_services
from xihu_pipelines.demo import province
from xihu_pipelines.ingest.load import load_file
from xihu_platform.brain.spec import Dimension, MetricSpec
from xihu_platform.settings import Settings
from xihu_platform.start import Node, open_node
from xihu_platform.words import Text

HERE = Path(__file__).parent
T = 4
COUNTIES = ("330102", "330106", "330108", "330203", "330205", "330302")
KINDS = ("a", "b", "c", "d")
MONTHS = ("2026-07-01", "2026-08-01")
LEVELS = (None, "province", "city", "county")
PLACES = (None, "330000", "330100", "330200", "330300", *COUNTIES)
Answer = tuple[dict[str, str], dict[str, Any]]


def people(county: str, kind: str, month: str) -> int:
    """How many people a cell has: most enough, some few, one none."""
    few = {
        ("330106", "b", MONTHS[0]): 1,
        ("330106", "b", MONTHS[1]): 1,
        ("330205", "d", MONTHS[1]): 0,
        ("330205", "d", MONTHS[0]): 2,
        ("330302", "c", MONTHS[0]): 2,
        ("330302", "c", MONTHS[1]): 1,
    }
    if county == "330108" and month == MONTHS[1]:
        return 1 if kind == "a" else 0
    return few.get((county, kind, month), 3 + (int(county) + ord(kind)) % 4)


def rows(extra: int = 0) -> Iterator[tuple[str, ...]]:
    """One record for each person; of 330203 kind c six records of two people and no others."""
    number = 0
    cells = [(c, k, m) for c, k, m in product(COUNTIES, KINDS, MONTHS)]
    for county, kind, month in cells:
        twice = county == "330203" and kind == "c"
        count = (3 if month == MONTHS[0] else 3) if twice else people(county, kind, month)
        for n in range(
            count + (extra if (county, kind, month) == ("330102", "a", MONTHS[0]) else 0)
        ):
            number += 1
            who = 9_000 + n % 2 if twice else number
            day = (date(1960, 1, 1) + timedelta(days=who)).strftime("%Y%m%d")
            body = f"339999{day}001"
            done = "0" if n % 3 == 0 else "1"
            when = (date.fromisoformat(month) + timedelta(days=n)).isoformat()
            yield f"E{number:05}", body + citizen_check(body), kind, done, county, when


def metrics(base: MetricSpec) -> dict[str, MetricSpec]:
    entries = replace(
        base,
        id="small_entries",
        dataset="small_cells",
        kind="flow",
        numerator="count(*)",
        denominator=None,
        time_field="entered_on",
        grain="day",
        dimensions=(Dimension("kind", Text("类别", "Kind")),),
        audience="public",
        smallest_cell=T,
    )
    share = replace(
        entries,
        id="small_done_share",
        kind="ratio",
        numerator="count(*) FILTER (done = 1)",
        denominator="count(*)",
        scale="100",
        decimals=1,
        unit=Text("%", "%"),
        dimensions=(),
    )
    return {entries.id: entries, share.id: share}


def load(node: Node, folder: Path, extra: int) -> None:
    contract = ContractStore(node.database).get("small_cells")
    path = folder.parent / f"small_cells_{extra}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([f.source_column for f in contract.fields])
        writer.writerows(rows(extra))
    outcome = load_file(node, contract, path)
    assert outcome.counts.quarantined == 0


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    folder = tmp_path_factory.mktemp("small") / "data"
    moments = iter(range(10**6))
    node = open_node(
        Settings(data_dir=folder, limits=UNLIMITED),
        clock=lambda: NOW + timedelta(milliseconds=next(moments)),
    )
    province.settle(node)
    take_over_all(node.database)
    ContractStore(node.database).publish((HERE / "small_cells.odcs.yaml").read_bytes())
    publish_entry(node.database, "small_cells")
    load(node, folder, 0)
    services = open_services(node)
    services.metrics.update(metrics(services.metrics["service_cases"]))
    yield Province(services)
    services.close()


def questions(metric: str) -> Iterator[dict[str, str]]:
    """Each level, place, grain, breakdown, filter and comparison there is."""
    slices: list[dict[str, str]] = [{}]
    if metric == "small_entries":
        slices += [{"by": "kind"}, *({"filter": f"kind:{k}"} for k in KINDS)]
    for level, place, grain, cut in product(LEVELS, PLACES, ("month", "quarter", "year"), slices):
        asked = {"grain": grain, "compare": "true"} | cut
        asked |= {"level": level} if level else {}
        asked |= {"parent": place} if place else {}
        yield {"metric": metric} | asked


@pytest.fixture(scope="module")
def public(world: Province) -> list[Answer]:
    """Every answer that anonymous gets; what is refused gives nothing away."""

    async def run() -> list[Answer]:
        found = []
        async with world.client() as client:
            for metric in ("small_entries", "small_done_share"):
                for asked in questions(metric):
                    query = {n: v for n, v in asked.items() if n != "metric"}
                    url = f"/api/v1/brain/metrics/{metric}/query"
                    answer = await client.get(url, params=query)
                    assert answer.status_code in {200, 422}, answer.text
                    if answer.status_code == 200:
                        found.append((asked, answer.json()))
        return found

    return asyncio.run(run())


def leaves(asked: dict[str, str], point: dict[str, Any]) -> list[str]:
    code = point["region"] or asked.get("parent") or "330000"
    prefix = code[:2] if code.endswith("0000") else code[:4] if code.endswith("00") else code
    return [c for c in COUNTIES if c.startswith(prefix)]


def cell(asked: dict[str, str], point: dict[str, Any]) -> Sum:
    """The counts that a point of the entries adds up."""
    kind = point["dimensions"].get("kind") or asked.get("filter", "")[5:]
    if kind:
        return tuple(("kind", c, kind) for c in leaves(asked, point))
    months = [m for m in MONTHS if asked["grain"] != "month" or m == point["period"]]
    return tuple(("month", c, m) for c, m in product(leaves(asked, point), months))


def totals(places: list[str]) -> Sum:
    return tuple(("month", c, m) for c, m in product(places, MONTHS))


def system_of(public: list[Answer]) -> System:
    """All equations: what is shown, and that months, kinds and parts add up to the same."""
    system = System()
    shown: dict[Sum, int] = {}
    for asked, answer in public:
        for point in answer["points"]:
            if asked["metric"] == "small_entries" and point["value"] is not None:
                shown[cell(asked, point)] = int(point["value"])
    system.known |= {one: (value, value) for one, value in shown.items()}
    for asked, answer in public:
        for point in answer["points"]:
            total = shown.get(totals(leaves(asked, point)))
            if asked["metric"] == "small_done_share" and point["value"] is not None:
                assert total is not None
                done = tuple(("in", c) for c in leaves(asked, point))
                exact = round(point["value"] * total / 100)
                system.known[done] = (exact, exact)
    for county in COUNTIES:
        whole = totals([county])
        system.links.append((whole, tuple(("kind", county, k) for k in KINDS)))
        system.links.append((whole, (("in", county), ("out", county))))
    return system


def hidden_cells(public: list[Answer]) -> set[Sum]:
    found = set()
    for asked, answer in public:
        for point in answer["points"]:
            if not point["suppressed"]:
                continue
            if asked["metric"] == "small_entries":
                found.add(cell(asked, point))
            else:
                found |= {tuple((p, c) for c in leaves(asked, point)) for p in ("in", "out")}
    return found


def test_each_hidden_cell_may_be_any_of_as_many_numbers_as_the_threshold(
    public: list[Answer],
) -> None:
    system, hidden = system_of(public), hidden_cells(public)
    assert len(hidden) >= 8
    for target in sorted(hidden):
        low, high = system.interval(target)
        assert high - low >= T, (target, low, high)


def test_who_knows_that_a_cell_is_below_the_threshold_learns_no_more(
    public: list[Answer],
) -> None:
    system = system_of(public)
    for county, kind in product(COUNTIES, KINDS):
        if sum(people(county, kind, m) for m in MONTHS) < T and (county, kind) != ("330203", "c"):
            low, high = system.interval((("kind", county, kind),), T - 1)
            assert (low, high) == (0, T - 1), (county, kind)


def test_the_attacker_finds_a_cell_that_is_hidden_alone(public: list[Answer]) -> None:
    """The test can fail: with one more cell shown, he has the one that it protected."""
    system = system_of(public)
    wide = system.interval((("kind", "330302", "c"),))
    for kind in "abd":
        system.known[(("kind", "330302", kind),)] = (1.0 * kinds("330302", kind),) * 2
    again = System(system.known, system.links)
    assert again.interval((("kind", "330302", "c"),)) == (kinds("330302", "c"),) * 2
    assert wide[1] - wide[0] >= T


def kinds(county: str, kind: str) -> int:
    return sum(people(county, kind, m) for m in MONTHS)


def test_the_small_cells_are_among_the_hidden_and_large_ones_are_shown(
    public: list[Answer],
) -> None:
    hidden = hidden_cells(public)
    for county, kind in product(COUNTIES, KINDS):
        if sum(people(county, kind, m) for m in MONTHS) < T:
            assert (("kind", county, kind),) in hidden
    assert totals(list(COUNTIES)) not in hidden
    assert (("month", "330108", MONTHS[1]),) in hidden


def test_six_records_of_two_people_are_a_small_cell(public: list[Answer]) -> None:
    assert (("kind", "330203", "c"),) in hidden_cells(public)


def test_nothing_beside_the_value_speaks_of_a_hidden_cell(public: list[Answer]) -> None:
    for _, answer in public:
        for point in answer["points"]:
            if point["suppressed"]:
                assert (point["value"], point["year_on_year"], point["period_on_period"]) == (
                    None,
                    None,
                    None,
                )
            assert (point["expected"], point["present"], point["missing"]) == (None, None, [])


def test_an_empty_cell_is_hidden_like_a_small_one(public: list[Answer]) -> None:
    points = [
        (point["region"], point["dimensions"]["kind"])
        for asked, answer in public
        for point in answer["points"]
        if asked.get("by") and asked.get("level") == "county" and "parent" not in asked
    ]
    assert set(points) == set(product(COUNTIES, KINDS))


def test_a_county_is_not_answered_under_the_name_of_its_province(world: Province) -> None:
    """Its cell would be judged by that of the whole province, and shown."""

    async def run() -> int:
        async with world.client() as client:
            url = "/api/v1/brain/metrics/small_entries/query?level=province&parent=330108"
            return (await client.get(url)).status_code

    assert asyncio.run(run()) == 422


@pytest.mark.parametrize(
    "query",
    [
        "grain=day",
        "grain=month&by=kind",
        "grain=month&filter=kind:a",
        "by=kind&filter=kind:a&filter=kind:b",
    ],
)
def test_a_finer_table_than_the_published_ones_is_refused(world: Province, query: str) -> None:
    async def run() -> int:
        async with world.client() as client:
            answer = await client.get(f"/api/v1/brain/metrics/small_entries/query?{query}")
            return answer.status_code

    assert asyncio.run(run()) == 422


@pytest.mark.usefixtures("public")  # the others ask of the first load
def test_a_cell_that_changed_by_one_record_since_it_was_shown_is_hidden(world: Province) -> None:
    async def run(**query: str) -> dict[str, Any]:
        async with world.client() as client:
            url = "/api/v1/brain/metrics/small_entries/query"
            answer = await client.get(url, params={"level": "county", "by": "kind"} | query)
            found: dict[str, Any] = answer.json()
            return found

    def states(answer: dict[str, Any]) -> dict[tuple[str, str], bool]:
        return {(p["region"], p["dimensions"]["kind"]): p["suppressed"] for p in answer["points"]}

    before = asyncio.run(run())
    node = world.services.node
    load(node, node.settings.data_dir, 1)
    after = asyncio.run(run())
    assert before["citation"]["snapshot_id"] != after["citation"]["snapshot_id"]
    assert not states(before)["330102", "a"]
    assert states(after)["330102", "a"]
    old = asyncio.run(run(snapshot=before["citation"]["snapshot_id"]))
    assert states(old) == states(before)
