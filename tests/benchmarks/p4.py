"""P4: a catalogue of 515,000 entries over HTTP: searches with six facets, and pages of entries.

The peer is Datasette with SQLite's FTS5 over the same titles and texts, counting the same facets;
it knows no readers, synonyms, pinyin or places.
"""

import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import quantiles
from urllib.parse import quote

import click

from tests.benchmarks.entries import catalogue_of, entry_name, made_entries
from tests.benchmarks.machine import SCRATCH
from tests.benchmarks.measure import Report, reporting, timed
from tests.benchmarks.peers import program
from tests.benchmarks.serving import Server, free_port, running
from tests.benchmarks.wire import Ask, Wire, rate
from xihu_catalog.datasets.stored import StoredEntries, put_entry
from xihu_platform.clock import system_clock
from xihu_platform.database import open_database, transaction
from xihu_platform.words import Text

ENTRIES = 515_000
CLIENTS = 8
BAR_P50_MS, BAR_P99_MS, BAR_PER_SECOND = 20, 80, 200
SEARCHES = (
    *("空气质量", "工业企业", "公交", "图书馆 2015年", "西湖区 养老", "宁波 港口 统计表"),
    *("gongjiao", "shebao", "空汽质量", "道路桥梁台账", "萧山 充电桩", "食品处罚"),
    *("停车", "医疗 信用", "气象", "噪声监测数据", "绍兴 博物馆", "婚姻登记信息", ""),
)
FACETED = (
    *("?q=%s&topic=economy", "?q=%s&format=csv&format=json", "?q=%s&update_cycle=daily"),
    "?q=%s&topic=transport&format=csv",
)
PEER_FACETS = ("topic", "provider", "update_cycle", "share_class", "open_class", "format")
BUILD_S = 600
CHANGES = 3_000
"""So many entries change that the index is built by another process."""


def searches() -> list[Ask]:
    plain = [Ask(f"/search?q={quote(text)}") for text in SEARCHES]
    pairs = zip(SEARCHES, FACETED * len(SEARCHES), strict=False)
    return plain + [Ask("/search" + form % quote(text)) for text, form in pairs]


@click.command()
@click.option("--entries", default=ENTRIES, show_default=True)
@click.option("--rounds", default=10, show_default=True, help="Times all searches are asked.")
@click.option("--seconds", default=10.0, show_default=True, help="How long eight clients ask.")
def main(entries: int, rounds: int, seconds: float) -> None:
    data = catalogue_of(entries)
    with reporting("p4", system_clock, {"entries": entries}) as report:
        peer = _peer(entries, rounds, report)
        for processes in (1, 2):
            with _ours(data, processes, entries) as server:
                run = Run(report, server.port, data, f"{processes} process", entries)
                _measure(run, rounds, seconds, peer)


@dataclass(frozen=True, slots=True)
class Run:
    """One server that is measured."""

    report: Report
    port: int
    data: Path
    name: str
    entries: int

    def show(self, figure: str, times: object, peer: str | None = None, *, bar: str) -> None:
        self.report.show(f"{self.name}: {figure}", times, peer, remark=f"bar {bar}")


def _measure(run: Run, rounds: int, seconds: float, peer: str) -> None:
    port, entries, steady = run.port, run.entries, run.report.steady
    bar = f"p50 {BAR_P50_MS}, p99 {BAR_P99_MS} ms"
    times = steady(lambda: _times(port, searches(), rounds))
    run.show("search, six facets", _words(times), peer, bar=bar)
    pages = [Ask(f"/datasets/{entry_name(n)}") for n in range(0, entries, max(1, entries // 50))]
    times = steady(lambda: _times(port, pages, rounds))
    run.show("page of an entry", _words(times), bar=f"p50 {BAR_P50_MS} ms")
    together = steady(lambda: rate(port, pages[7], clients=CLIENTS, seconds=seconds))
    run.show(f"pages a second, {CLIENTS} clients", together.per_second, bar=str(BAR_PER_SECOND))
    run.show("search while it is rebuilt", _words(_while_rebuilt(port, run.data)), bar=bar)


@contextmanager
def _ours(data: Path, processes: int, entries: int) -> Iterator[Server]:
    port = free_port()
    settings = [f"XIHU_DATA_DIR={data}", f"XIHU_SERVE__PORT={port}", "XIHU_DEMO__ACTS=false"]
    settings.append(f"XIHU_SERVE__PROCESSES={processes}")
    xihu = str(Path(sys.executable).parent / "xihu")
    with running(["env", *settings, xihu, "run"], port, Ask("/health")) as server:
        wire = Wire(port)
        for _ in range(BUILD_S):
            if _total(wire) > entries // 3:  # half of them are open
                break
            time.sleep(1)
        else:
            raise RuntimeError(f"the index was not built within {BUILD_S} s")
        yield server


def _total(wire: Wire) -> int:
    page = wire.send(Ask("/search?q=", (("Accept-Language", "en"),))).decode()
    said = page.partition('aria-live="polite">')[2].partition("</p>")[0]
    return int("".join(one for one in said if one.isdecimal()) or 0)


def _times(port: int, asks: list[Ask], rounds: int) -> list[float]:
    wire = Wire(port)
    for ask in asks:
        wire.send(ask)
    return [timed(partial(wire.send, ask)) for _ in range(rounds) for ask in asks]


def _words(times: list[float]) -> str:
    cut = quantiles(times, n=100, method="inclusive")
    figures = f"p50 {cut[49]:.1f}, p95 {cut[94]:.1f}, p99 {cut[98]:.1f}"
    return f"{figures}, most {max(times):.1f} ms, n {len(times)}"


def _while_rebuilt(port: int, data: Path) -> list[float]:
    """Searches from the change of many entries until the changed ones are found."""
    database = open_database(f"sqlite:///{data / 'xihu.db'}")
    stored = StoredEntries(database)
    mark = f"zz{stored.number()}"
    with transaction(database) as session:
        for one in stored.page(0, CHANGES):
            title = Text(f"{one.title.zh} {mark}", one.title.en)
            put_entry(session, "hz", replace(one, title=title), system_clock())
    database.dispose()
    wire, asks, times = Wire(port), searches(), list[float]()
    while f"/datasets/{entry_name(0)[:3]}".encode() not in wire.send(Ask(f"/search?q={mark}")):
        times += [timed(partial(wire.send, ask)) for ask in asks]
    return times


def _peer(entries: int, rounds: int, report: Report) -> str:
    """Datasette's JSON of a search with the same six facets; the words as a trigram phrase."""
    database = SCRATCH / f"entries-{entries}.db"
    if not database.exists():
        _write_peer(database, entries)
    port = free_port()
    command = [str(program("datasette")), "serve", str(database), "--port", str(port)]
    for name, value in (("sql_time_limit_ms", "600000"), ("facet_time_limit_ms", "600000")):
        command += ["--setting", name, value]
    facets = "&".join(f"_facet={name}" for name in PEER_FACETS)
    texts = [one for one in SEARCHES if len(one) > 2 and " " not in one]
    asks = [
        Ask(f"/entries-{entries}/entry.json?_search={quote(text)}&_size=20&{facets}")
        for text in texts
    ]
    with running(command, port, Ask("/-/versions.json")) as server:
        return _words(report.steady(lambda: _times(server.port, asks, max(1, rounds // 5))))


def _write_peer(database: Path, entries: int) -> None:
    unfinished = database.with_suffix(".part")
    unfinished.unlink(missing_ok=True)
    with closing(sqlite3.connect(unfinished)) as made:
        made.execute(f"CREATE TABLE entry (id, title, body, {', '.join(PEER_FACETS)})")
        rows = (
            (
                *(one.id, one.title.zh, f"{one.description.zh} {' '.join(one.keywords)}"),
                *(one.topic and one.topic[1], one.publisher.name.zh, one.update_cycle),
                *(None, one.open_class, one.distributions[0].form),
            )
            for one in made_entries(entries)
        )
        made.executemany("INSERT INTO entry VALUES (?,?,?,?,?,?,?,?,?)", rows)
        made.execute(
            "CREATE VIRTUAL TABLE entry_fts USING fts5"
            "(title, body, content='entry', tokenize='trigram')"
        )
        made.execute("INSERT INTO entry_fts (entry_fts) VALUES ('rebuild')")
        for name in PEER_FACETS:
            made.execute(f"CREATE INDEX entry_{name} ON entry ({name})")
        made.commit()
    unfinished.rename(database)


if __name__ == "__main__":
    main()
