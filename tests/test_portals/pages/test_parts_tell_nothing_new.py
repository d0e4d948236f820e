"""Shares and contributions of metrics that hide small cells say nothing that was not said before.

Two proofs. Each number of the parts is reckoned again from the API's anonymous answers alone; and
an attacker who adds all shares of all pages to what he knows gets no hidden cell any closer.
"""

import asyncio
import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.entries import publish_entry, take_over_all
from tests.province import NOW, UNLIMITED, Province
from tests.test_platform.brain.test_contributions import away
from tests.test_portals.api import attacker
from tests.test_portals.api.attacker import System
from tests.test_portals.api.test_small_cells import (
    COUNTIES,
    KINDS,
    MONTHS,
    Answer,
    T,
    hidden_cells,
    leaves,
    metrics,
    people,
    public,
    rows,
    system_of,
    world,
)
from tests.test_portals.citizen.test_metrics import anybody
from tests.test_portals.pages.numbers import visitor
from xihu_catalog.contracts.store import ContractStore
from xihu_catalog.standards.documents import citizen_check
from xihu_node.services import open_services
from xihu_pipelines.demo import province as demo
from xihu_pipelines.ingest.load import load_file
from xihu_platform.brain.spec import Grain, MetricSpec
from xihu_platform.settings import Settings
from xihu_platform.start import open_node
from xihu_portals.citizen.asker import asker
from xihu_portals.official import explained
from xihu_portals.official.asker import asker as desk_asker
from xihu_portals.pages import metric_parts
from xihu_portals.pages.metric_answers import Answers, level_below
from xihu_portals.pages.metric_choice import choice_of
from xihu_portals.pages.metric_page import closed_at, fill_body, grain_of_parts
from xihu_portals.pages.metric_parts import Parted, parted
from xihu_portals.web.parts import Bar, Table

__all__ = ["public", "world"]
TENTHS = "small_tens"
PLACES = ("330000", "330100", "330900", "331100", "330106", "330903")
Told = dict[str | None, Fraction | None]
Seen = list[tuple[Parted, dict[str, Any]]]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    """Every set of parts that a page makes, with what it was asked for."""
    made: Seen = []

    def watched(answers: Answers, **asked: Any) -> Parted:  # Any: its own arguments
        found = parted(answers, **asked)
        made.append((found, asked))
        return found

    for module in (metric_parts, explained):
        monkeypatch.setattr(module, "parted", watched)
    return made


def protected(province: Province) -> list[MetricSpec]:
    return [
        spec
        for spec in province.services.metrics.values()
        if spec.smallest_cell and spec.audience == "public" and spec.kind != "ratio"
    ]


def published(province: Province, metric: str, **query: object) -> Told:
    """What the API tells anybody: by region or class; None where it is hidden."""

    async def fetch() -> Any:
        async with province.client() as client:
            asked = {name: str(value) for name, value in query.items() if value is not None}
            answer = await client.get(f"/api/v1/brain/metrics/{metric}/query", params=asked)
            assert answer.status_code == 200, answer.text
            return answer.json(parse_float=Decimal)

    by = query.get("by")
    return {
        (p["dimensions"][by] if by else p["region"]): None
        if p["value"] is None or p["suppressed"]
        else Fraction(p["value"])
        for p in asyncio.run(fetch())["points"]
    }


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    """The small world with the year before, and a metric whose published values are rounded: the
    demo at a fiftieth of its size hides all that could be compared."""
    folder = tmp_path_factory.mktemp("years") / "data"
    moments = iter(range(10**6))
    node = open_node(
        Settings(data_dir=folder, limits=UNLIMITED),
        clock=lambda: NOW + timedelta(milliseconds=next(moments)),
    )
    demo.settle(node)
    take_over_all(node.database)
    contract = (Path(attacker.__file__).parent / "small_cells.odcs.yaml").read_bytes()
    ContractStore(node.database).publish(contract)
    publish_entry(node.database, "small_cells")
    path = folder.parent / "years.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        known = ContractStore(node.database).get("small_cells")
        writer.writerow([f.source_column for f in known.fields])
        writer.writerows(_two_years())
    assert load_file(node, known, path).counts.quarantined == 0
    services = open_services(node)
    entries = metrics(services.metrics["service_cases"])["small_entries"]
    tens = replace(entries, id=TENTHS, scale="0.1", decimals=0)
    services.metrics.clear()
    services.metrics.update({one.id: one for one in (entries, tens)})
    yield Province(services)
    services.close()


def _two_years() -> Iterator[tuple[str, ...]]:
    """Four times as many people as in the small world, but in its small cells; and some fewer a
    year before."""
    number = 0
    for entry, who, kind, done, county, day in rows():
        small = sum(people(county, kind, month) for month in MONTHS) < T
        for copy in range(1 if small else 4):
            number += 1
            yield (f"E{number:05}", _other(who, copy), kind, done, county, day)
            if int(entry[1:]) % 7 or small:
                number += 1
                before = f"2025{day[4:]}"
                yield (f"E{number:05}", _other(who, copy), kind, done, county, before)


def _other(who: str, copy: int) -> str:
    """Another person for each copy."""
    body = f"{who[:14]}{int(who[14:17]) + copy:03}"
    return body + citizen_check(body)


def test_every_share_and_contribution_follows_from_rounded_values(
    years: Province, seen: Seen
) -> None:
    """Of the metric in tens the exact amounts would say more than its published values."""
    for spec in years.services.metrics.values():
        for place in ("330000", "330100", "330200", "330300", *COUNTIES):
            for asked in ({}, {"grain": "quarter"}, {"to": "2026-07"}):
                answers = Answers(asker(anybody(years)), spec)
                fill_body(answers, {"place": place, **asked}, f"/metrics/{spec.id}")
            explained.explain(desk_asker(anybody(years)), spec, place, date(2026, 8, 1))
    for found, asked_for in seen:
        _check(years, found, asked_for)
    told = [f.contribution(k) for f, _ in seen for k in f.keys if f.spec.id == TENTHS]
    assert sum(one is not None for one in told) > 50
    assert sum(one is None for one in told) > 10


@pytest.mark.parametrize("place", PLACES)
def test_every_share_and_contribution_follows_from_what_the_api_tells_anybody(
    province: Province, seen: Seen, place: str
) -> None:
    for spec in protected(province):
        answers = Answers(asker(anybody(province)), spec)
        fill_body(answers, {"place": place}, f"/metrics/{spec.id}")
        day = answers.closed(spec.default_grain) if spec.default_grain else None
        explained.explain(desk_asker(visitor(province)), spec, place, day)
    assert len(seen) > len(protected(province))
    for found, asked in seen:
        _check(province, found, asked)


def _check(province: Province, found: Parted, asked: dict[str, Any]) -> None:
    def told(day: date | None, **cut: object) -> Told:
        query = {"parent": asked["place"], "grain": found.grain, "from": day, "to": day}
        return published(province, found.spec.id, **query, **cut)

    cut = {"level": asked.get("level"), "by": asked.get("by")}
    whole, now = told(found.day).get(None), told(found.day, **cut)
    earlier: Fraction | None = None
    before: Told = {}
    if found.day is not None:
        past = found.day.replace(year=found.day.year - 1)
        earlier, before = told(past).get(None), told(past, **cut)
    for key in found.keys:
        part, then = now.get(key), before.get(key)
        share, adds = found.share(key), found.contribution(key)
        if share is not None:
            assert part is not None and whole
            assert share == away(part / whole * 100, 1)
        if adds is not None:
            assert part is not None and then is not None and earlier
            assert adds == away((part - then) / earlier * 100, 2)


def test_some_are_told_and_some_are_hidden_else_this_proves_nothing(province: Province) -> None:
    shown = hidden = 0
    for spec in protected(province):
        answers = Answers(asker(anybody(province)), spec)
        for part in fill_body(answers, {}, "/metrics/x").parts:
            if isinstance(part.table, Table):
                cells = [cell for row in part.table.rows for cell in row[2:]]
                shown += sum(isinstance(cell, Bar | Decimal) for cell in cells)
                hidden += sum(cell is None for cell in cells)
    assert shown > 20
    assert hidden > 5


def test_all_shares_together_bring_no_hidden_cell_closer(
    world: Province, public: list[Answer]
) -> None:
    """A share bounds its part, where the total is known, to a twentieth of a hundredth of it."""
    before, hidden = system_of(public), hidden_cells(public)
    more = System(dict(before.known), list(before.links), list(before.rows))
    added = 0
    for place, found in _all_parts(world):
        total = found.whole.value if found.whole else None
        for key in found.keys:
            share = found.share(key)
            if share is None or total is None:
                continue
            added += 1
            middle, half = float(share * total / 100), float(total) * 0.0005 + 1e-9
            cells = dict.fromkeys(_cells(place, found, key), 1.0)
            more.rows.append((cells, middle - half, middle + half))
    assert added > 10
    assert len(hidden) > 8
    for target in sorted(hidden):
        assert more.interval(target) == before.interval(target), target


def _all_parts(world: Province) -> Iterator[tuple[str, Parted]]:
    """The parts of each place, grain and period of the small world."""
    spec = world.services.metrics["small_entries"]
    for place in ("330000", "330100", "330200", "330300", *COUNTIES):
        for name in ("month", "quarter", "year"):
            answers = Answers(asker(anybody(world)), spec)
            choice = choice_of(spec, {"place": place, "grain": name})
            assert choice.grain is not None
            for point in answers.ask(choice.query(spec)).points:
                day = date.fromisoformat((point.period or "")[:10])
                yield from _parts(answers, place, day, choice.grain)


def _parts(answers: Answers, place: str, day: date, grain: Grain) -> Iterator[tuple[str, Parted]]:
    level = level_below(place, answers.spec)
    if level is not None:
        yield place, parted(answers, place=place, day=day, grain=grain, level=level)
    wider = grain_of_parts(answers.spec, grain)
    last = closed_at(answers, day, grain, wider)
    yield place, parted(answers, place=place, day=last, grain=wider, by="kind")


def _cells(place: str, found: Parted, key: str | None) -> tuple[tuple[str, ...], ...]:
    """The counts that a part adds up, as the attacker names them."""
    if key in KINDS:
        return tuple(("kind", c, str(key)) for c in leaves({"parent": place}, {"region": None}))
    months = [m for m in MONTHS if found.grain != "month" or m == str(found.day)]
    inside = leaves({}, {"region": key})
    return tuple(("month", c, m) for c in inside for m in months)
