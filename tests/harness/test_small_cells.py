"""The whole demo province against an attacker with a linear program: each public metric about
people or firms, at every level, grain and breakdown, all metrics of a dataset together.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import product
from math import inf
from typing import Any

import pytest

from tests.province import NOW, Province
from tests.test_portals.api.attacker import Sum, System, Variable
from xihu_node.entries import load_and_publish
from xihu_node.services import open_services
from xihu_pipelines.demo import province
from xihu_platform.brain.spec import MetricSpec
from xihu_platform.settings import Settings
from xihu_platform.start import open_node

pytestmark = [pytest.mark.harness, pytest.mark.timeout(600)]

SAMPLE = 30  # hidden cells of one metric, quarter and breakdown that are solved for
TOTALS_OF = {
    "zw_service_cases": "service_cases",
    "zw_hotline_tickets": "hotline_tickets",
    "sg_inspections": "inspections",
    "ga_residents": "residents",
}
"""The metric that publishes the totals of a dataset."""
WHOLE = frozenset(
    {"online_share", "inspection_problem_rate", "joint_inspection_share", "aged_60_share"}
)
"""Shares of all records of their dataset."""
PART = frozenset({"hotline_on_time", "hotline_solved_rate"})
"""Shares of a part of them. `cases_on_time` goes by another clock than the cases received."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    moments = iter(range(10**9))
    ground = open_node(
        Settings(data_dir=tmp_path_factory.mktemp("demo")),
        clock=lambda: NOW + timedelta(milliseconds=next(moments)),
    )
    province.settle(ground)
    province.files_of(ground)
    load_and_publish(ground)
    services = open_services(ground)
    yield Province(services)
    services.close()


@dataclass
class Quarter:
    """All that is public of one dataset in one quarter."""

    system: System = field(default_factory=lambda: System(whole=False))
    hidden: dict[tuple[str, str], set[Sum]] = field(default_factory=lambda: defaultdict(set))
    """By metric and breakdown."""


def quarter_of(period: str | None) -> str:
    return f"{period[:4]}-{(int(period[5:7]) - 1) // 3 * 3 + 1:02}" if period else ""


class Public:
    """The answers of a dataset's metrics as linear facts."""

    def __init__(self, leaves: list[str]) -> None:
        self.leaves = leaves
        self.quarters: dict[str, Quarter] = defaultdict(Quarter)

    def below(self, code: str | None) -> list[str]:
        prefix = (code or "").removesuffix("00").removesuffix("00")
        return [leaf for leaf in self.leaves if leaf.startswith(prefix if len(prefix) > 2 else "")]

    def take(self, spec: MetricSpec, by: str, answer: dict[str, Any]) -> None:
        for point in answer["points"]:
            quarter = self.quarters[quarter_of(point["period"])]
            places = self.below(point["region"])
            if spec.kind == "ratio":
                self._share(quarter, spec, point, places)
                continue
            key = str(point["dimensions"].get(by)) if by else str(point["period"])
            cell: Sum = tuple((by or spec.id, leaf, key) for leaf in places)
            if point["suppressed"]:
                quarter.hidden[spec.id, by].add(cell)
            elif point["value"] is not None:
                quarter.system.known[cell] = (point["value"], point["value"])

    def _share(
        self, quarter: Quarter, spec: MetricSpec, point: dict[str, Any], places: list[str]
    ) -> None:
        parts = {p: tuple((spec.id, leaf, p) for leaf in places) for p in ("in", "out")}
        if point["suppressed"]:
            quarter.hidden[spec.id, ""] |= set(parts.values())
            return
        if point["value"] is None:
            return
        half = 0.5 * 10**-spec.decimals
        for edge, low, high in ((-half, 0.0, inf), (half, -inf, 0.0)):
            share = (point["value"] + edge) / 100
            row: dict[Variable, float] = dict.fromkeys(parts["in"], 1 - share)
            quarter.system.rows.append((row | dict.fromkeys(parts["out"], -share), low, high))

    def link(self, totals: str, breakdowns: set[str], shares: set[str]) -> None:
        """Classes add up to totals; so do the two parts of a share, or they are fewer."""
        for quarter in self.quarters.values():
            known: dict[tuple[str, str], list[Variable]] = defaultdict(list)
            sums = [*quarter.system.known, *(c for cells in quarter.hidden.values() for c in cells)]
            for variable in {v for one in sums for v in one}:
                known[variable[0], variable[1]].append(variable)
            for leaf in self.leaves:
                whole = tuple(known[totals, leaf])
                for name in breakdowns & {n for n, _ in known}:
                    quarter.system.links.append((whole, tuple(known[name, leaf])))
                for name in shares:
                    row: dict[Variable, float] = {(name, leaf, p): 1.0 for p in ("in", "out")}
                    quarter.system.rows.append((row, 0.0, inf))
                    if name in WHOLE | PART:
                        low = 0.0 if name in WHOLE else -inf
                        quarter.system.rows.append((row | dict.fromkeys(whole, -1.0), low, 0.0))


async def _gather(demo: Province, specs: list[MetricSpec], public: Public) -> None:
    """Each month and quarter; a longer period must be the sum of shown ones, so it adds nothing."""
    async with demo.client() as client:
        for spec in specs:
            for level, by in product(
                ("province", "city", "county"), ("", *(d.field for d in spec.dimensions))
            ):
                if level != "province" and spec.finest_level == "province":
                    continue
                query = {"level": level} | ({"by": by} if by else {})
                url = f"/api/v1/brain/metrics/{spec.id}/query"
                answer = await client.get(url, params=query)
                assert answer.status_code == 200, answer.text
                public.take(spec, by, answer.json())
                if spec.time_field:
                    years = await client.get(url, params=query | {"grain": "year"})
                    _implied(answer.json()["points"], years.json()["points"], by)


def _implied(parts: list[dict[str, Any]], years: list[dict[str, Any]], by: str) -> None:
    """A year is shown only where each of its parts is."""
    hidden = {
        (p["period"][:4], p["region"], p["dimensions"].get(by)) for p in parts if p["suppressed"]
    }
    for year in years:
        key = (year["period"][:4], year["region"], year["dimensions"].get(by))
        assert year["suppressed"] or key not in hidden, key


@pytest.mark.parametrize("dataset", TOTALS_OF)
def test_each_hidden_cell_of_the_demo_is_as_wide_as_the_threshold(
    demo: Province, dataset: str
) -> None:
    services = demo.services
    specs = [
        m
        for m in services.metrics.values()
        if m.dataset == dataset
        and m.smallest_cell
        and m.audience == "public"
        # An amount is hidden with its records and says nothing of their number.
        and (m.kind == "ratio" or m.numerator.startswith("count"))
    ]
    leaves = sorted(p["region"] for p in _counties(demo, TOTALS_OF[dataset]))
    public = Public(list(dict.fromkeys(leaves)))
    asyncio.run(_gather(demo, specs, public))
    shares = {s.id for s in specs if s.kind == "ratio"}
    breakdowns = {d.field for s in specs for d in s.dimensions}
    public.link(TOTALS_OF[dataset], breakdowns, shares)
    solved, dice = 0, random.Random(7)
    for quarter in public.quarters.values():
        for (metric, by), cells in quarter.hidden.items():
            threshold = services.get_metric(metric).smallest_cell
            chosen = sorted(cells)
            for cell in dice.sample(chosen, min(SAMPLE, len(chosen))):
                low, high = quarter.system.interval(cell)
                assert high - low >= threshold - 1e-6, (metric, by, cell[:2], low, high)
                solved += 1
    assert solved > 50 or dataset == "ga_residents"


def _counties(demo: Province, metric: str) -> list[dict[str, Any]]:
    async def run() -> list[dict[str, Any]]:
        async with demo.client() as client:
            url = f"/api/v1/brain/metrics/{metric}/query?level=county"
            points: list[dict[str, Any]] = (await client.get(url)).json()["points"]
            return points

    return asyncio.run(run())
