"""P5: what policy and audit cost, on a page and on a stream of a million rows with three masks."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import perf_counter
from unittest.mock import patch

import click
import duckdb
import pyarrow as pa

from tests.benchmarks import where
from tests.benchmarks.marked import place
from tests.benchmarks.measure import WARM, Spread, reporting, spread, timed
from tests.benchmarks.rows import Made, make
from tests.benchmarks.wire import Ask
from xihu_node.services import open_services
from xihu_platform.access import gateway
from xihu_platform.access.formats import Format, chunks
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery, parse_filter, parse_sort
from xihu_platform.access.sheet import Notes
from xihu_platform.access.treatments import mask_of
from xihu_platform.clock import civil_date, system_clock
from xihu_platform.database import transaction
from xihu_platform.identity.people import find_position
from xihu_platform.identity.principal import Principal
from xihu_platform.settings import Settings
from xihu_platform.sql import Statement, column, identifier, render, text_literal
from xihu_platform.start import open_node
from xihu_portals.services import Services

ROWS = 1_000_000
DUTY = Purpose("duty")
MASKED = ("person_name", "mobile", "address")
FORMS: tuple[Format, ...] = ("csv", "parquet", "arrow")
STREAMED = ("visit_no", *MASKED, "county_code", "visited_on", "kind", "amount_cny", "score", "note")
"""Every field but the pseudonym: the measure speaks of three masks, not of keyed hashes."""
PAGES = {
    "a page": RowQuery(),
    "a page with a filter": RowQuery(filters=(parse_filter("county_code:eq:330106"),)),
    "a page with a sort": RowQuery(sorts=(parse_sort("amount_cny"),)),
}


@dataclass(slots=True)
class Heard:
    """The engine's part of one read: what it was asked, and for how long it worked."""

    asked: list[Statement] = field(default_factory=list)
    took_ms: float = 0.0


@click.command()
@click.option("--rows", default=ROWS, show_default=True)
@click.option("--times", default=60, show_default=True, help="Pages of each kind.")
@click.option("--streams", default=5, show_default=True, help="Streams of each format.")
@click.option("--marks", default=0, show_default=True, help="Fields being verified (核实中).")
def main(rows: int, times: int, streams: int, marks: int) -> None:
    """Pages through the door beside the engine alone; streams beside DuckDB's bare COPY."""
    made = make("bench_visits", rows)
    place(made, marks)
    with patch.object(gateway, "CACHE_BYTES", 0):
        services = open_services(open_node(Settings(data_dir=made.data)))
    with reporting("p5", system_clock, {"rows": rows, "marks": marks}) as report:
        reader = _reader(services)
        for name, query in PAGES.items():
            whole, alone, extra = report.steady(
                partial(_page, services.gateway, reader, query, times)
            )
            report.show(f"{name}, through the door", whole, alone)
            report.show(f"{name}: policy and audit", extra, remark="bar 4 ms")
        for form in FORMS:
            first, ours, bare = report.steady(
                partial(_stream, services, reader, made, form, streams)
            )
            cost = f"{ours.p50 / bare.p50 - 1:+.0%}, bar +15%"
            report.show(f"stream as {form}", ours, bare, remark=cost)
            report.show(f"stream as {form}: first byte", first)
        path = "/api/v1/datasets/bench_visits/rows?limit=100&purpose=duty"
        steps = where.steps_of(made.data, Ask(path), username="sun", keep_answers=False)
        where.show("a page", steps)
        report.figures["steps of a page"] = steps
    services.close()


def _reader(services: Services) -> Principal:
    today = civil_date(services.node.clock())
    with transaction(services.node.database) as session:
        position = find_position(session, "p-steward", "sun-rs", today)
    return Principal(kind="official", id="p-steward", level=3, position=position, portal="official")


def _page(
    gate: AccessGateway, reader: Principal, query: RowQuery, times: int
) -> tuple[Spread, Spread, Spread]:
    """The whole, the same statements on the engine alone, and what the whole does beside them."""
    original = gate.engine.fetch
    whole: list[float] = []
    alone: list[float] = []
    extra: list[float] = []
    for _ in range(WARM + times):
        heard = Heard()
        with patch.object(gate.engine, "fetch", _hearing(original, heard)):
            whole.append(timed(partial(gate.read_page, reader, "bench_visits", DUTY, query)))
        alone.append(timed(partial(_replay, original, heard)))
        extra.append(whole[-1] - heard.took_ms)
    return spread(whole[WARM:]), spread(alone[WARM:]), spread(extra[WARM:])


def _replay(fetch: Callable[[Statement], pa.Table], heard: Heard) -> None:
    for statement in heard.asked:
        fetch(statement)


def _hearing(
    fetch: Callable[[Statement], pa.Table], heard: Heard
) -> Callable[[Statement], pa.Table]:
    def hear(statement: Statement) -> pa.Table:
        started = perf_counter()
        answer = fetch(statement)
        heard.took_ms += (perf_counter() - started) * 1000
        heard.asked.append(statement)
        return answer

    return hear


def _stream(
    services: Services, reader: Principal, made: Made, form: Format, times: int
) -> tuple[Spread, Spread, Spread]:
    """First byte and last of ours, and DuckDB's, in turns, so that both see the same machine."""
    copy = _bare(services, made, form)
    turns = [(*_through_the_door(services, reader, form), copy()) for _ in range(times + 1)]
    firsts, ours, bare = zip(*turns[1:], strict=True)  # the first of each only warms
    return spread(list(firsts)), spread(list(ours)), spread(list(bare))


def _through_the_door(services: Services, reader: Principal, form: Format) -> tuple[float, float]:
    """Milliseconds to the first byte and to the last."""
    started = perf_counter()
    stream = services.gateway.open_stream(
        reader,
        "bench_visits",
        DUTY,
        RowQuery(fields=STREAMED),
        exit_name=form,
    )
    first = 0.0
    for block in chunks(stream, form, Notes(None, "", {})):
        if block and not first:
            first = (perf_counter() - started) * 1000
    return first, (perf_counter() - started) * 1000


def _bare(services: Services, made: Made, form: Format) -> Callable[[], float]:
    """DuckDB alone on the same file, with as many threads and as much memory as ours may use."""
    lake = services.node.settings.lake
    connection = duckdb.connect(config={"memory_limit": lake.memory_limit, "threads": lake.threads})
    policy = services.catalogue.policy("bench_visits")
    columns = [
        f"{render(mask_of(found, column(name)), 'duckdb')} AS {identifier(name)}"
        if name in MASKED and (found := policy.field(name))
        else identifier(name)
        for name in STREAMED
    ]
    sql = f"SELECT {', '.join(columns)} FROM read_parquet({text_literal(str(made.parquet))})"

    def drain() -> None:
        for _ in connection.sql(sql).to_arrow_reader(65_536):
            pass

    def copy() -> None:
        with tempfile.TemporaryDirectory() as folder:
            options = "FORMAT csv" if form == "csv" else "FORMAT parquet, COMPRESSION zstd"
            target = text_literal(str(Path(folder) / "out"))
            connection.execute(f"COPY ({sql}) TO {target} ({options})")

    chosen = drain if form == "arrow" else copy
    return lambda: timed(chosen)


if __name__ == "__main__":
    main()
